"""Gate results as rows of `ops.gate_result`."""

from collections.abc import Sequence

from elevate.gates.engine import RuleResult
from elevate.warehouse.connection import Connection


def record(
    connection: Connection,
    gate: int,
    suite: str,
    outcome: Sequence[RuleResult],
    batch_id: int | None = None,
    refresh_id: int | None = None,
) -> None:
    """Write one row a rule, for a batch (gate 1) or a refresh (gates 2 and 3)."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """insert into ops.gate_result (gate, batch_id, refresh_id, suite, rule, severity, verdict,
                                            rows_checked, rows_failing, message)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (gate, batch_id, refresh_id, suite, r.rule.name, r.rule.severity, r.verdict,
                 r.rows_checked, r.rows_failing, r.message)
                for r in outcome
            ],
        )  # fmt: skip
