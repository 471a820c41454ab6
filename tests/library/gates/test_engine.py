"""Great Expectations on a real table: no way in which it passes silently is left open."""

import dataclasses
import itertools
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from elevate.gates import engine
from elevate.gates.engine import RuleResult, evaluate
from elevate.gates.rules import TABLE_CHECKS, VALUE_CHECKS, Rule, SuiteError
from elevate.settings import Settings
from elevate.warehouse import connect
from tests.library.district import District

SECRET = "Montgomery"
numbers = itertools.count()


def a_rule(kind: str, severity: Any = "critical", nullable: bool = False, **kwargs: Any) -> Rule:
    name = f"{next(numbers)}:{kind}"
    return Rule(name, kind, kwargs, severity, "Because.", "Mend it.", nullable, kwargs.get("column"))


def broken_by(where: str, severity: str = "critical") -> Rule:
    query = f"select 1 from {{batch}} where {where}"
    return a_rule("unexpected_rows_expectation", severity, unexpected_rows_query=query)


@pytest.fixture(scope="module")
def settings(module_district: District) -> Iterator[Settings]:
    module_district.run(
        "create table incoming.filled (id text, n integer, part text, name text, points integer default 4711)",
        f"""insert into incoming.filled values ('1', 1, 'a', '{SECRET}'), ('1', 2, 'b', '{SECRET}'),
                                               ('2', 3, 'b', '{SECRET}'), ('3', null, null, '{SECRET}')""",
        "create table incoming.nothing (id text, n integer, part text, name text)",
        "create table incoming.nulls (id text, n integer, part text, name text)",
        "insert into incoming.nulls select null, null, null, null from generate_series(1, 5)",
        "create table incoming.many as select i as id from generate_series(1, 2000) as i",
    )
    return module_district.settings


def verdicts(settings: Settings, table: str, *rules: Rule) -> list[tuple[str, int | None, int | None]]:
    found = evaluate(settings, "incoming", table, rules)
    assert [result.rule for result in found] == list(rules)
    return [(result.verdict, result.rows_checked, result.rows_failing) for result in found]


GOOD_AND_BAD: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[int | None, int | None]]] = {
    # type: parameters that pass, parameters that fail, rows checked and failing where they fail
    "expect_column_values_to_be_between": (
        {"column": "n", "min_value": 1, "max_value": 3}, {"column": "n", "min_value": 2}, (3, 1),
    ),
    "expect_column_values_to_be_in_set": (
        {"column": "part", "value_set": ["a", "b"]}, {"column": "part", "value_set": ["a"]}, (3, 2),
    ),
    "expect_column_values_to_match_regex": (
        {"column": "id", "regex": r"^\d$"}, {"column": "id", "regex": "^[12]$"}, (4, 1),
    ),
    "expect_column_values_to_be_unique": ({"column": "n"}, {"column": "id"}, (4, 2)),
    "expect_column_values_to_not_be_null": ({"column": "id"}, {"column": "n"}, (4, 1)),
    "expect_column_value_lengths_to_be_between": (
        {"column": "id", "min_value": 1}, {"column": "id", "min_value": 2}, (4, 4),
    ),
    "expect_table_row_count_to_be_between": ({"min_value": 4}, {"min_value": 5}, (None, None)),
    "expect_table_columns_to_match_set": (
        {"column_set": ["id", "n", "part", "name", "points"], "exact_match": True},
        {"column_set": ["id", "n", "part"], "exact_match": True},
        (None, None),
    ),
    "expect_compound_columns_to_be_unique": (
        {"column_list": ["id", "n"]}, {"column_list": ["id", "name"]}, (4, 2),
    ),
    "expect_column_mean_to_be_between": (
        {"column": "n", "min_value": 2, "max_value": 2}, {"column": "n", "max_value": 1}, (None, None),
    ),
    "expect_column_sum_to_be_between": ({"column": "n", "min_value": 6}, {"column": "n", "min_value": 7}, (None, None)),
    "expect_column_min_to_be_between": ({"column": "n", "min_value": 1}, {"column": "n", "min_value": 2}, (None, None)),
    "expect_column_max_to_be_between": ({"column": "n", "max_value": 3}, {"column": "n", "max_value": 2}, (None, None)),
    "expect_column_unique_value_count_to_be_between": (
        {"column": "id", "min_value": 3}, {"column": "id", "max_value": 2}, (None, None),
    ),
    "unexpected_rows_expectation": (
        {"unexpected_rows_query": "select 1 from {batch} where n > 3"},
        {"unexpected_rows_query": "select id, name from {batch} where n > 1"},
        (None, 2),
    ),
}  # fmt: skip


