"""Gate 1: what reaches raw, what is kept aside, and that nothing gets past it unjudged."""

import dataclasses
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from elevate import batches, identity, loading
from elevate.contracts import Feed
from elevate.gates import bad_rows, batch_gate, results
from elevate.gates.batch_gate import Verdict, judge
from elevate.gates.engine import RuleResult
from elevate.warehouse import connect
from tests.library.district import (
    HAS_ROWS,
    NIGHT,
    NOTHING_WRONG,
    RUN,
    STUDENTS,
    District,
    column,
    contract,
    of_values,
    query_rule,
    rule,
)

HEADER = "student_id,grade,born_on,days"
SECRET = "Montgomery"


def lines(*given: str) -> str:
    return "".join(f"{line}\n" for line in given)


def students(number: int, first: int = 1) -> list[str]:
    return [f"{100000000 + first + i},K,2013-05-01,{i % 180}" for i in range(number)]


def unique(name: str, **more: Any) -> dict[str, Any]:
    """A contract of a feed of its own."""
    return contract(f"sis.{name}", **more)


def raw(district: District, feed: Feed, what: str = "student_id") -> list[Any]:
    rows = district.rows(f"select {what} from raw.{feed.table} order by _batch_id, _file, _line")
    return [value for (value,) in rows]


def ledger(district: District, batch_id: int) -> tuple[Any, ...]:
    (row,) = district.rows(
        "select verdict, rows_in, rows_accepted, rows_quarantined from ops.batch where batch_id = %s", batch_id
    )
    return row


def quarantined(district: District, batch_id: int) -> list[tuple[Any, ...]]:
    return district.rows(
        "select line, column_name, rule, reason from quarantine.rejected_row where batch_id = %s order by 1, 2, 3",
        batch_id,
    )


def newest(district: District) -> int:
    return int(district.value("select max(batch_id) from ops.batch"))


def outcome(district: District, batch_id: int) -> dict[str, str]:
    return dict(district.rows("select rule, verdict from ops.gate_result where batch_id = %s", batch_id))


def test_a_good_batch_goes_to_raw_whole(module_district: District) -> None:
    feed = module_district.feed(unique("good"))
    verdict = module_district.take(feed, lines(f"{HEADER},bus", *(f"{row},12" for row in students(3))))
    batch_id = newest(module_district)
    assert verdict.lets_through
    assert verdict.message == "good.csv has columns that no contract names, kept in _extra: ['bus']."
    assert ledger(module_district, batch_id) == ("green", 3, 3, 0)
    assert module_district.rows(f"select * from raw.{feed.table} where _line = 3") == [
        (batch_id, 3, "good.csv", {"bus": "12"}, "100000002", "K", NIGHT.replace(2013, 5, 1), 1)
    ]
    assert {name for name, verdict in outcome(module_district, batch_id).items() if verdict != "pass"} == {"follows"}
    assert module_district.value("select to_regclass(%s)", f"incoming.b{batch_id}") is None


def test_every_rule_of_the_contract_and_the_suite_is_evaluated(module_district: District) -> None:
    feed = module_district.feed(unique("rules"), NOTHING_WRONG, query_rule("also", "select 1 from {batch} where 1 = 0"))
    module_district.take(feed, lines(HEADER, *students(2)))
    assert set(outcome(module_district, newest(module_district))) == {
        "row_count", "exact_columns", "required:student_id", "pattern:student_id", "enum:grade", "range:days",
        "unique:student_id", "nothing_wrong", "also", "follows", "columns_stay",
    }  # fmt: skip


BAD_ROWS = lines(
    HEADER,
    *students(40),
    "12345,K,,",  # pattern
    "200000001,9,,",  # not in the enumeration
    "200000002,K,,181",  # above the range
    "200000003,K,,-1",  # below it
    ",K,,1",  # no key
    "200000004,K,,1",
    "200000004,1,,2",  # twice
    "200000005,K,05/01/2013,1",  # no date
    "x,9,,999",  # three at once
)
REASONS = [
    (42, "student_id", "pattern:student_id", r"expected the pattern ^\d{9}$"),
    (43, "grade", "enum:grade", "expected one of K, 1, 2"),
    (44, "days", "range:days", "expected a number of min 0 and max 180"),
    (45, "days", "range:days", "expected a number of min 0 and max 180"),
    (46, "student_id", "required:student_id", "a value is required"),
    (47, "student_id", "unique:student_id", "the key stands more than once in the batch"),
    (48, "student_id", "unique:student_id", "the key stands more than once in the batch"),
    (49, "born_on", "type", "expected a date as yyyy-MM-dd"),
    (50, "days", "range:days", "expected a number of min 0 and max 180"),
    (50, "grade", "enum:grade", "expected one of K, 1, 2"),
    (50, "student_id", "pattern:student_id", r"expected the pattern ^\d{9}$"),
]


