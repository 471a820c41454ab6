"""The history of published figures: what the evaluation said as of any publication.

A figure is a row of a published table of schema evaluation. Only what a publication changes is
written. Tables of students are left out, and so is the list of what changed, which is made of
this history; the night of a row is that of its publication, and no part of it.
"""

from typing import Any

from psycopg import sql

from elevate.warehouse import catalog
from elevate.warehouse.connection import Connection

SCHEMA, RESTATEMENT, NIGHT = "evaluation", "eval_restatement", "night"
OF_STUDENTS = "student_key"
"""A table with this column has rows of students, which never leave it."""


def figure_tables(connection: Connection) -> list[str]:
    """The published tables whose history is kept."""
    return [
        table
        for table in catalog.tables(connection, SCHEMA)
        if table != RESTATEMENT and OF_STUDENTS not in catalog.columns(connection, SCHEMA, table)
    ]


def record(connection: Connection, publication_id: int) -> None:
    """Write what this publication changed, in its own transaction; what is as it was stays untouched."""
    tables = figure_tables(connection)
    for table in tables:
        _record_table(connection, publication_id, table)
    connection.execute(
        "update ops.figure set to_publication = %s where to_publication is null and table_name <> all(%s)",
        (publication_id, tables),
    )


def unlisted(connection: Connection, publication_id: int) -> int:
    """How many figures this publication changed that its eval_restatement does not name."""
    if not catalog.columns(connection, SCHEMA, RESTATEMENT):
        return 0
    row = connection.execute(
        """select count(*) as n from (
               select table_name, figure::text from ops.figure
               where from_publication = %(publication)s or to_publication = %(publication)s
               except select table_name, figure from evaluation.eval_restatement
           ) as unnamed""",
        {"publication": publication_id},
    ).fetchone()
    assert row is not None
    return int(row["n"])


def as_of(connection: Connection, publication_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every table's rows as this publication of the evaluation left them, in the order of their keys.

    Values are of the types of the published columns; a column that the table has got since is
    null. A table that is no longer published is left out.
    """
    tables = connection.execute(
        """select distinct table_name from ops.figure
           where from_publication <= %(publication)s and coalesce(to_publication > %(publication)s, true)
               and to_regclass('evaluation.' || quote_ident(table_name)) is not null order by table_name""",
        {"publication": publication_id},
    ).fetchall()
    return {row["table_name"]: _rows_as_of(connection, publication_id, row["table_name"]) for row in tables}


def _record_table(connection: Connection, publication_id: int, table: str) -> None:
    key = sql.SQL(", ").join(
        sql.SQL("{}, {}").format(sql.Literal(column), sql.Identifier(column))
        for column in catalog.primary_key(connection, SCHEMA, table)
    )
    connection.execute(
        sql.SQL("""
            with served as (
                select jsonb_build_object({key}) as figure, to_jsonb(t) - {night} as content from {table} as t
            ),
            closed as (
                update ops.figure as known set to_publication = {publication}
                where table_name = {name} and to_publication is null and not exists (
                    select from served where served.figure = known.figure and served.content = known.content)
            )
            -- Both see the history as it was before either.
            insert into ops.figure (table_name, figure, content, from_publication)
            select {name}, figure, content, {publication} from served
            where not exists (
                select from ops.figure as known where known.table_name = {name} and known.to_publication is null
                    and known.figure = served.figure and known.content = served.content)
        """).format(
            key=key,
            night=sql.Literal(NIGHT),
            table=sql.Identifier(SCHEMA, table),
            name=sql.Literal(table),
            publication=sql.Literal(publication_id),
        )
    )


def _rows_as_of(connection: Connection, publication_id: int, table: str) -> list[dict[str, Any]]:
    key = [sql.Identifier(column) for column in catalog.primary_key(connection, SCHEMA, table)]
    return connection.execute(
        sql.SQL("""
            select t.* from ops.figure
            join ops.publication on publication_id = {publication}
            cross join jsonb_populate_record(
                null::{table}, content || jsonb_build_object({night}, publication.night)) as t
            where table_name = {name} and from_publication <= {publication}
                and coalesce(to_publication > {publication}, true)
            order by {key}
        """).format(
            publication=sql.Literal(publication_id),
            table=sql.Identifier(SCHEMA, table),
            night=sql.Literal(NIGHT),
            name=sql.Literal(table),
            key=sql.SQL(", ").join(sql.SQL("t.{}").format(column) for column in key),
        )
    ).fetchall()
