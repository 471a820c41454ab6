"""Rows to CSV, and a record to Markdown. No value has a comma, a quote or a line end in it."""

import re
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path

from simulator.ledger import Rows

CHUNK = 100_000
BETWEEN = "; "
"""Between the items of a value that is a list."""
PLAIN = re.compile(r"[\w/.-]*")
"""What YAML reads as it stands; other text is quoted."""


def write(file: Path, header: tuple[str, ...], parts: Iterable[Rows], quoted: bool) -> int:
    """Write the parts under one header, by default their columns in order; returns the number of rows.

    Headers that a part has no column for stay blank. With `quoted`, every value is.
    """
    count = 0
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for rows in parts:
            header = header or tuple(rows)
            if out.tell() == 0:
                out.write(_line(header, quoted))
            for text, number in _chunks(header, rows, quoted):
                out.write(text)
                count += number
        if out.tell() == 0:
            out.write(_line(header, quoted))
    return count


def write_record(file: Path, parts: Iterable[Rows]) -> None:
    """Write the one row of the parts as the front matter of a Markdown file, a value with `; ` in it as a list."""
    (rows,) = parts
    record = {name: column.kind.spell(column.values)[0] for name, column in rows.items()}
    lines = [
        f"{name}: {_scalar(value)}" if BETWEEN not in value else _list(name, value) for name, value in record.items()
    ]
    file.write_text("\n".join(["---", *lines, "---", "", "See the registry for the registration as a whole.", ""]))


def _list(name: str, value: str) -> str:
    return "\n".join([f"{name}:", *(f"  - {_scalar(item)}" for item in value.split(BETWEEN))])


def _scalar(value: str) -> str:
    return value if PLAIN.fullmatch(value) else f'"{value}"'


def _chunks(header: tuple[str, ...], rows: Rows, quoted: bool) -> Iterator[tuple[str, int]]:
    total = len(next(iter(rows.values())).values)
    between, around = ('","', '"') if quoted else (",", "")
    for first in range(0, total, CHUNK):
        number = min(CHUNK, total - first)
        cells = _cells(header, rows, slice(first, first + number), between)
        end = f"{around}\n"
        yield "".join(around + between.join(line) + end for line in zip(*cells, strict=False)), number


def _cells(header: tuple[str, ...], rows: Rows, part: slice, between: str) -> list[Iterable[str]]:
    """One list of texts a column; neighbouring blank columns are one text."""
    cells: list[Iterable[str]] = []
    blanks = 0
    for name in (*header, None):
        if name is not None and name not in rows:
            blanks += 1
            continue
        if blanks:
            cells.append(repeat(between * (blanks - 1)))
            blanks = 0
        if name is not None:
            column = rows[name]
            cells.append(column.kind.spell(column.values[part]))
    return cells


def _line(header: tuple[str, ...], quoted: bool) -> str:
    return ",".join(f'"{name}"' if quoted else name for name in header) + "\n"
