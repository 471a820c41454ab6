"""Batches: the ledger of what was delivered, and what became of it.

A batch is one delivery of one feed for one night. It is opened when its files
are landed, loaded, and closed by gate 1 with a verdict. `ops.batch` is the only
memory between those steps, so each can be repeated after a crash.
"""

from dataclasses import dataclass
from datetime import date

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

    @property
    def incoming(self) -> str:
        """Its table in schema `incoming` (in `quarantine` once the batch is red)."""
        return f"b{self.id}"


def open_batch(connection: Connection, feed: Feed, night: date, run: str, landed: Landed) -> int:
    """Open a batch for what was landed; returns its id.

    Where the newest closed batch of this feed and night is green and holds this
    very content, the new batch is `unchanged` and points to it. Batches left open
    by a crash are marked abandoned.
    """
    _abandon_open(connection, feed, night)
    twin = _green_twin(connection, feed, night, landed.identity)
    batch_id = _insert(connection, feed, night, run, landed.identity, "unchanged" if twin else "open", twin)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.delivery (batch_id, file, landed_at_path, sha256, bytes) values (%s, %s, %s, %s, %s)",
            [(batch_id, f.name, f.path, f.sha256, f.bytes) for f in landed.files],
        )
    return batch_id


def record_missing(connection: Connection, feed: Feed, night: date, run: str, message: str) -> None:
    """Close a batch as missing: the source has no file of this feed for this night."""
    _abandon_open(connection, feed, night)
    batch_id = _insert(connection, feed, night, run, None, "missing", None)
    connection.execute("update ops.batch set message = %s, closed_at = now() where batch_id = %s", (message, batch_id))


def get(connection: Connection, batch_id: int) -> Batch:
    """The batch with this id. Raises LookupError where there is none."""
    row = connection.execute(
        """select batch_id as id, source || '.' || feed as feed_id, night, verdict, rows_in, message
           from ops.batch where batch_id = %s""",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise LookupError(f"No batch {batch_id}.")
    return Batch(**row)


def files(connection: Connection, batch: Batch) -> list[tuple[str, str]]:
    """Its files: (name, path below the landing folder)."""
    rows = connection.execute(
        "select file, landed_at_path from ops.delivery where batch_id = %s order by file", (batch.id,)
    )
    return [(row["file"], row["landed_at_path"]) for row in rows]


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


def close(connection: Connection, batch: Batch, verdict: str, accepted: int, rows_in: int, message: str) -> None:
    """Close the batch. The database refuses a ledger that does not balance."""
    connection.execute(
        """update ops.batch set verdict = %s, rows_in = %s, rows_accepted = %s,
               rows_quarantined = %s, message = %s, closed_at = now()
           where batch_id = %s""",
        (verdict, rows_in, accepted, rows_in - accepted, message, batch.id),
    )


def _insert(
    connection: Connection,
    feed: Feed,
    night: date,
    run: str,
    identity: str | None,
    verdict: str,
    unchanged_from: int | None,
) -> int:
    row = connection.execute(
        """insert into ops.batch (source, feed, night, run, contract_version, content_identity,
                                  verdict, unchanged_from, closed_at)
           values (%s, %s, %s, %s, %s, %s, %s::text, %s, case when %s::text = 'unchanged' then now() end)
           returning batch_id""",
        (feed.source, feed.name, night, run, feed.version, identity, verdict, unchanged_from, verdict),
    ).fetchone()
    assert row is not None
    return int(row["batch_id"])


def _green_twin(connection: Connection, feed: Feed, night: date, identity: str) -> int | None:
    # Only the newest counts: after A and B, a second A is a correction back to A.
    row = connection.execute(
        """select batch_id, content_identity, verdict, contract_version from ops.batch
           where source = %s and feed = %s and night = %s and verdict in ('green', 'red', 'missing')
           order by batch_id desc limit 1""",
        (feed.source, feed.name, night),
    ).fetchone()
    same = row and (row["content_identity"], row["verdict"], row["contract_version"]) == (
        identity,
        "green",
        feed.version,
    )
    return int(row["batch_id"]) if row and same else None


def _abandon_open(connection: Connection, feed: Feed, night: date) -> None:
    connection.execute(
        """update ops.batch set verdict = 'abandoned', closed_at = now(),
               message = 'left open by a run that was cut off'
           where source = %s and feed = %s and night = %s and verdict in ('open', 'loaded')""",
        (feed.source, feed.name, night),
    )
