"""Publication: all of a candidate at once, to readers who are reading; and nothing where anything is wrong."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from elevate import publishing, refreshes
from elevate.gates import results
from elevate.gates.engine import RuleResult
from elevate.gates.rules import Rule
from elevate.publishing import Publication, PublicationError, TableChange, publish
from elevate.refreshes import PUBLISHED_SCHEMAS, Kind
from elevate.warehouse import catalog, connect
from tests.library.district import NIGHT, RUN, District

SCHOOL = "id integer primary key, name text, rate numeric(5,2)"
SCHOOLS: tuple[tuple[Any, ...], ...] = ((1, "Bass", 0.9), (2, "Brunson", None), (3, "Funston", 0.7))


def opened(district: District, kind: Kind = "marts", days: int = 0) -> int:
    """A new refresh, with an empty candidate."""
    with connect(district.settings) as connection:
        return refreshes.open_refresh(connection, kind, NIGHT + timedelta(days=days), RUN, {})


def let_through(
    district: District, refresh_id: int, *but: str, verdict: Any = "pass", severity: Any = "critical"
) -> None:
    """What the gate writes for every table of the candidates; for the tables `but`, with another verdict."""
    one = Rule("has_rows", "expect_table_row_count_to_be_between", {}, severity, "Because.", "Mend it.")
    kind: Kind = district.value("select kind from ops.refresh where refresh_id = %s", refresh_id)
    with connect(district.settings) as connection:
        for schema in PUBLISHED_SCHEMAS[kind]:
            for table in catalog.tables(connection, f"candidate_{schema}"):
                name = f"{schema}.{table}"
                outcome = [RuleResult(one, verdict if name in but else "pass")]
                results.record(connection, 2, name, outcome, refresh_id=refresh_id)


def build(district: District, *rows: tuple[Any, ...], columns: str = SCHOOL, **more: tuple[Any, ...]) -> int:
    """A refresh with marts.dim_school of these rows and one BI table, judged."""
    refresh_id = opened(district)
    district.candidate("marts.dim_school", columns, *rows)
    district.candidate("bi.bi_school", "id integer primary key", (1,))
    for table, content in more.items():
        district.candidate(table.replace("__", "."), *content)
    let_through(district, refresh_id)
    return refresh_id


def published(district: District, table: str = "marts.dim_school", role: str = "analyst") -> list[tuple[Any, ...]]:
    return district.rows(f"select * from {table} order by 1", role=role)


def state(district: District) -> Any:
    """All that readers can see, down to where each row lies."""
    tables = district.rows(
        """select format('%I.%I', schemaname, tablename) from pg_tables
           where schemaname in ('marts', 'bi', 'evaluation') order by 1"""
    )
    return [(name, district.rows(f"select ctid, xmin, t::text from {name} as t order by 3")) for (name,) in tables]


def change(publication: Publication, table: str = "dim_school") -> tuple[int, int, int]:
    (found,) = [c for c in publication.tables if c.table == table]
    return found.rows, found.added, found.removed


def test_the_first_publication_gives_readers_all_tables(district: District) -> None:
    refresh_id = build(district, *SCHOOLS)
    publication = publish(district.settings, refresh_id)
    assert [(c.schema, c.table, c.rows, c.added, c.removed) for c in publication.tables] == [
        ("bi", "bi_school", 1, 1, 0),
        ("marts", "dim_school", 3, 3, 0),
    ]
    assert [row[:2] for row in published(district)] == [(1, "Bass"), (2, "Brunson"), (3, "Funston")]
    assert published(district, "bi.bi_school", "bi_reader") == [(1,)]
    as_of = "select data_as_of, publication_id, content_hash from ops.data_as_of where kind = 'marts'"
    assert district.rows(as_of, role="bi_reader") == [(NIGHT, publication.id, publication.content_hash)]
    assert district.rows("select verdict from ops.refresh where refresh_id = %s", refresh_id) == [("published",)]


def test_the_same_candidate_again_changes_no_row_and_has_the_same_hash(district: District) -> None:
    first = publish(district.settings, build(district, *SCHOOLS))
    before = state(district)
    again = publish(district.settings, build(district, *reversed(SCHOOLS)))
    assert again.content_hash == first.content_hash
    assert again.id != first.id
    assert change(again) == (3, 0, 0)
    assert state(district) == before, "not a row was written"


def test_only_what_differs_is_written(district: District) -> None:
    publish(district.settings, build(district, *SCHOOLS))
    before = dict(state(district))["marts.dim_school"]
    second = publish(district.settings, build(district, (1, "Bass", 0.9), (2, "Brunson", 0.1), (4, "Jenner", None)))
    assert change(second) == (3, 2, 2)
    assert before[0] in dict(state(district))["marts.dim_school"]
    back = publish(district.settings, build(district, *SCHOOLS))
    assert change(back) == (3, 2, 2)
    hashes = "select content_hash from ops.publication order by publication_id"
    first, other, third = [value for (value,) in district.rows(hashes)]
    assert first == third != other


@pytest.mark.parametrize(
    ("old", "new"),
    [((1, None, None), (1, "", None)), ((1, "x", 0), (1, "x", None)), ((1, "a,b", 0), (1, 'a","b', 0))],
)
def test_changes_that_look_alike_are_seen(district: District, old: tuple[Any, ...], new: tuple[Any, ...]) -> None:
    publish(district.settings, build(district, old))
    assert change(publish(district.settings, build(district, new))) == (1, 1, 1)
    assert published(district) == [new]


def test_publishing_twice_gives_the_publication_that_was_made(district: District) -> None:
    refresh_id = build(district, *SCHOOLS)
    first = publish(district.settings, refresh_id)
    publish(district.settings, build(district, (9, "Later", 0)))
    before = state(district)
    assert publish(district.settings, refresh_id) == first
    assert state(district) == before


def test_a_table_that_is_built_no_longer_is_gone(district: District) -> None:
    publish(district.settings, build(district, *SCHOOLS, marts__dim_old=("id integer primary key", (1,))))
    assert published(district, "marts.dim_old") == [(1,)]
    publication = publish(district.settings, build(district, *SCHOOLS))
    assert district.value("select to_regclass('marts.dim_old')") is None
    assert {c.table for c in publication.tables} == {"dim_school", "bi_school"}


def test_a_candidate_of_an_earlier_night_is_not_published_again(district: District) -> None:
    """What this build did not make is not there: opening a refresh clears the candidate of its kind alone."""
    district.candidate("marts.dim_left_over", "id integer primary key", (1,))
    district.candidate("evaluation.eval_impact", "id integer primary key", (1,))
    opened(district)
    assert district.value("select to_regclass('candidate_marts.dim_left_over')") is None
    assert district.value("select to_regclass('candidate_evaluation.eval_impact')") is not None


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("id integer primary key, name text, rate numeric(5,2), more text", (1, "Bass", 0.9, "new")),
        ("id integer primary key, name text", (1, "Bass")),
        ("id integer primary key, name text, rate numeric(6,3)", (1, "Bass", 0.9)),
        ("id integer primary key, name text not null, rate numeric(5,2)", (1, "Bass", 0.9)),
        ("name text, id integer primary key, rate numeric(5,2)", ("Bass", 1, 0.9)),
    ],
    ids=["added", "dropped", "type", "not null", "order"],
)
def test_a_table_takes_the_columns_of_its_candidate(district: District, columns: str, row: tuple[Any, ...]) -> None:
    publish(district.settings, build(district, *SCHOOLS))
    publish(district.settings, build(district, row, columns=columns))
    with connect(district.settings) as connection:
        assert catalog.shape(connection, "marts", "dim_school") == catalog.shape(
            connection, "candidate_marts", "dim_school"
        )
    assert len(published(district)) == 1, "and analysts may still read it"


def test_a_table_takes_the_grain_of_its_candidate(district: District) -> None:
    """The same columns with another key: two rows where the old key allowed one."""
    publish(district.settings, build(district, columns="id integer primary key, year integer not null"))
    finer = "id integer, year integer, primary key (id, year)"
    publish(district.settings, build(district, (1, 1), (1, 2), columns=finer))
    assert published(district) == [(1, 1), (1, 2)]


def test_columns_of_any_name_are_compared(district: District) -> None:
    """`p`, `c` and `t` are also what the library calls its tables."""
    columns = "c text primary key, p numeric(5,4), t text, n text"
    publish(district.settings, build(district, ("a", 0.05, "t", "n"), columns=columns))
    for expected in ((1, 1, 1), (1, 0, 0)):
        again = publish(district.settings, build(district, ("a", 0.05, "t", "changed"), columns=columns))
        assert change(again) == expected
    assert published(district)[0][3] == "changed"


def test_descriptions_come_along_and_are_kept_up_to_date(district: District) -> None:
    about = "select obj_description('marts.dim_school'::regclass), col_description('marts.dim_school'::regclass, 2)"
    for table, name in (("Schools.", "Its 'short' name."), ("All schools.", "Its name."), (None, None)):
        refresh_id = build(district, *SCHOOLS)
        with connect(district.settings) as connection:
            for what, text in (("table {}", table), ("column {}.name", name)):
                target = sql.SQL(what).format(sql.Identifier("candidate_marts", "dim_school"))
                connection.execute(sql.SQL("comment on {} is {}").format(target, sql.Literal(text)))
        publish(district.settings, refresh_id)
        assert district.rows(about) == [(table, name)]


INDEXES = """select replace(substring(indexdef from 'ON marts.*$'), 'marts.dim_school ', '') from pg_indexes
             where schemaname = 'marts' and tablename = 'dim_school' and indexname <> 'dim_school_pkey' order by 1"""


def test_indexes_come_along_and_those_gone_are_dropped(district: District) -> None:
    """By what they are: a build gives the same index another name. Rows and key stay as they are."""
    for indexes, rate in (((), 0), (("name", "rate, name"), 0), (("rate, name",), 0), (("rate, name",), 1), ((), 1)):
        refresh_id = build(district, (1, "Bass", rate))
        for number, columns in enumerate(indexes):
            district.run(f"create index made_{refresh_id}_{number} on candidate_marts.dim_school ({columns})")
        names = district.rows(INDEXES.replace("select replace", "select indexname, replace", 1))
        publish(district.settings, refresh_id)
        assert district.rows(INDEXES) == [(f"ON USING btree ({columns})",) for columns in indexes]
        if rate:
            kept = district.rows(INDEXES.replace("select replace", "select indexname, replace", 1))
            assert set(kept) <= set(names), "what stays is not made anew"
    assert published(district) == [(1, "Bass", 1)]


def test_indexes_stay_while_a_newer_candidate_is_not_built_yet(district: District) -> None:
    """A step that is tried again after the next refresh has opened finds its publication, and no candidate."""
    refresh_id = build(district, *SCHOOLS)
    district.run("create index on candidate_marts.dim_school (name)")
    publish(district.settings, refresh_id)
    opened(district)
    publish(district.settings, refresh_id)
    assert district.rows(INDEXES) == [("ON USING btree (name)",)]


def test_a_unique_index_is_another_than_one_that_is_not(district: District) -> None:
    unique = "select indisunique from pg_index where indrelid = 'marts.dim_school'::regclass and not indisprimary"
    for kind in ("index", "unique index"):
        refresh_id = build(district, *SCHOOLS)
        district.run(f"create {kind} on candidate_marts.dim_school (name)")
        publish(district.settings, refresh_id)
        assert district.rows(unique) == [(kind == "unique index",)]


def test_a_table_that_changed_is_vacuumed(district: District) -> None:
    """So that all its rows are known to be everybody's, and readers find in an index what it holds."""
    vacuums = "select vacuum_count from pg_stat_all_tables where relid = 'marts.dim_school'::regclass"
    for rate, expected in ((0, 1), (0, 1), (1, 2)):
        publish(district.settings, build(district, (1, "Bass", rate)))
        until = time.monotonic() + 10
        while district.value(vacuums) < expected and time.monotonic() < until:
            time.sleep(0.05)
        assert district.value(vacuums) == expected


