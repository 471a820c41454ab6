"""Refreshes: one build of the marts, or of the evaluation marts, for one night.

A refresh pins the batches that it is built from when it is opened, so that a batch
accepted meanwhile can't slip into half of its tables.
"""

from datetime import date
from typing import Literal

from psycopg import sql

from elevate.contracts import Feed
from elevate.warehouse.connection import Connection

Kind = Literal["marts", "evaluation"]

PUBLISHED_SCHEMAS: dict[Kind, tuple[str, ...]] = {"marts": ("marts", "bi"), "evaluation": ("evaluation",)}
"""Schemas that a refresh of each kind publishes; each has a `candidate_` twin."""


class RefreshError(RuntimeError):
    """A refresh that can't start; the message says what is not there."""


def open_refresh(connection: Connection, kind: Kind, night: date, run: str, feeds: dict[str, Feed]) -> int:
    """Open a refresh, pin what it reads and clear its candidate; returns its id.

    The marts pin, of the batches accepted for `night` or an earlier night: of a
    snapshot feed the newest (of one with a scope, all), of a delta or append feed all.
    The evaluation pins the marts' publication, which must be of this night.
    Raises RefreshError where the last delivery of a required feed for this very night
    was not accepted: an older one must never stand in for it silently.
    """
    marts = _marts_of(connection, night) if kind == "evaluation" else None
    if kind == "marts":
        _check_accepted(connection, feeds, night)
    connection.execute(
        """update ops.refresh set verdict = 'abandoned', closed_at = now()
           where kind = %s and verdict = 'open'""",
        (kind,),
    )
    row = connection.execute(
        "insert into ops.refresh (kind, night, run, marts_refresh_id) values (%s, %s, %s, %s) returning refresh_id",
        (kind, night, run, marts),
    ).fetchone()
    assert row is not None
    if kind == "marts":
        for feed in feeds.values():
            _pin(connection, row["refresh_id"], feed, night)
        connection.execute("analyze ops.refresh_batch")  # each staging model joins it
    _clear_candidate(connection, kind)
    return int(row["refresh_id"])


def close_red(connection: Connection, refresh_id: int, message: str) -> None:
    """The refresh ends here, if it had not; its candidate stays for inspection, the last publication serves on."""
    connection.execute(
        """update ops.refresh set verdict = 'red', message = %s, closed_at = now()
           where refresh_id = %s and verdict = 'open'""",
        (message, refresh_id),
    )


def sources_delivered(connection: Connection, refresh_id: int) -> set[str]:
    """The sources that have at least one batch in this refresh, or in the marts that it reads."""
    rows = connection.execute(
        """select distinct source from ops.refresh as this
           join ops.refresh_batch as pin on pin.refresh_id = coalesce(this.marts_refresh_id, this.refresh_id)
           join ops.batch using (batch_id) where this.refresh_id = %s""",
        (refresh_id,),
    )
    return {row["source"] for row in rows}


def _clear_candidate(connection: Connection, kind: Kind) -> None:
    # What this build does not make must not pass for its work: a table of an earlier night would be published.
    rows = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s)",
        ([f"candidate_{schema}" for schema in PUBLISHED_SCHEMAS[kind]],),
    ).fetchall()
    for row in rows:
        connection.execute(sql.SQL("drop table {} cascade").format(sql.Identifier(row["schemaname"], row["tablename"])))


def _check_accepted(connection: Connection, feeds: dict[str, Feed], night: date) -> None:
    absent = [feed.id for feed in feeds.values() if feed.required and not _accepted(connection, feed, night)]
    if absent:
        raise RefreshError(
            f"Night {night}: no accepted batch of {', '.join(absent)}. Run the extract Dags of this night first."
        )


def _marts_of(connection: Connection, night: date) -> int:
    """The refresh behind the published marts, which the evaluation reads as they are served."""
    row = connection.execute(
        "select refresh_id, night from ops.publication where kind = 'marts' order by publication_id desc limit 1"
    ).fetchone()
    if row is None or row["night"] != night:
        served = f"those of {row['night']} are" if row else "none are"
        raise RefreshError(
            f"Night {night}: the evaluation reads published marts, and {served} published. "
            "Run refresh_marts of this night first."
        )
    return int(row["refresh_id"])


def _accepted(connection: Connection, feed: Feed, night: date) -> bool:
    # The last word on the night counts: a red or missing delivery after a green one is
    # a correction that did not get through, and must not be passed over.
    row = connection.execute(
        """select verdict from ops.batch
           where source = %s and feed = %s and night = %s and verdict in ('green', 'red', 'missing')
           order by batch_id desc limit 1""",
        (feed.source, feed.name, night),
    ).fetchone()
    return row is not None and row["verdict"] == "green"


def _pin(connection: Connection, refresh_id: int, feed: Feed, night: date) -> None:
    # A snapshot stands for its night, so the newest night counts, and of that night
    # the newest arrival. All else is put in order of arrival when it is read.
    only_newest = feed.load_mode == "snapshot" and not feed.snapshot_scope
    connection.execute(
        """insert into ops.refresh_batch (refresh_id, batch_id)
           select %s, batch_id from ops.batch
           where source = %s and feed = %s and night <= %s and verdict = 'green'
           order by night desc, batch_id desc limit %s""",
        (refresh_id, feed.source, feed.name, night, 1 if only_newest else None),
    )
