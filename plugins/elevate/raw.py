"""Raw tables, made from the contracts."""

import logging
from collections.abc import Sequence

from psycopg import sql

from elevate.cells import malformed, value
from elevate.contracts import Column, Feed
from elevate.warehouse.connection import Connection

log = logging.getLogger(__name__)


def ensure_table(connection: Connection, feed: Feed) -> None:
    """Create `raw.<source>__<feed>`, or add the columns that its contract has gained.

    A gained column holds, for older rows, what `_extra` kept for it. A column that the
    contract lost stays, with nulls from now on. Raises RuntimeError where a column's type
    differs: history would need a decision.
    """
    table = sql.Identifier("raw", feed.table)
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", (f"elevate.raw.{feed.table}",))
    connection.execute(
        sql.SQL(
            "create table if not exists {} (_batch_id bigint not null, _line bigint not null,"
            " _file text not null, _extra jsonb)"
        ).format(table)
    )
    rows = connection.execute(
        """select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
           where attrelid = %s::regclass and attnum > 0 and not attisdropped""",
        (f"raw.{feed.table}",),
    )
    existing = {row["name"]: row["type"] for row in rows}
    gained = [column for column in feed.columns if column.name not in existing]
    for column in gained:
        connection.execute(
            sql.SQL("alter table {} add column {} {}").format(table, sql.Identifier(column.name), sql.SQL(column.type))
        )
        connection.execute(
            sql.SQL("comment on column {}.{} is {}").format(
                table, sql.Identifier(column.name), sql.Literal(column.description)
            )
        )
    if gained:
        fill_from_extra(connection, feed, gained)
    _check_types(feed, existing)
    connection.execute(sql.SQL("comment on table {} is {}").format(table, sql.Literal(feed.description)))
    connection.execute(
        sql.SQL("create index if not exists {} on {} (_batch_id)").format(sql.Identifier(f"{feed.table}_batch"), table)
    )


def fill_from_extra(connection: Connection, feed: Feed, gained: Sequence[Column]) -> None:
    """Give older rows the values that were kept for these columns, as the loader would have typed them.

    The table is append-only still: a column is made from what its rows hold already, in the
    one statement that defines it (the pipeline may not update `raw`), no value that stood
    anywhere is changed, and `_extra` keeps what came. So a past night reads as it did, and a
    replay comes to the same rows, for it does the same. The other way, to look into `_extra`
    in staging, would have each reader of `raw` do it, suites and references too, for ever.
    A value that is none of the column's type stays null, and is counted in the log; of the
    contract's other rules the old rows are spared.
    """
    table = sql.Identifier("raw", feed.table)
    keys = [
        str(row["key"])
        for row in connection.execute(
            sql.SQL("select distinct key from {} cross join lateral jsonb_object_keys(_extra) as key").format(table)
        )
    ]
    for column in gained:
        found = [(column.headers.index(name), key) for key in keys if (name := key.strip().lower()) in column.headers]
        if found and not column.from_path:
            _fill(connection, feed, column, [key for _, key in sorted(found)])


def _fill(connection: Connection, feed: Feed, column: Column, keys: list[str]) -> None:
    table, name = sql.Identifier("raw", feed.table), sql.Identifier(column.name)
    kept = sql.SQL("coalesce({})").format(
        sql.SQL(", ").join(sql.SQL("_extra ->> {}").format(sql.Literal(key)) for key in keys)
    )
    bad = malformed(kept, column) or sql.SQL("false")
    row = connection.execute(
        sql.SQL("select count({kept}) as kept, count(*) filter (where {bad}) as bad from {table}").format(
            kept=kept, bad=bad, table=table
        )
    ).fetchone()
    connection.execute(
        sql.SQL("alter table {} alter column {} type {} using coalesce({}, case when {} then null else {} end)").format(
            table, name, sql.SQL(column.type), name, bad, value(kept, column)
        )
    )
    if row:
        log.warning(
            "%s: column %s is new in the contract; of %d older rows that had kept it, %d are no %s and stay null",
            feed.id, column.name, row["kept"], row["bad"], column.type,
        )  # fmt: skip


def append(connection: Connection, feed: Feed, batch_id: int, incoming: sql.Identifier, refused: sql.Identifier) -> int:
    """Append the rows of an incoming table to raw, but those whose file and line stand in `refused`; their number."""
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in feed.columns)
    table = sql.Identifier("raw", feed.table)
    accepted = connection.execute(
        sql.SQL("""
            insert into {table} (_batch_id, _line, _file, _extra, {columns})
            select {batch}, _line, _file, _extra, {columns} from {incoming}
            where (_file, _line) not in (select file, line from {refused})
            order by _file, _line
        """).format(table=table, columns=columns, batch=sql.Literal(batch_id), incoming=incoming, refused=refused)
    ).rowcount
    # The models run before autovacuum comes by, and the planner would join what it knows nothing of row by row.
    connection.execute(sql.SQL("analyze {} (_batch_id, {})").format(table, columns))
    return accepted


def _check_types(feed: Feed, existing: dict[str, str]) -> None:
    aliases = {"timestamp without time zone": "timestamp"}
    for column in feed.columns:
        found = existing.get(column.name, column.type)
        if aliases.get(found, found) != column.type:
            raise RuntimeError(
                f"{feed.id}: column {column.name} is {found} in the warehouse and {column.type} in the contract. "
                "Give the new meaning a new column name, or migrate the history by hand first."
            )