def as_owner(district: District, *statements: str) -> None:
    with connect(district.settings, "elevate_owner") as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture
def workshop(district: District) -> District:
    """A district whose analysts have a schema of their own, with a view on a mart."""
    publish(district.settings, build(district, *SCHOOLS))
    as_owner(
        district,
        "create schema workshop authorization analyst",
        "grant usage on schema workshop to elevate_pipeline",
    )
    with connect(district.settings, "analyst") as connection:
        connection.execute("set transaction read write")
        connection.execute("create view workshop.names as select name from marts.dim_school")
    return district


def test_analysts_own_views_see_the_new_state(workshop: District) -> None:
    publish(workshop.settings, build(workshop, (1, "Renamed", 1)))
    assert workshop.rows("select * from workshop.names", role="analyst") == [("Renamed",)]


@pytest.mark.parametrize("how", ["columns", "gone"])
def test_a_table_that_somebodys_view_needs_is_not_dropped_unasked(workshop: District, how: str) -> None:
    before = state(workshop)
    if how == "columns":
        refresh_id = build(workshop, (1,), columns="id integer primary key")
    else:
        refresh_id = build(workshop, *SCHOOLS, marts__dim_new=("id integer primary key", (1,)))
        workshop.run("drop table candidate_marts.dim_school")
    with pytest.raises(PublicationError, match=r"marts\.dim_school has other columns .* view workshop\.names depends"):
        publish(workshop.settings, refresh_id)
    assert state(workshop) == before
    as_owner(workshop, "drop view workshop.names")
    publish(workshop.settings, refresh_id)


