"""What PostgreSQL's catalogue says of a table."""

from elevate.warehouse.connection import Connection


def tables(connection: Connection, schema: str) -> list[str]:
    """Tables of a schema, by name."""
    rows = connection.execute("select tablename from pg_tables where schemaname = %s order by tablename", (schema,))
    return [row["tablename"] for row in rows]


def columns(connection: Connection, schema: str, table: str) -> list[str]:
    """Columns of a table, in their order; empty where the table does not exist."""
    return [line.split(" ", 1)[0] for line in shape(connection, schema, table)]


def shape(connection: Connection, schema: str, table: str) -> list[str]:
    """Columns in order as `name type null?`; empty where the table does not exist."""
    rows = connection.execute(
        """select attname || ' ' || format_type(atttypid, atttypmod)
               || case when attnotnull then ' not null' else '' end as line
           from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
           order by attnum""",
        (f"{schema}.{table}",),
    )
    return [row["line"] for row in rows]


def primary_key(connection: Connection, schema: str, table: str) -> list[str]:
    """Columns of the primary key, in its order; empty where there is none."""
    rows = connection.execute(
        """select attname from pg_index
           join pg_attribute on attrelid = indrelid and attnum = any(indkey)
           where indrelid = to_regclass(%s) and indisprimary
           order by array_position(indkey::int[], attnum::int)""",
        (f"{schema}.{table}",),
    )
    return [row["attname"] for row in rows]
