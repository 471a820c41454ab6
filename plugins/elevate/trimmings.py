"""What a published table has beside its rows, as its candidate has it: descriptions and indexes."""

from psycopg import sql

from elevate.warehouse.connection import Connection


def copy_comments(connection: Connection, schema: str, table: str) -> None:
    """Descriptions of the candidate's table and columns, where they differ from the published ones."""
    rows = connection.execute(
        """select a.attname as name, col_description(c.attrelid, a.attnum) as text
           from pg_attribute as a
           join pg_attribute as c on c.attname = a.attname and c.attrelid = %(candidate)s::regclass
           where a.attrelid = %(table)s::regclass and a.attnum > 0 and not a.attisdropped
               and col_description(c.attrelid, c.attnum) is distinct from col_description(a.attrelid, a.attnum)
           union all
           select null, obj_description(%(candidate)s::regclass)
           where obj_description(%(candidate)s::regclass) is distinct from obj_description(%(table)s::regclass)""",
        {"candidate": f"candidate_{schema}.{table}", "table": f"{schema}.{table}"},
    ).fetchall()
    target = sql.Identifier(schema, table)
    for row in rows:
        what = sql.SQL("table {}").format(target)
        if row["name"]:
            what = sql.SQL("column {}.{}").format(target, sql.Identifier(row["name"]))
        connection.execute(sql.SQL("comment on {} is {}").format(what, sql.Literal(row["text"])))


def copy_indexes(connection: Connection, schema: str, table: str) -> None:
    """Make the indexes that the candidate's table has and the published one lacks, and drop those it has no more.

    Told apart by what they are, not by their names, which are made up on both sides. Those behind keys and other
    constraints are left alone. Readers are not held up, so it runs outside a transaction. Where a newer build has
    begun and cleared the candidate, nothing is done.
    """
    row = connection.execute("select to_regclass(%s) as candidate", (f"candidate_{schema}.{table}",)).fetchone()
    if not row or row["candidate"] is None:
        return
    wanted, found = _indexes(connection, f"candidate_{schema}", table), _indexes(connection, schema, table)
    for definition in sorted(set(wanted) - set(found)):
        unique, what = definition
        statement = "create unique index on {} using {}" if unique else "create index on {} using {}"
        connection.execute(sql.SQL(statement).format(sql.Identifier(schema, table), sql.SQL(what)))
    for definition in set(found) - set(wanted):
        name = sql.Identifier(schema, found[definition])
        connection.execute(sql.SQL("drop index concurrently {}").format(name))


def _indexes(connection: Connection, schema: str, table: str) -> dict[tuple[bool, str], str]:
    """Whether an index is unique, and its definition from the method on; to its name."""
    rows = connection.execute(
        """select relname as name, indisunique as is_unique,
               substring(pg_get_indexdef(indexrelid) from ' USING (.*)$') as definition
           from pg_index join pg_class on pg_class.oid = indexrelid
           where indrelid = to_regclass(%s) and not exists (select from pg_constraint where conindid = indexrelid)""",
        (f"{schema}.{table}",),
    )
    return {(row["is_unique"], row["definition"]): row["name"] for row in rows}
