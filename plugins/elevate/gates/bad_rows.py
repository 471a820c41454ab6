"""The very rows that break a rule: found, set aside as they came, and counted once more."""

import re

import psycopg
from psycopg import sql

from elevate import loading
from elevate.batches import Batch
from elevate.contracts import Feed
from elevate.gates.contract_rules import RowRule, row_rules
from elevate.gates.rules import Rule
from elevate.gates.waiver import Waiver
from elevate.settings import Settings
from elevate.warehouse.connection import Connection

ROWS_OF_BATCH = re.compile(r"\A\s*select 1 from \{batch\}\s+(?=where\b)")


def find_failing(connection: Connection, feed: Feed, batch: Batch, waiver: Waiver) -> None:
    """Fill pg_temp.failing (line, file, rule, column_name, reason) by the row rules' predicates, in one pass."""
    table = sql.Identifier("incoming", batch.incoming)
    rules = [rule for rule in row_rules(feed, table, batch.night) if not waiver.waived([rule.rule])]
    case = sql.SQL(", ").join(
        sql.SQL("case when {} then {} end").format(rule.failing, sql.Literal(place)) for place, rule in enumerate(rules)
    )
    labels = sql.SQL(", ").join(_label(feed, place, rule) for place, rule in enumerate(rules))
    connection.execute("drop table if exists pg_temp.failing")
    connection.execute(
        sql.SQL("""
            create temp table failing as
            select judged._line as line, judged._file as file, label.*
            from (select _line, _file, array_remove(array[{case}]::int[], null) as broken from {table}) as judged
            cross join unnest(judged.broken) as place
            join (values {labels}) as label (place, rule, column_name, reason) using (place)
            where judged.broken <> '{{}}'
        """).format(case=case, table=table, labels=labels)
    )


def _label(feed: Feed, place: int, row_rule: RowRule) -> sql.Composable:
    column = row_rule.rule.column or ""
    header = feed.by_name[column].header if column in feed.by_name else column
    return sql.SQL("({}, {}, {}, {})").format(
        sql.Literal(place), sql.Literal(row_rule.rule.name), sql.Literal(header), sql.Literal(row_rule.reason)
    )


def quarantine_failing(connection: Connection, settings: Settings, feed: Feed, batch: Batch) -> None:
    """One line of quarantine for each rule that a row breaks, with the row as it stood in its file."""
    if connection.execute("select from pg_temp.failing limit 1").fetchone() is None:
        return
    came = loading.as_they_came(settings, connection, feed, batch)
    connection.execute(
        sql.SQL("""
            insert into quarantine.rejected_row
                (batch_id, file, line, column_name, rule, reason, row_as_it_came)
            select {batch}, f.file, f.line, f.column_name, f.rule, f.reason, came.row_as_it_came
            from pg_temp.failing as f join {came} as came on came.file = f.file and came.line = f.line
        """).format(batch=sql.Literal(batch.id), came=came)
    )


def first_row(connection: Connection, batch: Batch, rule: Rule) -> str:
    """Where the first row stands that a suite's rule finds, as `, first in x.csv line 3`; empty where it finds no row.

    A query `select 1 from {batch} where …` finds rows of the batch, and one that selects
    `_file` and `_line` says where; any other is about them together, and has no line.
    """
    query = ROWS_OF_BATCH.sub("select _file, _line from {batch} ", str(rule.kwargs.get("unexpected_rows_query")))
    if "_line" not in query:
        return ""
    table = sql.Identifier("incoming", batch.incoming).as_string()
    found = sql.SQL(
        "select _file as file, _line as line from ({}) as found where _line is not null order by file, line limit 1"
    ).format(sql.SQL(query.replace("{batch}", table)))
    try:
        with connection.transaction():
            row = connection.execute(found).fetchone()
    except psycopg.Error:  # an aggregate after all; Great Expectations has counted it
        return ""
    return f", first in {row['file']} line {row['line']}" if row else ""


def check_ledger(connection: Connection, feed: Feed, batch: Batch) -> None:
    """Count the batch's rows where they lie now, whatever the steps before said of their own work.

    Raises RuntimeError, so that nothing of the batch stands, unless accepted rows and
    quarantined ones (of a red batch all that were typed, and those that could not be) make
    up the rows delivered.
    """
    kept: sql.Composable = sql.SQL("0")
    whole = sql.Identifier("quarantine", batch.incoming)
    row = connection.execute("select to_regclass(%s) as kept", (whole.as_string(),)).fetchone()
    refused = sql.SQL("")
    if row and row["kept"]:
        kept, refused = sql.SQL("(select count(*) from {})").format(whole), sql.SQL("and rule = 'type'")
    counts = connection.execute(
        sql.SQL("""
            select rows_in, (select count(*) from {raw} where _batch_id = {batch}) as accepted,
                {kept} + (select count(distinct (file, line)) from quarantine.rejected_row
                          where batch_id = {batch} {refused}) as quarantined
            from ops.batch where batch_id = {batch}
        """).format(raw=sql.Identifier("raw", feed.table), batch=sql.Literal(batch.id), kept=kept, refused=refused)
    ).fetchone()
    assert counts is not None
    if counts["accepted"] + counts["quarantined"] != counts["rows_in"]:
        raise RuntimeError(
            f"{feed.id}, night {batch.night}, batch {batch.id}: {counts['rows_in']} rows were delivered, but "
            f"{counts['accepted']} are accepted and {counts['quarantined']} in quarantine. Nothing was kept of it; "
            "clear the load task and run it again, and report this if it comes back."
        )
