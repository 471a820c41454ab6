"""Copying a batch's file into the warehouse: its cells as they are, in one COPY."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.errors import Diagnostic

from elevate.batches import Batch
from elevate.contracts import Column, Feed
from elevate.delimited import Header, StructureError, chunks, copy_failure
from elevate.rows import NotPlain, first_stray
from elevate.warehouse.connection import Connection

OF_THE_FILE = (psycopg.DataError, psycopg.errors.ProgramLimitExceeded)
"""What a COPY fails with where the file is at fault, and not, say, the connection."""


@dataclass(frozen=True)
class File:
    """One file of a batch as CSV; `where` opens every message about it."""

    name: str
    where: str
    path: Path
    header: Header


def copy_into_incoming(
    connection: Connection,
    feed: Feed,
    batch: Batch,
    file: File,
    columns: Sequence[Column | None],
    rows: Iterable[bytes],
) -> int:
    """Copy plain rows where they belong; what the file does not hold, its name and the line, comes as a default."""
    table = sql.Identifier("incoming", batch.incoming)
    alter = sql.SQL("alter table {} alter _line {}, alter _file {}")
    connection.execute("create temp sequence if not exists line cache 1000")
    connection.execute(sql.SQL("alter sequence pg_temp.line restart with {}").format(sql.Literal(feed.first_line)))
    by_default = (
        sql.SQL("set default nextval('pg_temp.line')"),
        sql.SQL("set default {}").format(sql.Literal(file.name)),
    )
    connection.execute(alter.format(table, *by_default))
    number = copy_plain(connection, feed, table, [column.name for column in columns if column], rows)
    connection.execute(alter.format(table, sql.SQL("drop default"), sql.SQL("drop default")))
    return number


def create_cells(connection: Connection, feed: Feed, types: Sequence[str]) -> sql.Identifier:
    """A table for a file's cells, c0 and so on in their places, and the number of the line."""
    cells = sql.SQL(", ").join(sql.SQL(f"c{place} {kind}") for place, kind in enumerate(types))
    connection.execute("drop table if exists pg_temp.cells")
    connection.execute(
        sql.SQL("create temp table cells (line bigint generated always as identity (start {} cache 1000), {})").format(
            sql.Literal(feed.first_line), cells
        )
    )
    return sql.Identifier("pg_temp", "cells")


def copy_text(connection: Connection, feed: Feed, file: File) -> tuple[sql.Identifier, int]:
    """The file's cells as text: the table and its number of rows. Raises StructureError for what is no table."""
    text = create_cells(connection, feed, ["text"] * len(file.header.names))
    try:
        return text, _copy(connection, feed, text, places(file.header), file.path)
    except OF_THE_FILE as error:
        stray = first_stray(file.path, feed.delimiter)
        raise StructureError(copy_failure(feed, file.where, file.header, error, stray)) from None


def places(header: Header) -> list[str]:
    """The names of the columns of a table of cells."""
    return [f"c{place}" for place in range(len(header.names))]


def copy_plain(
    connection: Connection, feed: Feed, table: sql.Identifier, columns: Sequence[str], rows: Iterable[bytes]
) -> int:
    """Copy plain rows into typed columns; returns their number. Raises NotPlain where one is not, after all.

    A cell that has the form of a value and is none, such as the thirtieth of February, is
    told by a notice: an error would leave the cell in the server's log.
    """
    notices: list[Diagnostic] = []
    connection.add_notice_handler(notices.append)
    plain = True
    with connection.cursor() as cursor:
        with cursor.copy(_statement(feed, table, columns, "on_error ignore")) as target:
            try:
                for piece in rows:
                    target.write(piece)
            except NotPlain:
                plain = False  # an exception that leaves a copy is logged, and with it what the server says of a cell
        connection.remove_notice_handler(notices.append)
        if notices or not plain:
            raise NotPlain
        return cursor.rowcount


def _copy(connection: Connection, feed: Feed, table: sql.Identifier, columns: Sequence[str], path: Path) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(_statement(feed, table, columns, "on_error stop")) as target:
            for chunk in chunks(path):
                target.write(chunk)
        return cursor.rowcount


def _statement(feed: Feed, table: sql.Identifier, columns: Sequence[str], on_error: LiteralString) -> sql.Composed:
    return sql.SQL(
        "copy {} ({}) from stdin (format csv, header true, delimiter {}, encoding {}, force_null *, {})"
    ).format(
        table,
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Literal(feed.delimiter),
        sql.Literal(feed.encoding),
        sql.SQL(on_error),
    )