def test_bad_rows_within_the_tolerance_are_set_aside_with_their_reasons(module_district: District) -> None:
    feed = module_district.feed(unique("tolerant", tolerance=0.2))
    assert module_district.take(feed, BAD_ROWS).verdict == "green"
    batch_id = newest(module_district)
    assert ledger(module_district, batch_id) == ("green", 49, 40, 9)
    assert raw(module_district, feed, "_line") == list(range(2, 42))
    assert quarantined(module_district, batch_id) == REASONS
    rows = "select distinct file, row_as_it_came from quarantine.rejected_row where batch_id = %s and line = 50"
    assert module_district.rows(rows, batch_id) == [("tolerant.csv", {"student_id": "x", "grade": "9", "days": "999"})]


def test_bad_rows_above_the_tolerance_stop_the_batch(module_district: District) -> None:
    feed = module_district.feed(unique("strict", tolerance=0.1))
    verdict = module_district.take(feed, BAD_ROWS)
    batch_id = newest(module_district)
    assert (verdict.verdict, verdict.lets_through) == ("red", False)
    assert verdict.message.startswith(
        f"sis.strict, night 2019-02-11, batch {batch_id}, file strict.csv: 9 of 49 rows are bad, tolerated"
    )
    assert "3 rows, first in strict.csv line 44, column days: expected a number of min 0 and max 180" in verdict.message
    assert f"({feed.place('days')})." in verdict.message
    assert ledger(module_district, batch_id) == ("red", 49, 0, 49)
    assert raw(module_district, feed) == []
    assert quarantined(module_district, batch_id) == REASONS
    assert module_district.value(f"select count(*) from quarantine.b{batch_id}") == 48, "all but the malformed row"
    assert module_district.rows(f"select count(*) from quarantine.b{batch_id}", role="elevate_steward") == [(48,)]


@pytest.mark.parametrize(("bad", "verdict"), [(0, "green"), (1, "green"), (2, "green"), (3, "red")])
def test_the_tolerance_is_a_share_of_all_rows_delivered(module_district: District, bad: int, verdict: str) -> None:
    feed = module_district.feed(unique(f"share{bad}", tolerance=0.02))
    rows = students(100)
    for place in range(bad):
        # A malformed row counts like any other, and a row that breaks two rules counts once.
        rows[place] = "x,9,never,1" if place % 2 else "x,9,,1"
    assert module_district.take(feed, lines(HEADER, *rows)).verdict == verdict


def test_the_first_bad_row_is_one_that_exists(module_district: District) -> None:
    """File and line of the message are those of one row."""
    marked = {"customProperties": [{"property": "fromPath", "value": True}]}
    columns = [*STUDENTS, column("part", **marked)]
    feed = module_district.feed(unique("parts", columns=columns, server={"path": "sis/{night}/p_{part}.csv"}))
    module_district.deliver(feed, lines(HEADER, *students(7), "x,K,,1"), name="p_a.csv")
    module_district.deliver(feed, lines(HEADER, "x,K,,1", *students(5, first=50)), name="p_b.csv")
    assert "2 rows, first in p_a.csv line 9, column student_id" in module_district.take(feed).message


# Each way in which Great Expectations passes silently, against the whole gate.


def test_an_empty_snapshot_is_red(module_district: District) -> None:
    feed = module_district.feed(unique("empty"))
    verdict = module_district.take(feed, lines(HEADER))
    assert (verdict.verdict, "row_count" in verdict.message) == ("red", True)
    assert outcome(module_district, newest(module_district))["unique:student_id"] == "not applicable"


def test_an_empty_delta_is_green_where_its_contract_says_so(module_district: District) -> None:
    columns = [*STUDENTS, column("change", required=True, enum=of_values("upsert", "delete"))]
    feed = module_district.feed(
        unique("quiet", columns=columns, minimum_rows=0, loadMode="delta", changeColumn="change")
    )
    assert module_district.take(feed, lines(f"{HEADER},change")).verdict == "green"
    assert ledger(module_district, newest(module_district)) == ("green", 0, 0, 0)


