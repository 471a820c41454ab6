"""Replay: a past night's marts built again from landing, in a database of their own.

What was accepted is a recorded fact: the ledger says which batches the night was built
from, and the quarantine which of their lines were refused. The rows come from the landed
files, whose checksums must still be those of the ledger; the marts are then compared,
table by table, with the content hashes that the publication left behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from psycopg import sql

from elevate import building, disclosure, loading, raw, refreshes
from elevate.contracts import Column, Feed
from elevate.identity import add_research_keys
from elevate.publishing import content_hash
from elevate.refreshes import PUBLISHED_SCHEMAS
from elevate.settings import Settings
from elevate.transforming import Build
from elevate.warehouse.connection import Connection, connect

COPIED = ("batch", "delivery", "decision")
"""The ledger, without which nothing can be resolved; it holds no row of anybody."""


class ReplayError(RuntimeError):
    """The night can't be built again; the message says what is not there any more."""


@dataclass(frozen=True)
class ReplayedTable:
    """One table: rows and hash of the replay, and the recorded hash, None where nothing was recorded."""

    name: str
    rows: int
    content_hash: str
    recorded: str | None


@dataclass(frozen=True)
class Replay:
    """The night's tables built again, and the publication they were compared with (None: there is none)."""

    night: date
    publication_id: int | None
    tables: tuple[ReplayedTable, ...]

    @property
    def proven(self) -> bool:
        """True where every table has the content that was published."""
        return self.publication_id is not None and all(t.content_hash == t.recorded for t in self.tables)


def replay(
    settings: Settings, scratch: Settings, feeds: dict[str, Feed], night: date, known_on: date | None = None
) -> Replay:
    """Build the marts of `night` again, from landing, in the empty migrated database of `scratch`.

    As the newest publication of the night read them, or with `known_on` from what had
    arrived by that night, as the newest publication that read just that. Raises ReplayError
    where the night was never published, or what it was built from is gone; loading's and
    dbt's errors as they are.
    """
    with connect(settings) as source, connect(scratch) as target:
        published = _published(source, night)
        if known_on is None and published is None:
            raise ReplayError(f"Night {night} was never published. Give --as-known-on for a state that was not.")
        _copy_ledger(source, target, known_on)
        for feed in feeds.values():
            raw.ensure_table(target, feed)
        refresh_id = refreshes.open_replay(target, night, feeds, known_on)
    if known_on is not None:
        known = [batch["batch_id"] for batch in _pinned(scratch, refresh_id)]
        with connect(settings) as source:
            published = _published(source, night, known)
    if published is not None:
        _pin_as_then(settings, scratch, refresh_id, published["refresh_id"])
    with connect(settings) as source, connect(scratch) as target:
        publication_id = published["publication_id"] if published else None
        disclosure.copy_state(source, target, refresh_id, night, publication_id)
    for batch in _pinned(scratch, refresh_id):
        _load_again(settings, scratch, feeds[batch["feed_id"]], batch["batch_id"])
    for step in building.steps_of("marts"):
        building.run_step(scratch, feeds, Build("marts", refresh_id, night), step)
    return Replay(night, publication_id, _tables(scratch, _recorded(settings, publication_id)))


def _published(connection: Connection, night: date, batches: list[int] | None = None) -> dict[str, int] | None:
    """The night's newest publication; with `batches` the newest that read these and no other."""
    return connection.execute(
        """select publication_id, refresh_id from ops.publication
           where kind = 'marts' and night = %(night)s and (
               %(batches)s::bigint[] is null
               or array(select batch_id from ops.refresh_batch as pin
                        where pin.refresh_id = publication.refresh_id order by batch_id) = %(batches)s::bigint[])
           order by publication_id desc limit 1""",
        {"night": night, "batches": batches},
    ).fetchone()


def _copy_ledger(source: Connection, target: Connection, known_on: date | None) -> None:
    for table in COPIED:
        of_batch = sql.SQL("batch_id in (select batch_id from ops.batch where known_on <= coalesce({}, known_on))")
        query = sql.SQL("copy (select * from {} where {} order by 1) to stdout").format(
            sql.Identifier("ops", table), of_batch.format(sql.Literal(known_on))
        )
        with (
            source.cursor().copy(query) as rows,
            target.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier("ops", table))) as copy,
        ):
            for block in rows:
                copy.write(block)


def _pin_as_then(settings: Settings, scratch: Settings, refresh_id: int, then: int) -> None:
    """The very batches of the publication's refresh, whatever the ledger would choose by now."""
    with connect(settings) as connection:
        pins = connection.execute(
            "select batch_id, position from ops.refresh_batch where refresh_id = %s", (then,)
        ).fetchall()
    with connect(scratch, "elevate_owner") as connection:  # the pipeline may not take a pin away
        connection.execute("delete from ops.refresh_batch")
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into ops.refresh_batch (refresh_id, batch_id, position) values (%s, %s, %s)",
                [(refresh_id, row["batch_id"], row["position"]) for row in pins],
            )


