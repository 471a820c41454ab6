"""Released: what a steward decides on rows in quarantine, or on a red batch.

A case shows what was refused, without anything of a row. A decision is a row of
`ops.decision`: who, when, why. A release is a batch of its own that replays the rows
through the same gate, less the rules that the decision waives: the quarantined rows of a
green batch, which then count beside it, or the whole of a red one, in whose place it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from elevate import batches, loading
from elevate.contracts import Feed
from elevate.delimited import StructureError
from elevate.gates import batch_gate
from elevate.gates.waiver import is_waivable
from elevate.landing import LandingError
from elevate.raw import ensure_table
from elevate.settings import Settings
from elevate.warehouse.connection import Connection, connect

Choice = Literal["release", "fix at source", "discard"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


class DecisionError(RuntimeError):
    """A decision that can't be taken; the message says why, and what to do instead."""


@dataclass(frozen=True)
class Refusal:
    """One rule that rows, or the batch, broke: how many, and where the first stands. Never a value."""

    rule: str
    column: str
    reason: str
    rows: int | None
    file: str | None
    line: int | None
    waivable: bool


@dataclass(frozen=True)
class Case:
    """What a steward is asked to decide on."""

    batch_id: int
    feed_id: str
    owner: str
    night: date
    verdict: str
    rows_in: int
    rows_quarantined: int
    message: str
    refusals: tuple[Refusal, ...]

    @property
    def waivable(self) -> list[str]:
        """The names of the rules that a release waives."""
        return sorted({refusal.rule for refusal in self.refusals if refusal.waivable})


@dataclass(frozen=True)
class Decision:
    """A decision as recorded, and of a release what the gate said."""

    id: int
    batch_id: int
    decision: Choice
    waived: tuple[str, ...] = ()
    release_batch_id: int | None = None
    verdict: str | None = None
    message: str = ""


def case(settings: Settings, feeds: Mapping[str, Feed], batch_id: int) -> Case:
    """What gate 1 refused of this batch. Raises DecisionError where there is nothing to decide."""
    with connect(settings) as connection:
        return _case(connection, feeds, batch_id)


def decide(
    settings: Settings,
    feeds: Mapping[str, Feed],
    batch_id: int,
    decision: Choice,
    reason: str,
    decided_by: str,
    run: str,
) -> Decision:
    """Record a steward's decision; a release is replayed at once. `run` names the batch that it opens.

    The same decision of the same person once more (a repeated task) is the first one, taken up
    where it was cut off. Raises DecisionError where there is nothing to decide, the reason is
    missing, the batch was decided on before, or a newer delivery has settled the matter.
    """
    if decision not in CHOICES or not reason.strip() or not decided_by.strip():
        raise DecisionError(f"Batch {batch_id}: a decision is one of {', '.join(CHOICES)}, by somebody, for a reason.")
    with connect(settings) as connection:
        connection.execute("select from ops.batch where batch_id = %s for update", (batch_id,))
        found = _case(connection, feeds, batch_id)
        made = _earlier(connection, found, (decision, reason.strip(), decided_by))
        if made is None:
            release = _open(connection, found, run) if decision == "release" else None
            made = _record(connection, found, decision, reason.strip(), decided_by, release)
    return made if made.release_batch_id is None else _replay(settings, feeds[found.feed_id], made)


