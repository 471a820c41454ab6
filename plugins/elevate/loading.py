"""Loading: a batch's files into an incoming table of its own, typed as contracted.

Each file is copied as text, then cast. A row with a cell that is no value of its
type is rejected with its line and column; the others are rows of `incoming.b<id>`,
which gate 1 then judges. Nothing reaches `raw` here.
"""

import csv
import difflib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from elevate import batches
from elevate.batches import Batch
from elevate.cells import expected, malformed, value
from elevate.contracts import Column, Feed
from elevate.settings import Settings
from elevate.sources.paths import values_in_path
from elevate.sources.workbook import melt_workbook
from elevate.warehouse.connection import Connection, connect

COPY_CHUNK = 1 << 20
OWN_COLUMNS = ("_line", "_file", "_extra")
"""What an incoming table has beside the contract's columns."""


class StructureError(ValueError):
    """A file does not have the form that its contract describes; the whole batch is red."""


@dataclass(frozen=True)
class Header:
    """The columns of one file: `positions` maps a contracted column to its place."""

    names: list[str]
    positions: dict[str, int]

    @property
    def extra(self) -> list[str]:
        """The columns that no contract names."""
        known = set(self.positions.values())
        return [name for place, name in enumerate(self.names) if place not in known]


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
            rows = sum(
                _load_file(connection, settings, feed, batch, name, settings.landing / path)
                for name, path in batches.files(connection, batch)
            )
            batches.record_loaded(connection, batch, rows)
    except StructureError as error:
        _close_red(settings, feed, batch, str(error))
        raise


def _load_file(
    connection: Connection, settings: Settings, feed: Feed, batch: Batch, name: str, landed: Path
) -> int:
    with _as_csv(feed, landed) as file:
        header = _read_header(feed, batch, name, file)
        text = _copy_text(connection, feed, batch, name, file, header)
    rows = connection.execute(sql.SQL("select count(*) as n from {}").format(text)).fetchone()
    _reject_malformed(connection, feed, batch, name, text, header)
    _insert_typed(connection, feed, batch, name, text, header)
    batches.record_file(connection, batch, name, header.names, header.extra, rows["n"] if rows else 0)
    return int(rows["n"]) if rows else 0


class _as_csv:  # noqa: N801 - reads as the verb it is
    """The landed file as a CSV file: itself, or the melted copy of a workbook."""

    def __init__(self, feed: Feed, landed: Path) -> None:
        self.feed, self.landed = feed, landed

    def __enter__(self) -> Path:
        if self.feed.format == "csv":
            return self.landed
        self.folder = tempfile.TemporaryDirectory()
        melted = Path(self.folder.name) / "melted.csv"
        try:
            melt_workbook(self.landed, melted)
        except ValueError as error:
            self.folder.cleanup()
            raise StructureError(f"{self.feed.id}, file {self.landed.name}: {error}") from error
        return melted

    def __exit__(self, *_: object) -> None:
        if self.feed.format != "csv":
            self.folder.cleanup()