# What must not be published.


def refused(district: District, refresh_id: int, message: str | None, error: Any = PublicationError) -> None:
    """The refresh can't be published, and not a row that readers see is touched."""
    before = state(district)
    count = district.value("select count(*) from ops.publication")
    with pytest.raises(error, match=message):
        publish(district.settings, refresh_id)
    assert state(district) == before
    assert district.value("select count(*) from ops.publication") == count


@pytest.fixture
def good(district: District) -> District:
    """A district with a good publication behind it."""
    publish(district.settings, build(district, *SCHOOLS))
    return district


def test_a_candidate_that_no_gate_saw_is_refused(good: District) -> None:
    """Whoever marks the gate's task as done by hand has not judged anything."""
    refresh_id = opened(good)
    good.candidate("marts.dim_school", SCHOOL, (1, "Bass", 0))
    good.candidate("bi.bi_school", "id integer primary key", (1,))
    refused(good, refresh_id, r"no gate has let bi\.bi_school, marts\.dim_school through")
    let_through(good, refresh_id)
    good.candidate("marts.dim_late", "id integer primary key", (1,))
    refused(good, refresh_id, r"no gate has let marts\.dim_late through")


@pytest.mark.parametrize(("verdict", "severity"), [("fail", "critical"), ("error", "warning"), ("error", "critical")])
def test_a_candidate_with_a_red_result_is_refused(good: District, verdict: str, severity: str) -> None:
    refresh_id = build(good, (1, "Bass", 0))
    let_through(good, refresh_id, "marts.dim_school", verdict=verdict, severity=severity)
    refused(good, refresh_id, r"no gate has let marts\.dim_school through")