def _pinned(scratch: Settings, refresh_id: int) -> list[dict[str, Any]]:
    with connect(scratch) as connection:
        return connection.execute(
            """select batch_id, source || '.' || feed as feed_id from ops.batch
               inner join ops.refresh_batch using (batch_id) where refresh_id = %s order by batch_id""",
            (refresh_id,),
        ).fetchall()


def _load_again(settings: Settings, scratch: Settings, feed: Feed, batch_id: int) -> None:
    """One batch from its landed files into raw, but the lines that were refused then."""
    with connect(scratch) as connection:
        connection.execute("update ops.batch set verdict = 'open', rows_accepted = 0 where batch_id = %s", (batch_id,))
        feed, gained = _as_then(connection, feed, batch_id)
    loading.load(scratch, feed, batch_id)
    with connect(settings) as source, connect(scratch) as connection:
        query = sql.SQL("select count(*) as n from {} where _batch_id = %s").format(sql.Identifier("raw", feed.table))
        accepted = source.execute(query, (batch_id,)).fetchone()
        _copy_refused(source, connection, batch_id)
        incoming = sql.Identifier("incoming", f"b{batch_id}")
        add_research_keys(connection, scratch, feed, incoming)
        rows = raw.append(connection, feed, batch_id, incoming, sql.Identifier("pg_temp", "refused"))
        raw.fill_from_extra(connection, feed, gained)
        connection.execute(sql.SQL("drop table {}").format(incoming))
        connection.execute(
            "update ops.batch set verdict = 'green', rows_in = %s, rows_accepted = %s, rows_quarantined = 0"
            " where batch_id = %s",
            (rows, rows, batch_id),
        )
    if accepted is None or rows != accepted["n"]:
        raise ReplayError(f"{feed.id}, batch {batch_id}: {rows} rows come out of landing, {accepted} are in raw.")


def _as_then(connection: Connection, feed: Feed, batch_id: int) -> tuple[Feed, list[Column]]:
    """The feed without the columns that its contract has gained since the batch came, and these columns.

    A row was not judged then by what nobody had contracted; its values were kept in `_extra`.
    """
    columns, aside = set(), set()
    query = "select columns, extra_columns from ops.delivery where batch_id = %s"
    for row in connection.execute(query, (batch_id,)):
        columns |= {name.strip().lower() for name in row["columns"] or []}
        aside |= {name.strip().lower() for name in row["extra_columns"] or []}
    gained = [
        column
        for column in feed.file_columns
        if (columns - aside).isdisjoint(column.headers) and (column.required or not aside.isdisjoint(column.headers))
    ]
    return replace(feed, columns=tuple(column for column in feed.columns if column not in gained)), gained


def _copy_refused(source: Connection, target: Connection, batch_id: int) -> None:
    """The batch's quarantine as it was recorded, which a release of it reads; also as pg_temp.refused (file, line)."""
    target.execute("delete from quarantine.rejected_row where batch_id = %s", (batch_id,))
    of_batch = sql.SQL("copy (select * from quarantine.rejected_row where batch_id = {}) to stdout").format(
        sql.Literal(batch_id)
    )
    with (
        source.cursor().copy(of_batch) as rows,
        target.cursor().copy("copy quarantine.rejected_row from stdin") as copy,
    ):
        for block in rows:
            copy.write(block)
    target.execute("drop table if exists pg_temp.refused")
    target.execute(
        "create temp table refused as select distinct file, line from quarantine.rejected_row where batch_id = %s",
        (batch_id,),
    )


def _recorded(settings: Settings, publication_id: int | None) -> dict[str, str]:
    with connect(settings) as connection:
        rows = connection.execute(
            "select table_schema || '.' || table_name as name, content_hash from ops.publication_table"
            " where publication_id = %s",
            (publication_id,),
        )
        return {row["name"]: row["content_hash"] for row in rows}


def _tables(scratch: Settings, recorded: dict[str, str]) -> tuple[ReplayedTable, ...]:
    found = []
    with connect(scratch) as connection:
        for schema in PUBLISHED_SCHEMAS["marts"]:
            names: Sequence[dict[str, str]] = connection.execute(
                "select tablename from pg_tables where schemaname = %s order by 1", (f"candidate_{schema}",)
            ).fetchall()
            for row in names:
                name = f"{schema}.{row['tablename']}"
                rows, hashed = content_hash(connection, f"candidate_{schema}", row["tablename"])
                found.append(ReplayedTable(name, rows, hashed, recorded.pop(name, None)))
    # What was published then and is not built now differs too.
    return (*found, *(ReplayedTable(name, 0, "", hashed) for name, hashed in sorted(recorded.items())))
