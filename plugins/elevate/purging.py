"""Purging: a student leaves the platform, from landing to the published tables.

A receipt stays in `ops.purge`: how much went from where and why, never whose it was.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from elevate import batches
from elevate.contracts import Feed
from elevate.delimited import count_records
from elevate.identity import research_key, secret_in_use, student_tables, with_old_keys
from elevate.landing import open_local
from elevate.landing_purge import PurgedFile, purge_files
from elevate.settings import Settings
from elevate.warehouse import replayed
from elevate.warehouse.connection import Connection, connect
from elevate.withholding import identifying

Kind = Literal["erasure", "opt-out"]
Removal = Kind | Literal["retention"]


class PurgeError(ValueError):
    """A removal that can't be done as it was asked for; nothing was removed."""


@dataclass(frozen=True)
class Receipt:
    """One row of `ops.purge`; `removed` is place to number of records, rows or folders."""

    id: int
    kind: Removal
    removed: dict[str, int]

    @property
    def advice(self) -> str:
        """What is left to do."""
        if self.kind == "retention":
            return "The ledger keeps the batches; what is still the current record stays."
        return (
            "Published tables have no row of the student any more. Aggregates still count the student until the next "
            "refresh of the marts and of the evaluation: run them for the last night. Backups keep what they hold "
            "until they expire."
        )


def purge_student(
    settings: Settings, feeds: Mapping[str, Feed], student_id: str, kind: Kind, reason: str, requested_by: str
) -> Receipt:
    """Remove a student everywhere; with kind `opt-out`, also withhold the student from all later deliveries.

    `student_id` is the district student number. To repeat it does no harm. Raises
    PurgeError where the reason names the student, or published tables have keys of
    before a rotation, and SettingsError where a secret was changed.
    """
    number = student_id.strip()
    if not number or not reason.strip() or number in f"{reason} {requested_by}":
        raise PurgeError("A purge needs a student number, and a reason and a person that do not name the student.")
    of_students = [feed for feed in feeds.values() if identifying(feed)]
    key, mark = _hashed(settings, number)
    removed: Counter[str] = Counter({"databases of replays": _drop_replays(settings)})
    landed: list[PurgedFile] = []
    # Landing first, the database with the receipt last: a receipt says that all is gone. After a crash
    # between the two, files are not as ops.delivery has them and nothing can be loaded from them; a
    # repeat removes nothing there, takes what the manifests say, and comes to the same end.
    for feed in of_students:
        purged = purge_files(settings, feed, lambda value: value == number)
        removed[f"landing {feed.id}"] += purged.records
        landed += purged.files
    with connect(settings) as connection:
        _renew_deliveries(connection, landed)
        for feed in of_students:
            removed[f"raw.{feed.table}"] += _from_raw(connection, feed, number)
        removed += _from_quarantine(connection, of_students, number)
        _count_anew(connection, of_students)
        removed += _from_derived(connection, key)
        removed["identity.student_key"] += connection.execute(
            "delete from identity.student_key where student_id = %s or student_key = %s", (number, key)
        ).rowcount
        if kind == "opt-out":
            connection.execute("insert into identity.opted_out (mark) values (%s) on conflict do nothing", (mark,))
        _count_unreadable(connection, settings, of_students)
        forget_statistics(connection, removed)
        return record(connection, kind, None, reason, requested_by, removed)


def _hashed(settings: Settings, number: str) -> tuple[str, str]:
    """The student's research key, by which readers know the student, and the mark if opted out."""
    with connect(settings) as connection:
        if kinds := with_old_keys(connection):
            raise PurgeError(
                f"The research keys were rotated, and the published {' and '.join(kinds)} still have the keys of "
                "before, by which nobody is found now: publish the last night again first. Nothing was removed."
            )
        secrets = secret_in_use(connection, settings), secret_in_use(connection, settings, "opt_out_key")
    return research_key(secrets[0], number), research_key(secrets[1], number)


def _drop_replays(settings: Settings) -> int:
    """What a replay has left, or is building, holds the student too; it can be built again from landing."""
    try:
        return replayed.drop_left_over(settings)
    except psycopg.Error as error:
        raise PurgeError(
            f"A database that a replay has left could not be dropped ({error}). Drop those whose names begin with "
            f"{replayed.PREFIX} yourself, then run the purge again; nothing else was removed yet."
        ) from None


