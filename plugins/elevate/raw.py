"""Raw tables, made from the contracts."""

from psycopg import sql

from elevate.contracts import Feed
from elevate.warehouse.connection import Connection


def ensure_table(connection: Connection, feed: Feed) -> None:
    """Create `raw.<source>__<feed>`, or add the columns that its contract has gained.

    A column that the contract lost stays, with nulls from now on. Raises
    RuntimeError where a column's type differs: history would need a decision.
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
    for column in feed.columns:
        if column.name not in existing:
            connection.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    table, sql.Identifier(column.name), sql.SQL(column.type)
                )
            )
            connection.execute(
                sql.SQL("comment on column {}.{} is {}").format(
                    table, sql.Identifier(column.name), sql.Literal(column.description)
                )
            )
    _check_types(feed, existing)
    connection.execute(sql.SQL("comment on table {} is {}").format(table, sql.Literal(feed.description)))
    connection.execute(
        sql.SQL("create index if not exists {} on {} (_batch_id)").format(sql.Identifier(f"{feed.table}_batch"), table)
    )


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