def test_there_is_a_case_for_every_type_that_a_suite_may_use() -> None:
    assert set(GOOD_AND_BAD) == set(VALUE_CHECKS | TABLE_CHECKS)


def test_every_type_passes_where_it_should_and_fails_where_it_should(settings: Settings) -> None:
    good = [a_rule(kind, **case[0]) for kind, case in GOOD_AND_BAD.items()]
    bad = [a_rule(kind, **case[1]) for kind, case in GOOD_AND_BAD.items()]
    found = evaluate(settings, "incoming", "filled", [*good, *bad])
    assert [result.rule.type for result in found[: len(good)] if result.verdict != "pass"] == []
    for result in found[len(good) :]:
        expected = ("fail", *GOOD_AND_BAD[result.rule.type][2])
        assert (result.verdict, result.rows_checked, result.rows_failing) == expected, result.rule.type


def test_a_column_of_nulls_passes_no_check_of_values(settings: Settings) -> None:
    """Nothing to look at is an error, unless a person wrote that null is right."""
    bad = [a_rule(kind, **GOOD_AND_BAD[kind][0]) for kind in VALUE_CHECKS]
    found = {result.rule.type: result.verdict for result in evaluate(settings, "incoming", "nulls", bad)}
    assert found.pop("expect_column_values_to_not_be_null") == "fail"
    assert set(found.values()) == {"error"}
    allowed = [a_rule(kind, nullable=True, **GOOD_AND_BAD[kind][0]) for kind in found]
    assert {result.verdict for result in evaluate(settings, "incoming", "nulls", allowed)} == {"pass"}


@pytest.mark.parametrize("table", ["nulls", "nothing"])
def test_an_aggregate_over_nothing_passes_no_check(settings: Settings, table: str) -> None:
    kinds = [f"expect_column_{name}_to_be_between" for name in ("mean", "sum", "min", "max")]
    for bounds in ({"min_value": 0}, {"max_value": 100}):
        found = evaluate(settings, "incoming", table, [a_rule(kind, column="n", **bounds) for kind in kinds])
        assert not [result.rule.type for result in found if result.verdict == "pass"]


def test_an_empty_table_passes_no_check_of_values(settings: Settings) -> None:
    every = [a_rule(kind, **GOOD_AND_BAD[kind][0]) for kind in VALUE_CHECKS]
    assert {result.verdict for result in evaluate(settings, "incoming", "nothing", every)} == {"error"}
    count = a_rule("expect_table_row_count_to_be_between", min_value=1)
    assert verdicts(settings, "nothing", count) == [("fail", None, None)]


@pytest.mark.parametrize("severity", ["critical", "warning", "row"])
def test_what_could_not_be_evaluated_is_an_error_whatever_its_severity(settings: Settings, severity: str) -> None:
    no_column = a_rule("expect_column_values_to_be_between", severity, column="gone", min_value=0)
    no_list = a_rule("expect_compound_columns_to_be_unique", severity, column_list=["id", "gone"])
    wrong_type = a_rule("expect_column_mean_to_be_between", severity, column="name", min_value=0)
    bad_sql = broken_by("gone = 1", severity)
    bad_value = broken_by("name::integer = 1", severity)
    braces = broken_by("id ~ '^\\d{9}$'", severity)
    colon = broken_by("name <> ':x'", severity)  # a parameter, to SQLAlchemy
    rules = [no_column, no_list, wrong_type, bad_sql, bad_value, braces, colon]
    found = evaluate(settings, "incoming", "filled", rules)
    assert [result.verdict for result in found] == ["error"] * 7
    assert all(result.message and result.message.startswith("the rule could not be evaluated") for result in found)


