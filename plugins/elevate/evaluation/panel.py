"""Units over periods, some of which enter a programme: who of them can be compared."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elevate.evaluation.estimable import NotEstimable

FEW = 5
"""Fewer units in a cohort are flagged, fewer to compare with bear no estimate: as in the R package did (check)."""
NEVER = 0


@dataclass(frozen=True)
class Support:
    """On whom an effect rests. `few_units`: a cohort of fewer than 5 is among them; don't rely on the error."""

    treated_units: int
    comparison_units: int
    few_units: bool


@dataclass(frozen=True)
class LeftOut:
    """Units without a part in the estimates, each counted once, by the first reason that applies."""

    incomplete: int
    """Without an outcome in one of the periods."""
    treated_from_the_start: int
    """No period before entry."""
    alone_in_cohort: int
    """A cohort of one unit has no standard error."""


@dataclass(frozen=True)
class Panel:
    """A row of outcomes for each unit, a column for each period; and when the unit was first treated."""

    outcomes: pd.DataFrame
    first_treated: "pd.Series[int]"
    left_out: LeftOut

    def size(self, cohort: int) -> int:
        """How many units entered then."""
        return int((self.first_treated == cohort).sum())

    def support(self, cohorts: list[int]) -> Support:
        """On whom an effect over these cohorts rests."""
        sizes = [self.size(cohort) for cohort in cohorts]
        return Support(sum(sizes), self.size(NEVER), min(sizes) < FEW)

    def cohorts_at(self, event_time: int) -> list[int]:
        """Cohorts that have an outcome so many periods after entry, in order."""
        treated = sorted({int(cohort) for cohort in self.first_treated} - {NEVER})
        return [cohort for cohort in treated if cohort + event_time in self.outcomes.columns]

    def frame(self) -> pd.DataFrame:
        """A row for each unit and period again, with first_treated 0 for who never entered."""
        long = self.outcomes.reset_index().melt("unit", value_name="outcome")
        return long.assign(first_treated=long["unit"].map(self.first_treated))


def panel_of(frame: pd.DataFrame) -> Panel:
    """The units that can be compared.

    Args:
        frame: A row for each unit and period, with columns unit, period, outcome and first_treated.

    Raises:
        NotEstimable: No cohort of two units or more has a period before and one from its entry on, or
            fewer than five units never entered.
    """
    frame = frame.astype({"outcome": float, "first_treated": float})
    outcomes = _wide(frame)
    periods = [int(period) for period in outcomes.columns]
    complete = outcomes.dropna()
    first = frame.groupby("unit")["first_treated"].first().reindex(complete.index)
    first = first.where(first <= periods[-1], NEVER).astype(int)
    from_the_start = first.between(1, periods[0])
    sizes = first.groupby(first).transform("size")
    alone = (first != NEVER) & ~from_the_start & (sizes < 2)
    kept = first[~from_the_start & ~alone]
    left_out = LeftOut(len(outcomes) - len(complete), int(from_the_start.sum()), int(alone.sum()))
    panel = Panel(complete.loc[kept.index], kept, left_out)
    if (kept == NEVER).all():
        raise NotEstimable("no cohort of two units or more was observed both before and after it entered")
    if panel.size(NEVER) < FEW:
        raise NotEstimable(f"{panel.size(NEVER)} units that never entered: {FEW} are needed to compare with")
    return panel


def _wide(frame: pd.DataFrame) -> pd.DataFrame:
    """Outcomes by unit and period, in order of units, so that the order of rows changes no digit."""
    if frame.empty:
        raise NotEstimable("no outcomes")
    if np.isinf(frame["outcome"]).any():
        raise ValueError("outcome: expected finite numbers, or nothing")
    if frame.duplicated(["unit", "period"]).any():
        raise ValueError("expected one outcome of each unit and period")
    if (frame.groupby("unit")["first_treated"].nunique(dropna=False) > 1).any():
        raise ValueError("first_treated: expected one period of entry for each unit")
    wide = frame.pivot(index="unit", columns="period", values="outcome")
    periods = [int(period) for period in wide.columns]
    if periods != list(range(periods[0], periods[0] + len(periods))) or periods[0] < 1:
        raise ValueError("period: expected consecutive whole numbers from 1 on; number the periods in their order")
    return wide