def _read_header(feed: Feed, batch: Batch, name: str, file: Path) -> Header:
    where = f"{feed.id}, night {batch.night}, batch {batch.id}, file {name}, line 1"
    try:
        with file.open(encoding=_python_encoding(feed), newline="") as handle:
            names = next(csv.reader(handle, delimiter=feed.delimiter), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise StructureError(f"{where}: the header can't be read as {feed.encoding} text.") from error
    places = {header.strip().lower(): place for place, header in reversed(list(enumerate(names)))}
    if len(places) != len(names):
        raise StructureError(f"{where}: a column name stands twice, or the file is empty.")
    positions = {c.name: places[c.header.lower()] for c in feed.file_columns if c.header.lower() in places}
    missing = [c for c in feed.file_columns if c.required and c.name not in positions]
    if missing:
        known = {c.header.lower() for c in feed.file_columns}
        strangers = [n for n in names if n.strip().lower() not in known]
        raise StructureError(f"{where}: " + " ".join(_missing_column(c, strangers) for c in missing))
    return Header(names, positions)


def _missing_column(column: Column, strangers: list[str]) -> str:
    likely = difflib.get_close_matches(column.header, strangers, n=1, cutoff=0.5)
    hint = f" Renamed to {likely[0]!r}?" if likely else ""
    return f"required column {column.header!r} is missing.{hint}"


def _copy_text(
    connection: Connection, feed: Feed, batch: Batch, name: str, file: Path, header: Header
) -> sql.Identifier:
    table = sql.Identifier("pg_temp", "file_as_text")
    cells = [sql.Identifier(f"c{place}") for place in range(len(header.names))]
    connection.execute("drop table if exists pg_temp.file_as_text")
    connection.execute(
        sql.SQL(
            "create temp table file_as_text (line bigint generated always as identity (start 2), {})"
        ).format(sql.SQL(", ").join(sql.SQL("{} text").format(cell) for cell in cells))
    )
    copy = sql.SQL(
        "copy {} ({}) from stdin (format csv, header true, delimiter {}, encoding {}, force_null *)"
    ).format(table, sql.SQL(", ").join(cells), sql.Literal(feed.delimiter), sql.Literal(feed.encoding))
    try:
        with connection.cursor() as cursor, cursor.copy(copy) as target:
            for chunk in _chunks(file):
                target.write(chunk)
    except psycopg.Error as error:
        raise StructureError(_copy_failure(feed, batch, name, header, error)) from None
    return table


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as handle:
        first = handle.read(COPY_CHUNK).removeprefix(b"\xef\xbb\xbf")
        while first:
            yield first
            first = handle.read(COPY_CHUNK)


def _copy_failure(feed: Feed, batch: Batch, name: str, header: Header, error: psycopg.Error) -> str:
    """Line and column of a COPY failure, without the value that the server's context quotes."""
    context = error.diag.context or ""
    words = context.replace(":", ",").split(", ")
    line = next((w.removeprefix("line ") for w in words if w.startswith("line ")), "?")
    place = next((w.removeprefix("column c") for w in words if w.startswith("column c")), "")
    column = f", column {header.names[int(place)]!r}" if place.isdigit() else ""
    # The server's sentences about columns name ours (c7); say the file's instead.
    reason = {
        "22P04": f"the row does not have the header's {len(header.names)} columns; the file may be cut off",
        "22021": f"the bytes are not {feed.encoding} text",
    }.get(error.sqlstate or "", f"the row can't be read (SQLSTATE {error.sqlstate})")
    return f"{feed.id}, night {batch.night}, batch {batch.id}, file {name}, line {line}{column}: {reason}."


def _cell(column: Column, header: Header, file_name: str, feed: Feed) -> sql.Composable | None:
    if column.from_path:
        return sql.Literal(values_in_path(feed, file_name).get(column.name))
    place = header.positions.get(column.name)
    return None if place is None else sql.Identifier(f"c{place}")


def _reject_malformed(
    connection: Connection, feed: Feed, batch: Batch, name: str, text: sql.Identifier, header: Header
) -> None:
    """Move rows with a malformed cell from the text table to quarantine, one reason each."""
    cases = []
    for place, column in enumerate(feed.columns):
        cell = _cell(column, header, name, feed)
        predicate = cell and malformed(cell, column)
        if predicate:
            cases.append(sql.SQL("when {} then {}").format(predicate, sql.Literal(place)))
    if not cases:
        return
    labels = sql.SQL(", ").join(
        sql.SQL("({}, {}, {})").format(
            sql.Literal(place), sql.Literal(column.header), sql.Literal(f"expected {expected(column)}")
        )
        for place, column in enumerate(feed.columns)
    )
    connection.execute(
        sql.SQL("""
            with judged as (select *, case {cases} end as bad from {text}),
            bad as (delete from {text} where line in (select line from judged where bad is not null))
            insert into quarantine.rejected_row
                (batch_id, file, line, column_name, rule, reason, row_as_it_came)
            select {batch}, {file}, judged.line, label.header, 'type', label.reason,
                   {row}
            from judged join (values {labels}) as label (place, header, reason) on label.place = judged.bad
        """).format(
            cases=sql.SQL(" ").join(cases),
            text=text,
            batch=sql.Literal(batch.id),
            file=sql.Literal(name),
            row=_as_json(header, sql.SQL("judged.")),
            labels=labels,
        )
    )


def _as_json(header: Header, prefix: sql.SQL, places: list[int] | None = None) -> sql.Composable:
    """Cells as a JSON object under the file's own column names; more than 50 need jsonb_object(arrays)."""
    chosen = range(len(header.names)) if places is None else places
    names = sql.Literal([header.names[place] for place in chosen])
    cells = sql.SQL(", ").join(
        sql.SQL("{}{}").format(prefix, sql.Identifier(f"c{place}")) for place in chosen
    )
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
        sql.SQL("insert into {} ({}, _line, _file, _extra) select {}, line, {}, {} from {}").format(
            sql.Identifier("incoming", batch.incoming),
            sql.SQL(", ").join(sql.Identifier(column.name) for column in feed.columns),
            sql.SQL(", ").join(values),
            sql.Literal(name),
            _as_json(header, sql.SQL(""), extra) if extra else sql.SQL("null"),
            text,
        )
    )


def _create_incoming(connection: Connection, feed: Feed, batch: Batch) -> None:
    table = sql.Identifier("incoming", batch.incoming)
    connection.execute(sql.SQL("drop table if exists {}").format(table))
    connection.execute(
        sql.SQL("create table {} ({}, _line bigint, _file text, _extra jsonb)").format(
            table,
            sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.type)) for c in feed.columns
            ),
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
        connection.execute(
            sql.SQL("drop table if exists {}").format(sql.Identifier("incoming", row["relname"]))
        )


def _close_red(settings: Settings, feed: Feed, batch: Batch, message: str) -> None:
    """A batch whose structure is broken: every record of its files counts as quarantined."""
    with connect(settings) as connection:
        records = 0
        for name, path in batches.files(connection, batch):
            count = _count_records(feed, settings.landing / path)
            batches.record_file(connection, batch, name, [], [], count)
            records += count
        batches.close(connection, batch, "red", 0, records, message)


def _count_records(feed: Feed, file: Path) -> int:
    """Lines after the header: a broken file has no better count."""
    if feed.format != "csv":
        return 0
    with file.open("rb") as handle:
        return max(sum(1 for _ in handle) - 1, 0)


def _python_encoding(feed: Feed) -> str:
    return "utf-8-sig" if feed.encoding.lower().replace("-", "") == "utf8" else feed.encoding