def test_a_batch_of_malformed_rows_alone_is_red(module_district: District) -> None:
    feed = module_district.feed(unique("hopeless", tolerance=0.99))
    assert module_district.take(feed, lines(HEADER, "1,K,never,1")).verdict == "red"


def test_a_required_column_of_nulls_is_red(module_district: District) -> None:
    columns = [column("id", key=1), column("kind", required=True, enum=of_values("a"))]
    feed = module_district.feed(unique("nulls", columns=columns, tolerance=0.99))
    verdict = module_district.take(feed, lines("id,kind", "1,", "2,", "3,"))
    assert verdict.verdict == "red"
    assert outcome(module_district, newest(module_district))["enum:kind"] == "error"


def test_a_key_with_a_null_part_is_found(module_district: District) -> None:
    columns = [column("id", key=1), column("day", "date", key=2)]
    feed = module_district.feed(unique("compound", columns=columns, tolerance=0.9))
    text = lines("id,day", "1,2019-01-01", "1,2019-01-02", "2,", "2,", "3,2019-01-01", "3,2019-01-01")
    assert module_district.take(feed, text).verdict == "green"
    assert [row[:3] for row in quarantined(module_district, newest(module_district))] == [
        (4, "day", "required:day"), (5, "day", "required:day"),
        (6, "id,day", "unique:id+day"), (7, "id,day", "unique:id+day"),
    ]  # fmt: skip


BAD_SUITES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "empty": ([], "an empty suite would pass"),
    "unknown type": ([rule("x", "expect_column_to_be_nice", column="days")], "unknown type"),
    "bad severity": ([HAS_ROWS | {"severity": "fatal"}], "severity is 'fatal'"),
    "parameter that is None": ([rule("x", "expect_table_row_count_to_be_between", min_value=None)], "is not set"),
    "parameter that Great Expectations refuses": (
        [rule("x", "expect_table_row_count_to_be_between", min_value="many")], "does not take",
    ),
    "name of a contract's rule": ([query_rule("row_count", "select 1 from {batch} where 1 = 0")], "the contract makes"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SUITES)
def test_a_suite_that_cannot_be_trusted_makes_the_batch_red(module_district: District, case: str) -> None:
    rules, message = BAD_SUITES[case]
    feed = module_district.feed(unique("untrusted"))
    module_district.write_suite(feed.id, *rules)
    verdict = module_district.take(feed, lines(HEADER, *students(3)))
    assert (verdict.verdict, "The gate could not judge" in verdict.message) == ("red", True)
    assert message in verdict.message
    assert raw(module_district, feed) == []
    assert ledger(module_district, newest(module_district)) == ("red", 3, 0, 3)


def test_a_feed_without_a_suite_is_red(module_district: District) -> None:
    feed = module_district.feed(unique("suiteless"))
    (module_district.root / "expectations/sis/suiteless.yaml").unlink()
    assert "does not exist" in module_district.take(feed, lines(HEADER, *students(3))).message


@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_a_rule_that_could_not_be_evaluated_is_red_whatever_its_severity(
    module_district: District, severity: str
) -> None:
    broken = {
        "sql": "gone = 1",
        "cast": "student_id::date > '2019-01-01'",
        "lost": "pg_terminate_backend(pg_backend_pid())",
    }
    rules = [query_rule(name, f"select 1 from {{batch}} where {where}", severity) for name, where in broken.items()]
    feed = module_district.feed(unique(f"err_{severity}"), NOTHING_WRONG, *rules)
    verdict = module_district.take(feed, lines(HEADER, *students(3)))
    assert verdict.verdict == "red"
    assert all(f"Rule {name}: the rule could not be evaluated" in verdict.message for name in broken)
    assert "100000001" not in verdict.message
    assert raw(module_district, feed) == []


def test_a_warning_is_told_and_lets_through(module_district: District) -> None:
    feed = module_district.feed(unique("warned"), query_rule("few", "select 1 from {batch} where days < 9", "warning"))
    verdict = module_district.take(feed, lines(HEADER, *students(3)))
    assert verdict == Verdict("green", "Warning, rule few: 3 rows break the rule.")
    assert module_district.batch(newest(module_district)).message == verdict.message
    assert len(raw(module_district, feed)) == 3


