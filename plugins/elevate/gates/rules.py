"""Suites as people review them: YAML files of rules, read strictly.

Great Expectations passes silently over an unknown type, an empty suite, a missing
bound or a value check on nulls. Whatever could do so is refused here, when the
file is read, with the file and the rule named.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml

Severity = Literal["critical", "warning", "row"]

BOUNDS = ("min_value", "max_value")
VALUE_CHECKS = {
    "expect_column_values_to_be_between": BOUNDS,
    "expect_column_values_to_be_in_set": ("value_set",),
    "expect_column_values_to_match_regex": ("regex",),
    "expect_column_values_to_be_unique": (),
    "expect_column_values_to_not_be_null": (),
    "expect_column_value_lengths_to_be_between": BOUNDS,
}
TABLE_CHECKS = {
    "expect_table_row_count_to_be_between": BOUNDS,
    "expect_table_columns_to_match_set": ("column_set",),
    "expect_compound_columns_to_be_unique": ("column_list",),
    "expect_column_mean_to_be_between": BOUNDS,
    "expect_column_sum_to_be_between": BOUNDS,
    "expect_column_min_to_be_between": BOUNDS,
    "expect_column_max_to_be_between": BOUNDS,
    "expect_column_unique_value_count_to_be_between": BOUNDS,
    "unexpected_rows_expectation": ("unexpected_rows_query",),
}
"""The expectations that a suite may use, and the parameters of which at least one must be set.
A type is added here together with a test that it fails where it should."""

PARAMETERS = {
    "column", "column_list", "column_set", "exact_match", "max_value", "min_value", "regex", "strict_max", "strict_min",
    "unexpected_rows_query", "value_set",
}  # fmt: skip
"""No `mostly`, which counts non-null rows only, and no `row_condition`, which may leave none to look at."""

FILLED_IN = {"{batch}", "{batch_id}", "{night}", "{small_cell_threshold}"}
"""All that may stand in braces in a query: of feeds the batch's number and night, of published tables the setting."""

SUITE_KEYS = {"suite", "needs", "empty_when", "rules"}
RULE_KEYS = {"rule", "why", "fix", "severity", "type", "kwargs", "nullable"}


class SuiteError(ValueError):
    """A suite that could pass without having checked; the message names file and rule."""


@dataclass(frozen=True)
class Rule:
    """One rule: what is expected, why, and what to do when it fails."""

    name: str
    type: str
    kwargs: dict[str, Any]
    severity: Severity
    why: str
    fix: str
    nullable: bool = False
    column: str | None = field(default=None)

    @property
    def checked_columns(self) -> tuple[Any, ...]:
        """The columns whose nulls would pass the check."""
        return (self.column,) if self.type in VALUE_CHECKS else tuple(self.kwargs.get("column_list", ()))


@dataclass(frozen=True)
class Suite:
    """The rules for one feed (`sis.attendance`) or one table (`marts.dim_school`).

    `needs`: the optional source without which there is nothing to judge. `empty_when`: a query that returns a
    row where the table has nothing to hold yet.
    """

    name: str
    rules: tuple[Rule, ...]
    needs: str | None = None
    empty_when: str | None = None


def read_suite(file: Path) -> Suite:
    """The suite in `file`. Raises SuiteError where it is empty, ambiguous or could pass silently."""
    place = f"expectations/{file.parent.name}/{file.name}"
    try:
        content = _mapping("the file", yaml.safe_load(file.read_text()))
        unknown = set(content) - SUITE_KEYS
        if unknown:
            raise SuiteError(f"unknown key {sorted(map(str, unknown))}; a suite has {sorted(SUITE_KEYS)}.")
        name = f"{file.parent.name}.{file.stem}"
        if content.get("suite") != name:
            raise SuiteError(f"suite is {content.get('suite')!r}, by its place it must be {name!r}.")
        rules = tuple(_rule(_mapping("a rule", entry)) for entry in content.get("rules") or [])
        check_rules(rules)
        return Suite(name, rules, content.get("needs"), content.get("empty_when"))
    except FileNotFoundError:
        raise SuiteError(f"{place} does not exist: each feed and each published table has a suite.") from None
    except (ValueError, TypeError, yaml.YAMLError) as error:
        raise SuiteError(f"{place}: {error}") from error


