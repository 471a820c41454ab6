"""Retention: what is older than its contract keeps it, and is not the current record, goes."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from psycopg import sql

from elevate.contracts import Feed
from elevate.landing_purge import expire_files
from elevate.purging import Receipt, batch_tables, forget_statistics, record
from elevate.refreshes import standing
from elevate.settings import Settings
from elevate.warehouse.connection import Connection, connect
from elevate.withholding import identifying


def expire(settings: Settings, feeds: Mapping[str, Feed], night: date, requested_by: str) -> Receipt:
    """Remove what each feed's contract keeps no longer as of `night`.

    Of batches whose night, and every night on which the same content came again, is older
    than the retention: landed files, quarantine, superseded rows of `raw`, and the keys of
    students with no row left. The current record stays however old it is, since no newer
    delivery replaced it: a snapshot's newest batch (by scope, where it has one), the newest
    row of a delta's key, and all of a feed whose history is read. Without it, what is true
    today would vanish from the marts. The ledger stays, `rows_purged` counts. A night within
    the retention can still be built again, except for rows older than the retention that were superseded since.
    """
    removed: Counter[str] = Counter()
    limits = {feed.id: limit(feed, night) for feed in feeds.values()}
    for feed in feeds.values():  # landing first, for the reason given in purging
        removed[f"landing {feed.id}"] += expire_files(settings, feed, limits[feed.id])
    with connect(settings) as connection:
        for feed in feeds.values():
            _find_expired(connection, feed, limits[feed.id])
            removed[f"raw.{feed.table}"] += _expire_raw(connection, feed)
            removed += _expire_quarantine(connection, feed)
        removed["identity.student_key"] += _forget_absent(connection, feeds)
        forget_statistics(connection, removed)
        return record(connection, "retention", night, "retention of the contracts", requested_by, removed)


def limit(feed: Feed, night: date) -> date:
    """The first night that the feed's contract still keeps."""
    year = night.year - feed.retention_years
    leap_day = (night.month, night.day) == (2, 29)
    return date(year, 3, 1) if leap_day and year % 4 else night.replace(year=year)


def _find_expired(connection: Connection, feed: Feed, first_kept: date) -> None:
    """Fill pg_temp.expired (batch_id): closed batches that no kept night relies on."""
    connection.execute("create temp table if not exists expired (batch_id bigint primary key) on commit drop")
    connection.execute("truncate pg_temp.expired")
    connection.execute(
        """insert into pg_temp.expired
           select batch.batch_id from ops.batch
           left join ops.batch as again on again.unchanged_from = batch.batch_id
           where batch.source = %s and batch.feed = %s
           group by batch.batch_id having greatest(batch.night, max(again.night)) < %s""",
        (feed.source, feed.name, first_kept),
    )


CURRENT_OF_SNAPSHOT = """
    current as (
        select feed_row.ctid as place from {table} as feed_row inner join standing on batch_id = _batch_id
        where ({scope} position) in (
            select {scope} max(position) from {table} inner join standing on batch_id = _batch_id {grouped}
        )
    )
"""

CURRENT_OF_DELTA = """
    current as (
        select distinct on ({key}) feed_row.ctid as place
        from {table} as feed_row inner join standing on batch_id = _batch_id
        where position >= coalesce((select max(position) from standing where is_full), 0)
        order by {key}, position desc, _batch_id desc, _line desc
    )
"""

EXPIRE = """
    , gone as (
        delete from {table} as feed_row using pg_temp.expired
        where expired.batch_id = _batch_id and not exists (select from current where place = feed_row.ctid)
        returning _batch_id
    ),
    counted as (select _batch_id, count(*) as n from gone group by _batch_id)
    update ops.batch set rows_purged = rows_purged + n from counted where batch_id = _batch_id returning n
"""


def _has_raw(connection: Connection, feed: Feed) -> bool:
    exists = connection.execute("select to_regclass(%s) as found", (f"raw.{feed.table}",)).fetchone()
    return exists is not None and exists["found"] is not None


def _expire_raw(connection: Connection, feed: Feed) -> int:
    if feed.history or not _has_raw(connection, feed):
        return 0
    current = {"delta": CURRENT_OF_DELTA, "snapshot": CURRENT_OF_SNAPSHOT}.get(
        feed.load_mode, "current as (select null::tid as place where false)"
    )
    scope = [sql.Identifier(column) for column in feed.snapshot_scope]
    columns = sql.SQL(", ").join(scope)
    rows = connection.execute(
        sql.SQL("{standing}, " + current + EXPIRE).format(
            standing=standing(feed),
            table=sql.Identifier("raw", feed.table),
            key=sql.SQL(", ").join(map(sql.Identifier, feed.key)),
            scope=sql.SQL("{},").format(columns) if scope else sql.SQL(""),
            grouped=sql.SQL("group by {}").format(columns) if scope else sql.SQL(""),
        )
    ).fetchall()
    return sum(row["n"] for row in rows)


def _expire_quarantine(connection: Connection, feed: Feed) -> Counter[str]:
    """Rejected rows and whole batches; of a batch that was red nothing is left then."""
    connection.execute(
        """update ops.batch set rows_purged = case when verdict = 'red' then rows_in else rows_purged + n end
           from (select expired.batch_id, count(distinct (file, line)) filter (where line is not null) as n
                 from pg_temp.expired left join quarantine.rejected_row using (batch_id)
                 group by expired.batch_id) as gone
           where gone.batch_id = batch.batch_id"""
    )
    removed: Counter[str] = Counter()
    removed["quarantine.rejected_row"] += connection.execute(
        "delete from quarantine.rejected_row as row using pg_temp.expired where expired.batch_id = row.batch_id"
    ).rowcount
    expired = {row["batch_id"] for row in connection.execute("select batch_id from pg_temp.expired")}
    for schema, batch_id, _ in batch_tables(connection, [feed]):
        if batch_id in expired:
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(schema, f"b{batch_id}")))
            removed[f"{schema} tables"] += 1
    return removed


def _forget_absent(connection: Connection, feeds: Mapping[str, Feed]) -> int:
    """Students of whom no row is left need no research key; who comes back gets the same one."""
    known = [
        sql.SQL("select {} from {}").format(sql.Identifier(column), sql.Identifier("raw", feed.table))
        for feed in feeds.values()
        if _has_raw(connection, feed)
        for column in identifying(feed)
    ]
    if not known:
        return 0
    return connection.execute(
        sql.SQL(
            "delete from identity.student_key as key"
            " where not exists (select from ({}) as known (student_id) where known.student_id = key.student_id)"
        ).format(sql.SQL(" union all ").join(known))
    ).rowcount
