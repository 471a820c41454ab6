"""Gates 2 and 3: every table of the candidate is judged, or none is published."""

from collections.abc import Iterator
from typing import Any

import pytest

from elevate import refreshes
from elevate.gates import candidate_gate, engine
from elevate.gates.candidate_gate import GateRed, judge
from elevate.refreshes import Kind
from elevate.warehouse import connect
from tests.library.district import HAS_ROWS, NIGHT, RUN, District, contract, query_rule, rule

COLUMNS = "id integer primary key, rate numeric(5,2)"
EXACT = rule("exact_columns", "expect_table_columns_to_match_set", column_set=["id", "rate"], exact_match=True)
ENOUGH = (HAS_ROWS, EXACT)
SECRET = "Montgomery"


@pytest.fixture
def candidate(module_district: District) -> Iterator[District]:
    """A candidate of one table in each schema, with suites that it passes; emptied afterwards."""
    module_district.feed(contract("sis.students", required=True))
    module_district.feed(contract("portal.profile", required=False))
    for table in ("marts.dim_school", "bi.bi_school", "evaluation.eval_impact"):
        module_district.candidate(table, COLUMNS, (1, 0.5), (2, None))
        module_district.write_suite(table, *ENOUGH)
    yield module_district
    for schema in ("marts", "bi", "evaluation"):
        for file in (module_district.root / "expectations" / schema).glob("*.yaml"):
            file.unlink()
        module_district.run(f"drop schema candidate_{schema} cascade", f"create schema candidate_{schema}")


def opened(district: District, kind: Kind = "marts") -> int:
    """A refresh whose candidate is built already, so without the clearing at its opening."""
    return int(
        district.value(
            "insert into ops.refresh (kind, night, run) values (%s, %s, %s) returning refresh_id", kind, NIGHT, RUN
        )
    )


def verdict(district: District, refresh_id: int) -> tuple[Any, ...]:
    (row,) = district.rows("select verdict, message from ops.refresh where refresh_id = %s", refresh_id)
    return row


def found(district: District, refresh_id: int) -> list[tuple[Any, ...]]:
    return district.rows(
        "select gate, suite, rule, verdict from ops.gate_result where refresh_id = %s order by 2, 3", refresh_id
    )


def refused(district: District, kind: Kind = "marts") -> str:
    """The message with which the gate stops the candidate; the refresh is red with the same reasons."""
    refresh_id = opened(district, kind)
    with pytest.raises(GateRed) as raised:
        judge(district.settings, kind, refresh_id)
    message = str(raised.value)
    assert message.startswith(f"Gate {candidate_gate.GATES[kind]}, refresh {refresh_id}: ")
    assert verdict(district, refresh_id) == ("red", message.partition(": ")[2])
    return message


def test_a_good_candidate_passes_and_stays_open(candidate: District) -> None:
    refresh_id = opened(candidate)
    assert judge(candidate.settings, "marts", refresh_id) == 4
    assert verdict(candidate, refresh_id) == ("open", None)
    assert found(candidate, refresh_id) == [
        (2, table, name, "pass")
        for table in ("bi.bi_school", "marts.dim_school")
        for name in ("exact_columns", "has_rows")
    ]


def test_the_evaluation_has_a_gate_of_its_own(candidate: District) -> None:
    refresh_id = opened(candidate, "evaluation")
    assert judge(candidate.settings, "evaluation", refresh_id) == 2
    assert {(gate, table) for gate, table, *_ in found(candidate, refresh_id)} == {(3, "evaluation.eval_impact")}


def test_a_table_without_a_suite_stops_all(candidate: District) -> None:
    candidate.candidate("bi.bi_more", COLUMNS, (1, 1))
    assert "schema bi: tables without a suite: ['bi_more'], suites without a table: []" in refused(candidate)


