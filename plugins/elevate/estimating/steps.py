"""The step between the sample and the results of `refresh_evaluation`."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from psycopg import sql

from elevate.estimating import balance, design, impact, programme, reading
from elevate.estimating.model import Outcome
from elevate.estimating.rows import Impact
from elevate.evaluation.multiple_testing import benjamini_hochberg
from elevate.settings import Settings
from elevate.warehouse.connection import Connection, connect


def estimate(settings: Settings, refresh_id: int) -> dict[str, int]:
    """Estimate everything from the candidate's analytic sample and the published marts; returns rows by working table.

    What one question can't answer is a row that says why, so that no question is missing in the results.
    """
    with connect(settings) as connection:
        outcomes = reading.outcomes(connection)
        sample = reading.sample(connection)
        panel = reading.panel(connection, refresh_id)
    of_programme, events = programme.programme_effects(panel, outcomes)
    written: dict[str, Sequence[object]] = {
        "estimate_impact": judged_together(impact.impacts(sample, outcomes) + of_programme, outcomes),
        "estimate_event_study": events,
        "estimate_equivalence": balance.equivalence(sample, outcomes),
        "estimate_attrition": design.attritions(sample),
        "estimate_detectable": design.detectable_effects(sample),
    }
    with connect(settings) as connection:
        for table, rows in written.items():
            _write(connection, table, refresh_id, rows)
    return {table: len(rows) for table, rows in written.items()}


def judged_together(rows: Sequence[Impact], outcomes: dict[str, Outcome]) -> list[Impact]:
    """The rows of all students of a sample, method and follow-up, judged by Benjamini and Hochberg within domains.

    Subgroups are explored and not judged. Of one domain the rows of the same sample, method, follow-up and
    category of schools are its tests.
    """
    tested = [
        row for row in rows if row.subgroup_dimension in ("all", "school_category") and row.estimate.p_value is not None
    ]
    families = [
        " ".join((outcomes[r.question.outcome].domain, r.question.sample, r.question.follow_up, r.method, r.subgroup,
                  r.question.study, str(r.question.roster_version)))
        for r in tested
    ]  # fmt: skip
    if not tested:
        return list(rows)
    found = benjamini_hochberg([row.estimate.p_value or 0.0 for row in tested], families)
    judged = {
        id(row): replace(row, p_value_adjusted=float(p), is_significant_adjusted=bool(rejected))
        for row, p, rejected in zip(tested, found.adjusted, found.rejected, strict=True)
    }
    return [judged.get(id(row), row) for row in rows]


def _write(connection: Connection, table: str, refresh_id: int, rows: Sequence[object]) -> None:
    """Replace what the working table holds, of this or any earlier refresh."""
    target = sql.Identifier("intermediate", table)
    connection.execute(sql.SQL("truncate {}").format(target))
    if not rows:
        return
    columns = sql.SQL(", ").join(map(sql.Identifier, ["refresh_id", *_flat(rows[0])]))
    with connection.cursor().copy(sql.SQL("copy {} ({}) from stdin").format(target, columns)) as copy:
        for row in rows:
            copy.write_row((refresh_id, *_flat(row).values()))
    connection.execute(sql.SQL("analyze {}").format(target))


def _flat(row: Any) -> dict[str, Any]:
    """The row's fields as columns, those of its parts in their place."""
    columns: dict[str, Any] = {}
    for field in fields(row):
        value = getattr(row, field.name)
        columns |= _flat(value) if is_dataclass(value) else {field.name: value}
    return columns
