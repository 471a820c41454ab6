"""Gate 1: one batch against its contract and its suite.

Green: the rows that break no row rule are appended to `raw`, the others lie in
quarantine, all in one transaction with the verdict. Red: nothing reaches `raw`,
and the whole batch is kept in quarantine as `quarantine.b<id>`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import sql

from elevate import batches, raw
from elevate.batches import Batch
from elevate.contracts import Feed
from elevate.gates import content, continuity, drift, results
from elevate.gates.bad_rows import check_ledger, find_failing, first_row, quarantine_failing
from elevate.gates.contract_rules import row_rules, table_rules
from elevate.gates.engine import RuleResult, evaluate
from elevate.gates.rules import Rule, Suite, SuiteError, filled_in, read_suite
from elevate.gates.waiver import Waiver, waiver_of
from elevate.identity import add_research_keys
from elevate.settings import Settings
from elevate.warehouse.connection import Connection, connect


@dataclass(frozen=True)
class Verdict:
    """What gate 1 decided on one batch, and the sentence for the person who must act."""

    verdict: str
    message: str

    @property
    def lets_through(self) -> bool:
        """True only for a batch whose rows are in `raw`."""
        return self.verdict in ("green", "unchanged")


def judge(settings: Settings, feed: Feed, batch_id: int) -> Verdict:
    """Judge one loaded batch and close it.

    A batch that is closed already keeps its verdict. A suite that can't be
    trusted makes the batch red; a database failure raises and decides nothing.
    """
    with connect(settings) as connection:
        batch = batches.get(connection, batch_id)
        if batch.verdict not in ("open", "loaded"):
            return Verdict(batch.verdict, batch.message or "")
        rows = _rows_of_intact(connection, feed, batch)
        waiver = waiver_of(connection, feed, batch)
    try:
        suite = read_suite(settings.expectations / feed.source / f"{feed.name}.yaml")
        outcome = _evaluate(settings, feed, batch, suite, rows, waiver)
    except SuiteError as error:
        return _close_red(settings, feed, batch, [], f"The gate could not judge: {error}", waiver)
    with connect(settings) as connection:
        find_failing(connection, feed, batch, waiver)
        outcome = [*_compare_counts(connection, outcome), *_compare_with_before(connection, feed, batch, waiver)]
        reasons = _reasons_for_red(connection, feed, batch, outcome, waiver)
        if not reasons:
            return _close_green(connection, settings, feed, batch, outcome, waiver)
    return _close_red(settings, feed, batch, outcome, " ".join(reasons), waiver)


def _incoming(batch: Batch) -> sql.Identifier:
    return sql.Identifier("incoming", batch.incoming)


def _rows_of_intact(connection: Connection, feed: Feed, batch: Batch) -> int:
    """Rows in the incoming table. Raises unless loaded and rejected rows add up to the rows delivered."""
    if batch.verdict != "loaded":
        raise RuntimeError(f"{feed.id}, night {batch.night}: batch {batch.id} was never loaded; load it first.")
    row = connection.execute(
        sql.SQL("""select (select count(*) from {}) as incoming,
            (select count(*) from quarantine.rejected_row where batch_id = {} and rule = 'type') as rejected
        """).format(_incoming(batch), sql.Literal(batch.id))
    ).fetchone()
    assert row is not None
    if row["incoming"] + row["rejected"] != batch.rows_in:
        raise RuntimeError(
            f"{feed.id}, night {batch.night}, batch {batch.id}: {batch.rows_in} rows were delivered, but "
            f"{row['incoming']} are loaded and {row['rejected']} rejected. Clear the load task and run it again."
        )
    return int(row["incoming"])


def _evaluate(
    settings: Settings, feed: Feed, batch: Batch, suite: Suite, rows: int, waiver: Waiver
) -> list[RuleResult]:
    of_rows = [row_rule.rule for row_rule in row_rules(feed, _incoming(batch), batch.night)]
    of_suite = [filled_in(rule, night=batch.night, batch_id=batch.id) for rule in suite.rules]
    of_table = waiver.with_volume(table_rules(feed))
    _check_names(suite, [*of_table, *of_rows, *of_suite])
    waived = waiver.waived([*of_rows, *of_suite], of_suite)
    every = [rule for rule in (*of_rows, *of_suite) if rule not in waived]
    idle = [RuleResult(rule, "not applicable", message=waiver.why) for rule in waived]
    if rows == 0:
        # There is no value to look at. Whether nothing may come is for the row count and the suite's queries to say.
        queries = [rule for rule in every if rule in of_suite and rule.type == "unexpected_rows_expectation"]
        idle += [RuleResult(rule, "not applicable", 0, 0) for rule in every if rule not in queries]
        every = queries
    return evaluate(settings, "incoming", batch.incoming, [*of_table, *every]) + idle


def _check_names(suite: Suite, rules: list[Rule]) -> None:
    if len({rule.name for rule in rules}) != len(rules):
        raise SuiteError(f"{suite.name}: a rule has the name of one that the contract makes.")


def _compare_counts(connection: Connection, outcome: list[RuleResult]) -> list[RuleResult]:
    """Two independent counts of each row rule must agree; where they don't, the rule is in error."""
    rows = connection.execute("select rule, count(*) as n from pg_temp.failing group by rule")
    own = {row["rule"]: row["n"] for row in rows}
    compared = []
    for result in outcome:
        counted = result.rule.severity == "row" and result.verdict in ("pass", "fail")
        if counted and (result.rows_failing or 0) != own.get(result.rule.name, 0):
            message = f"counted {result.rows_failing} failing rows, but found {own.get(result.rule.name, 0)}"
            result = RuleResult(result.rule, "error", result.rows_checked, result.rows_failing, message)
        compared.append(result)
    return compared


