"""From the cells of all tables to what is shown of each: sizes first, then the shares of those sizes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elevate.disclosure.grid import KEY, Figures, Grid
from elevate.disclosure.pattern import SEEN, WITHOUT_BOUND, Layer, Units, protect
from elevate.disclosure.rates import Box, Flags, Limits, Numbers, box_of, shown_range

FAMILIES = (
    ("attendance_rate", "chronic_absence", "suspended_out_of_school", "out_of_school_suspensions_per_100"),
    (
        "map_spring_rit_reading",
        "map_spring_rit_math",
        "map_growth_fall_to_spring_reading",
        "map_growth_fall_to_spring_math",
    ),
    ("freshman_on_track",),
    ("elementary_on_track",),
    (
        "survey_working_in_teams",
        "survey_solving_problems_creatively",
        "survey_learning_from_mistakes",
        "survey_pursuing_goals",
    ),
)
"""Outcomes of the same pupils but for a few. A size that is withheld of one and shown of another would be
known within those few, so a family withholds the same cells, and whatever the first one withholds, which
is of all pupils."""

SHARES = {
    "attendance_rate": False,
    "chronic_absence": True,
    "suspended_out_of_school": True,
    "freshman_on_track": True,
    "elementary_on_track": True,
}
"""Outcomes that are shares, and whether of pupils; otherwise they are shares of days."""

FOLLOWS = {"out_of_school_suspensions_per_100": "suspended_out_of_school"}
"""Outcomes that tell of a share's pupils: no suspensions, nobody suspended."""

COLUMNS = ["n_students", "numerator", "denominator", "is_uniform", "size_stays", "share_stays", "is_size_known",
           "is_share_known"]  # fmt: skip


class UnknownOutcome(RuntimeError):
    """An outcome that no family names: how its pupils relate to the others' is not known."""


@dataclass(frozen=True)
class Decision:
    """The grid, what an outcome's figures are, and what is small."""

    grid: Grid
    figures: dict[str, Figures]
    limits: Limits

    @property
    def need(self) -> float:
        """How far a withheld figure must be able to lie from the true one: a third of the threshold."""
        return max(1.0, float(round(self.limits.threshold / 3)))