@pytest.mark.parametrize("verdict", ["fail", "not applicable"])
def test_a_warning_and_what_does_not_apply_are_no_obstacle(good: District, verdict: str) -> None:
    refresh_id = build(good, (1, "Bass", 0))
    let_through(good, refresh_id, "marts.dim_school", verdict=verdict, severity="warning")
    assert publish(good.settings, refresh_id).tables


def test_a_refresh_that_is_red_is_refused(good: District) -> None:
    refresh_id = build(good, (1, "Bass", 0))
    with connect(good.settings) as connection:
        refreshes.close_red(connection, refresh_id, "a rule failed")
    refused(good, refresh_id, f"Refresh {refresh_id} is red: run the refresh of this night again")


def test_a_refresh_that_is_not_the_newest_is_refused(good: District) -> None:
    """The candidate is another's by now."""
    old = build(good, (1, "Bass", 0))
    new = build(good, (1, "Bass", 1))
    let_through(good, old)
    refused(good, old, f"Refresh {old} is abandoned, and a newer one has begun")
    with connect(good.settings) as connection:
        refreshes.close_red(connection, new, "a rule failed")
    good.run(f"update ops.refresh set verdict = 'open' where refresh_id = {old}")
    refused(good, old, "and a newer one has begun")


def test_a_refresh_that_does_not_exist_is_refused(good: District) -> None:
    refused(good, 4711, "There is no refresh 4711")