def test_errors_say_what_is_wrong_without_a_value(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rules = [
        broken_by("gone = 1"),
        broken_by("name::integer = 1"),
        broken_by(f"'{SECRET}'::integer = n"),
        a_rule("expect_column_values_to_be_in_set", column="name", value_set=["x"]),
        a_rule("expect_column_values_to_match_regex", column="name", regex="("),
        a_rule("expect_column_max_to_be_between", column="points", max_value=1),
        a_rule("expect_column_min_to_be_between", column="points", max_value=1),
        a_rule("unexpected_rows_expectation", unexpected_rows_query="select name from {batch}"),
    ]
    found = evaluate(settings, "incoming", "filled", rules)
    assert 'column "gone" does not exist' in str(found[0].message)
    assert "InvalidTextRepresentation" in str(found[1].message)
    assert [result.verdict for result in found] == ["error"] * 3 + ["fail"] + ["error"] + ["fail"] * 3
    for secret in (SECRET, "4711"):
        assert secret not in repr([(result.message, result.rows_failing) for result in found])
        assert secret not in caplog.text


def test_counts_are_not_capped(settings: Settings) -> None:
    rules = [
        broken_by("id::text not like '%x%' and time '10:30' > '09:00'"),
        a_rule("expect_column_values_to_be_between", column="id", min_value=2001),
        a_rule("expect_column_values_to_be_in_set", column="id", value_set=[7]),
    ]
    assert [failing for _, _, failing in verdicts(settings, "many", *rules)] == [2000, 2000, 1999]


def test_a_lone_warning_is_judged_by_itself(settings: Settings) -> None:
    """Great Expectations calls the whole validation failed; the other rules have passed."""
    warning = a_rule("expect_column_values_to_be_between", "warning", column="n", min_value=3)
    rest = [a_rule("expect_column_values_to_not_be_null", column="id"), broken_by("n > 9")]
    assert [verdict for verdict, _, _ in verdicts(settings, "filled", warning, *rest)] == ["fail", "pass", "pass"]


@pytest.mark.parametrize(
    "rule",
    [
        a_rule("expect_column_values_to_be_nice", column="n"),
        a_rule("expect_column_values_to_be_between", column="n", min_value=0, maximum=3),
        a_rule("expect_column_values_to_be_between", min_value=0),
        a_rule("expect_column_values_to_be_between", column="n", min_value="low", max_value=[1]),
        a_rule("expect_table_row_count_to_be_between", min_value="many"),
    ],
    ids=lambda rule: rule.name,
)
def test_a_rule_that_is_not_taken_as_it_stands_is_refused(settings: Settings, rule: Rule) -> None:
    with pytest.raises(SuiteError, match=f"{rule.type} does not take"):
        evaluate(settings, "incoming", "filled", [a_rule("expect_column_values_to_not_be_null", column="id"), rule])


def test_a_rule_that_is_dropped_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    gx = engine.great_expectations()

    class Forgetful(gx.ExpectationSuite):  # type: ignore[misc]
        def __init__(self, name: str, expectations: list[Any]) -> None:
            super().__init__(name=name, expectations=expectations[:-1])

    monkeypatch.setattr(gx, "ExpectationSuite", Forgetful)
    with pytest.raises(SuiteError, match="kept 1 of 2 rules"):
        evaluate(settings, "incoming", "filled", [broken_by("n > 9"), broken_by("n > 8")])


def test_two_rules_of_one_name_are_refused(settings: Settings) -> None:
    """The verdict of one would stand for the other."""
    one, other = broken_by("n > 0"), broken_by("n > 9")
    with pytest.raises(SuiteError, match="1 of 2 rules"):
        evaluate(settings, "incoming", "filled", [one, dataclasses.replace(other, name=one.name)])


def test_a_result_that_is_missing_is_an_error() -> None:
    rules = [a_rule("expect_column_values_to_not_be_null", column="id"), broken_by("n > 9")]
    result: RuleResult = engine._result(rules[0], None)
    assert (result.verdict, result.message) == ("error", "the rule was not evaluated")

    silent = SimpleNamespace(exception_info=None, success=None, result={"observed_value": 0})
    assert engine._result(rules[1], silent).verdict == "error", "no verdict is no pass"


@pytest.mark.parametrize(
    "info",
    [
        {"raised_exception": True, "exception_message": "boom", "exception_traceback": "..."},
        {"('metric', ())": {"raised_exception": True, "exception_message": "boom"}},
        {"a": {"raised_exception": False}, "b": {"raised_exception": True, "exception_message": None}},
    ],
    ids=["flat", "nested", "nested, without a message"],
)
def test_exceptions_are_seen_in_every_shape(info: dict[str, Any]) -> None:
    raised = SimpleNamespace(exception_info=info, success=True, result={"observed_value": 0})
    assert engine._result(broken_by("n > 9"), raised).verdict == "error"


def test_a_lost_connection_is_no_pass(settings: Settings) -> None:
    """The server ends the session in the middle of a suite."""
    kill = broken_by("pg_terminate_backend(pg_backend_pid())")
    rules = [kill, a_rule("expect_column_values_to_be_between", column="n", min_value=0), broken_by("n > 9")]
    found = evaluate(settings, "incoming", "filled", rules)
    assert found[0].verdict == "error"


def test_a_table_that_is_gone_raises(settings: Settings) -> None:
    with pytest.raises(Exception, match="gone"):
        evaluate(settings, "incoming", "gone", [broken_by("n > 9")])


def test_a_database_that_does_not_answer_raises_without_the_password(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = settings.secrets["password_elevate_pipeline"]
    url = settings.database_url().replace(f":{settings.secrets['database_port']}/", ":1/")
    monkeypatch.setattr(Settings, "database_url", lambda *_: url)
    with pytest.raises(Exception, match=r"connection|connect") as raised:
        evaluate(settings, "incoming", "filled", [broken_by("n > 9")])
    error: BaseException | None = raised.value
    while error:
        assert password not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__


def test_the_gate_can_only_read(settings: Settings, module_district: District) -> None:
    module_district.run(
        "create function incoming.write() returns integer language sql as"
        " 'insert into incoming.filled (id) values (null) returning 1'"
    )
    (result,) = evaluate(settings, "incoming", "filled", [broken_by("incoming.write() = 1")])
    assert (result.verdict, "ReadOnlySqlTransaction" in str(result.message)) == ("error", True)
    assert module_district.value("select count(*) from incoming.filled") == 4


def test_a_query_that_runs_for_ever_is_ended(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STATEMENT_TIMEOUT", "200ms")
    (result,) = evaluate(settings, "incoming", "filled", [broken_by("pg_sleep(60) is not null")])
    assert (result.verdict, "QueryCanceled" in str(result.message)) == ("error", True)


def test_a_pattern_means_to_the_gate_what_it_means_to_postgres(settings: Settings) -> None:
    with connect(settings) as connection, pytest.raises(psycopg.errors.InvalidRegularExpression):
        connection.execute("select 'a' ~ '('")
    rule = a_rule("expect_column_values_to_match_regex", column="id", regex=r"^\d{1}(%s:x)?$")
    assert verdicts(settings, "filled", rule) == [("pass", 4, 0)]