def filled_in(rule: Rule, **values: date | int) -> Rule:
    """The rule with these values in the place of their names in its query: `{night}` becomes the night, as a date.

    Raises SuiteError where a name is left that has no value here, such as the night in a published table's suite.
    """
    query = rule.kwargs.get("unexpected_rows_query")
    if query is None:
        return rule
    for name, value in values.items():
        spelt = f"'{value.isoformat()}'::date" if isinstance(value, date) else str(value)
        query = query.replace(f"{{{name}}}", spelt)
    if left := FILLED_IN.intersection(re.findall(r"\{[^}]*\}", query)) - {"{batch}"}:
        raise SuiteError(f"rule {rule.name!r}: {', '.join(sorted(left))} has no value in a suite of this kind.")
    return replace(rule, kwargs=rule.kwargs | {"unexpected_rows_query": query})


def check_rules(rules: Sequence[Rule]) -> None:
    """Refuse an empty list, a name that stands twice, and value checks that nulls would pass."""
    if not rules:
        raise SuiteError("no rule: an empty suite would pass whatever came.")
    names = [rule.name for rule in rules]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SuiteError(f"rule name {sorted(twice)} stands twice.")
    guards = [r for r in rules if r.type == "expect_column_values_to_not_be_null"]
    for rule in rules:
        # A guard that only warns leaves a critical check unguarded.
        never_null = {r.column for r in guards if r.severity != "warning" or rule.severity == "warning"}
        for column in () if rule.nullable else rule.checked_columns:
            if column not in never_null:
                raise SuiteError(
                    f"rule {rule.name!r} checks values of {column!r}, and nulls pass such a check: "
                    "add a not_null rule for the column, or `nullable:` with the reason why null is right."
                )


def _rule(entry: dict[str, Any]) -> Rule:
    name = entry.get("rule")
    unknown = set(entry) - RULE_KEYS
    if not name or not isinstance(name, str) or unknown:
        raise SuiteError(f"rule {name!r}: needs a name, and has unknown keys {sorted(map(str, unknown))}.")
    severity = entry.get("severity", "critical")
    if severity not in ("critical", "warning"):
        raise SuiteError(f"rule {name!r}: severity is {severity!r}, expected critical or warning.")
    for key in ("why", "fix", "type"):
        if not isinstance(entry.get(key), str):
            raise SuiteError(f"rule {name!r}: {key!r} is missing.")
    kwargs = _mapping(f"kwargs of rule {name!r}", entry.get("kwargs"))
    _check_parameters(name, entry["type"], kwargs)
    return Rule(
        name=name,
        type=entry["type"],
        kwargs=kwargs,
        severity=severity,
        why=entry["why"],
        fix=entry["fix"],
        nullable=bool(entry.get("nullable")),
        column=kwargs.get("column"),
    )


def _check_parameters(name: str, kind: str, kwargs: dict[str, Any]) -> None:
    known = VALUE_CHECKS | TABLE_CHECKS
    if kind not in known:
        raise SuiteError(f"rule {name!r}: unknown type {kind!r}; there are: {', '.join(sorted(known))}.")
    unset = [key for key, given in kwargs.items() if given in (None, [], "") or given != given]  # NaN is not itself
    if unset:
        raise SuiteError(f"rule {name!r}: parameter {unset} is not set, so the check would pass.")
    if known[kind] and not set(known[kind]) & set(kwargs):
        raise SuiteError(f"rule {name!r}: one of {list(known[kind])} must be given.")
    if set(kwargs) - PARAMETERS:
        raise SuiteError(f"rule {name!r}: parameter {list(set(kwargs) - PARAMETERS)} can't be used; write it in SQL.")
    if kind == "unexpected_rows_expectation":
        _check_query(name, str(kwargs["unexpected_rows_query"]))


def _check_query(name: str, query: str) -> None:
    if "{batch}" not in query:
        raise SuiteError(f"rule {name!r}: the query does not read {{batch}}, the table under test.")
    if re.search(r"(?i)\{batch\}\s+as\b", query) and not re.search(r"(?i)\bjoin\b", query):
        raise SuiteError(f"rule {name!r}: without a join {{batch}} is given a name of its own; it can't have another.")
    other = set(re.findall(r"\{[^}]*\}?|\}", query)) - FILLED_IN
    if other:
        raise SuiteError(
            f"rule {name!r}: {', '.join(sorted(other))} in the query would be taken for a name to be filled in, "
            f"as {', '.join(sorted(FILLED_IN))} are: say it without braces."
        )


def _mapping(what: str, given: Any) -> dict[Any, Any]:
    if not isinstance(given or {}, dict):
        raise SuiteError(f"{what} is {given!r}, expected names and values.")
    return given or {}