def record(
    connection: Connection,
    kind: Removal,
    night: date | None,
    reason: str,
    requested_by: str,
    removed: Mapping[str, int],
) -> Receipt:
    """Write the receipt of a removal."""
    counts = {place: count for place, count in sorted(removed.items()) if count}
    row = connection.execute(
        """insert into ops.purge (kind, night, reason, requested_by, removed)
           values (%s, %s, %s, %s, %s) returning purge_id""",
        (kind, night, reason, requested_by, Jsonb(counts)),
    ).fetchone()
    assert row is not None
    return Receipt(int(row["purge_id"]), kind, counts)


def forget_statistics(connection: Connection, removed: Mapping[str, int]) -> None:
    """The planner's statistics quote values of a table: take them anew where rows went."""
    for place, count in removed.items():
        schema, _, table = place.partition(".")
        if count and " " not in place:
            if connection.info.server_version >= 180000:  # no earlier server can
                # Of a table that became empty, analyze leaves the old ones as they are.
                connection.execute(
                    """select pg_clear_attribute_stats(%s, %s, attname::text, false) from pg_attribute
                       where attrelid = format('%%I.%%I', %s::text, %s::text)::regclass
                           and attnum > 0 and not attisdropped""",
                    (schema, table, schema, table),
                )
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table)))


def batch_tables(connection: Connection, feeds: list[Feed]) -> list[tuple[str, int, Feed]]:
    """The tables of single batches of these feeds: (schema, batch, feed)."""
    rows = connection.execute(
        """select relnamespace::regnamespace::text as schema, batch_id, source || '.' || feed as feed_id
           from pg_class join ops.batch on relname = 'b' || batch_id
           where relnamespace in ('quarantine'::regnamespace, 'incoming'::regnamespace) and relkind = 'r'
               and source || '.' || feed = any(%s)""",
        ([feed.id for feed in feeds],),
    )
    by_id = {feed.id: feed for feed in feeds}
    return [(row["schema"], row["batch_id"], by_id[row["feed_id"]]) for row in rows]


def _renew_deliveries(connection: Connection, landed: list[PurgedFile]) -> None:
    """What is loaded again from here must be the files as they are now.

    Fills pg_temp.gone_from_file (batch_id, file, line): the lines that went since the ledger
    was last told, as it counts them. A purge that was cut off may have left some.
    """
    connection.execute("create temp table gone_from_file (batch_id bigint, file text, line bigint) on commit drop")
    for purged in landed:
        known = connection.execute(
            "select batch_id, file, sha256 from ops.delivery where landed_at_path = %s", (purged.file.path,)
        ).fetchall()
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into pg_temp.gone_from_file select %s, %s, unnest(%s::bigint[])",
                [(row["batch_id"], row["file"], purged.gone_since(row["sha256"])) for row in known],
            )
        connection.execute(
            "update ops.delivery set sha256 = %s, bytes = %s where landed_at_path = %s",
            (purged.file.sha256, purged.file.bytes, purged.file.path),
        )


def _count_anew(connection: Connection, feeds: list[Feed]) -> None:
    """The lines after those that went are counted as they stand in the files now."""
    loaded = sql.SQL("_file"), sql.SQL("_line")
    tables: list[tuple[sql.Composable, ...]] = [
        (sql.Identifier("quarantine", "rejected_row"), sql.SQL("batch_id"), sql.SQL("file"), sql.SQL("line"))
    ]
    tables += [(sql.Identifier("raw", feed.table), sql.SQL("_batch_id"), *loaded) for feed in feeds]
    tables += [
        (sql.Identifier(schema, f"b{batch_id}"), sql.Literal(batch_id), *loaded)
        for schema, batch_id, _ in batch_tables(connection, feeds)
    ]
    for table, batch, file, line in tables:
        connection.execute(
            sql.SQL("""
                update {table} set {line} = {line} - (select count(*) from unnest(lines) as gone where gone < {line})
                from (select batch_id as of_batch, file as of_file, array_agg(line) as lines, min(line) as first
                      from pg_temp.gone_from_file group by 1, 2) as gone_from_file
                where {batch} = of_batch and {file} = of_file and {line} > first
            """).format(table=table, batch=batch, file=file, line=line)
        )


