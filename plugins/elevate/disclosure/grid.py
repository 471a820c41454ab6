"""Cells as arrays: school and year by grade band by category, with the totals last."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elevate.disclosure.pattern import Indices
from elevate.disclosure.rates import Flags, Numbers

KEY = ["level", "unit", "school_year", "outcome", "grade_band", "subgroup_dimension", "subgroup"]
"""What identifies a cell: a school's (`unit` is its number) or a cohort's."""


@dataclass(frozen=True)
class Figures:
    """One outcome on the grid, zero where it has no cell; `of_cohort` the same of the cohorts' totals, by year."""

    exists: Flags
    columns: dict[str, Numbers]
    of_cohort: dict[str, Numbers]


class Grid:
    """Where each row of `cells` lies. Raises ValueError where a cell has no cohort's line."""

    def __init__(self, cells: pd.DataFrame) -> None:
        self.cells = cells
        school = cells["level"] == "school"
        self.of_school = np.flatnonzero(school)
        self.of_cohort = np.flatnonzero(~school)
        rows = cells.iloc[self.of_school]
        self.bands = _totals_last(rows["grade_band"])
        categories = rows[["subgroup_dimension", "subgroup"]].drop_duplicates()
        self.categories = sorted(
            categories.itertuples(index=False, name=None), key=lambda pair: (pair[0] == "all", pair)
        )
        self._lay_out(rows)

    @property
    def dimensions(self) -> list[slice]:
        """The columns of each dimension, the total's left out."""
        names = [name for name, _ in self.categories[:-1]]
        starts = [index for index, name in enumerate(names) if index == 0 or names[index - 1] != name]
        return [slice(start, end) for start, end in zip(starts, [*starts[1:], len(names)], strict=True)]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Blocks, bands, categories."""
        return len(self.blocks), len(self.bands), len(self.categories)

    @property
    def crossed(self) -> Flags:
        """Cells of a grade band and a subgroup at once."""
        crossed = np.zeros((1, *self.shape[1:]), dtype=bool)
        crossed[:, :-1, :-1] = True
        return crossed

    def figures(self, outcome: str, columns: list[str]) -> Figures:
        """The columns of one outcome as arrays."""
        at, lines = self.at(outcome), self.lines_at(outcome)
        exists = np.zeros(self.shape, dtype=bool)
        exists[at.place] = True
        values, totals = {}, {}
        for column in columns:
            values[column] = np.zeros(self.shape)
            values[column][at.place] = self.cells[column].to_numpy(dtype=float)[at.rows]
            totals[column] = np.zeros(len(self.lines))
            totals[column][lines.place] = self.cells[column].to_numpy(dtype=float)[lines.rows]
        return Figures(exists, values, totals)

    def at(self, outcome: str) -> "Places":
        """The rows of an outcome's cells of schools, and their places on the grid."""
        chosen = self.cells["outcome"].to_numpy()[self.of_school] == outcome
        return Places(self.of_school[chosen], tuple(axis[chosen] for axis in self._places))

    def lines_at(self, outcome: str) -> "Places":
        """The rows of an outcome's cells of cohorts, and which line each is the total of."""
        chosen = self.cells["outcome"].to_numpy()[self.of_cohort] == outcome
        return Places(self.of_cohort[chosen], (self._line_of_total[chosen],))

    def _lay_out(self, rows: pd.DataFrame) -> None:
        keys = list(zip(rows["unit"], rows["school_year"], strict=True))
        cohort_of = dict(zip(keys, rows["cohort"], strict=True))
        self.blocks = sorted(cohort_of)
        totals = self.cells.iloc[self.of_cohort]
        of_totals = list(zip(totals["unit"], totals["school_year"], strict=True))
        lines = {(cohort, year) for (_, year), cohort in cohort_of.items()} | set(of_totals)
        self.lines = sorted(lines)
        line = {key: index for index, key in enumerate(self.lines)}
        block = {key: index for index, key in enumerate(self.blocks)}
        band = {name: index for index, name in enumerate(self.bands)}
        category = {pair: index for index, pair in enumerate(self.categories)}
        pairs = zip(rows["subgroup_dimension"], rows["subgroup"], strict=True)
        self._places: tuple[Indices, Indices, Indices] = (
            np.array([block[key] for key in keys], dtype=np.intp),
            np.array([band[name] for name in rows["grade_band"]], dtype=np.intp),
            np.array([category[pair] for pair in pairs], dtype=np.intp),
        )
        self.line_of_block: Indices = np.array([line[cohort_of[key], key[1]] for key in self.blocks], dtype=np.intp)
        self._line_of_total: Indices = np.array([line[key] for key in of_totals], dtype=np.intp)


@dataclass(frozen=True)
class Places:
    """Rows of the cells, and where they lie."""

    rows: Indices
    place: tuple[Indices, ...]


def _totals_last(names: "pd.Series[str]") -> list[str]:
    return sorted(set(names), key=lambda name: (name == "all", name))
