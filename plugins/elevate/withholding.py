"""Files without the records of students whose data must not be kept."""

import csv
import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from elevate.contracts import Feed
from elevate.identity import research_key, secret_in_use
from elevate.settings import Settings
from elevate.sources.jsonl import JsonLinesError, cell, read_item
from elevate.warehouse.connection import connect

IsGone = Callable[[str], bool]
"""Whether a value is the number of a student who must not be kept."""

Record = tuple[str, list[str]]
"""A record as it stands in the file, and its values that may be a student's number."""


class WithholdingError(ValueError):
    """A file that can't be written without some of its records; the message says what to do."""


def identifying(feed: Feed) -> list[str]:
    """The columns of a feed that hold a district student number."""
    return [column.name for column in feed.columns if column.identifies == "student"]


def of_opted_out(settings: Settings) -> Callable[[Feed, Path], None] | None:
    """What takes the opted-out students' records out of a file in its place; None while nobody has opted out.

    For `landing.land`, which calls it before anything is hashed or kept. Raises SettingsError where a secret was
    changed: nobody would be recognized, and nothing is landed then.
    """
    with connect(settings) as connection:
        secret_in_use(connection, settings)
        secret = secret_in_use(connection, settings, "opt_out_key")
        marks = {row["mark"] for row in connection.execute("select mark from identity.opted_out")}
    if not marks:
        return None

    @functools.lru_cache(1 << 20)
    def is_gone(number: str) -> bool:
        return research_key(secret, number) in marks

    def withhold(feed: Feed, file: Path) -> None:
        if identifying(feed):
            kept = file.with_name(f".{file.name}.kept")
            copy_without(feed, file, kept, is_gone)
            kept.replace(file)

    return withhold


def copy_without(feed: Feed, file: Path, out: Path, is_gone: IsGone, everywhere: bool = False) -> list[int]:
    """Write `file` to `out` without the records of students who are gone; returns the lines that were left out.

    Lines as loading counts them: a record is one, and so is a header.

    What is kept stays as it was, byte by byte: quotes, line ends, byte order mark, bytes
    that are no text. A record is looked at in its identifying columns, with `everywhere`
    in all of its cells. Where a record can't be read (a quote that never closes, a wrong
    number of cells, no such column), each of its lines counts as a record and every word
    in it as a value: rather too much goes than that something stays. Raises
    WithholdingError for a file that has no lines of records, such as a workbook.
    """
    if feed.format not in ("csv", "json"):
        raise WithholdingError(f"{feed.id}: {file.name} is a {feed.format}; take the student out of it by hand.")
    line_end, records = ("", _csv_records) if feed.format == "csv" else ("\n", _json_records)
    form: dict[str, Any] = {"encoding": feed.encoding, "errors": "surrogateescape", "newline": line_end}
    gone = []
    with file.open(**form) as source, out.open("w", **form) as target:
        for line, (text, values) in enumerate(records(feed, source, everywhere), 1):
            if any(is_gone(value.strip()) for value in values):
                gone.append(line)
            else:
                target.write(text)
    return gone


def _csv_records(feed: Feed, source: TextIO, everywhere: bool) -> Iterator[Record]:
    lines: list[str] = []

    def heard() -> Iterator[str]:
        for line in source:
            lines.append(line)
            yield line

    # Strict: a quote that never closes would swallow other students' records.
    reader = csv.reader(heard(), delimiter=feed.delimiter, strict=True)
    width, places = -1, list[int]()
    while True:
        lines.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = []
        if width == -1:
            width, places = len(cells), _places(feed, cells)
            yield from [("".join(lines), [])] if places else _as_words(lines)
        elif places and len(cells) == width:
            yield "".join(lines), cells if everywhere else [cells[place] for place in places]
        else:
            yield from _as_words(lines)


def _places(feed: Feed, header: list[str]) -> list[int]:
    names = {name for column in feed.file_columns if column.identifies == "student" for name in column.headers}
    return [place for place, name in enumerate(header) if name.removeprefix("\ufeff").strip().lower() in names]


def _json_records(feed: Feed, source: TextIO, everywhere: bool) -> Iterator[Record]:
    columns = [column for column in feed.file_columns if column.identifies == "student"]
    for line in source:
        try:
            item = read_item(line)
            found = [cell(item, column) for column in columns]
        except JsonLinesError:
            found = []
        values = [value for value in found if value is not None]
        if not values:
            yield from _as_words([line])
        else:
            yield line, [*values, *_scalars(item)] if everywhere else values


def _scalars(item: Any) -> Iterator[str]:
    if isinstance(item, dict | list):
        for part in item.values() if isinstance(item, dict) else item:
            yield from _scalars(part)
    else:
        yield str(item)


def _as_words(lines: list[str]) -> Iterator[Record]:
    for line in lines:
        yield line, re.findall(r"\w+", line)
