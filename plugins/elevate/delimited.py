"""Files with a header and delimited rows: what their contract expects of their structure.

Whatever is wrong here makes the whole batch red, with a message that names file,
line and column and never a cell's value.
"""

import csv
import difflib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from elevate.contracts import Column, Feed
from elevate.rows import Stray
from elevate.sources import front_matter
from elevate.sources.jsonl import count_lines, to_csv
from elevate.sources.workbook import melt_workbook

CHUNK = 1 << 18
MOST_COLUMNS = 1500
"""A table of PostgreSQL has 1,600."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

COPY_REASONS = {
    "22P04": "the row does not have the header's number of columns; the file may be cut off",
    "22021": "the bytes are not text in the contract's encoding",
    "54000": "this row, or one shortly before it, is wider than can be loaded (some 8,000 bytes over all columns)",
}
"""PostgreSQL's error codes of COPY, as the person who must act should read them."""


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


@contextmanager
def as_csv(feed: Feed, where: str, landed: Path) -> Iterator[Path]:
    """The landed file as a CSV file: itself, or a copy made of a workbook, lines of JSON or a record in Markdown."""
    if feed.format == "csv":
        yield landed
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.csv"
        try:
            if feed.format == "json":
                to_csv(feed, landed, copy)
            elif feed.format == "markdown":
                front_matter.to_csv(feed, landed, copy)
            else:
                melt_workbook(landed, copy)
        except ValueError as error:
            raise StructureError(f"{where}: {error}") from error
        yield copy


def read_header(feed: Feed, where: str, file: Path) -> Header:
    """The file's header, matched to the contract's columns without regard to case or order.

    `where` opens every message. Raises StructureError for a header that can't be
    read, a name that stands twice, or a required column that is missing. A first
    line that is no header may hold a student's values: it is never quoted.
    """
    where = f"{where}, line 1"
    try:
        # The reader looks ahead; bytes that are no text there are for COPY to find, with their line.
        with file.open(encoding=_python_encoding(feed), errors="surrogateescape", newline="") as handle:
            names = next(csv.reader(handle, delimiter=feed.delimiter), [])
        "".join(names).encode()
    except (UnicodeError, csv.Error) as error:
        raise StructureError(f"{where}: the header can't be read as {feed.encoding} text.") from error
    if not names:
        raise StructureError(f"{where}: the file is empty.")
    if len(names) > MOST_COLUMNS:
        raise StructureError(f"{where}: {len(names)} columns, at most {MOST_COLUMNS} can be loaded.")
    places = {header.strip().lower(): place for place, header in reversed(list(enumerate(names)))}
    if len(places) != len(names):
        raise StructureError(f"{where}: a column name stands twice.")
    positions = {
        column.name: next(places[name] for name in column.headers if name in places)
        for column in feed.file_columns
        if not places.keys().isdisjoint(column.headers)
    }
    if not positions:
        raise StructureError(
            f"{where}: none of the contract's columns is in the header. Is there one, with {feed.delimiter!r} between?"
        )
    missing = [c for c in feed.file_columns if c.required and c.name not in positions]
    if missing:
        known = {name for column in feed.file_columns for name in column.headers}
        strangers = [n for n in names if n.strip().lower() not in known]
        raise StructureError(f"{where}: " + " ".join(_missing_column(feed, c, strangers) for c in missing))
    return Header(names, positions)


def _missing_column(feed: Feed, column: Column, strangers: list[str]) -> str:
    likely = likely_rename(column.header, strangers)
    hint = f" Renamed to {likely!r}?" if likely else ""
    return f"required column {column.header!r} is missing ({feed.place(column.name)}).{hint}"


def likely_rename(header: str, strangers: list[str]) -> str | None:
    """Which of these names of columns is most like `header`, whatever the order of its words; None for none."""
    by_words = {_words(name): name for name in strangers}
    close = difflib.get_close_matches(_words(header), by_words, n=1, cutoff=0.5)
    return by_words[close[0]] if close else None


def _words(header: str) -> str:
    return " ".join(sorted(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", header))).lower() or header


def chunks(file: Path) -> Iterator[bytes]:
    """The file's bytes without a byte order mark, a piece at a time."""
    with file.open("rb") as handle:
        first = handle.read(CHUNK).removeprefix(BYTE_ORDER_MARK)
        while first:
            yield first
            first = handle.read(CHUNK)


def copy_failure(feed: Feed, where: str, header: Header, error: psycopg.Error, stray: Stray | None) -> str:
    """Line and column of a COPY failure, without the value that the server's context quotes.

    A stray quote before it is the reason of it.
    """
    line = re.match(r"COPY \w+, line (\d+)", error.diag.context or "")
    if stray and line and stray.line <= int(line[1]):
        return stray_quote(where, header, stray)
    # The column of the text table: missing data are told in the message, what can't be read in the context.
    place = re.search(r'column "c(\d+)"', error.diag.message_primary or "") or re.match(
        r"COPY \w+, line \d+, column c(\d+)", error.diag.context or ""
    )
    column = f", column {header.names[int(place[1])]!r}" if place else ""
    reason = COPY_REASONS.get(error.sqlstate or "", f"the row can't be read (SQLSTATE {error.sqlstate})")
    return f"{where}, line {int(line[1]) + feed.first_line - 2 if line else '?'}{column}: {reason}."


def stray_quote(where: str, header: Header, stray: Stray) -> str:
    """What a stray quote means for the person who must act."""
    column = f"in column {header.names[stray.place]!r}" if stray.place < len(header.names) else "beyond the last column"
    if not stray.closes:
        return f"{where}, line {stray.line}: a quote opens here {column} and never closes; the file may be cut off."
    return (
        f"{where}, line {stray.line}: a quote stands here {column} where none may be. "
        "Ask for an export that quotes each cell with a quote in it, and doubles that quote."
    )


def count_records(feed: Feed, file: Path) -> int:
    """Lines after the header: a broken file has no better count. JSON has no header."""
    if feed.format == "json":
        return count_lines(file)
    if feed.format != "csv":
        return 0
    lines, last = 0, b""
    for last in chunks(file):
        lines += last.count(b"\n")
    return max(lines - last.endswith(b"\n"), 0)


def _python_encoding(feed: Feed) -> str:
    return "utf-8-sig" if feed.encoding.lower().replace("-", "") == "utf8" else feed.encoding