def _compare_with_before(connection: Connection, feed: Feed, batch: Batch, waiver: Waiver) -> list[RuleResult]:
    """The rules on what a delivery is beside those that were accepted before it."""
    found = [continuity.follows(connection, feed, batch), drift.columns_stay(connection, feed, batch)]
    waived = waiver.waived([result.rule for result in found], [drift.COLUMNS_STAY])
    return [RuleResult(r.rule, "not applicable", message=waiver.why) if r.rule in waived else r for r in found]


def _reasons_for_red(
    connection: Connection, feed: Feed, batch: Batch, outcome: list[RuleResult], waiver: Waiver
) -> list[str]:
    reasons = []
    for r in outcome:
        if r.verdict == "error":
            reasons.append(f"Rule {r.rule.name}: {r.message}. {r.rule.fix}")
        elif r.verdict == "fail" and r.rule.severity == "critical":
            reasons.append(f"Rule {r.rule.name}: {r.message}{first_row(connection, batch, r.rule)}. {r.rule.fix}")
    row = connection.execute(
        """select (select count(distinct (file, line)) from pg_temp.failing)
                + (select count(*) from quarantine.rejected_row where batch_id = %s and rule = 'type') as bad""",
        (batch.id,),
    ).fetchone()
    bad = int(row["bad"]) if row else 0
    if waiver.is_release and bad == batch.rows_in:
        reasons.insert(0, f"Nothing can be released: {waiver.still_holds} {_first_bad_rows(connection, feed, batch)}")
    elif not waiver.is_supplement and bad > Decimal(str(feed.tolerance)) * batch.rows_in:
        share = f"{bad} of {batch.rows_in} rows are bad, tolerated are {feed.tolerance:.1%}."
        reasons.insert(0, f"{share} {_first_bad_rows(connection, feed, batch)}")
    return reasons


def _first_bad_rows(connection: Connection, feed: Feed, batch: Batch) -> str:
    """Where the bad rows of each kind begin, and what was expected there."""
    rows = connection.execute(
        """select rule, column_name, reason, count(*) as n,
               (array_agg(file order by file, line))[1] as file, (array_agg(line order by file, line))[1] as line
           from (
               select rule, column_name, reason, line, file from pg_temp.failing
               union all
               select rule, column_name, reason, line, file from quarantine.rejected_row where batch_id = %s
           ) as bad
           group by rule, column_name, reason order by n desc, rule, column_name, reason limit 5""",
        (batch.id,),
    )
    names = {column.header: column.name for column in feed.columns}
    told = [dict(row) | {"name": names.get(row["column_name"])} for row in rows]
    filled = _filled(connection, batch, {row["name"] for row in told if row["name"]})
    return " ".join(_bad_rows(feed, row, filled) for row in told)