def test_a_critical_rule_is_red_with_what_to_do(module_district: District) -> None:
    feed = module_district.feed(unique("critical"), query_rule("few", "select 1 from {batch} where days < 9"))
    verdict = module_district.take(feed, lines(HEADER, *students(3)))
    assert verdict.verdict == "red"
    assert verdict.message.endswith(": Rule few: 3 rows break the rule, first in critical.csv line 2. Mend it.")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("select 1 from {batch} where days = 9 or days = 8", ", first in placed.csv line 3"),
        ("select 1 from {batch} where days > 0 group by grade having count(*) > 1", ""),
        ("select days from {batch} where days = 9", ""),
        ("select _file, _line from {batch} where days = 9", ", first in placed.csv line 4"),
        (
            "select min(_file) as _file, min(_line) as _line from {batch} having count(*) = 3",
            ", first in placed.csv line 2",
        ),
        ("select null as _file, null::int as _line from {batch} limit 1", ""),
    ],
)
def test_the_first_row_that_a_suite_finds_is_named(module_district: District, query: str, place: str) -> None:
    feed = module_district.feed(contract("sis.placed"), query_rule("few", query))
    text = lines(HEADER, "100000001,K,,5", "100000002,K,,8", "100000003,K,,9")
    message = module_district.take(feed, text).message
    assert re.search(rf"Rule few: \d+ rows break the rule{place}\. Mend it", message), message


def test_a_table_of_other_columns_is_red(module_district: District) -> None:
    feed = module_district.feed(unique("columns"))
    batch_id = module_district.load(feed, lines(HEADER, *students(3)))
    module_district.run(f"alter table incoming.b{batch_id} add column more text")
    verdict = judge(module_district.settings, feed, batch_id)
    assert (verdict.verdict, "unexpected: ['more']" in verdict.message) == ("red", True)


# Two counts of each row rule.


@pytest.mark.parametrize("failing", ["false", "true"])
def test_counts_that_disagree_are_red(module_district: District, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    """Great Expectations counts by the contract, our own predicates are spoilt: no rule believes them."""
    honest = bad_rows.row_rules
    monkeypatch.setattr(
        bad_rows, "row_rules",
        lambda *given: [dataclasses.replace(row_rule, failing=sql.SQL(failing)) for row_rule in honest(*given)],
    )  # fmt: skip
    feed = module_district.feed(unique(f"differ_{failing}", tolerance=0.99))
    verdict = module_district.take(feed, BAD_ROWS)
    assert (verdict.verdict, "failing rows, but found" in verdict.message) == ("red", True)
    assert raw(module_district, feed) == []
    of_rows = {r.rule.name for r in honest(feed, sql.Identifier("x"), NIGHT)}
    found = outcome(module_district, newest(module_district))
    assert {found[name] for name in of_rows} == {"error"}


def test_one_count_that_disagrees_is_enough(module_district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = batch_gate._compare_counts

    def one_less(connection: Any, given: list[RuleResult]) -> list[RuleResult]:
        connection.execute("delete from pg_temp.failing where rule = 'range:days' and line = 44")
        return honest(connection, given)

    monkeypatch.setattr(batch_gate, "_compare_counts", one_less)
    feed = module_district.feed(unique("differ", tolerance=0.99))
    verdict = module_district.take(feed, BAD_ROWS)
    assert (verdict.verdict, "Rule range:days: counted 3 failing rows, but found 2" in verdict.message) == ("red", True)


CELLS = st.sampled_from(["1", "2", "3", "-1", "181", "", "K", "100000001", "100000002", "2019-01-01"])
PAIRS = st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=40)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=PAIRS)
def test_both_counts_agree_and_every_row_is_accounted_for(
    module_district: District, rows: list[tuple[str, ...]]
) -> None:
    columns = [
        column("a", key=1, logicalTypeOptions={"pattern": r"^\d"}),
        column("b", key=2, enum=of_values("1", "2", "K")),
        column("c", "integer", logicalTypeOptions={"minimum": 0}),
        column("d", relationships=[{"type": "foreignKey", "to": "agreeing.a"}]),
    ]
    feed = module_district.feed(unique("agreeing", columns=columns, tolerance=0.999))
    module_district.take(feed, lines("a,b,c,d", *(",".join(row) for row in rows)))
    batch_id = newest(module_district)
    differing = "select rule, message from ops.gate_result where batch_id = %s and message like '%%but found%%'"
    assert module_district.rows(differing, batch_id) == []
    verdict, rows_in, accepted, aside = ledger(module_district, batch_id)
    assert (rows_in, accepted + aside) == (len(rows), len(rows))
    if verdict == "green":
        assert aside == len({line for line, *_ in quarantined(module_district, batch_id)})
        assert accepted == module_district.value(f"select count(*) from raw.{feed.table} where _batch_id = {batch_id}")