def _is_of(feed: Feed, number: str) -> sql.Composable:
    """A predicate on rows with the feed's columns and `_extra`."""
    columns = [
        sql.SQL("btrim({}::text) = {}").format(sql.Identifier(c), sql.Literal(number)) for c in identifying(feed)
    ]
    extra = sql.SQL("exists (select from jsonb_each_text(_extra) where btrim(value) = {})").format(sql.Literal(number))
    return sql.SQL("({})").format(sql.SQL(" or ").join([*columns, extra]))


def _from_raw(connection: Connection, feed: Feed, number: str) -> int:
    exists = connection.execute("select to_regclass(%s) as found", (f"raw.{feed.table}",)).fetchone()
    if exists is None or exists["found"] is None:
        return 0
    gone = connection.execute(
        sql.SQL("""
            with gone as (delete from {} where {} returning _batch_id),
            counted as (select _batch_id, count(*) as n from gone group by _batch_id)
            update ops.batch set rows_purged = rows_purged + n from counted where batch_id = _batch_id returning n
        """).format(sql.Identifier("raw", feed.table), _is_of(feed, number))
    ).fetchall()
    return sum(row["n"] for row in gone)


def _from_quarantine(connection: Connection, feeds: list[Feed], number: str) -> Counter[str]:
    """Rejected rows and whole batches. A row counts once for its batch, however often it is there."""
    connection.execute(
        "create temp table gone_line (batch_id bigint, file text, line bigint, unique (batch_id, file, line))"
        " on commit drop"
    )
    connection.execute(
        """insert into pg_temp.gone_line
           select distinct batch_id, file, line from quarantine.rejected_row join ops.batch using (batch_id)
           where source || '.' || feed = any(%s)
               and (exists (select from jsonb_each_text(row_as_it_came) where btrim(value) = %s)
                    or (batch_id, file, line) in (select batch_id, file, line from pg_temp.gone_from_file))""",
        ([feed.id for feed in feeds], number),
    )
    removed: Counter[str] = Counter()
    for schema, batch_id, feed in batch_tables(connection, feeds):
        removed[f"{schema}.b{batch_id}"] += connection.execute(
            sql.SQL("""
                with gone as (
                    delete from {table} where {is_of} or ({batch}, _file, _line) in
                        (select batch_id, file, line from pg_temp.gone_from_file) returning _file, _line
                ),
                noted as (insert into pg_temp.gone_line select {batch}, _file, _line from gone on conflict do nothing)
                select from gone
            """).format(
                table=sql.Identifier(schema, f"b{batch_id}"), is_of=_is_of(feed, number), batch=sql.Literal(batch_id)
            )
        ).rowcount
    removed["quarantine.rejected_row"] += connection.execute(
        """delete from quarantine.rejected_row as row using pg_temp.gone_line as gone
           where (row.batch_id, row.file, row.line) = (gone.batch_id, gone.file, gone.line)"""
    ).rowcount
    # A batch that gate 1 has not seen yet simply has fewer rows.
    connection.execute(
        """update ops.batch set rows_purged = rows_purged + case verdict when 'loaded' then 0 else n end,
               rows_in = rows_in - case verdict when 'loaded' then n else 0 end
           from (select batch_id, count(*) as n from pg_temp.gone_line group by batch_id) as gone
           where gone.batch_id = batch.batch_id"""
    )
    return removed


def _from_derived(connection: Connection, key: str) -> Counter[str]:
    removed: Counter[str] = Counter()
    for schema, table in student_tables(connection):
        removed[f"{schema}.{table}"] += connection.execute(
            sql.SQL("delete from {} where student_key = %s").format(sql.Identifier(schema, table)), (key,)
        ).rowcount
    return removed


def _count_unreadable(connection: Connection, settings: Settings, feeds: list[Feed]) -> None:
    """Of a batch whose structure was broken the rows lie in landing alone: what is there no more was purged."""
    by_id = {feed.id: feed for feed in feeds}
    rows = connection.execute(
        """select batch_id, source || '.' || feed as feed_id, rows_in from ops.batch
           where verdict = 'red' and source || '.' || feed = any(%s) and rows_purged < rows_in
               and to_regclass('quarantine.b' || batch_id) is null""",
        (list(by_id),),
    ).fetchall()
    for row in rows:
        left = 0
        for _, path, sha256 in batches.files(connection, batches.get(connection, row["batch_id"])):
            with open_local(settings, path, sha256) as file:
                left += count_records(by_id[row["feed_id"]], file)
        connection.execute(
            "update ops.batch set rows_purged = greatest(rows_in - %s, 0) where batch_id = %s", (left, row["batch_id"])
        )