def test_a_suite_without_a_table_stops_all(candidate: District) -> None:
    candidate.run("drop table candidate_marts.dim_school")
    candidate.candidate("marts.dim_other", COLUMNS, (1, 1))
    candidate.write_suite("marts.dim_other", *ENOUGH)
    assert "suites without a table: ['dim_school']" in refused(candidate)


def test_a_schema_without_tables_stops_all(candidate: District) -> None:
    candidate.run("drop table candidate_bi.bi_school")
    (candidate.root / "expectations/bi/bi_school.yaml").unlink()
    assert "schema bi" in refused(candidate)


def test_a_failing_rule_stops_all_with_what_to_do(candidate: District) -> None:
    candidate.write_suite("bi.bi_school", *ENOUGH, query_rule("rates", "select 1 from {batch} where rate < 1"))
    refresh_id = opened(candidate)
    with pytest.raises(GateRed, match=r"bi.bi_school, rule rates: 1 rows break the rule. Mend it."):
        judge(candidate.settings, "marts", refresh_id)
    assert (2, "bi.bi_school", "rates", "fail") in found(candidate, refresh_id)


@pytest.mark.parametrize("where", ["gone = 1", "rate::text::date > '2019-01-01'"])
def test_a_warning_that_could_not_be_evaluated_stops_all(candidate: District, where: str) -> None:
    broken = query_rule("broken", f"select 1 from {{batch}} where {where}", "warning")
    candidate.write_suite("marts.dim_school", *ENOUGH, broken)
    assert "marts.dim_school, rule broken: the rule could not be evaluated" in refused(candidate)


def test_a_lone_warning_is_recorded_and_passes(candidate: District) -> None:
    candidate.write_suite("marts.dim_school", *ENOUGH, query_rule("odd", "select 1 from {batch}", "warning"))
    refresh_id = opened(candidate)
    assert judge(candidate.settings, "marts", refresh_id) == 5
    assert (2, "marts.dim_school", "odd", "fail") in found(candidate, refresh_id)
    assert verdict(candidate, refresh_id)[0] == "open"


def test_an_empty_table_stops_all(candidate: District) -> None:
    between = rule("rates", "expect_column_values_to_be_between", column="rate", min_value=0) | {"nullable": "closed"}
    candidate.write_suite("marts.dim_school", *ENOUGH, between)
    candidate.candidate("marts.dim_school", COLUMNS)
    assert "marts.dim_school, rule has_rows" in refused(candidate)


def test_a_table_may_be_empty_while_there_is_nothing_to_hold(candidate: District) -> None:
    candidate.candidate("marts.dim_school", COLUMNS)
    candidate.write_suite("marts.dim_school", *ENOUGH, empty_when="select 1")
    refresh_id = opened(candidate)
    judge(candidate.settings, "marts", refresh_id)
    assert (2, "marts.dim_school", "has_rows", "not applicable") in found(candidate, refresh_id)
    candidate.write_suite("marts.dim_school", *ENOUGH, empty_when="select 1 where false")
    assert "marts.dim_school, rule has_rows" in refused(candidate)


def test_a_table_with_rows_is_judged_whatever_may_be_empty(candidate: District) -> None:
    candidate.write_suite(
        "bi.bi_school", *ENOUGH, query_rule("rates", "select 1 from {batch} where rate < 1"), empty_when="select 1"
    )
    assert "bi.bi_school, rule rates" in refused(candidate)


def test_an_excuse_that_can_not_be_evaluated_stops_all(candidate: District) -> None:
    candidate.candidate("marts.dim_school", COLUMNS)
    candidate.write_suite("marts.dim_school", *ENOUGH, empty_when="select gone")
    assert "marts.dim_school: empty_when could not be evaluated, SQLSTATE 42703" in refused(candidate)