def _case(connection: Connection, feeds: Mapping[str, Feed], batch_id: int) -> Case:
    row = connection.execute(
        """select source || '.' || feed as feed_id, night, verdict, rows_in, rows_quarantined,
               coalesce(message, '') as message from ops.batch where batch_id = %s""",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise DecisionError(f"There is no batch {batch_id}. The numbers are in ops.batch and in gate 1's messages.")
    if row["verdict"] != "red" and not row["rows_quarantined"]:
        raise DecisionError(
            f"Batch {batch_id} ({row['feed_id']}, night {row['night']}) is {row['verdict']} and has no row in "
            "quarantine: there is nothing to decide."
        )
    if row["feed_id"] not in feeds:
        raise DecisionError(f"Batch {batch_id}: there is no contract of {row['feed_id']} any more.")
    refusals = (*_of_rows(connection, batch_id), *_of_batch(connection, batch_id))
    return Case(batch_id=batch_id, owner=feeds[row["feed_id"]].owner, refusals=refusals, **row)


def _of_rows(connection: Connection, batch_id: int) -> list[Refusal]:
    rows = connection.execute(
        """select rule, column_name as column, reason, count(*) as rows,
               (array_agg(file order by file, line))[1] as file, (array_agg(line order by file, line))[1] as line
           from quarantine.rejected_row where batch_id = %s
           group by rule, column_name, reason order by count(*) desc, rule""",
        (batch_id,),
    )
    return [Refusal(**row, waivable=is_waivable(row["rule"], of_row=True)) for row in rows]


def _of_batch(connection: Connection, batch_id: int) -> list[Refusal]:
    """The rules on the whole batch that made it red."""
    rows = connection.execute(
        """select rule, coalesce(message, '') as reason, rows_failing as rows, verdict from ops.gate_result
           where batch_id = %s and (verdict = 'error' or (verdict = 'fail' and severity = 'critical')) order by rule""",
        (batch_id,),
    )
    return [
        Refusal(
            row["rule"], "", row["reason"], row["rows"], None, None,
            row["verdict"] == "fail" and is_waivable(row["rule"], of_row=False),
        )
        for row in rows
    ]  # fmt: skip


def _earlier(connection: Connection, found: Case, wanted: tuple[str, str, str]) -> Decision | None:
    """The same decision, made before; None where the way is free. Raises DecisionError for another one that stands."""
    row = connection.execute(
        """select decision_id, decision, reason, decided_by, decided_at, waived_rules, release_batch_id,
               release.verdict
           from ops.decision left join ops.batch as release on release.batch_id = release_batch_id
           where decision.batch_id = %s order by decision_id desc limit 1""",
        (found.batch_id,),
    ).fetchone()
    if row is None or row["verdict"] in ("red", "abandoned"):  # a release that released nothing
        return None
    if (row["decision"], row["reason"], row["decided_by"]) == wanted:
        return Decision(
            row["decision_id"], found.batch_id, row["decision"], tuple(row["waived_rules"]), row["release_batch_id"]
        )
    if row["decision"] == "fix at source":
        return None
    raise DecisionError(
        f"Batch {found.batch_id} ({found.feed_id}, night {found.night}) was decided on already: {row['decision']}, "
        f"by {row['decided_by']} on {row['decided_at']:%Y-%m-%d %H:%M} UTC. A decision stands; only `fix at source` "
        "can be followed by another."
    )


def _open(connection: Connection, found: Case, run: str) -> int:
    """Open the batch of a release with its parent's files; returns its id."""
    _check_releasable(connection, found)
    row = connection.execute(
        # Only the whole again is the same delivery: of the same bytes, and it ends where its parent did.
        """insert into ops.batch (source, feed, night, run, contract_version, content_identity, is_full, follows,
                                  source_state, known_on, released_from)
           select source, feed, night, %(run)s, contract_version,
               case when verdict = 'red' then content_identity end, is_full, follows,
               case when verdict = 'red' then source_state end,
               greatest(night, (select max(night) from ops.batch)), batch_id
           from ops.batch where batch_id = %(parent)s returning batch_id""",
        {"run": run, "parent": found.batch_id},
    ).fetchone()
    assert row is not None
    connection.execute(
        """insert into ops.delivery (batch_id, file, landed_at_path, sha256, bytes)
           select %s, file, landed_at_path, sha256, bytes from ops.delivery where batch_id = %s""",
        (row["batch_id"], found.batch_id),
    )
    return int(row["batch_id"])


def _check_releasable(connection: Connection, found: Case) -> None:
    """Raises DecisionError where there is nothing to replay, or something newer has taken its place."""
    where = f"Batch {found.batch_id} ({found.feed_id}, night {found.night})"
    row = connection.execute(
        """select released_from, exists (select from ops.delivery where delivery.batch_id = this.batch_id) as landed,
               (select max(batch_id) from ops.batch as newer
                where newer.source = this.source and newer.feed = this.feed and newer.night = this.night
                    and newer.batch_id > this.batch_id and newer.unchanged_from is distinct from this.batch_id
                    and newer.released_from is distinct from this.batch_id
                    and (newer.verdict in ('green', 'unchanged')
                         or newer.verdict = 'red' and not exists (select from ops.decision as d
                             where d.batch_id = newer.batch_id and d.decision = 'discard'))) as newer
           from ops.batch as this where batch_id = %s""",
        (found.batch_id,),
    ).fetchone()
    assert row is not None
    if row["released_from"] is not None:
        raise DecisionError(
            f"{where} is itself a release of batch {row['released_from']}: what is left of it breaks rules that "
            "can't be waived. Have it mended at the source."
        )
    if not row["landed"]:
        raise DecisionError(f"{where} has no file: there is nothing to release. Have it delivered again, or discard.")
    if row["newer"] is not None:
        raise DecisionError(
            f"{where} can't be released: a newer delivery of this feed and night has come, batch {row['newer']}. "
            "If that one is red, decide on it; else the correction is in, and there is nothing to do."
        )


def _record(
    connection: Connection, found: Case, decision: Choice, reason: str, decided_by: str, release: int | None
) -> Decision:
    waived = found.waivable if decision == "release" else []
    rows = connection.execute(
        # To discard a red batch is to discard also its releases that failed.
        """insert into ops.decision (batch_id, decision, reason, decided_by, waived_rules, release_batch_id)
           select %(batch)s, %(decision)s, %(reason)s, %(by)s, %(waived)s::text[], %(release)s::bigint
           union all
           select batch_id, 'discard', %(reason)s, %(by)s, '{}', null from ops.batch
           where released_from = %(batch)s and verdict = 'red' and %(decision)s = 'discard'
           returning decision_id, batch_id""",
        {
            "batch": found.batch_id,
            "decision": decision,
            "reason": reason,
            "by": decided_by,
            "waived": waived,
            "release": release,
        },
    ).fetchall()
    made = next(row["decision_id"] for row in rows if row["batch_id"] == found.batch_id)
    return Decision(made, found.batch_id, decision, tuple(waived), release)


def _replay(settings: Settings, feed: Feed, made: Decision) -> Decision:
    """Load and judge the batch of a release, each once."""
    assert made.release_batch_id is not None
    with connect(settings) as connection:
        ensure_table(connection, feed)
    try:
        loading.load(settings, feed, made.release_batch_id)
    except LandingError as error:
        _close_red(settings, made.release_batch_id, str(error))
    except StructureError:  # the loader has closed the batch, with this message
        pass
    verdict = batch_gate.judge(settings, feed, made.release_batch_id)
    return Decision(
        made.id, made.batch_id, made.decision, made.waived, made.release_batch_id, verdict.verdict, verdict.message
    )


def _close_red(settings: Settings, batch_id: int, message: str) -> None:
    with connect(settings) as connection:
        batches.close(connection, batches.get(connection, batch_id), "red", 0, 0, message)