def decide(cells: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """What is shown of each cell: the rows of `cells` with `shows`, `mean_lower` and `mean_upper`.

    `cells` has `KEY`, `cohort` and `COLUMNS`. `is_uniform`: all pupils have one value. `…_stays`: it
    was withheld in the last publication and has not changed. `is_…_known`: it was shown there and has
    not changed. `shows` is `everything`, `size` (how many pupils, and nothing of what they did but a
    range) or `nothing`. Raises UnknownOutcome.
    """
    named = {outcome for family in FAMILIES for outcome in family}
    if unknown := sorted(set(cells["outcome"]) - named):
        raise UnknownOutcome(f"No family in elevate.disclosure names {', '.join(unknown)}: say whose pupils these are.")
    cells = cells.sort_values(KEY, ignore_index=True)
    grid = Grid(cells)
    present = [[name for name in family if (cells["outcome"] == name).any()] for family in FAMILIES]
    figures = {name: grid.figures(name, COLUMNS) for family in present for name in family}
    shown = _Shown(cells)
    of_all = np.zeros(grid.shape, dtype=bool)
    for family in filter(None, present):
        decision = Decision(grid, {name: figures[name] for name in family}, limits)
        sizes = _sizes(decision, of_all)
        protect(sizes)
        if family[0] in FAMILIES[0]:
            of_all = sizes.hidden
        for name in family:
            if name in SHARES:
                box, of_cohort, shares = _shares(decision, name, sizes)
                protect(shares)
                for outcome in (name, *(follower for follower in family if FOLLOWS.get(follower) == name)):
                    shown.withhold(grid, outcome, shares, "size")
                shown.write_ranges(grid, name, box, of_cohort, shares.whole)
        for name in family:
            shown.withhold(grid, name, sizes, "nothing")
    return shown.rows()


class _Shown:
    """The decision as it is written down, row by row."""

    def __init__(self, cells: pd.DataFrame) -> None:
        self.cells = cells
        self.shows = np.full(len(cells), "everything", dtype=object)
        self.bounds = np.full((2, len(cells)), np.nan)

    def withhold(self, grid: Grid, outcome: str, layer: Layer, shows: str) -> None:
        at, lines = grid.at(outcome), grid.lines_at(outcome)
        self.shows[at.rows[layer.hidden[at.place]]] = shows
        self.shows[lines.rows[layer.hidden_cohorts[lines.place]]] = shows

    def write_ranges(self, grid: Grid, outcome: str, box: Box, of_cohort: Box, whole_blocks: Flags) -> None:
        at, lines = grid.at(outcome), grid.lines_at(outcome)
        for bounds, of_cells, of_lines in zip(
            self.bounds,
            shown_range(box),
            shown_range(of_cohort),
            strict=True,
        ):
            # Where the school's own share is a range, ranges of its parts would narrow it.
            of_cells[whole_blocks, :-1] = np.nan
            of_cells[whole_blocks, :, :-1] = np.nan
            bounds[at.rows] = of_cells[at.place]
            bounds[lines.rows] = of_lines[lines.place]

    def rows(self) -> pd.DataFrame:
        lower, upper = np.where(self.shows == "size", self.bounds, np.nan)
        return self.cells.assign(shows=self.shows, mean_lower=lower, mean_upper=upper)


def _sizes(decision: Decision, withheld_before: Flags) -> Layer:
    """How many pupils: one layer for the family. Pupils move between cells that all its outcomes have."""
    grid, figures = decision.grid, list(decision.figures.values())
    exists = np.any([of.exists for of in figures], axis=0)
    of_cohort = np.max([of.of_cohort["n_students"] for of in figures], axis=0)
    least, room = np.full(grid.shape, np.inf), np.full(grid.shape, np.inf)
    known, same, stays = np.zeros(grid.shape, dtype=bool), np.zeros(grid.shape, dtype=bool), withheld_before & exists
    small_cohort = np.zeros(len(grid.lines), dtype=bool)
    for name, of in decision.figures.items():
        pupils, delivered = of.columns["n_students"], of.exists[:, -1:, -1:]
        least = np.where(delivered, np.minimum(least, pupils), least)
        spare = np.maximum(pupils - 1, 0)
        if SHARES.get(name):
            # Those who move are all of one kind, the more common one, so that the other's part stays what it is.
            part = of.columns["numerator"]
            spare = np.minimum(spare, part if 2 * part.sum() > pupils.sum() else pupils - part)
        room = np.where(delivered, np.minimum(room, spare), room)
        is_small = (pupils < decision.limits.threshold) | (of.columns["is_uniform"] > 0)
        stays |= of.exists & (is_small | (of.columns["size_stays"] > 0))
        known |= of.columns["is_size_known"] > 0
        same |= (of.columns["size_stays"] > 0) | known
        totals = of.of_cohort["n_students"]
        small_cohort |= (totals > 0) & ((totals < decision.limits.threshold) | (of.of_cohort["size_stays"] > 0))
    room = np.clip(np.where(exists, room, 0.0), 0.0, None)
    up = np.where(exists, WITHOUT_BOUND, 0.0)
    need = np.full(grid.shape, decision.need)
    size = np.where(exists, np.max([of.columns["n_students"] for of in figures], axis=0), 0.0)
    return Layer(
        dimensions=grid.dimensions, exists=exists, hidden=stays, up=up, down=room, need=need,
        amounts=(np.where(exists, least, 0.0),), cost=size + SEEN * known, least=decision.limits.threshold,
        cohort_of=grid.line_of_block,
        schools=_totals(up, _spare_of_schools(grid, room, exists), need, size), same_schools=same[:, -1, -1],
        cohorts=Units(
            np.full(of_cohort.shape, WITHOUT_BOUND), of_cohort - 1, np.full(of_cohort.shape, decision.need), of_cohort
        ),
        hidden_cohorts=small_cohort,
    )  # fmt: skip


def _spare_of_schools(grid: Grid, room: Numbers, exists: Flags) -> Numbers:
    """How many pupils could leave each school without a cell's vanishing: by band and dimension."""
    by_dimension = [np.where(exists[:, :, c], room[:, :, c], 0.0).sum(axis=2) for c in grid.dimensions]
    spare = np.zeros_like(room)
    spare[:, -1, -1] = np.min(by_dimension, axis=0)[:, :-1].sum(axis=1)
    return spare


def _shares(decision: Decision, name: str, sizes: Layer) -> tuple[Box, Box, Layer]:
    """The part of each group that the outcome counts, where the group's size is shown or not."""
    of, grid, counts_pupils = decision.figures[name], decision.grid, SHARES[name]
    part, whole = of.columns["numerator"], of.columns["denominator"]
    box = box_of(part, whole, decision.limits, counts_pupils).without_ranges(grid.crossed)
    size_hidden = sizes.hidden & of.exists
    low, high = np.where(size_hidden, 0.0, box.low), np.where(size_hidden, whole, box.high)
    need = np.minimum(decision.need, (high - low) / 2)
    need = np.ceil(need) if counts_pupils else need
    hidden = of.exists & (size_hidden | box.is_small | (of.columns["share_stays"] > 0))
    known, same = of.columns["is_share_known"] > 0, (of.columns["share_stays"] + of.columns["size_stays"]) > 0
    total_part, total_whole = of.of_cohort["numerator"], of.of_cohort["denominator"]
    of_cohort = box_of(total_part, total_whole, decision.limits, counts_pupils)
    stays = (total_whole > 0) & (of_cohort.is_small | (of.of_cohort["share_stays"] > 0) | sizes.hidden_cohorts)
    up, down, size = high - part, part - low, of.columns["n_students"]
    cohort_need = np.minimum(decision.need, (of_cohort.high - of_cohort.low) / 2)
    return box, of_cohort, Layer(
        dimensions=grid.dimensions, exists=of.exists, hidden=hidden, up=up, down=down, need=need,
        amounts=(part, whole - part), cost=size + SEEN * known, least=decision.limits.threshold,
        cohort_of=grid.line_of_block, schools=_totals(up, down, need, size), same_schools=(known | same)[:, -1, -1],
        cohorts=Units(of_cohort.high - total_part, total_part - of_cohort.low, cohort_need, of.of_cohort["n_students"]),
        hidden_cohorts=stays,
    )  # fmt: skip


def _totals(*ends: Numbers) -> Units:
    """The blocks' totals as units."""
    return Units(*(grid[:, -1, -1] for grid in ends))
