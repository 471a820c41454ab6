"""Great Expectations as the gates' measuring instrument.

It counts; the gates decide. Each result is read per rule, and whatever was not
evaluated is an error: a dropped expectation, an exception, a column of nulls.
"""

import functools
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from elevate.gates.rules import VALUE_CHECKS, Rule, SuiteError
from elevate.settings import Settings
from elevate.warehouse.connection import sqlalchemy_url

STATEMENT_TIMEOUT = "10min"
EXTREMES = ("expect_column_min_to_be_between", "expect_column_max_to_be_between")
"""What they observe is somebody's value."""
QUOTE_VALUES = (psycopg.DataError, psycopg.IntegrityError)
"""Errors of the database whose messages quote values; those of others quote names at most."""

RuleVerdict = Literal["pass", "fail", "error", "not applicable"]


@dataclass(frozen=True)
class RuleResult:
    """How one rule came out. Counts and verdicts only, never values."""

    rule: Rule
    verdict: RuleVerdict
    rows_checked: int | None = None
    rows_failing: int | None = None
    message: str | None = None


def evaluate(settings: Settings, schema: str, table: str, rules: Sequence[Rule]) -> list[RuleResult]:
    """Evaluate `rules` against one table; one result a rule, in their order.

    Reads only, under a statement timeout. Raises SuiteError for a rule that Great
    Expectations does not take as it stands.
    """
    gx = great_expectations()
    context = _context(gx)
    context.variables.progress_bars = {"globally": False}
    suite = gx.ExpectationSuite(name="rules", expectations=[_expectation(gx, rule) for rule in rules])
    kept = {expectation.meta["rule"] for expectation in suite.expectations}
    if len(kept) != len(rules):
        raise SuiteError(f"Great Expectations kept {len(kept)} of {len(rules)} rules.")
    with _warehouse(context, settings) as source:
        batch = (
            source.add_table_asset("table", table_name=table, schema_name=schema)
            .add_batch_definition_whole_table("all")
            .get_batch()
        )
        outcome = batch.validate(suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0})
    by_name = {result.expectation_config.meta["rule"]: result for result in outcome.results}
    return [_result(rule, by_name.get(rule.name)) for rule in rules]


@contextmanager
def _warehouse(context: Any, settings: Settings) -> Iterator[Any]:
    """The warehouse as a data source, of which no session is left open afterwards."""
    options = f"-c%20default_transaction_read_only%3Don%20-c%20statement_timeout%3D{STATEMENT_TIMEOUT}"
    source = context.data_sources.add_postgres(
        "warehouse",
        connection_string=f"{sqlalchemy_url(settings.database_url())}?options={options}",
        create_temp_table=False,
    )
    try:
        yield source
    finally:
        # It has two: one to look whether the table is there, one to evaluate.
        for engine in (source.get_engine(), source.get_execution_engine().engine):
            engine.dispose()


def great_expectations() -> Any:
    """The library, quiet and without its telemetry; its import takes seconds, so only when a gate runs."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations

    return great_expectations


def _context(gx: Any) -> Any:
    """A context in memory alone; by default each would leave a folder for pages behind."""
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    config = DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False))
    return gx.get_context(mode="ephemeral", project_config=config)


def _expectation(gx: Any, rule: Rule) -> Any:
    name = "".join(part.capitalize() for part in rule.type.split("_"))
    try:
        kind = _counted_rows() if rule.type == "unexpected_rows_expectation" else getattr(gx.expectations, name)
        return kind(**rule.kwargs, meta={"rule": rule.name})
    except Exception as error:  # pydantic v1 or v2, by the version of the library
        raise SuiteError(f"rule {rule.name!r}: {rule.type} does not take {sorted(rule.kwargs)}: {error}") from None


@functools.cache
def _counted_rows() -> Any:
    """Great Expectations' own for a query runs it twice, the second time to bring rows along that nobody looks at."""
    gx = great_expectations()

    class CountedRows(gx.expectations.UnexpectedRowsExpectation):  # type: ignore[misc, name-defined]
        metric_dependencies = ("unexpected_rows_query.row_count",)

        def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
            rows = metrics["unexpected_rows_query.row_count"]
            return {"success": rows == 0, "result": {"observed_value": rows}}

    return CountedRows


def _result(rule: Rule, result: Any) -> RuleResult:
    if result is None:
        return RuleResult(rule, "error", message="the rule was not evaluated")
    raised = _raised(result.exception_info)
    if raised:
        return RuleResult(rule, "error", message=raised)
    found = result.result
    checked, failing = _counts(rule, found)
    if rule.type in VALUE_CHECKS and checked == 0 and not rule.nullable:
        return RuleResult(rule, "error", 0, 0, "the rule had no value to look at")
    if result.success is not True and result.success is not False:
        return RuleResult(rule, "error", checked, failing, "the rule gave no verdict")
    message = None if result.success else _observed(rule, found)
    return RuleResult(rule, "pass" if result.success else "fail", checked, failing, message)


def _counts(rule: Rule, found: dict[str, Any]) -> tuple[int | None, int | None]:
    if rule.type == "unexpected_rows_expectation":
        return None, int(found["observed_value"])
    if "unexpected_count" not in found:
        return None, None
    elements = int(found["element_count"])
    missing = int(found.get("missing_count") or 0)
    if rule.type == "expect_column_values_to_not_be_null":
        missing = 0
    return elements - missing, int(found["unexpected_count"] or 0)  # null for a table without rows


def _observed(rule: Rule, found: dict[str, Any]) -> str:
    """What was found, for rules whose observation is a count or an aggregate and no one's value."""
    if rule.type == "expect_table_columns_to_match_set":
        mismatched = found.get("details", {}).get("mismatched", {})
        return f"columns missing: {mismatched.get('missing', [])}, unexpected: {mismatched.get('unexpected', [])}"
    if "unexpected_count" in found or rule.type == "unexpected_rows_expectation":
        return f"{_counts(rule, found)[1]} rows break the rule"
    if rule.type in EXTREMES:
        return "the observed value lies outside the bounds"
    return f"observed {found.get('observed_value')}"


def _raised(info: Any) -> str | None:
    """The exception behind a result, in either of the two shapes."""
    entries = [info] if isinstance(info, dict) and "raised_exception" in info else list((info or {}).values())
    for entry in entries:
        if entry and entry.get("raised_exception"):
            return f"the rule could not be evaluated: {_without_values(str(entry.get('exception_message')))}"
    return None


def _without_values(message: str) -> str:
    first = message.splitlines()[0].split("[SQL")[0][:200] if message else "no message"
    named = re.search(r"\(psycopg\.errors\.(\w+)\)", first)
    if named and issubclass(getattr(psycopg.errors, named[1], psycopg.DataError), QUOTE_VALUES):
        return named[1]
    return first
