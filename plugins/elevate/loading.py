"""Loading: a batch's files into an incoming table of its own, typed as contracted.

A file of plain rows is copied as it is. Any other is copied as text, then cast: a row with
a cell that is no value of its type is rejected with its line and column, the others are
rows of `incoming.b<id>`. Both ways give the same rows, which gate 1 then judges. Nothing
reaches `raw` here.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from psycopg import sql

from elevate import batches
from elevate.batches import Batch
from elevate.cells import expected, malformed, value
from elevate.contracts import Column, Feed
from elevate.copying import OF_THE_FILE, File, copy_into_incoming, copy_plain, copy_text, create_cells, places
from elevate.delimited import Header, StructureError, as_csv, chunks, count_records, read_header, stray_quote
from elevate.landing import open_local
from elevate.rows import NotPlain, first_stray, plain
from elevate.settings import Settings
from elevate.sources.paths import values_in_path
from elevate.warehouse.connection import Connection, connect

OWN_COLUMNS = ("_line", "_file", "_extra")
"""What an incoming table has beside the contract's columns."""
NULL, TRUE = sql.SQL("null"), sql.SQL("true")


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
    with as_csv(feed, where, landed) as path:
        file = File(name, where, path, read_header(feed, where, path))
        rows = _load_plain(connection, feed, batch, file)
        if rows is None:
            rows = _load_carefully(connection, feed, batch, file)
    batches.record_file(connection, batch, name, file.header.names, file.header.extra, rows)
    return rows


def _load_plain(connection: Connection, feed: Feed, batch: Batch, file: File) -> int | None:
    """Load a file of plain rows; returns their number, or None, with nothing done, for any other file."""
    if batch.is_release or feed.file_columns != feed.columns:
        return None
    names = {place: name for name, place in file.header.positions.items()}
    columns = [feed.by_name[names[place]] if place in names else None for place in range(len(file.header.names))]
    rows = plain(chunks(file.path), columns, feed.delimiter)
    try:
        with connection.transaction():
            if not file.header.extra:
                return copy_into_incoming(connection, feed, batch, file, columns, rows)
            cells = create_cells(connection, feed, [column.type if column else "text" for column in columns])
            number = copy_plain(connection, feed, cells, places(file.header), rows)
            _insert(connection, feed, batch, file, cells, lambda cell, _: cell)
            return number
    except (NotPlain, *OF_THE_FILE):
        return None


def _load_carefully(connection: Connection, feed: Feed, batch: Batch, file: File) -> int:
    """Load any file; returns the number of its rows, loaded or rejected."""
    text, rows = copy_text(connection, feed, file)
    stray = first_stray(file.path, feed.delimiter)
    if stray:
        raise StructureError(stray_quote(file.where, file.header, stray))
    if batch.is_release:
        rows -= _drop_not_released(connection, batch, file.name, text)
    _reject_malformed(connection, feed, batch, file, text)
    _insert(connection, feed, batch, file, text, value, sql.SQL("line not in (select line from pg_temp.malformed)"))
    return rows


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
        with open_local(settings, path, sha256) as landed, as_csv(feed, where, landed) as csv:
            file = File(name, where, csv, read_header(feed, where, csv))
            text, _ = copy_text(connection, feed, file)
        connection.execute(
            sql.SQL(
                "insert into pg_temp.came select {file}, line, {row} from {text}"
                " where line in (select line from pg_temp.failing where file = {file})"
            ).format(file=sql.Literal(name), row=_as_json(file.header), text=text)
        )
    return sql.Identifier("pg_temp", "came")


def _drop_not_released(connection: Connection, batch: Batch, name: str, text: sql.Identifier) -> int:
    """Of a batch released from a green one's quarantine, keep the rows that lay there; returns how many went."""
    return connection.execute(
        sql.SQL("""
            delete from {text} using ops.batch as this join ops.batch as parent on parent.batch_id = this.released_from
            where this.batch_id = {batch} and parent.verdict = 'green' and line not in
                (select line from quarantine.rejected_row where batch_id = parent.batch_id and file = {file})
        """).format(text=text, batch=sql.Literal(batch.id), file=sql.Literal(name))
    ).rowcount


def _cell(column: Column, file: File, feed: Feed) -> sql.Composable | None:
    if column.from_path:
        # A query of its own: the cast of a mere constant would fail before any row is judged.
        return sql.SQL("(select {}::text)").format(sql.Literal(values_in_path(feed, file.name).get(column.name)))
    place = file.header.positions.get(column.name)
    return None if place is None else sql.Identifier(f"c{place}")


def _reject_malformed(connection: Connection, feed: Feed, batch: Batch, file: File, text: sql.Identifier) -> None:
    """Reject the rows with a malformed cell, one reason each; fills pg_temp.malformed (line, place)."""
    cases = [
        sql.SQL("when {} then {}").format(predicate, sql.Literal(place))
        for place, column in enumerate(feed.columns)
        if (cell := _cell(column, file, feed)) and (predicate := malformed(cell, column))
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
            file=sql.Literal(file.name),
            row=_as_json(file.header),
            text=text,
            labels=labels,
        )
    )


def _as_json(header: Header, places: Iterable[int] | None = None) -> sql.Composable:
    """The row's cells under the file's own column names; as arrays, since a function takes 100 arguments."""
    # In the order in which jsonb keeps them, so that it need not sort them row by row.
    chosen = range(len(header.names)) if places is None else places
    ordered = sorted(chosen, key=lambda place: (len(header.names[place].encode()), header.names[place].encode()))
    names = sql.Literal([header.names[place] for place in ordered])
    cells = sql.SQL(", ").join(sql.Identifier(f"c{place}") for place in ordered)
    return sql.SQL("jsonb_strip_nulls(jsonb_object({}::text[], array[{}]::text[]))").format(names, cells)


def _insert(
    connection: Connection,
    feed: Feed,
    batch: Batch,
    file: File,
    cells: sql.Identifier,
    value_of: Callable[[sql.Composable, Column], sql.Composable],
    where: sql.Composable = TRUE,
) -> None:
    """Insert the rows of a table of cells into the incoming table, each cell by what `value_of` makes of it."""
    values = [value_of(cell, column) if (cell := _cell(column, file, feed)) else NULL for column in feed.columns]
    extra = _as_json(file.header, _filled(connection, file.header, cells)) if file.header.extra else NULL
    connection.execute(
        sql.SQL("insert into {} ({}, _line, _file, _extra) select {}, line, {}, {} from {} where {}").format(
            sql.Identifier("incoming", batch.incoming),
            sql.SQL(", ").join(sql.Identifier(column.name) for column in feed.columns),
            sql.SQL(", ").join(values),
            sql.Literal(file.name),
            extra,
            cells,
            where,
        )
    )


def _filled(connection: Connection, header: Header, cells: sql.Identifier) -> list[int]:
    """The places of those columns that no contract names in which any row has a value."""
    extra = sorted(set(range(len(header.names))) - set(header.positions.values()))
    counts = sql.SQL(", ").join(sql.SQL(f"count(c{place})") for place in extra)
    row = connection.execute(sql.SQL("select array[{}] as counts from {}").format(counts, cells)).fetchone()
    return [place for place, count in zip(extra, row["counts"] if row else [], strict=True) if count]


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
