"""Gates 2 and 3: the candidate's tables against their suites.

Every table that would be published has a suite and every suite a table; one red
table stops them all, since readers get all or none.
"""

import psycopg
from psycopg import sql

from elevate import refreshes
from elevate.contracts import load_feeds, sources_of
from elevate.gates import results
from elevate.gates.engine import RuleResult, evaluate
from elevate.gates.rules import Suite, SuiteError, filled_in, read_suite
from elevate.refreshes import PUBLISHED_SCHEMAS, Kind
from elevate.settings import Settings
from elevate.warehouse.connection import connect

GATES: dict[Kind, int] = {"marts": 2, "evaluation": 3}


class GateRed(RuntimeError):
    """The candidate must not be published; the message says which rules failed and what to do."""


def judge(settings: Settings, kind: Kind, refresh_id: int) -> int:
    """Judge the candidate of this refresh; returns how many rules were evaluated.

    Raises GateRed, with the refresh closed as red, where a critical rule fails, any
    rule errs, or tables and suites don't match.
    """
    with connect(settings) as connection:
        delivered = refreshes.sources_delivered(connection, refresh_id)
    reasons: list[str] = []
    outcomes: dict[str, list[RuleResult]] = {}
    try:
        for suite in _suites(settings, kind):
            _check_suite(settings, suite)
            outcomes[suite.name] = _evaluate(settings, suite, delivered)
            reasons += [
                f"{suite.name}, rule {r.rule.name}: {r.message}. {r.rule.fix}"
                for r in outcomes[suite.name]
                if r.verdict == "error" or (r.verdict == "fail" and r.rule.severity == "critical")
            ]
    except SuiteError as error:
        reasons.append(f"The gate could not judge: {error}")
    with connect(settings) as connection:
        for name, outcome in outcomes.items():
            results.record(connection, GATES[kind], name, outcome, refresh_id=refresh_id)
        if reasons:
            refreshes.close_red(connection, refresh_id, " ".join(reasons))
    if reasons:
        raise GateRed(f"Gate {GATES[kind]}, refresh {refresh_id}: " + " ".join(reasons))
    return sum(len(outcome) for outcome in outcomes.values())


def _suites(settings: Settings, kind: Kind) -> list[Suite]:
    """One suite for each table of the candidate. Raises SuiteError where they don't match."""
    suites = []
    for schema in PUBLISHED_SCHEMAS[kind]:
        files = {file.stem: file for file in sorted((settings.expectations / schema).glob("*.yaml"))}
        with connect(settings) as connection:
            rows = connection.execute("select tablename from pg_tables where schemaname = %s", (f"candidate_{schema}",))
            tables = {row["tablename"] for row in rows}
        if not tables or tables != set(files):
            raise SuiteError(
                f"schema {schema}: tables without a suite: {sorted(tables - set(files))}, "
                f"suites without a table: {sorted(set(files) - tables)}."
            )
        suites += [read_suite(file) for file in files.values()]
    return suites


def _check_suite(settings: Settings, suite: Suite) -> None:
    """Refuse a suite that an empty table or other columns would pass, or that waits for a source for ever."""
    critical = {rule.type: rule.kwargs for rule in suite.rules if rule.severity == "critical"}
    if critical.get("expect_table_row_count_to_be_between", {}).get("min_value", 0) < 1:
        raise SuiteError(f"{suite.name}: no critical row count of 1 or more, so an empty table would pass.")
    if not critical.get("expect_table_columns_to_match_set", {}).get("exact_match"):
        raise SuiteError(f"{suite.name}: no critical set of columns with exact_match.")
    if suite.needs is None:
        return
    feeds = load_feeds(settings.feeds).values()
    optional = set(sources_of(feeds)) - set(sources_of(feeds, required_only=True))
    if suite.needs not in optional:
        raise SuiteError(f"{suite.name} needs {suite.needs!r}, which is no optional source: {sorted(optional)}.")


def _evaluate(settings: Settings, suite: Suite, delivered: set[str]) -> list[RuleResult]:
    if suite.needs and suite.needs not in delivered:
        reason = f"source {suite.needs} has never delivered"
        return [RuleResult(rule, "not applicable", message=reason) for rule in suite.rules]
    schema, table = suite.name.split(".")
    if suite.empty_when and _is_rightly_empty(settings, suite, suite.empty_when):
        return [RuleResult(rule, "not applicable", message="there is nothing to hold yet") for rule in suite.rules]
    rules = [filled_in(rule, small_cell_threshold=settings.small_cell_threshold) for rule in suite.rules]
    return evaluate(settings, f"candidate_{schema}", table, rules)


def _is_rightly_empty(settings: Settings, suite: Suite, empty_when: str) -> bool:
    """Whether the table is empty, and its suite's query says that it must be. Raises SuiteError where that fails."""
    schema, table = suite.name.split(".")
    rows = sql.SQL("select from {} limit 1").format(sql.Identifier(f"candidate_{schema}", table))
    try:
        with connect(settings) as connection:
            is_empty = connection.execute(rows).fetchone() is None
            return is_empty and connection.execute(empty_when).fetchone() is not None
    except psycopg.ProgrammingError as error:
        raise SuiteError(f"{suite.name}: empty_when could not be evaluated, SQLSTATE {error.sqlstate}.") from None
