"""The structural part of gate 1, written from the contract.

Each row rule has two independent forms: an expectation, which Great Expectations
counts, and a SQL predicate, which finds the very rows. Gate 1 compares the two.
"""

from dataclasses import dataclass
from datetime import date

from psycopg import sql

from elevate.contracts import Column, Feed, Reference
from elevate.gates.rules import Rule
from elevate.loading import OWN_COLUMNS

MEND = "Mend the rows at the source and deliver again; the rejected rows are in quarantine.rejected_row."


@dataclass(frozen=True)
class RowRule:
    """A rule on single rows: `failing` is true of a row that breaks it."""

    rule: Rule
    failing: sql.Composable
    reason: str


def table_rules(feed: Feed) -> list[Rule]:
    """Rules on the batch as a whole: its volume and its exact columns."""
    columns = [*(column.name for column in feed.columns), *OWN_COLUMNS]
    return [
        Rule(
            "row_count",
            "expect_table_row_count_to_be_between",
            {"min_value": feed.minimum_rows},
            "critical",
            "A batch below its contracted volume is a delivery gone wrong.",
            "Ask the source whether the export ran to its end.",
        ),
        Rule(
            "exact_columns",
            "expect_table_columns_to_match_set",
            {"column_set": columns, "exact_match": True},
            "critical",
            "The batch has the columns of its contract and no others.",
            "Load the batch again.",
        ),
    ]


def row_rules(feed: Feed, batch_table: sql.Identifier, night: date) -> list[RowRule]:
    """Rules on single rows: required, enum, pattern, range, key and references.

    `batch_table` is the table under test, which a feed may refer to itself; other
    feeds are referred to as they were known on `night`.
    """
    rules = [rule for column in feed.columns for rule in _column_rules(feed, column, batch_table, night)]
    return [*rules, _key_rule(feed)]


def _column_rules(feed: Feed, column: Column, batch_table: sql.Identifier, night: date) -> list[RowRule]:
    cell = sql.Identifier(column.name)
    rules = []
    if column.required:
        rules.append(
            _row_rule(column, "required", "expect_column_values_to_not_be_null", {},
                      sql.SQL("{} is null").format(cell), "a value is required")
        )  # fmt: skip
    if column.enum:
        rules.append(
            _row_rule(column, "enum", "expect_column_values_to_be_in_set", {"value_set": _values(column)},
                      sql.SQL("{}::text <> all({})").format(cell, sql.Literal(list(column.enum))),
                      f"expected one of {', '.join(column.enum)}")
        )  # fmt: skip
    if column.pattern:
        rules.append(
            _row_rule(column, "pattern", "expect_column_values_to_match_regex", {"regex": column.pattern},
                      sql.SQL("{} !~ {}").format(cell, sql.Literal(column.pattern)),
                      f"expected the pattern {column.pattern}")
        )  # fmt: skip
    if column.minimum is not None or column.maximum is not None:
        rules.append(_range_rule(column))
    if column.reference:
        rules.append(_reference_rule(feed, column, batch_table, night))
    return rules


def _values(column: Column) -> list[str | int]:
    return [int(v) for v in column.enum] if column.type in ("integer", "smallint") else list(column.enum)


def _range_rule(column: Column) -> RowRule:
    given = {"min_value": column.minimum, "max_value": column.maximum}
    kwargs: dict[str, object] = {name: bound for name, bound in given.items() if bound is not None}
    cell, tests = sql.Identifier(column.name), []
    if column.minimum is not None:
        tests.append(sql.SQL("{} < {}").format(cell, sql.Literal(column.minimum)))
    if column.maximum is not None:
        tests.append(sql.SQL("{} > {}").format(cell, sql.Literal(column.maximum)))
    limits = " and ".join(f"{name.split('_')[0]} {bound}" for name, bound in kwargs.items())
    return _row_rule(
        column, "range", "expect_column_values_to_be_between", kwargs, sql.SQL(" or ").join(tests),
        f"expected a number of {limits}",
    )  # fmt: skip


def _reference_rule(feed: Feed, column: Column, batch_table: sql.Identifier, night: date) -> RowRule:
    assert column.reference is not None
    known: sql.Composable
    if column.reference.feed == feed.name:
        known = sql.SQL("select {} from {}").format(sql.Identifier(column.reference.column), batch_table)
    else:
        known = _newest_accepted(feed.source, column.reference, night)
    failing = sql.SQL("{} is not null and {} not in ({})").format(
        sql.Identifier(column.name), sql.Identifier(column.name), known
    )
    query = "select 1 from {batch} where " + failing.as_string()  # noqa: S608 - quoted by psycopg
    return _row_rule(
        column, "reference", "unexpected_rows_expectation", {"unexpected_rows_query": query}, failing,
        f"unknown: {feed.source}.{column.reference.feed} has no such {column.reference.column}",
    )  # fmt: skip


def _newest_accepted(source: str, reference: Reference, night: date) -> sql.Composable:
    # A source's feeds are judged in the order of their references: tonight's is accepted by now.
    return sql.SQL(
        "select {column} from raw.{table} where _batch_id = any(ops.newest_delivery({source}, {feed}, {night}::date))"
    ).format(
        column=sql.Identifier(reference.column),
        table=sql.Identifier(f"{source}__{reference.feed}"),
        source=sql.Literal(source),
        feed=sql.Literal(reference.feed),
        night=sql.Literal(night.isoformat()),
    )


def _key_rule(feed: Feed) -> RowRule:
    columns = list(feed.key)
    parts = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    complete = sql.SQL(" and ").join(sql.SQL("{} is not null").format(sql.Identifier(n)) for n in columns)
    failing = sql.SQL("count(*) over (partition by {}) > 1 and {}").format(parts, complete)
    kwargs = {"column_list": columns, "ignore_row_if": "any_value_is_missing"}
    kind = "expect_compound_columns_to_be_unique"
    if len(columns) == 1:
        kind, kwargs = "expect_column_values_to_be_unique", {"column": columns[0]}
    rule = Rule(
        f"unique:{'+'.join(columns)}", kind, kwargs, "row",
        "Two rows with the same key: nobody can say which is meant.", MEND, column=",".join(columns),
    )  # fmt: skip
    return RowRule(rule, failing, "the key stands more than once in the batch")


def _row_rule(
    column: Column, name: str, kind: str, kwargs: dict[str, object], failing: sql.Composable, reason: str
) -> RowRule:
    if kind != "unexpected_rows_expectation":
        kwargs = {"column": column.name, **kwargs}
    rule = Rule(
        f"{name}:{column.name}", kind, kwargs, "row", column.description, MEND,
        nullable=not column.required, column=column.name,
    )  # fmt: skip
    return RowRule(rule, failing, reason)