def test_more_failing_rows_than_great_expectations_lists_are_all_set_aside(module_district: District) -> None:
    feed = module_district.feed(unique("many", tolerance=0.9))
    assert module_district.take(feed, lines(HEADER, *students(200), *(["x,9,,999"] * 500))).verdict == "green"
    assert ledger(module_district, newest(module_district)) == ("green", 700, 200, 500)


def test_a_green_batch_says_where_its_bad_rows_are(module_district: District) -> None:
    feed = module_district.feed(unique("tolerant", tolerance=0.9))
    verdict = module_district.take(feed, lines(HEADER, "100000001,K,,5", "100000002,K,,999", "100000003,K,,x"))
    assert verdict.verdict == "green"
    assert re.search(r"In quarantine: 1 rows, first in tolerant.csv line \d, column days: expected", verdict.message)
    assert "line 3, column days: expected a number" in verdict.message
    assert "line 4, column days: expected a whole number" in verdict.message


# References to other feeds.


def test_references_are_checked_against_the_newest_accepted_snapshot(module_district: District) -> None:
    to = {"relationships": [{"type": "foreignKey", "to": "ref_schools.school_id"}]}
    schools = module_district.feed(unique("ref_schools", columns=[column("school_id", key=1), column("into", **to)]))
    columns = [column("id", key=1), column("school", **to)]
    pupils = module_district.feed(unique("ref_pupils", columns=columns, tolerance=0.9))
    text = lines("id,school", "1,10", "2,20", "3,", "4,30")
    module_district.take(schools, lines("school_id,into", "10,20", "20,"))
    module_district.take(pupils, text)
    assert quarantined(module_district, newest(module_district)) == [
        (5, "school", "reference:school", "unknown: sis.ref_schools has no such school_id")
    ]
    module_district.take(schools, lines("school_id,into", "10,", "30,"), NIGHT + timedelta(days=1))
    module_district.take(pupils, text, NIGHT + timedelta(days=1))
    assert [line for line, *_ in quarantined(module_district, newest(module_district))] == [3]
    assert module_district.take(schools, lines("school_id,into", "10,99")).verdict == "red", "a reference to itself"


def test_references_are_checked_as_known_on_the_night(module_district: District) -> None:
    """A night that comes again after a later one, with the same schools and other pupils."""
    to = {"relationships": [{"type": "foreignKey", "to": "old_schools.id"}]}
    schools = module_district.feed(unique("old_schools", columns=[column("id", key=1)]))
    pupils = module_district.feed(unique("old_pupils", columns=[column("id", key=1), column("school", **to)]))
    later = NIGHT + timedelta(days=1)
    module_district.take(schools, lines("id", "10"))
    module_district.take(schools, lines("id", "20"), later)
    assert module_district.take(schools, lines("id", "10")).verdict == "unchanged"
    assert module_district.take(pupils, lines("id,school", "1,10")).verdict == "green"
    assert module_district.take(pupils, lines("id,school", "1,20")).verdict == "red"
    assert module_district.take(pupils, lines("id,school", "1,20"), later).verdict == "green"


def test_nothing_can_refer_to_a_feed_that_never_arrived(module_district: District) -> None:
    module_district.feed(unique("absent", columns=[column("id", key=1)]))
    columns = [column("id", key=1), column("to", relationships=[{"type": "foreignKey", "to": "absent.id"}])]
    feed = module_district.feed(unique("hopeful", columns=columns))
    assert module_district.take(feed, lines("id,to", "1,1")).verdict == "red"
    assert module_district.take(feed, lines("id,to", "1,")).verdict == "green"


# What happens twice, or is cut off.


