"""Files of one JSON object a line, as CSV under the contract's headers.

A column's header is a path into the object, such as `studentReference.studentUniqueId`.
An Ed-Fi descriptor, `uri://ed-fi.org/GradeLevelDescriptor#Kindergarten`, becomes its code.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elevate.contracts import Column, Feed

DESCRIPTOR = re.compile(r"uri://[^#]*Descriptor#(.*)", re.DOTALL)
CHANGE_TYPE, UPSERT, DELETE = "change_type", "upsert", "delete"
BOOKKEEPING = {"id", "_etag", "_lastModifiedDate", "link", CHANGE_TYPE}
"""What an API says about an item, and no column of its own."""


class JsonLinesError(ValueError):
    """A line that can't be a row; the message names the line and never a value."""


def read_item(line: bytes | str) -> dict[str, Any]:
    """The object that a line holds; numbers stay the texts that they were sent as: 1.50 is no float.

    Raises JsonLinesError for anything else, and for an object that has a name twice: nobody
    can say which of its values is meant.
    """
    try:
        item = json.loads(
            line, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_of_names_that_stand_once
        )
    except JsonLinesError:
        raise
    except (ValueError, RecursionError):
        item = None
    if not isinstance(item, dict):
        raise JsonLinesError("is no JSON object; the file may be cut off.")
    return item


def _of_names_that_stand_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise JsonLinesError("has a name twice in one object.")
    return found


def cell(item: dict[str, Any], column: Column) -> str | None:
    """The column's text in an item: "" for null, None where the item does not have it.

    Deletes carry their natural key flattened: there the last part of the path is looked
    up too. Raises JsonLinesError for what is no single value.
    """
    for path in (column.header, *column.aliases):
        found, value = _look_up(item, path)
        if not found and item.get(CHANGE_TYPE) == DELETE:
            found, value = _look_up(item, path.rpartition(".")[2])
        if found:
            return _text(value, column.header)
    return None


def to_csv(feed: Feed, landed: Path, out: Path) -> None:
    """Write the file as CSV with the contract's headers, in its delimiter and encoding.

    Headers are the contract's columns that any line has, and the scalar properties at the
    top that no column reads. A file without an upsert has all of the contract's. Row n
    is line n of the file. Raises JsonLinesError for a line that is no JSON object.
    """
    columns, extras = _columns(feed, landed)
    number = 1
    try:
        with out.open("w", encoding=feed.encoding, newline="") as file:
            writer = csv.writer(file, delimiter=feed.delimiter, lineterminator="\n")
            writer.writerow([*(column.header for column in columns), *extras])
            for number, item in _lines(landed):
                row = _row(number, item, columns, extras)
                "".join(row).encode(feed.encoding)
                writer.writerow(row)
    except UnicodeEncodeError:
        raise JsonLinesError(f"line {number}: a value or a name can't be written as {feed.encoding}.") from None


def count_lines(landed: Path) -> int:
    """How many lines the file has."""
    with landed.open("rb") as file:
        return sum(1 for _ in file)


def _columns(feed: Feed, landed: Path) -> tuple[list[Column], list[str]]:
    read = {path.partition(".")[0] for column in feed.file_columns for path in (column.header, *column.aliases)}
    seen: set[str] = set()
    extras: dict[str, None] = {}
    upserts = 0
    for number, item in _lines(landed):
        missing = [column for column in feed.file_columns if column.name not in seen]
        seen |= {column.name for column in missing if _cell(number, item, column) is not None}
        if item.get(CHANGE_TYPE) != DELETE:
            upserts += 1
            extras |= {key: None for key in item if key not in read | BOOKKEEPING and _is_scalar(item[key])}
    return [column for column in feed.file_columns if column.name in seen or not upserts], list(extras)


def _row(number: int, item: dict[str, Any], columns: list[Column], extras: list[str]) -> list[str]:
    own = [_cell(number, item, column) or "" for column in columns]
    return own + [_text(item.get(key), key) if _is_scalar(item.get(key)) else "" for key in extras]


def _cell(number: int, item: dict[str, Any], column: Column) -> str | None:
    try:
        return cell(item, column)
    except JsonLinesError as error:
        raise JsonLinesError(f"line {number}, {error}") from None


def _lines(landed: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with landed.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield number, read_item(line)
            except JsonLinesError as error:
                raise JsonLinesError(f"line {number} {error}") from None


def _look_up(item: Any, path: str) -> tuple[bool, Any]:
    for part in path.split("."):
        if not isinstance(item, dict) or part not in item:
            return False, None
        item = item[part]
    return True, item


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | bool | int | float)


def _text(value: Any, path: str) -> str:
    if not _is_scalar(value):
        raise JsonLinesError(f"column {path!r}: expected one value, found a list or an object.")
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    descriptor = DESCRIPTOR.fullmatch(str(value))
    return descriptor[1] if descriptor else str(value)
