"""Batches: the ledger of what was delivered, and what became of it.

A batch is one delivery of one feed for one night. It is opened when its files
are landed, loaded, and closed by gate 1 with a verdict. `ops.batch` is the only
memory between those steps, so each can be repeated after a crash.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from elevate.contracts import Feed
from elevate.landing import Landed
from elevate.warehouse.connection import Connection


@dataclass(frozen=True)
class Batch:
    """One row of `ops.batch`."""

    id: int
    feed_id: str
    night: date
    verdict: str
    rows_in: int
    message: str | None
    is_release: bool = False
    """Whether a steward released it from the quarantine of another batch."""

    @property
    def incoming(self) -> str:
        """Its table in schema `incoming` (in `quarantine` once the batch is red)."""
        return f"b{self.id}"


def open_batch(connection: Connection, feed: Feed, night: date, run: str, landed: Landed) -> int:
    """Open a batch for what was landed; returns its id.

    Where the last word on this night is an accepted delivery of these very bytes, the new
    batch is `unchanged` at once and points to the batch that holds the rows; on another
    night the same bytes are judged anew, since what they refer to may have changed.
    Batches left open by a crash are marked abandoned.
    """
    _abandon_open(connection, feed, night)
    batch_id = _insert(connection, feed, night, run, landed, _same_bytes(connection, feed, night, landed.identity))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.delivery (batch_id, file, landed_at_path, sha256, bytes) values (%s, %s, %s, %s, %s)",
            [(batch_id, f.name, f.path, f.sha256, f.bytes) for f in landed.files],
        )
    return batch_id


def last_state(connection: Connection, feed: Feed) -> dict[str, Any] | None:
    """Where the newest accepted pull of this feed ended at its source; None asks for everything."""
    row = connection.execute(
        """select source_state from ops.batch
           where source = %s and feed = %s and verdict in ('green', 'unchanged') and source_state is not null
           order by batch_id desc limit 1""",
        (feed.source, feed.name),
    ).fetchone()
    return row["source_state"] if row else None


def record_missing(
    connection: Connection, feed: Feed, night: date, run: str, message: str, verdict: str = "missing"
) -> None:
    """Close a batch without a delivery: missing, or red where the source gave what can't be used at all."""
    _abandon_open(connection, feed, night)
    batch_id = _insert(connection, feed, night, run, None, None)
    connection.execute(
        "update ops.batch set verdict = %s, message = %s, closed_at = now() where batch_id = %s",
        (verdict, message, batch_id),
    )


