"""Loading: a batch's files into an incoming table of its own, typed as contracted.

Each file is copied as text, then cast. A row with a cell that is no value of its
type is rejected with its line and column; the others are rows of `incoming.b<id>`,
which gate 1 then judges. Nothing reaches `raw` here.
"""

from pathlib import Path

import psycopg
from psycopg import sql

from elevate import batches
from elevate.batches import Batch
from elevate.cells import expected, malformed, value
from elevate.contracts import Column, Feed
from elevate.delimited import Header, StructureError, as_csv, chunks, copy_failure, count_records, read_header
from elevate.landing import open_local
from elevate.settings import Settings
from elevate.sources.paths import values_in_path
from elevate.warehouse.connection import Connection, connect

OWN_COLUMNS = ("_line", "_file", "_extra")
"""What an incoming table has beside the contract's columns."""


def load(settings: Settings, feed: Feed, batch_id: int) -> None:
    """Load the landed files of this batch.

    Leaves the batch `loaded`, or `red` where a file breaks the contract's
    structure: then raises StructureError with file, line and column. A batch
    that is closed already (an unchanged delivery, a repeated task) is left alone.
    """
    with connect(settings) as connection:
        batch = batches.get(connection, batch_id)
        if batch.verdict not in ("open", "loaded"):
            return
        _drop_leftovers(connection)
    try:
        with connect(settings) as connection:
            # One transaction: a crash leaves the batch open and no table behind. The
            # table is logged, so that a loaded batch outlives a crash of the server.
            _create_incoming(connection, feed, batch)
            connection.execute("delete from quarantine.rejected_row where batch_id = %s", (batch.id,))
            rows = 0
            for name, path, sha256 in batches.files(connection, batch):
                with open_local(settings, path, sha256) as landed:
                    rows += _load_file(connection, feed, batch, name, landed)
            batches.record_loaded(connection, batch, rows)
    except StructureError as error:
        _close_red(settings, feed, batch, str(error))
        raise


def _load_file(connection: Connection, feed: Feed, batch: Batch, name: str, landed: Path) -> int:
    where = f"{feed.id}, night {batch.night}, batch {batch.id}, file {name}"
    with as_csv(feed, where, landed) as file:
        header = read_header(feed, where, file)
        text = _copy_text(connection, feed, where, file, header)
    _keep_released(connection, batch, name, text)
    rows = connection.execute(sql.SQL("select count(*) as n from {}").format(text)).fetchone()
    _reject_malformed(connection, feed, batch, name, text, header)
    _insert_typed(connection, feed, batch, name, text, header)
    batches.record_file(connection, batch, name, header.names, header.extra, rows["n"] if rows else 0)
    return int(rows["n"]) if rows else 0


def as_they_came(settings: Settings, connection: Connection, feed: Feed, batch: Batch) -> sql.Identifier:
    """Read the rows of pg_temp.failing (file, line) once more, as they stand in the landed files.

    Returns a table of file, line and row: the cells as text, under the file's own column names.
    """
    connection.execute("drop table if exists pg_temp.came")
    connection.execute("create temp table came (file text, line bigint, row_as_it_came jsonb)")
    failing = {row["file"] for row in connection.execute("select distinct file from pg_temp.failing")}
    for name, path, sha256 in batches.files(connection, batch):
        if name not in failing:
            continue
        where = f"{feed.id}, night {batch.night}, batch {batch.id}, file {name}"
        with open_local(settings, path, sha256) as landed, as_csv(feed, where, landed) as file:
            header = read_header(feed, where, file)
            text = _copy_text(connection, feed, where, file, header)
        connection.execute(
            sql.SQL(
                "insert into pg_temp.came select {file}, line, {row} from {text}"
                " where line in (select line from pg_temp.failing where file = {file})"
            ).format(file=sql.Literal(name), row=_as_json(header), text=text)
        )
    return sql.Identifier("pg_temp", "came")


def _keep_released(connection: Connection, batch: Batch, name: str, text: sql.Identifier) -> None:
    """Of a batch released from a green one's quarantine, keep the rows that lay there."""
    connection.execute(
        sql.SQL("""
            delete from {text} using ops.batch as this join ops.batch as parent on parent.batch_id = this.released_from
            where this.batch_id = {batch} and parent.verdict = 'green' and line not in
                (select line from quarantine.rejected_row where batch_id = parent.batch_id and file = {file})
        """).format(text=text, batch=sql.Literal(batch.id), file=sql.Literal(name))
    )


def _copy_text(connection: Connection, feed: Feed, where: str, file: Path, header: Header) -> sql.Identifier:
    table = sql.Identifier("pg_temp", "file_as_text")
    cells = [sql.Identifier(f"c{place}") for place in range(len(header.names))]
    connection.execute("drop table if exists pg_temp.file_as_text")
    connection.execute(
        sql.SQL("create temp table file_as_text (line bigint generated always as identity (start 2), {})").format(
            sql.SQL(", ").join(sql.SQL("{} text").format(cell) for cell in cells)
        )
    )
    copy = sql.SQL("copy {} ({}) from stdin (format csv, header true, delimiter {}, encoding {}, force_null *)").format(
        table, sql.SQL(", ").join(cells), sql.Literal(feed.delimiter), sql.Literal(feed.encoding)
    )
    try:
        with connection.cursor() as cursor, cursor.copy(copy) as target:
            for chunk in chunks(file):
                target.write(chunk)
    except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:  # not a lost connection
        raise StructureError(copy_failure(where, header, error, file)) from None
    return table


