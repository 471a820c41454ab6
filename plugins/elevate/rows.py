"""The rows of a delimited file as they pass by: whether they are plain, and where a quote is astray.

A row is plain where each cell has the very form of its column's type, so that PostgreSQL
reads the value from it that the loader would. Nearly all rows of nearly all files are
plain; what is not is for the loader's careful way to judge.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from elevate.cells import plain_form
from elevate.contracts import Column

LONGEST_ROW = 1 << 20
"""Bytes of a plain row at most: no more of a file is held at once."""
TEXT = r'(?:"[^"]*"|[^"{delimiter}\r\n]*|"[^"]*(?:""[^"]*)+")'
"""A cell of any text, as RFC 4180 has it: within quotes a quote is doubled, outside there is none."""
# A cell can be read in one way alone, or trying all ways of a bad row would take for ever: see the delimiters.
END = r"\r?\n"
DELIMITERS = {",", ";", "|", "\t"}
"""None of them is part of a number or a date."""
BYTE_ORDER_MARK = "\xef\xbb\xbf"


class NotPlain(ValueError):
    """A file that is not made of plain rows alone."""


class Stray(NamedTuple):
    """The cell of a quote that may not be where it is: the file's line where it begins, and its place in the row."""

    line: int
    place: int
    closes: bool


def plain(chunks: Iterable[bytes], columns: Sequence[Column | None], delimiter: str) -> Iterator[bytes]:
    """A file's bytes as long as its rows are plain; raises NotPlain in place of the first one that is not.

    `columns` are the contract's columns in the places that they have in the file, None
    where a place holds any text. The first row is a header.
    """
    if delimiter not in DELIMITERS or any(column and (column.missing_values or column.mapping) for column in columns):
        raise NotPlain  # with a mapping, the source's words are no values yet
    between, text = re.escape(delimiter), _text(delimiter)
    rows = f"(?:{between.join(_cell(column, text) for column in columns)}{END})*"
    expected, more = (re.compile(r.encode()) for r in (between.join([text] * len(columns)) + END + rows, rows))
    rest = b""
    for chunk in chunks:
        rest += chunk
        if found := expected.match(rest):
            expected, rest = more, rest[found.end() :]
            yield found[0]
        if len(rest) > LONGEST_ROW:
            raise NotPlain
    if expected is not more or not more.fullmatch(rest + b"\n" if rest else rest):
        raise NotPlain
    yield rest


def _text(delimiter: str) -> str:
    return TEXT.format(delimiter=re.escape(delimiter))


def _cell(column: Column | None, text: str) -> str:
    pattern = plain_form(column) if column else None
    return f'(?:"(?:{pattern}|)"|{pattern}|)' if pattern else text


def first_stray(file: Path, delimiter: str) -> Stray | None:
    """The first cell with a quote that neither opens nor closes it nor is doubled within; also one that never closes.

    PostgreSQL takes any quote for the beginning of a quoted text, and then swallows what
    follows, rows included.
    """
    between, text = re.escape(delimiter), _text(delimiter)
    cells, last = re.compile(f"(?:{text}{between})*"), re.compile(f"{text}\n?")
    opening, closing = re.compile('"[^"]*(?:""[^"]*)*'), re.compile('[^"]*(?:""[^"]*)*"(?!")')
    opened: Stray | None = None
    # Quotes, delimiters and line ends are the same bytes in every encoding that can be loaded; Latin-1 reads them all.
    with file.open(encoding="latin-1") as lines:
        for number, line in enumerate(lines, 1):
            if '"' not in line:
                continue
            rest, place = line.removeprefix(BYTE_ORDER_MARK), 0
            if opened:
                end = closing.match(line)
                if end is None:
                    continue
                rest, place = line[end.end() :], opened.place + 1
                if rest.rstrip("\n") and not rest.startswith(delimiter):
                    return opened._replace(closes=True)
                opened, rest = None, rest.removeprefix(delimiter)
            whole = cells.match(rest)
            assert whole
            tail = rest[whole.end() :]
            if last.fullmatch(tail):
                continue
            place += len(re.findall(f"{text}{between}", whole[0]))
            if not opening.fullmatch(tail):
                return Stray(number, place, True)
            opened = Stray(number, place, False)
    return opened