UNSAFE: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no row count": ([EXACT], "no critical row count"),
    "row count that is a warning": ([HAS_ROWS | {"severity": "warning"}, EXACT], "no critical row count"),
    "row count of none": (
        [rule("has_rows", "expect_table_row_count_to_be_between", min_value=0), EXACT], "no critical row count",
    ),
    "row count with an end and no start": (
        [rule("has_rows", "expect_table_row_count_to_be_between", max_value=9), EXACT], "no critical row count",
    ),
    "no columns": ([HAS_ROWS], "no critical set of columns with exact_match"),
    "columns that are a warning": ([HAS_ROWS, EXACT | {"severity": "warning"}], "no critical set of columns"),
    "some of the columns": (
        [HAS_ROWS, rule("some", "expect_table_columns_to_match_set", column_set=["id"], exact_match=False)],
        "no critical set of columns",
    ),
    "empty suite": ([], "an empty suite would pass"),
    "unknown type": ([*ENOUGH, rule("x", "expect_column_to_be_nice", column="id")], "unknown type"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNSAFE)
def test_a_suite_that_could_pass_silently_stops_all(candidate: District, case: str) -> None:
    rules, message = UNSAFE[case]
    candidate.write_suite("marts.dim_school", *rules)
    said = refused(candidate)
    assert "The gate could not judge: " in said
    assert message in said


def test_a_suite_waits_for_an_optional_source_until_it_has_delivered(candidate: District) -> None:
    never = query_rule("never", "select 1 from {batch}")
    candidate.write_suite("marts.dim_school", *ENOUGH, never, needs="portal")
    refresh_id = opened(candidate)
    assert judge(candidate.settings, "marts", refresh_id) == 5
    assert [(table, name) for _, table, name, verdict in found(candidate, refresh_id) if verdict != "pass"] == [
        ("marts.dim_school", name) for name in ("exact_columns", "has_rows", "never")
    ]
    assert {verdict for *_, verdict in found(candidate, refresh_id)} == {"pass", "not applicable"}
    feed = candidate.feeds["portal.profile"]
    candidate.take(feed, "student_id,grade,born_on,days\n100000001,K,,\n")
    with connect(candidate.settings) as connection:
        refreshes._pin(connection, delivered := opened(candidate), feed, NIGHT, None)
    with pytest.raises(GateRed, match="rule never: 2 rows break the rule"):
        judge(candidate.settings, "marts", delivered)


@pytest.mark.parametrize("needs", ["portl", "sis"])
def test_a_suite_that_waits_for_no_optional_source_stops_all(candidate: District, needs: str) -> None:
    """A misspelt source would never deliver, and the suite never be applied; a required one is always there."""
    candidate.write_suite("marts.dim_school", *ENOUGH, needs=needs)
    assert f"marts.dim_school needs '{needs}', which is no optional source: ['portal']" in refused(candidate)


def test_a_database_failure_decides_nothing(candidate: District, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(candidate_gate, "evaluate", lost)
    refresh_id = opened(candidate)
    with pytest.raises(ConnectionError):
        judge(candidate.settings, "marts", refresh_id)
    assert (verdict(candidate, refresh_id), found(candidate, refresh_id)) == (("open", None), [])


def test_a_rule_that_was_not_evaluated_stops_all(candidate: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_result", lambda rule, _: engine.RuleResult(rule, "error", message="not evaluated"))
    assert "marts.dim_school, rule has_rows: not evaluated" in refused(candidate)


def test_results_hold_no_value(candidate: District) -> None:
    candidate.candidate("marts.dim_school", "id integer primary key, name text", (1, SECRET), (2, SECRET))
    columns = rule("exact_columns", "expect_table_columns_to_match_set", column_set=["id", "name"], exact_match=True)
    rules = [
        query_rule("cast", "select name from {batch} where name::integer = 1"),
        query_rule("names", "select name from {batch}"),
        rule("bobs", "expect_column_values_to_be_in_set", column="name", value_set=["Bob"]) | {"nullable": "fine"},
    ]
    candidate.write_suite("marts.dim_school", HAS_ROWS, columns, *rules)
    assert SECRET not in refused(candidate)
    assert SECRET not in str(candidate.rows("select * from ops.gate_result"))