def _cell(column: Column, header: Header, file_name: str, feed: Feed) -> sql.Composable | None:
    if column.from_path:
        # A query of its own: the cast of a mere constant would fail before any row is judged.
        return sql.SQL("(select {}::text)").format(sql.Literal(values_in_path(feed, file_name).get(column.name)))
    place = header.positions.get(column.name)
    return None if place is None else sql.Identifier(f"c{place}")


def _reject_malformed(
    connection: Connection, feed: Feed, batch: Batch, name: str, text: sql.Identifier, header: Header
) -> None:
    """Reject the rows with a malformed cell, one reason each; fills pg_temp.malformed (line, place)."""
    cases = [
        sql.SQL("when {} then {}").format(predicate, sql.Literal(place))
        for place, column in enumerate(feed.columns)
        if (cell := _cell(column, header, name, feed)) and (predicate := malformed(cell, column))
    ]
    verdict = sql.SQL("case {} end").format(sql.SQL(" ").join(cases)) if cases else sql.SQL("null::int")
    connection.execute("drop table if exists pg_temp.malformed")
    connection.execute(
        sql.SQL(
            "create temp table malformed as"
            " select * from (select line, {} as place from {}) as judged where place is not null"
        ).format(verdict, text)
    )
    labels = sql.SQL(", ").join(
        sql.SQL("({}, {}, {})").format(
            sql.Literal(place), sql.Literal(column.header), sql.Literal(f"expected {expected(column)}")
        )
        for place, column in enumerate(feed.columns)
    )
    connection.execute(
        sql.SQL("""
            insert into quarantine.rejected_row
                (batch_id, file, line, column_name, rule, reason, row_as_it_came)
            select {batch}, {file}, line, label.header, 'type', label.reason, {row}
            from pg_temp.malformed join {text} using (line)
            join (values {labels}) as label (place, header, reason) using (place)
        """).format(
            batch=sql.Literal(batch.id),
            file=sql.Literal(name),
            row=_as_json(header),
            text=text,
            labels=labels,
        )
    )


def _as_json(header: Header, places: list[int] | None = None) -> sql.Composable:
    """The row's cells under the file's own column names; as arrays, since a function takes 100 arguments."""
    chosen = range(len(header.names)) if places is None else places
    names = sql.Literal([header.names[place] for place in chosen])
    cells = sql.SQL(", ").join(sql.Identifier(f"c{place}") for place in chosen)
    return sql.SQL("jsonb_strip_nulls(jsonb_object({}::text[], array[{}]::text[]))").format(names, cells)


def _insert_typed(
    connection: Connection, feed: Feed, batch: Batch, name: str, text: sql.Identifier, header: Header
) -> None:
    known = set(header.positions.values())
    extra = [place for place in range(len(header.names)) if place not in known]
    values = []
    for column in feed.columns:
        cell = _cell(column, header, name, feed)
        values.append(value(cell, column) if cell else sql.SQL("null"))
    connection.execute(
        sql.SQL(
            "insert into {} ({}, _line, _file, _extra) select {}, line, {}, {} from {}"
            " where line not in (select line from pg_temp.malformed)"
        ).format(
            sql.Identifier("incoming", batch.incoming),
            sql.SQL(", ").join(sql.Identifier(column.name) for column in feed.columns),
            sql.SQL(", ").join(values),
            sql.Literal(name),
            _as_json(header, extra) if extra else sql.SQL("null"),
            text,
        )
    )


def _create_incoming(connection: Connection, feed: Feed, batch: Batch) -> None:
    table = sql.Identifier("incoming", batch.incoming)
    connection.execute(sql.SQL("drop table if exists {}").format(table))
    connection.execute(
        sql.SQL("create table {} ({}, _line bigint, _file text, _extra jsonb)").format(
            table,
            sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.type)) for c in feed.columns),
        )
    )


def _drop_leftovers(connection: Connection) -> None:
    """Drop the incoming tables of batches that a crash abandoned."""
    rows = connection.execute(
        """select relname from pg_class
           join ops.batch on relname = 'b' || batch_id and verdict = 'abandoned'
           where relnamespace = 'incoming'::regnamespace and relkind = 'r'"""
    ).fetchall()
    for row in rows:
        connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier("incoming", row["relname"])))


def _close_red(settings: Settings, feed: Feed, batch: Batch, message: str) -> None:
    """A batch whose structure is broken: every record of its files counts as quarantined."""
    with connect(settings) as connection:
        records = 0
        for name, path, _ in batches.files(connection, batch):
            with open_local(settings, path) as landed:
                count = count_records(feed, landed)
            batches.record_file(connection, batch, name, [], [], count)
            records += count
        batches.close(connection, batch, "red", 0, records, message)