def _bad_rows(feed: Feed, row: dict[str, Any], filled: dict[str, int]) -> str:
    where = f"{row['n']} rows, first in {row['file']} line {row['line']}, column {row['column_name']}: {row['reason']}"
    name = row["name"]
    if name is None:
        return f"{where}."
    # What could not be typed is not in the table; what breaks another rule is.
    every = filled[name] == (0 if row["rule"] == "type" else row["n"])
    retyped = " No value of the column is as contracted: retyped at the source?" if every and row["n"] > 1 else ""
    return f"{where} ({feed.place(name)}).{retyped}"


def _filled(connection: Connection, batch: Batch, names: set[str]) -> dict[str, int]:
    """Column to the number of its values in the incoming table."""
    if not names:
        return {}
    counts = sql.SQL(", ").join(
        sql.SQL("count({}) as {}").format(sql.Identifier(name), sql.Identifier(name)) for name in sorted(names)
    )
    row = connection.execute(sql.SQL("select {} from {}").format(counts, _incoming(batch))).fetchone()
    assert row is not None
    return row


def _close_green(
    connection: Connection, settings: Settings, feed: Feed, batch: Batch, outcome: list[RuleResult], waiver: Waiver
) -> Verdict:
    incoming = _incoming(batch)
    aside = _first_bad_rows(connection, feed, batch)
    said = [aside and f"In quarantine: {aside}", batches.drift(connection, feed, batch), _warnings(outcome)]
    message = " ".join(filter(None, said))
    results.record(connection, 1, feed.id, outcome, batch_id=batch.id)
    identity = content.content_hash(connection, feed, batch)
    batches.record_content(connection, batch, identity)
    holds = None if waiver.is_release else batches.same_content(connection, feed, batch, identity)
    if holds is not None:
        connection.execute(sql.SQL("drop table {}").format(incoming))
        connection.execute("delete from quarantine.rejected_row where batch_id = %s", (batch.id,))
        batches.close_unchanged(connection, batch, holds, message)
        return Verdict("unchanged", message)
    quarantine_failing(connection, settings, feed, batch)
    add_research_keys(connection, settings, feed, incoming)
    accepted = raw.append(connection, feed, batch.id, incoming, sql.Identifier("pg_temp", "failing"))
    connection.execute(sql.SQL("drop table {}").format(incoming))
    batches.close(connection, batch, "green", accepted, batch.rows_in, message)
    check_ledger(connection, feed, batch)
    return Verdict("green", message)


def _close_red(
    settings: Settings, feed: Feed, batch: Batch, outcome: list[RuleResult], why: str, waiver: Waiver
) -> Verdict:
    with connect(settings) as connection:
        names = ", ".join(name for name, *_ in batches.files(connection, batch))
        message = f"{feed.id}, night {batch.night}, batch {batch.id}, file {names}: {why}"
        incoming = _incoming(batch)
        if outcome:
            find_failing(connection, feed, batch, waiver)
            quarantine_failing(connection, settings, feed, batch)
        connection.execute(sql.SQL("alter table {} set schema quarantine").format(incoming))
        # The rights that new tables of a schema get do not come with a table that moves there.
        kept = sql.Identifier("quarantine", batch.incoming)
        connection.execute(sql.SQL("grant select on {} to elevate_steward").format(kept))
        batches.close(connection, batch, "red", 0, batch.rows_in, message)
        check_ledger(connection, feed, batch)
        results.record(connection, 1, feed.id, outcome, batch_id=batch.id)
    return Verdict("red", message)


def _warnings(outcome: list[RuleResult]) -> str:
    return " ".join(
        f"Warning, rule {r.rule.name}: {r.message}."
        for r in outcome
        if r.verdict == "fail" and r.rule.severity == "warning"
    )
