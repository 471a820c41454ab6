"""Rows that know when they became known.

Every value of the district is a whole number with a way to spell it. A `Ledger`
holds rows, the night on which each became known, the night on which it was
taken back, and dated changes of single values. What was known on a night is a
filter on it, and a delta is the difference between two nights.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.calendar import on

Ints = NDArray[np.int32]
Numbers = NDArray[np.int32] | NDArray[np.int64]
NEVER = int(np.iinfo(np.int32).max)
"""A night that does not come."""
NULL = int(np.iinfo(np.int32).min)
"""A value that is not there; spelt as nothing."""
LOOKUP = 200_000
"""Widest range of numbers that is spelt once and then looked up."""


class Kind(Protocol):
    """A way to spell whole numbers."""

    def spell(self, values: Ints) -> list[str]:
        """The text of each value."""


@dataclass(frozen=True)
class Words:
    """The value is a place in a list of texts."""

    labels: Sequence[str]

    def spell(self, values: Ints) -> list[str]:
        """The text at each place."""
        table = np.array([*self.labels, ""], dtype=object)
        places = np.where(values == NULL, len(self.labels), values)
        return list(table[places].tolist())


@dataclass(frozen=True)
class Dates:
    """The value is a day count; `form` is a strftime form."""

    form: str = "%Y-%m-%d"

    def spell(self, values: Ints) -> list[str]:
        """Each day in the form."""
        return _spell_range(values, lambda day: on(day).strftime(self.form))


@dataclass(frozen=True)
class Number:
    """The value is a number times 10 to the power of `decimals`."""

    decimals: int = 0

    def spell(self, values: Ints) -> list[str]:
        """Each number with its decimals."""
        scale = 10**self.decimals
        return _spell_range(values, lambda value: f"{value / scale:.{self.decimals}f}")


@dataclass(frozen=True)
class Serial:
    """The value is a running number, spelt with a prefix and leading zeros."""

    prefix: str
    digits: int

    def spell(self, values: Ints) -> list[str]:
        """Each number with its prefix."""
        return [f"{self.prefix}{value:0{self.digits}d}" for value in values.tolist()]


YES_NO = Words(("false", "true"))


def _spell_range(values: Ints, one: "Speller") -> list[str]:
    known = values[values != NULL]
    if not known.size:
        return [""] * len(values)
    low, high = int(known.min()), int(known.max())
    if high - low > LOOKUP:
        return [one(value) if value != NULL else "" for value in values.tolist()]
    table = np.full(high - low + 2, "", dtype=object)
    for value in np.unique(known).tolist():
        table[value - low] = one(value)
    places = np.where(values == NULL, high - low + 1, values - np.int64(low))
    return list(table[places].tolist())


class Speller(Protocol):
    """Spells one value."""

    def __call__(self, value: int, /) -> str:
        """The text of the value."""


@dataclass(frozen=True)
class Column:
    """Values and the way to spell them."""

    values: Ints
    kind: Kind

    def take(self, rows: NDArray[np.int64]) -> "Column":
        """The values of some rows."""
        return Column(self.values[rows], self.kind)


Rows = dict[str, Column]


@dataclass(frozen=True)
class Change:
    """From the night `on[i]`, `column` of row `rows[i]` holds `to[i]`."""

    column: str
    rows: NDArray[np.int64]
    on: Ints
    to: Ints


@dataclass
class Ledger:
    """Rows by header, and their history. Changes of one value stand in the order of their nights."""

    columns: Rows
    known_on: Ints
    gone_on: Ints | None = None
    changes: list[Change] = field(default_factory=list)

    def set(self, column: str, rows: NDArray[np.int64], on: Numbers, to: Numbers) -> None:
        """From the nights `on`, `column` of these rows holds `to`."""
        self.changes.append(Change(column, rows, on.astype(np.int32), to.astype(np.int32)))

    def set_all(self, column: str, on: Sequence[int], to: Sequence[int]) -> None:
        """From the night `on[i]`, `column` of row i holds `to[i]`."""
        self.set(column, np.arange(len(on)), np.array(on), np.array(to))

    def state(self, night: int) -> Rows:
        """The rows as known on a night."""
        every = np.arange(len(self.known_on))
        return self._values(every[self._present(every, night)], night)

    def difference(self, since: int, night: int, change: str) -> Rows:
        """What must be applied to the state of `since` to get the state of `night`.

        The column `change` says upsert or delete; a delete repeats the values of
        `since`. Values that changed and changed back in between are not in it.
        """
        touched = self._touched(since, night)
        before, after = self._present(touched, since), self._present(touched, night)
        old, new = self._values(touched, since), self._values(touched, night)
        differs = np.zeros(len(touched), dtype=bool)
        for name in {item.column for item in self.changes}:
            differs |= old[name].values != new[name].values
        upserts, deletes = after & (~before | differs), before & ~after
        chosen = np.flatnonzero(upserts | deletes)
        gone = deletes[chosen]
        merged = {
            name: Column(np.where(gone, old[name].values[chosen], column.values[chosen]), column.kind)
            for name, column in new.items()
        }
        return merged | {change: Column(gone.astype(np.int32), Words(("upsert", "delete")))}

    def _present(self, rows: NDArray[np.int64], night: int) -> NDArray[np.bool_]:
        there: NDArray[np.bool_] = self.known_on[rows] <= night
        return there if self.gone_on is None else there & (self.gone_on[rows] > night)

    def _values(self, rows: NDArray[np.int64], night: int) -> Rows:
        values = {name: column.take(rows) for name, column in self.columns.items()}
        for item in self.changes:
            due = np.flatnonzero(item.on <= night)
            if not due.size:
                continue
            place = np.full(len(self.known_on), -1, dtype=np.int64)
            place[item.rows[due]] = due
            hit = place[rows]
            column = values[item.column]
            values[item.column] = Column(np.where(hit >= 0, item.to[hit], column.values), column.kind)
        return values

    def _touched(self, since: int, night: int) -> NDArray[np.int64]:
        def within(days: Ints) -> NDArray[np.bool_]:
            return (days > since) & (days <= night)

        marks = within(self.known_on)
        if self.gone_on is not None:
            marks |= within(self.gone_on)
        for item in self.changes:
            marks[item.rows[within(item.on)]] = True
        return np.flatnonzero(marks)


def ledger_of(kinds: dict[str, Kind], rows: Iterable[Sequence[int]], known_on: Sequence[int]) -> Ledger:
    """A small ledger from rows of numbers, one number a kind."""
    table = np.array(list(rows), dtype=np.int32).reshape(-1, len(kinds))
    columns = {name: Column(table[:, i], kind) for i, (name, kind) in enumerate(kinds.items())}
    return Ledger(columns, np.array(known_on, dtype=np.int32))
