"""Named ways to spoil a good delivery, each with what the platform must make of it.

A mutation is a function of the good file with a sentence that says what it is.
`equal`: accepted, with the rows of the good file (a changed text as it was written).
`quarantined`: accepted, the bad rows counted and kept apart. `red`: nothing is let
through, and the message holds the given texts, such as line and column; a required feed
that is `missing` makes its night red as well. The corpus lies in the modules beside this.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Outcome = Literal["equal", "quarantined", "red"]
Verdict = Literal["green", "unchanged", "red", "missing"]
VERDICTS: Mapping[Outcome, tuple[Verdict, ...]] = {
    "equal": ("green", "unchanged"),
    "quarantined": ("green",),
    "red": ("red",),
}
Way = Literal["file", "marked", "zip", "oneroster", "json"]
"""How the feed comes: as a file, as one that a marker lists, in a package, or as lines of JSON."""
Content = bytes | Mapping[str, bytes]
"""The file as it comes now; or files by name, where it is not the one file of the feed."""

FILES = {
    "sis.schools": "schools.csv",
    "sis.calendar": "calendar.csv",
    "sis.students": "students.csv",
    "sis.enrollments": "enrollments.csv",
    "sis.attendance": "attendance.csv",
    "assessment.map_results": "AssessmentResults.csv",
    "supports.edtech_usage": "edtech_usage.csv",
}

CANARY = "zqcanaryx"
"""A value that stands for a student's: planted in the files, it must be in no message."""


@dataclass(frozen=True)
class Good:
    """The good delivery of one feed, and of its neighbours."""

    feed: str
    content: bytes
    others: Mapping[tuple[str, str], bytes]
    """Feed and what it is (`tonight`, `first`, `later`, `last year`) to the file's content."""

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def lines(self) -> list[str]:
        """Header and rows as they stand, without line ends."""
        return self.text.splitlines()

    @property
    def header(self) -> list[str]:
        return self._cells[0]

    @property
    def rows(self) -> list[list[str]]:
        """The rows' cells, the caller's own to change."""
        return [list(row) for row in self._cells[1:]]

    @cached_property
    def _cells(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.text, newline="")))

    def place(self, column: str) -> int:
        """Where the column stands, by the file's own name of it."""
        return self.header.index(column)

    def write(self, rows: list[list[str]], header: list[str] | None = None, **form: object) -> bytes:
        """A file of these rows in the form of the good one, or another."""
        quoting = csv.QUOTE_ALL if self.text.startswith('"') else csv.QUOTE_MINIMAL
        target = io.StringIO(newline="")
        writer = csv.writer(target, **{"lineterminator": "\n", "quoting": quoting} | form)  # type: ignore[arg-type]
        writer.writerows([self.header if header is None else header, *rows])
        return target.getvalue().encode()

    def with_cell(self, column: str, cell: str, line: int = 3) -> bytes:
        """The good file with another text in one cell; line 1 is the header."""
        rows = self.rows
        rows[line - 2][self.place(column)] = cell
        return self.write(rows)

    def each_cell(self, column: str, change: Callable[[str], str]) -> bytes:
        """The good file with every cell of a column changed."""
        place = self.place(column)
        return self.write([[*row[:place], change(row[place]), *row[place + 1 :]] for row in self.rows])

    def other(self, feed: str, which: str) -> bytes:
        return self.others[feed, which]


Change = Callable[[Good], Content]


@dataclass(frozen=True)
class Mutation:
    """One spoilt delivery and its expected outcome; a red message holds each of `says`."""

    name: str
    feed: str
    what: str
    outcome: Outcome
    says: tuple[str, ...]
    change: Change
    cell: tuple[str, str] | None = None
    """Column and text of the one cell that differs from the good file."""
    way: Way = "file"
    verdicts: tuple[Verdict, ...] = ()

    def __str__(self) -> str:
        return f"{self.feed}-{self.name}"


class Corpus(list[Mutation]):
    """Mutations of one kind, collected by its decorators; they come on the one way."""

    def __init__(self, way: Way = "file") -> None:
        super().__init__()
        self.way = way

    def equal(self, *feeds: str) -> Callable[[Change], Change]:
        """Accepted, with the rows of the good file."""
        return self._taking("equal", feeds, ())

    def quarantined(self, *feeds: str) -> Callable[[Change], Change]:
        """Accepted but for the bad rows."""
        return self._taking("quarantined", feeds, ())

    def red(self, feed: str, *says: str) -> Callable[[Change], Change]:
        """Refused, with each of these texts in the message."""
        return self._taking("red", (feed,), says)

    def missing(self, feed: str, *says: str) -> Callable[[Change], Change]:
        """Red, for it counts as not delivered; it is waited for until it is due."""
        return self._taking("red", (feed,), says, ("missing",))

    def cell(self, name: str, outcome: Outcome, feed: str, column: str, cell: str, what: str, *says: str) -> None:
        """One cell on line 3 holds another text; a red message names line and column."""
        where = says if says or outcome != "red" else ("line 3", f"column {column}")
        change: Change = lambda good: good.with_cell(column, cell)  # noqa: E731
        self.append(Mutation(name, feed, what, outcome, where, change, (column, cell), verdicts=VERDICTS[outcome]))

    def _taking(
        self, outcome: Outcome, feeds: tuple[str, ...], says: tuple[str, ...], verdicts: tuple[Verdict, ...] = ()
    ) -> Callable[[Change], Change]:
        def take(change: Change) -> Change:
            what = " ".join((change.__doc__ or "").split())
            name = change.__name__.removesuffix("_")
            found = verdicts or VERDICTS[outcome]
            self.extend(
                Mutation(name, feed, what, outcome, says, change, way=self.way, verdicts=found) for feed in feeds
            )
            return change

        return take