def everything(district: District) -> dict[str, Any]:
    """All rows of the ledger, raw, quarantine and identity."""
    tables = district.rows(
        """select format('%I.%I', schemaname, tablename) from pg_tables
           where schemaname in ('raw', 'quarantine', 'identity', 'ops') order by 1"""
    )
    return {name: district.rows(f"select t::text from {name} as t order by 1") for (name,) in tables}


@pytest.mark.parametrize("text", [lines(HEADER, *students(3)), BAD_ROWS], ids=["green", "red"])
def test_judging_a_closed_batch_again_changes_nothing(module_district: District, text: str) -> None:
    feed = module_district.feed(unique(f"closed{len(text)}"))
    first = module_district.take(feed, text)
    before = everything(module_district)
    assert judge(module_district.settings, feed, newest(module_district)) == first
    loading.load(module_district.settings, feed, newest(module_district))
    assert everything(module_district) == before


def test_the_same_delivery_again_is_unchanged_and_lets_through(module_district: District) -> None:
    feed = module_district.feed(unique("again"))
    text = lines(HEADER, *students(3))
    module_district.take(feed, text)
    first = newest(module_district)
    verdict = module_district.take(feed, text)
    assert (verdict.verdict, verdict.lets_through) == ("unchanged", True)
    assert module_district.rows("select verdict, unchanged_from from ops.batch order by batch_id desc limit 1") == [
        ("unchanged", first)
    ]
    assert len(raw(module_district, feed)) == 3


def test_a_correction_and_its_undoing_are_batches_of_their_own(module_district: District) -> None:
    feed = module_district.feed(unique("aba"))
    for row in students(2):
        module_district.take(feed, lines(HEADER, row))
    assert module_district.take(feed, lines(HEADER, students(1)[0])).verdict == "green"
    assert raw(module_district, feed) == ["100000001", "100000002", "100000001"]


def test_a_red_delivery_is_judged_again_when_it_comes_again(module_district: District) -> None:
    """The suite may have been mended meanwhile."""
    feed = module_district.feed(unique("mended"), query_rule("never", "select 1 from {batch}"))
    text = lines(HEADER, *students(3))
    assert module_district.take(feed, text).verdict == "red"
    module_district.write_suite(feed.id, NOTHING_WRONG)
    assert module_district.take(feed, text).verdict == "green"


def test_a_batch_that_was_never_loaded_is_not_judged(module_district: District) -> None:
    feed = module_district.feed(unique("unloaded"))
    batch_id = module_district.open(feed, lines(HEADER, *students(3)))
    with pytest.raises(RuntimeError, match=f"batch {batch_id} was never loaded; load it first"):
        judge(module_district.settings, feed, batch_id)
    assert module_district.batch(batch_id).verdict == "open"


@pytest.mark.parametrize("damage", ["drop table incoming.b{}", "delete from incoming.b{} where _line = 2"])
def test_a_batch_whose_rows_are_gone_is_not_judged_until_loaded_again(module_district: District, damage: str) -> None:
    feed = module_district.feed(unique(f"damaged{len(damage)}"))
    batch_id = module_district.load(feed, lines(HEADER, *students(3)))
    module_district.run(damage.format(batch_id))
    with pytest.raises((RuntimeError, psycopg.errors.UndefinedTable)):
        judge(module_district.settings, feed, batch_id)
    assert ledger(module_district, batch_id) == ("loaded", 3, 0, 0)
    loading.load(module_district.settings, feed, batch_id)
    assert judge(module_district.settings, feed, batch_id).verdict == "green"