def test_a_refresh_of_the_other_kind_does_not_count_as_newer(good: District) -> None:
    marts = build(good, (1, "Bass", 1))
    evaluation = opened(good, "evaluation")
    good.candidate("evaluation.eval_impact", "id integer primary key", (1,))
    let_through(good, evaluation)
    before = published(good)
    assert [c.table for c in publish(good.settings, evaluation).tables] == ["eval_impact"]
    assert published(good) == before
    assert publish(good.settings, marts).tables
    assert published(good, "evaluation.eval_impact") == [(1,)]


def test_a_candidate_without_tables_is_refused(good: District) -> None:
    refused(good, opened(good), "has no tables: the build did not run")
    half = opened(good)
    good.candidate("marts.dim_school", SCHOOL, (1, "Bass", 0))
    let_through(good, half)
    refused(good, half, "The candidate candidate_bi has no tables")


def test_a_table_without_a_key_is_refused(good: District) -> None:
    refresh_id = build(good, *SCHOOLS, marts__zz=("id integer", (1,)), marts__aa=("id integer primary key", (1,)))
    refused(good, refresh_id, r"marts\.zz has no primary key: state its grain")


def test_a_failure_at_any_table_changes_nothing(good: District, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after each table in turn: the last good publication still serves, and the next try publishes."""
    refresh_id = build(good, (1, "Bass", 0), marts__zz=("id integer primary key", (1,)))
    honest = publishing._publish_table

    for fatal in ("dim_school", "zz", "bi_school"):

        def killed(connection: Any, schema: str, table: str, fatal: str = fatal) -> TableChange:
            result = honest(connection, schema, table)
            if table == fatal:
                raise KeyboardInterrupt
            return result

        with monkeypatch.context() as patch:
            patch.setattr(publishing, "_publish_table", killed)
            refused(good, refresh_id, None, KeyboardInterrupt)
    assert len(publish(good.settings, refresh_id).tables) == 3


def test_a_merge_that_differs_from_its_candidate_is_refused(good: District) -> None:
    """A trigger, say, that somebody put on a published table."""
    good.run(
        "create function marts.spoil() returns trigger language plpgsql as"
        " 'begin new.name := upper(new.name); return new; end'",
        "create trigger spoil before insert on marts.dim_school for each row execute function marts.spoil()",
    )
    refused(good, build(good, (1, "Changed", 0)), r"marts\.dim_school differs from its candidate after the merge")


def test_no_refresh_opens_while_one_is_being_published(good: District, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer build would write into the candidate that is being copied."""
    refresh_id = build(good, (1, "Bass", 1))
    newer: list[int] = []
    thread = threading.Thread(target=lambda: newer.append(opened(good)))
    honest = publishing._publish_tables

    def meanwhile(*given: Any) -> list[TableChange]:
        thread.start()
        thread.join(0.5)
        assert not newer, "it waits"
        return honest(*given)

    monkeypatch.setattr(publishing, "_publish_tables", meanwhile)
    publish(good.settings, refresh_id)
    thread.join(10)
    assert newer
    assert published(good) == [(1, "Bass", 1)]


def test_no_reader_can_hold_up_a_publication(good: District) -> None:
    with psycopg.connect(good.settings.database_url("analyst")) as reader:
        reader.execute("select count(*) from marts.dim_school")
        thread = threading.Thread(target=publish, args=(good.settings, build(good, (1, "Bass", 1))))
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    assert published(good) == [(1, "Bass", 1)]


# Readers.


class Reading(threading.Thread):
    """Reads two tables over and over while publications go on, and keeps what did not belong together."""

    def __init__(self, url: str, query: str, repeatable: bool) -> None:
        super().__init__(daemon=True)
        self.url, self.query, self.repeatable = url, query, repeatable
        self.stop, self.reads, self.mixed, self.seen = threading.Event(), 0, [], set[Any]()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with psycopg.connect(self.url) as connection:
                if self.repeatable:
                    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                while not self.stop.is_set():
                    self.look(connection)
                    connection.rollback()
        except Exception as error:
            self.error = error

    def look(self, connection: psycopg.Connection) -> None:
        found = []
        for part in self.query.split(";"):
            found += connection.execute(part.encode()).fetchall()
            time.sleep(0.002 if self.repeatable else 0)
        self.reads += 1
        versions = {value for row in found for value in row}
        self.seen |= versions
        if len(versions) != 1:
            self.mixed.append(versions)


def versions(district: District, number: int) -> int:
    """A candidate of several tables, all of one version."""
    content = ("id integer primary key, version integer", *((n, number) for n in range(50)))
    return build(district, (1, "Bass", number), **{f"marts__t{i}": content for i in range(4)})


@pytest.fixture
def readers(district: District) -> Iterator[list[Reading]]:
    publish(district.settings, versions(district, 0))
    url = district.settings.database_url("analyst")
    one_query = """select min(a.version), max(a.version), min(b.version), max(b.version)
                   from marts.t0 as a join marts.t3 as b using (id)"""
    two_queries = "select min(version), max(version) from marts.t3; select min(version), max(version) from marts.t0"
    threads = [Reading(url, one_query, repeatable=False), Reading(url, two_queries, repeatable=True)]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.stop.set()
        thread.join(10)


def test_readers_see_one_publication_or_the_other(district: District, readers: list[Reading]) -> None:
    for number in range(1, 9):
        publish(district.settings, versions(district, number))
    for thread in readers:
        thread.stop.set()
        thread.join(10)
        assert thread.error is None
        assert thread.mixed == []
        assert thread.reads > 20
        assert len(thread.seen) > 2, "the readers did read while publications went on"


def test_a_reader_who_began_before_sees_the_old_state_to_the_end(district: District) -> None:
    publish(district.settings, versions(district, 0))
    with psycopg.connect(district.settings.database_url("analyst")) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert reader.execute("select max(version) from marts.t0").fetchone() == (0,)
        publish(district.settings, versions(district, 1))
        assert reader.execute("select max(version) from marts.t3").fetchone() == (0,)
        reader.rollback()
        assert reader.execute("select max(version) from marts.t3").fetchone() == (1,)


def test_a_reader_is_not_held_up_by_a_publication(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(district.settings, versions(district, 0))
    refresh_id = versions(district, 1)
    honest = publishing._record

    def meanwhile(*given: Any) -> None:
        with psycopg.connect(district.settings.database_url("analyst"), options="-c statement_timeout=2000") as reader:
            assert reader.execute("select max(version) from marts.t0").fetchone() == (0,)
            assert reader.execute("select count(*) from ops.data_as_of").fetchone() == (1,)
        honest(*given)

    monkeypatch.setattr(publishing, "_record", meanwhile)
    assert publish(district.settings, refresh_id).tables
