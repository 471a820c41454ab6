"""All launched schools against schools that never were in the programme.

Rows of `estimate_event_study`, and of `estimate_impact` what they come to.
"""

import pandas as pd

from elevate.estimating.model import Outcome
from elevate.estimating.rows import PROGRAMME, Estimate, Event, Impact, Placebo, Question, Size, Sizes
from elevate.evaluation import staggered
from elevate.evaluation.effect_sizes import improvement_index
from elevate.evaluation.estimable import NotEstimable
from elevate.evaluation.panel import FEW, Support
from elevate.evaluation.staggered import EventTime, StaggeredEffects

CALLAWAY_SANTANNA, SUN_ABRAHAM = "callaway_santanna", "sun_abraham"
NO_ROSTER = 0
"""As roster version: no draw was used."""
NEAREST = -2
"""The event time before that of reference, and so the placebo: what changed in the year before the launch."""


def programme_effects(panel: pd.DataFrame, outcomes: dict[str, Outcome]) -> tuple[list[Impact], list[Event]]:
    """Every outcome in either category of schools.

    Args:
        panel: A row for each school and school year: school_id, school_category, school_year, outcome, mean,
            sd, n_students, cohort and launch_school_year (none where the school never was in the programme).
        outcomes: Those of the evaluation.
    """
    impacts, events = [], []
    for (name, category), schools in panel.groupby(["outcome", "school_category"], observed=True):
        if schools["cohort"].isna().all():
            continue
        outcome = outcomes[str(name)]
        found = _found(schools)
        impacts.append(_impact(outcome, str(category), schools, found))
        events += _events(str(name), str(category), schools, found)
    return impacts, events


def _units(schools: pd.DataFrame) -> pd.DataFrame:
    """The panel as the estimators take it. A cohort that has not launched in these years compares nobody."""
    launch = schools["launch_school_year"]
    compared = schools[launch.isna() | (launch <= schools["school_year"].max())]
    return pd.DataFrame(
        {
            "unit": compared["school_id"],
            "period": compared["school_year"],
            "outcome": compared["mean"].astype(float),
            "first_treated": compared["launch_school_year"],
        }
    )


def _found(schools: pd.DataFrame) -> StaggeredEffects | str:
    """The effects, or why there are none."""
    try:
        return staggered.staggered_effects(_units(schools))
    except NotEstimable as error:
        return str(error)


def _impact(outcome: Outcome, category: str, schools: pd.DataFrame, found: StaggeredEffects | str) -> Impact:
    """The mean effect over cohorts and years since launch, by school means; each school counts the same."""
    question = Question(PROGRAMME, NO_ROSTER, PROGRAMME, outcome.outcome, "all")
    years = " ".join(str(year) for year in sorted(schools["school_year"].unique()))
    if isinstance(found, str):
        return _row(question, category, years, Estimate(not_estimable=found), Size(), Sizes(0, 0, 0, 0), Placebo())
    support = _support(found)
    if support.few_units:
        reason = f"a cohort of fewer than {FEW} schools: {support.treated_units} launched in all"
        return _row(question, category, years, Estimate(not_estimable=reason), Size(), _sizes(support), Placebo())
    nearest = next((row for row in found.event_times if row.event_time == NEAREST), None)
    checked = nearest.effect if nearest else None
    placebo = (
        Placebo(
            f"{outcome.outcome}, two years before the launch", checked.estimate, checked.standard_error, checked.p_value
        )
        if checked
        else Placebo()
    )
    estimate = _estimate(found.simple, _warning(found))
    return _row(question, category, years, estimate, _size(schools, estimate), _sizes(support), placebo)


def _row(
    question: Question, category: str, years: str, estimate: Estimate, size: Size, sizes: Sizes, placebo: Placebo
) -> Impact:
    return Impact(question, "school_category", category, CALLAWAY_SANTANNA, years, estimate, size, sizes, placebo)


def _events(name: str, category: str, schools: pd.DataFrame, found: StaggeredEffects | str) -> list[Event]:
    if isinstance(found, str):
        nothing = Estimate(not_estimable=found)
        return [Event(name, category, CALLAWAY_SANTANNA, "all", 0, False, nothing, 0, 0, None)]
    cohorts: dict[int, str] = dict(
        schools.dropna(subset=["cohort"])[["launch_school_year", "cohort"]].itertuples(index=False)
    )
    joint = found.pre_trend.p_value if found.pre_trend else None
    rows = [_event(name, category, CALLAWAY_SANTANNA, "all", row, joint) for row in found.event_times]
    for cell in found.group_times:
        of_cohort = EventTime(cell.period - cell.cohort, cell.effect, cell.support)
        rows.append(_event(name, category, CALLAWAY_SANTANNA, cohorts[cell.cohort], of_cohort, None))
    try:
        others = staggered.sun_abraham(_units(schools))
    except NotEstimable:
        others = ()
    return rows + [_event(name, category, SUN_ABRAHAM, "all", row, None) for row in others]


def _event(name: str, category: str, method: str, cohort: str, row: EventTime, joint: float | None) -> Event:
    few = f"a cohort of fewer than {FEW} schools" if row.support.few_units else None
    estimate = Estimate(not_estimable=few) if few else _estimate(row.effect, None)
    return Event(
        name, category, method, cohort, row.event_time, row.event_time < 0, estimate,
        row.support.treated_units, row.support.comparison_units, None if few else joint,
    )  # fmt: skip


def _estimate(found: staggered.Estimate, warning: str | None) -> Estimate:
    return Estimate(
        found.estimate, found.standard_error, found.degrees_of_freedom, found.p_value, found.low, found.high,
        warning=warning,
    )  # fmt: skip


def _support(found: StaggeredEffects) -> Support:
    """On whom the mean effect rests: all cohorts together."""
    treated = sum(cohort.support.treated_units for cohort in found.cohorts)
    few = any(cohort.support.few_units for cohort in found.cohorts)
    return Support(treated, found.cohorts[0].support.comparison_units, few)


def _warning(found: StaggeredEffects) -> str | None:
    parts = []
    if found.pre_trend and found.pre_trend.p_value < 0.05:
        parts.append("these schools moved apart before the launch: do not read this as an effect")
    if found.left_out.incomplete:
        parts.append(f"{found.left_out.incomplete} schools without a value in every year are left out")
    return "; ".join(parts) or None


def _size(schools: pd.DataFrame, found: Estimate) -> Size:
    """In standard deviations of students within schools that never were in the programme."""
    never = schools[schools["cohort"].isna() & schools["sd"].notna()]
    free = never["n_students"] - 1
    if found.estimate is None or free.sum() <= 0:
        return Size()
    deviation = float((free * never["sd"].astype(float) ** 2).sum() / free.sum()) ** 0.5
    mean = float(schools.loc[schools["cohort"].isna(), "mean"].astype(float).mean())
    if deviation == 0:
        return Size(deviation, mean)
    size, low, high = (
        None if value is None else value / deviation
        for value in (found.estimate, found.interval_low, found.interval_high)
    )
    return Size(deviation, mean, size, low, high, None if size is None else improvement_index(size))


def _sizes(support: Support) -> Sizes:
    return Sizes(support.treated_units, support.comparison_units, 0, 0)