@pytest.mark.parametrize("verdict", ["green", "red"])
def test_a_gate_that_is_cut_off_decides_nothing_and_can_be_repeated(
    module_district: District, monkeypatch: pytest.MonkeyPatch, verdict: str
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    feed = module_district.feed(unique(f"cut_{verdict}", tolerance=0.2 if verdict == "green" else 0))
    batch_id = module_district.load(feed, BAD_ROWS)
    before = everything(module_district)
    for where, step in ((batch_gate, "quarantine_failing"), (batches, "close"), (results, "record")):
        with monkeypatch.context() as patch:
            patch.setattr(where, step, killed)
            with pytest.raises(KeyboardInterrupt):
                judge(module_district.settings, feed, batch_id)
        assert everything(module_district) == before
    assert judge(module_district.settings, feed, batch_id).verdict == verdict
    assert ledger(module_district, batch_id) == (verdict, 49, *((40, 9) if verdict == "green" else (0, 49)))


def test_a_missing_delivery_lets_nothing_through(module_district: District) -> None:
    feed = module_district.feed(unique("missing"))
    with connect(module_district.settings) as connection:
        batches.record_missing(connection, feed, NIGHT, RUN, "no file")
    verdict = judge(module_district.settings, feed, newest(module_district))
    assert (verdict, verdict.lets_through) == (Verdict("missing", "no file"), False)


def test_only_green_and_unchanged_let_through() -> None:
    every = ("open", "loaded", "green", "red", "missing", "unchanged", "abandoned")
    assert [verdict for verdict in every if Verdict(verdict, "").lets_through] == ["green", "unchanged"]


def test_the_database_refuses_a_ledger_that_does_not_balance(module_district: District) -> None:
    feed = module_district.feed(unique("ledger"))
    batch_id = module_district.load(feed, lines(HEADER, *students(3)))
    close: Callable[[str], str] = lambda changes: f"update ops.batch set {changes} where batch_id = {batch_id}"  # noqa: E731
    for changes in (
        "verdict = 'green', rows_accepted = 2",
        "verdict = 'red', rows_accepted = 3",
        "verdict = 'green', rows_quarantined = 4",
        "verdict = 'fine'",
        "verdict = 'unchanged'",
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            module_district.run(close(changes))


# Students in all this.


def test_research_keys_are_made_for_students_of_green_batches_alone(module_district: District) -> None:
    columns = [
        column("id", key=1),
        column("student", customProperties=[{"property": "identifies", "value": "student"}]),
    ]
    feed = module_district.feed(contract("sis.pupils", columns))
    module_district.take(feed, lines("id,student", "1,100000001", "1,100000002"))
    assert module_district.rows("select * from identity.student_key") == [], "a red batch makes nobody known"
    module_district.take(feed, lines("id,student", "1,100000001", "2,100000002", "3,100000001", "4,"))
    secret = module_district.settings.secrets["research_key"]
    assert dict(module_district.rows("select student_id, student_key from identity.student_key")) == {
        student: identity.research_key(secret, student) for student in ("100000001", "100000002")
    }


def test_neither_ledger_nor_results_hold_a_value(module_district: District, capfd: pytest.CaptureFixture[str]) -> None:
    name = column("name", enum=of_values("Ann"), logicalTypeOptions={"pattern": "^A"})
    columns = [*STUDENTS, name, column("points", "integer")]
    rules = [
        query_rule("sql", "select name from {batch} where name::integer = 1"),
        query_rule("names", "select name from {batch}", "warning"),
        rule("few", "expect_table_row_count_to_be_between", "warning", max_value=1),
        rule("bobs", "expect_column_values_to_be_in_set", column="name", value_set=["Bob"]) | {"nullable": "fine"},
        rule("extreme", "expect_column_max_to_be_between", "warning", column="points", max_value=1),
    ]
    feed = module_district.feed(contract(columns=columns, tolerance=0.5), *rules)
    rows = [f"{row},{SECRET},4815162" for row in students(180)]
    verdict = module_district.take(feed, lines(f"{HEADER},name,points", *rows))
    assert verdict.verdict == "red"
    ledgers = str([rows for table, rows in everything(module_district).items() if table.startswith("ops.")])
    said = "".join(capfd.readouterr())
    for secret in (SECRET, "100000001", "4815162"):
        assert secret not in ledgers
        assert secret not in verdict.message
        assert secret not in said


def test_a_row_of_many_columns_is_kept_whole_in_quarantine(module_district: District) -> None:
    columns = [column("id", key=1), *(column(f"c{i}", "integer") for i in range(119))]
    columns[-1]["logicalTypeOptions"] = {"minimum": 0}
    feed = module_district.feed(unique("wide", columns=columns, tolerance=0.5))
    names = ["id", *(f"c{i}" for i in range(119)), "more"]
    rows = [",".join([str(n), *["7"] * 118, last, "x"]) for n, last in ((1, "7"), (2, "-7"))]
    assert module_district.take(feed, lines(",".join(names), *rows)).verdict == "green"
    rejected = "select row_as_it_came from quarantine.rejected_row where batch_id = %s"
    kept = module_district.value(rejected, newest(module_district))
    assert (len(kept), kept["c118"], kept["more"]) == (121, "-7", "x")
