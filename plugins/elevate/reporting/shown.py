"""What the sections of the page are made from, and what they are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from markupsafe import Markup

from elevate.reporting.reading import Figures, Row


@dataclass(frozen=True)
class Picture:
    """Drawings under one caption."""

    caption: str
    drawings: tuple[Markup, ...]
    legend: Markup | None = None


@dataclass(frozen=True)
class Table:
    """Rows of text; the first `names` columns are names, the last `notes` sentences, the others figures."""

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    names: int = 1
    notes: int = 0


@dataclass(frozen=True)
class Section:
    """A chapter: sentences, pictures and tables, and the columns or tables whose descriptions stand beside them."""

    anchor: str
    title: str
    words: list[str]
    parts: list[Picture | Table] = field(default_factory=list)
    definitions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """The figures as they may be shown, and the words for them."""

    figures: Figures

    def rows(self, table: str, **equal: Any) -> list[Row]:
        """The rows of a table in which all of `equal` holds, by outcome where it has some."""
        found = [
            row
            for row in self.figures.tables.get(table, [])
            if all(row[name] == value for name, value in equal.items())
        ]
        return sorted(found, key=lambda row: self.place(row.get("outcome", "")))

    def missing(self, words: str) -> str:
        """What it means that a table has no row which is not kept for past nights."""
        return "Not kept for past nights: see the report of that night." if self.figures.publication.is_past else words

    @cached_property
    def outcomes(self) -> dict[str, Row]:
        """The outcomes by name, those of a domain together, domains and outcomes in their published order."""
        known = self.figures.tables["eval_outcome"]
        first = {row["domain"]: row["position"] for row in sorted(known, key=lambda row: -int(row["position"]))}
        rows = sorted(known, key=lambda row: (first[row["domain"]], row["position"]))
        return {row["outcome"]: row for row in rows}

    def place(self, outcome: str) -> tuple[int, str]:
        """Where an outcome comes in order."""
        known = list(self.outcomes)
        return (known.index(outcome) if outcome in known else len(known), outcome)

    def label(self, outcome: str) -> str:
        """What people call an outcome."""
        return str(self.outcomes[outcome]["label"]) if outcome in self.outcomes else outcome

    def domain(self, outcome: str) -> str:
        """Its domain, in the words of the WWC."""
        return str(self.outcomes[outcome]["domain"]).capitalize() if outcome in self.outcomes else "Other"

    def unit(self, outcome: str) -> str:
        """What its estimates are counted in."""
        return str(self.outcomes[outcome]["unit"]) if outcome in self.outcomes else ""

    def definition(self, name: str) -> str:
        """The published description of a column; empty where there is none."""
        return self.figures.descriptions.get(name, "")


def by_domain(shown: Shown, rows: list[Row]) -> dict[str, list[Row]]:
    """Rows with an outcome, under their domains."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(shown.domain(row["outcome"]), []).append(row)
    return groups
