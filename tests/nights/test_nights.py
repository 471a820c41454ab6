"""Whole nights, step by step without a scheduler, against a real district and a real PostgreSQL."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from psycopg import sql

from elevate import documenting, ops, rotating
from elevate.contracts import load_feeds
from elevate.identity import student_tables
from elevate.publishing import content_hash
from elevate.refreshes import RefreshError
from elevate.settings import PROJECT, Settings
from elevate.transforming import BuildError, run_dbt
from elevate.warehouse import catalog, connect
from tests.catalogue.definitions import definitions
from tests.catalogue.project import read
from tests.support import night as nights
from tests.support.district import SOURCES, District, serving

pytestmark = pytest.mark.timeout(900)

FIRST, SECOND = date(2019, 2, 11), date(2019, 2, 13)
SCHOOLS = 8


@dataclass(frozen=True)
class Platform:
    """A platform beside its district, with the first night published."""

    settings: Settings
    district: District

    def extract(self, night: date) -> set[str]:
        """Every source's feeds, which all must be let through; the verdicts that came."""
        verdicts = {}
        for source in SOURCES:
            verdicts |= nights.extract(self.settings, source, night)
        stopped = {feed: verdict.message for feed, verdict in verdicts.items() if not verdict.lets_through}
        assert stopped == {}
        return {verdict.verdict for verdict in verdicts.values()}

    def hashes(self) -> dict[str, str]:
        """Content hashes of what readers see."""
        with connect(self.settings) as connection:
            return {
                row["kind"]: row["content_hash"]
                for row in connection.execute("select kind, content_hash from ops.data_as_of")
            }

    def status(self, night: date) -> dict[str, dict[str, object]]:
        """The state of a night as the command line shows it: feed id to its line."""
        with connect(self.settings) as connection:
            lines = ops.status(connection, load_feeds(self.settings.feeds), night)["feeds"]
        return {f"{line['source']}.{line['feed']}": line for line in lines}


