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

ACCEPTED = ("green", "unchanged")
DISCARDED = "discarded"

PUBLISHED_SCHEMAS: dict[Kind, tuple[str, ...]] = {"marts": ("marts", "bi"), "evaluation": ("evaluation",)}
"""Schemas that a refresh of each kind publishes; each has a `candidate_` twin."""


class RefreshError(RuntimeError):
    """A refresh that can't start; the message says what is not there."""


def open_refresh(connection: Connection, kind: Kind, night: date, run: str, feeds: dict[str, Feed]) -> int:
    """Open a refresh, pin what it reads and clear its candidate; returns its id.

    The marts pin, of the batches accepted for `night` or an earlier night: of a
    snapshot feed the newest (of one with a scope or a history, all), of a delta or append
    feed all since the last that held everything. The evaluation pins the marts' publication,
    which must be of this night.
    Raises RefreshError where the last delivery of a required feed for this very night
    was not accepted, unless it is missing and the contract lets the last good one serve.
    """
    marts = _marts_of(connection, night) if kind == "evaluation" else None
    if kind == "marts":
        _check_accepted(connection, feeds, night)
    refresh_id = _open(connection, kind, night, run, marts)
    if kind == "marts":
        pin(connection, refresh_id, feeds, night)
    _clear_candidate(connection, kind)
    return refresh_id


def open_replay(connection: Connection, night: date, feeds: dict[str, Feed], known_on: date | None) -> int:
    """Open a refresh that builds a past night again from whatever was accepted for it by then; returns its id."""
    refresh_id = _open(connection, "marts", night, "replay", None)
    pin(connection, refresh_id, feeds, night, known_on)
    return refresh_id


def _open(connection: Connection, kind: Kind, night: date, run: str, marts: int | None) -> int:
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
    return int(row["refresh_id"])


def pin(
    connection: Connection, refresh_id: int, feeds: dict[str, Feed], night: date, known_on: date | None = None
) -> None:
    """Pin what this refresh of the marts reads, of each feed; with `known_on` what had arrived by that night."""
    for feed in feeds.values():
        _pin(connection, refresh_id, feed, night, known_on)
    connection.execute("analyze ops.refresh_batch")  # each staging model joins it


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
    return last_word(connection, feed, night) in ACCEPTED or last_good_serves(connection, feed, night)


def last_good_serves(connection: Connection, feed: Feed, night: date) -> bool:
    """Whether the feed is missing for this night and its contract lets an earlier delivery stand in for it.

    What a steward has discarded counts as not delivered, and a feed of which nothing else came as missing.
    """
    if feed.when_missing != "last_good" or last_word(connection, feed, night) not in ("missing", DISCARDED):
        return False
    earlier = "select from ops.batch where source = %s and feed = %s and night <= %s and verdict = 'green' limit 1"
    return connection.execute(earlier, (feed.source, feed.name, night)).fetchone() is not None


def last_word(connection: Connection, feed: Feed, night: date) -> str | None:
    """The last verdict on this feed for this night; None where nothing was tried.

    A red or missing delivery after a green one is a correction that did not get through,
    and must not be passed over; unless a steward has discarded it: then what came before
    stands, and `discarded` is said where nothing did. What was released from a green
    batch's quarantine adds to it, and says nothing about the night.
    """
    row = connection.execute(
        """select case when is_discarded then %s else verdict end as verdict
           from ops.batch cross join lateral (
               select verdict = 'red' and exists (select from ops.decision where decision.batch_id = batch.batch_id
                                                  and decision = 'discard') as is_discarded) as decided
           where source = %s and feed = %s and night = %s and verdict in ('green', 'unchanged', 'red', 'missing')
               and not exists (select from ops.batch as parent
                               where parent.batch_id = batch.released_from and parent.verdict = 'green')
           order by is_discarded, coalesce(released_from, batch_id) desc, batch_id desc limit 1""",
        (DISCARDED, feed.source, feed.name, night),
    ).fetchone()
    return str(row["verdict"]) if row else None


STANDING = """
    with delivery as (
        -- Each accepted delivery, and the batch that holds its rows.
        select coalesce(batch.unchanged_from, batch.batch_id) as batch_id, batch.night, batch.is_full,
            coalesce(batch.released_from, batch.batch_id) as arrival, parent.verdict = 'green' as is_supplement,
            batch.released_from
        from ops.batch left join ops.batch as parent on parent.batch_id = batch.released_from
        where batch.source = {source} and batch.feed = {feed} and batch.verdict in ('green', 'unchanged') {as_of}
    ),
    base as (
        select batch_id, bool_or(is_full) as is_full, row_number() over (order by {order}) as position
        from delivery where is_supplement is not true group by batch_id
    ),
    standing as (
        select batch_id, position, is_full from base
        union all
        -- Rows that a steward released count with the batch that they came with.
        select delivery.batch_id, base.position, false
        from delivery inner join base on base.batch_id = delivery.released_from where delivery.is_supplement
    )
"""


def standing(feed: Feed, as_of: sql.Composable | None = None) -> sql.Composed:
    """A `with` clause that ends in standing (batch_id, position, is_full): the feed's batches in their order.

    The one place that says how deliveries resolve. A snapshot stands for its night, so the
    newest night counts, and of that night the newest arrival. All else counts by arrival;
    the same content again on a later night moves nothing. `as_of` narrows `ops.batch`.
    """
    by_night = "max(array[extract(epoch from night)::bigint, arrival])"
    return sql.SQL(STANDING).format(
        source=sql.Literal(feed.source),
        feed=sql.Literal(feed.name),
        as_of=as_of or sql.SQL(""),
        order=sql.SQL(by_night if feed.load_mode == "snapshot" else "min(arrival)"),
    )


def _pin(connection: Connection, refresh_id: int, feed: Feed, night: date, known_on: date | None) -> None:
    since = "(select max(position) from standing)"
    if feed.load_mode != "snapshot":
        # What came before the last delivery that held everything is gone, unless that one has it.
        since = "(select max(position) from standing where is_full)"
    elif feed.snapshot_scope or feed.history:
        since = "0"
    as_of = sql.SQL("and batch.night <= {}::date and batch.known_on <= coalesce({}::date, batch.known_on)").format(
        sql.Literal(night.isoformat()), sql.Literal(known_on and known_on.isoformat())
    )
    connection.execute(
        sql.SQL(
            "{standing} insert into ops.refresh_batch (refresh_id, batch_id, position)"
            " select {refresh}, batch_id, position from standing where position >= coalesce({since}, 0)"
        ).format(standing=standing(feed, as_of), refresh=sql.Literal(refresh_id), since=sql.SQL(since))
    )
    connection.execute(
        """insert into ops.refresh_feed (refresh_id, source, feed, data_as_of, verdict)
           select %(refresh)s, %(source)s, %(feed)s,
               (select max(night) from ops.batch where source = %(source)s and feed = %(feed)s and night <= %(night)s
                    and verdict in ('green', 'unchanged') and known_on <= coalesce(%(known_on)s, known_on)),
               %(verdict)s""",
        {
            "refresh": refresh_id,
            "source": feed.source,
            "feed": feed.name,
            "night": night,
            "known_on": known_on,
            "verdict": last_word(connection, feed, night) or "not delivered",
        },
    )