def get(connection: Connection, batch_id: int) -> Batch:
    """The batch with this id. Raises LookupError where there is none."""
    row = connection.execute(
        """select batch_id as id, source || '.' || feed as feed_id, night, verdict, rows_in, message,
               released_from is not null as is_release
           from ops.batch where batch_id = %s""",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise LookupError(f"No batch {batch_id}.")
    return Batch(**row)


def files(connection: Connection, batch: Batch) -> list[tuple[str, str, str]]:
    """Its files: (name, path below the landing root, SHA-256 of what was landed)."""
    rows = connection.execute(
        "select file, landed_at_path, sha256 from ops.delivery where batch_id = %s order by file", (batch.id,)
    )
    return [(row["file"], row["landed_at_path"], row["sha256"]) for row in rows]


def record_file(
    connection: Connection, batch: Batch, file: str, columns: list[str], extra: list[str], rows: int
) -> None:
    """What was found in one file: its columns, those of them that no contract names, its rows."""
    connection.execute(
        """update ops.delivery set columns = %s, extra_columns = %s, rows = %s
           where batch_id = %s and file = %s""",
        (columns, extra, rows, batch.id, file),
    )


def record_loaded(connection: Connection, batch: Batch, rows_in: int) -> None:
    """The batch's rows are in its incoming table, or rejected one by one."""
    connection.execute("update ops.batch set verdict = 'loaded', rows_in = %s where batch_id = %s", (rows_in, batch.id))


def drift(connection: Connection, feed: Feed, batch: Batch) -> str:
    """What the batch's files have beyond the contract, and which optional columns they lack; empty for nothing."""
    rows = connection.execute(
        "select file, columns, extra_columns from ops.delivery where batch_id = %s order by file", (batch.id,)
    )
    found = []
    for row in rows:
        names = {name.strip().lower() for name in row["columns"] or []}
        if row["extra_columns"]:
            found.append(f"{row['file']} has columns that no contract names, kept in _extra: {row['extra_columns']}.")
        lost = [
            f"{column.header!r} ({feed.place(column.name)})"
            for column in feed.file_columns
            if names and names.isdisjoint(column.headers)
        ]
        if lost:
            found.append(f"{row['file']} has no {', '.join(lost)}.")
    return " ".join(found)


def same_content(connection: Connection, feed: Feed, batch: Batch, content_hash: str) -> int | None:
    """The batch that holds these very rows, where the delivery that this one would follow is that one."""
    standing = _standing(connection, feed, batch.night)
    if standing and (standing["content_hash"], standing["contract_version"]) == (content_hash, feed.version):
        return int(standing["holds"])
    return None


def close_unchanged(connection: Connection, batch: Batch, holds: int, message: str) -> None:
    """Close the batch: gate 1 let it through, and its content is held already, by the batch `holds`."""
    connection.execute(
        """update ops.batch set verdict = 'unchanged', unchanged_from = %s, message = %s, closed_at = now()
           where batch_id = %s""",
        (holds, message, batch.id),
    )


def record_content(connection: Connection, batch: Batch, content_hash: str) -> None:
    """What the batch holds, whatever its bytes: see gates/content.py."""
    connection.execute("update ops.batch set content_hash = %s where batch_id = %s", (content_hash, batch.id))


def close(connection: Connection, batch: Batch, verdict: str, accepted: int, rows_in: int, message: str) -> None:
    """Close the batch. The database refuses a ledger that does not balance."""
    connection.execute(
        """update ops.batch set verdict = %s, rows_in = %s, rows_accepted = %s,
               rows_quarantined = %s, message = %s, closed_at = now()
           where batch_id = %s""",
        (verdict, rows_in, accepted, rows_in - accepted, message, batch.id),
    )


def _insert(
    connection: Connection, feed: Feed, night: date, run: str, landed: Landed | None, unchanged_from: int | None
) -> int:
    is_full = feed.load_mode == "snapshot" if landed is None or landed.is_full is None else landed.is_full
    row = connection.execute(
        """insert into ops.batch (source, feed, night, run, contract_version, content_identity, is_full, follows,
                                  source_state, unchanged_from, verdict, closed_at, content_hash, known_on)
           select %(source)s, %(feed)s, %(night)s, %(run)s, %(version)s, %(identity)s, %(is_full)s, %(follows)s,
               %(state)s, %(twin)s,
               case when %(twin)s::bigint is null then 'open' else 'unchanged' end,
               case when %(twin)s::bigint is not null then now() end,
               (select content_hash from ops.batch where batch_id = %(twin)s),
               greatest(%(night)s::date, (select max(night) from ops.batch))
           returning batch_id""",
        {
            "source": feed.source,
            "feed": feed.name,
            "night": night,
            "run": run,
            "version": feed.version,
            "identity": landed and landed.identity,
            "is_full": is_full,
            "follows": landed and landed.follows,
            "state": Jsonb(landed.state) if landed and landed.state is not None else None,
            "twin": unchanged_from,
        },
    ).fetchone()
    assert row is not None
    return int(row["batch_id"])


def _same_bytes(connection: Connection, feed: Feed, night: date, identity: str) -> int | None:
    row = connection.execute(
        """select coalesce(unchanged_from, batch_id) as holds, content_identity, contract_version, verdict
           from ops.batch
           where source = %s and feed = %s and night = %s and verdict in ('green', 'unchanged', 'red', 'missing')
           order by batch_id desc limit 1""",
        (feed.source, feed.name, night),
    ).fetchone()
    accepted = row is not None and row["verdict"] in ("green", "unchanged")
    if row and accepted and (row["content_identity"], row["contract_version"]) == (identity, feed.version):
        return int(row["holds"])
    return None


def _standing(connection: Connection, feed: Feed, night: date) -> dict[str, Any] | None:
    """The accepted delivery that a new one of this night would follow; `holds` is the batch with its rows.

    The newest of the same night, so that after A and B a second A is a correction back
    to A. Where there is none yet, the newest of an earlier night for a snapshot, which
    stands for its night; for others the newest arrival, unless that is of a later night.
    """
    of_snapshots = sql.SQL("night desc, ") if feed.load_mode == "snapshot" else sql.SQL("")
    row = connection.execute(
        sql.SQL("""
            select coalesce(unchanged_from, batch_id) as holds, content_hash, contract_version, night
            from ops.batch
            where source = %s and feed = %s and verdict in ('green', 'unchanged') and released_from is null
                and (%s or night <= %s)
            order by night = %s desc, {} batch_id desc limit 1
        """).format(of_snapshots),
        (feed.source, feed.name, feed.load_mode != "snapshot", night, night),
    ).fetchone()
    return row if row and row["night"] <= night else None


def _abandon_open(connection: Connection, feed: Feed, night: date) -> None:
    connection.execute(
        """update ops.batch set verdict = 'abandoned', closed_at = now(),
               message = 'left open by a run that was cut off'
           where source = %s and feed = %s and night = %s and verdict in ('open', 'loaded')""",
        (feed.source, feed.name, night),
    )