@pytest.fixture(scope="module")
def platform(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder: Path = tmp_path_factory.mktemp("district")
    with serving(folder, module_settings, SCHOOLS) as district:
        running = Platform(module_settings, district)
        assert running.extract(FIRST) == {"green"}
        nights.refresh(module_settings, "marts", FIRST)
        nights.refresh(module_settings, "evaluation", FIRST)
        yield running


def test_every_row_of_the_first_night_is_accounted_for(platform: Platform) -> None:
    """P5: rows in = accepted + quarantined, and the accepted ones are in raw."""
    with connect(platform.settings) as connection:
        for feed in load_feeds(platform.settings.feeds).values():
            if not feed.required:
                continue
            line = platform.status(FIRST)[feed.id]
            row = connection.execute(f"select count(*) as n from raw.{feed.table}".encode()).fetchone()
            assert row == {"n": line["rows_accepted"]}, feed.id
            assert line["rows_in"] == line["rows_accepted"] + line["rows_quarantined"], feed.id  # type: ignore[operator]


@pytest.mark.parametrize("file", sorted((PROJECT / "docs" / "queries").glob("*.sql")), ids=lambda file: file.stem)
def test_the_documented_queries_run_for_an_analyst(platform: Platform, file: Path) -> None:
    """Each query in docs/queries/ runs with the analyst's rights and has the columns that its head names."""
    query = file.read_text()
    head = " ".join(line.removeprefix("--").strip() for line in query.splitlines() if line.startswith("--"))
    with connect(platform.settings, "analyst") as connection:
        cursor = connection.execute(query.encode())
        assert cursor.description is not None
        assert ", ".join(column.name for column in cursor.description) == head.split("Columns: ")[1]
        assert cursor.fetchall() or re.search(r"Empty (until|where) ", head)


def test_the_examples_of_descriptions_and_definitions_run(platform: Platform) -> None:
    """Each with the rights of the people whom its table is for."""
    project = read(platform.settings)
    examples = {model.table: model.example for model in project.published}
    examples |= {f"definition {definition.name}": definition.sql for definition in definitions(project)}
    assert len(examples) > 40
    for name, example in examples.items():
        with connect(platform.settings, "bi_reader" if name.startswith("bi.") else "analyst") as connection:
            assert connection.execute(example.encode()).description, name


def test_enrolled_days_are_those_of_the_definition(platform: Platform) -> None:
    """Counted day by day from the published tables, as the page of definitions has it, they are the same."""
    (counted,) = [one.sql for one in definitions(read(platform.settings)) if one.name == "enrolled_day"]
    shown = "select student_key, school_id, school_year, days_enrolled from marts.agg_student_year_attendance"
    with connect(platform.settings, "analyst") as connection:
        for one, other in ((counted, shown), (shown, counted)):
            assert connection.execute(f"select * from ({one}) as a except ({other})".encode()).fetchall() == []


def test_a_network_sees_its_schools_alone_in_every_table_of_bi(platform: Platform) -> None:
    """A table with schools has its policy, one without needs none; tests/library tries what the policy does."""
    with connect(platform.settings) as connection:
        rows = connection.execute(
            """select relname, relrowsecurity, has_table_privilege('network_reader', oid, 'select') as is_open,
                   exists (
                       select from pg_attribute where attrelid = pg_class.oid and attname = 'school_id'
                   ) as has_schools
               from pg_class where relnamespace = 'bi'::regnamespace and relkind = 'r'"""
        ).fetchall()
    assert len(rows) >= 4
    assert [row for row in rows if not row["is_open"] or row["relrowsecurity"] != row["has_schools"]] == []


def test_every_published_table_and_column_has_its_comment_in_the_database(platform: Platform) -> None:
    """As tools show them; the descriptions themselves are counted in tests/catalogue."""
    with connect(platform.settings) as connection:
        rows = connection.execute(
            """select attrelid::regclass::text || '.' || attname as name, col_description(attrelid, attnum) as said,
                   obj_description(attrelid) as of_table
               from pg_attribute inner join pg_class on pg_class.oid = attrelid
               where relkind = 'r' and relnamespace::regnamespace::text in ('marts', 'bi', 'evaluation')
                   and attnum > 0 and not attisdropped"""
        ).fetchall()
    assert len(rows) > 500
    assert [row["name"] for row in rows if not row["said"] or not row["of_table"]] == []


def test_the_documentation_site_tells_of_tables_and_of_no_student(platform: Platform) -> None:
    site = documenting.write(platform.settings).read_text()
    assert "marts.dim_student" in site.replace('\\"', "").replace('"', "")
    with connect(platform.settings) as connection:
        rows = connection.execute(
            """select student_id, student_key, first_name || ' ' || last_name as name
               from raw.sis__students inner join identity.student_key using (student_id)"""
        ).fetchall()
    assert len(rows) > 100
    assert [row for row in rows if any(value in site for value in row.values())] == []


@pytest.mark.parametrize("target", ["marts", "evaluation"])
def test_the_models_unit_tests_hold(platform: Platform, target: str) -> None:
    """Every dbt unit test, which the nights themselves leave out: they prove the code, not the data."""
    chosen = {"marts": ["--exclude", "path:models/evaluation"], "evaluation": ["--select", "path:models/evaluation"]}
    result = run_dbt(
        platform.settings,
        load_feeds(platform.settings.feeds),
        ["test", *chosen[target], "--resource-type", "unit_test", "--target", target],
        {},
        target_path=target,
    )
    outcomes = {node.node.name: str(node.status) for node in result.result.results}
    assert len(outcomes) > 0
    assert {name for name, status in outcomes.items() if status != "pass"} == set()


def test_the_same_night_again_changes_nothing(platform: Platform) -> None:
    """P3: same hash, and not a row added or removed."""
    before = platform.hashes()
    assert platform.extract(FIRST) == {"unchanged"}
    for kind in ("marts", "evaluation"):
        publication = nights.refresh(platform.settings, kind, FIRST)  # type: ignore[arg-type]
        assert {(change.added, change.removed) for change in publication.tables} == {(0, 0)}
    assert platform.hashes() == before


def test_rotated_keys_reach_every_table_with_the_next_publication(platform: Platform) -> None:
    """Each student has another key everywhere, and nothing else has changed: aggregates are the same to the byte."""

    def told() -> tuple[dict[str, set[str]], list[tuple[int, str]]]:
        with connect(platform.settings) as connection:
            keys = {}
            for name in student_tables(connection):
                query = sql.SQL("select student_key from {}").format(sql.Identifier(*name))
                keys[".".join(name)] = {row["student_key"] for row in connection.execute(query)}
            return keys, [content_hash(connection, "bi", table) for table in catalog.tables(connection, "bi")]

    before, aggregates = told()
    students = rotating.rotate(platform.settings)
    nights.refresh(platform.settings, "marts", FIRST)
    nights.refresh(platform.settings, "evaluation", FIRST)
    after, aggregates_now = told()
    assert students >= len(before["marts.dim_student"]) > 100
    assert {table: len(keys) for table, keys in after.items()} == {table: len(keys) for table, keys in before.items()}
    assert set.union(*before.values()).isdisjoint(set.union(*after.values()))
    assert aggregates_now == aggregates


MISBEHAVIOURS = [
    ("sis.attendance", "missing", "missing", "no file"),
    ("sis.attendance", "cut_off", "red", "bytes"),
    ("sis.attendance", "truncated", "red", "line"),
    ("assessment.map_results", "truncated", "red", "rows, expected"),
    ("sis.enrollments", "wrong_type", "red", "expected"),
    ("sis.students", "renamed_column", "red", "Renamed to 'BirthDate_New'"),
    ("sis.attendance", "duplicate_key", "red", "more than once"),
    ("sis.attendance", "unknown_code", "red", "expected one of"),
    ("sis.enrollments", "unknown_school", "red", "sis.schools has no such school_id"),
    ("study.study_assignment", "unknown_code", "red", "expected one of"),
]


@pytest.mark.parametrize(("feed", "kind", "verdict", "says"), MISBEHAVIOURS)
def test_a_misbehaving_source_is_stopped_by_gate_1(
    platform: Platform, feed: str, kind: str, verdict: str, says: str
) -> None:
    """The feed is red with a message for the engineer, no refresh of the night starts, readers see no change."""
    before = platform.hashes()
    platform.district.misbehave(SECOND, feed, kind)
    try:
        outcome = nights.extract(platform.settings, feed.split(".", maxsplit=1)[0], SECOND)
    finally:
        platform.district.misbehave(SECOND, feed, "clear")
    line = platform.status(SECOND)[feed]
    assert outcome[feed].verdict == line["verdict"] == verdict
    for part in (feed, SECOND.isoformat(), says):
        assert part in str(line["message"])
    assert line["rows_accepted"] == 0
    with pytest.raises(RefreshError, match=feed):
        nights.refresh(platform.settings, "marts", SECOND)
    assert platform.hashes() == before


def test_an_unknown_school_from_another_source_is_stopped_by_gate_2(platform: Platform) -> None:
    """Plans of support are accepted on their own; that their school exists is judged while the candidate is built."""
    before = platform.hashes()
    platform.district.misbehave(SECOND, "supports.support_plan", "unknown_school")
    try:
        platform.extract(SECOND)
    finally:
        platform.district.misbehave(SECOND, "supports.support_plan", "clear")
    with pytest.raises(BuildError, match="every_school_of_support_plan_is_known"):
        nights.refresh(platform.settings, "marts", SECOND)
    assert platform.hashes() == before


def test_a_mended_night_goes_through(platform: Platform) -> None:
    """After all that, the source delivers the night as it is, and corrections win by arrival (P4)."""
    platform.extract(SECOND)
    nights.refresh(platform.settings, "marts", SECOND)
    nights.refresh(platform.settings, "evaluation", SECOND)
    with connect(platform.settings) as connection:
        rows = connection.execute("select kind, data_as_of from ops.data_as_of")
        assert {row["kind"]: row["data_as_of"] for row in rows} == {"marts": SECOND, "evaluation": SECOND}
