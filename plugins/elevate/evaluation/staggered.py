"""Effects of a programme that units enter at different times, against units that never enter it.

Callaway and Sant'Anna (2021), Difference-in-Differences with Multiple Time Periods, Journal of Econometrics
225(2), 200-230, without covariates; beside it, as robustness, Sun and Abraham (2021), Estimating Dynamic
Treatment Effects in Event Studies with Heterogeneous Treatment Effects, same issue, 175-199.

Every pre-period is compared with the last period before a cohort enters (the universal base), so that the
points of an event study lie on one scale; that period is zero by construction and is no row. The other
convention, each pre-period against the one before it, makes a trend look like a kink at entry: Roth (2024),
Interpreting Event-Studies from Recent Difference-in-Differences Methods (check).
"""

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from elevate.evaluation import few_units
from elevate.evaluation.estimable import NotEstimable, Numbers, expect_between
from elevate.evaluation.few_units import JointTest, Weights
from elevate.evaluation.panel import NEVER, LeftOut, Panel, Support, panel_of


@dataclass(frozen=True)
class Estimate:
    """An effect in the outcome's units, with its two-sided test and interval, which hold with few units.

    `analytic_error` is the standard error as other packages give it, for comparison: too small with few units, and
    too large where effects differ, as it counts that the sizes of the cohorts could have been others.
    """

    estimate: float
    standard_error: float
    degrees_of_freedom: float
    p_value: float
    low: float
    high: float
    analytic_error: float


@dataclass(frozen=True)
class GroupTime:
    """The effect on the units first treated in `cohort`, in `period`; a pre-trend where the period is earlier."""

    cohort: int
    period: int
    effect: Estimate
    support: Support


@dataclass(frozen=True)
class EventTime:
    """The mean effect `event_time` periods after entry, cohorts weighted by size; before -1, a pre-trend."""

    event_time: int
    effect: Estimate
    support: Support


@dataclass(frozen=True)
class CohortEffect:
    """The mean effect on a cohort over its periods from entry on."""

    cohort: int
    effect: Estimate
    support: Support


@dataclass(frozen=True)
class StaggeredEffects:
    """All that is published of one outcome.

    Attributes:
        group_times: By cohort and period.
        event_times: By event time, over all cohorts.
        cohorts: By cohort.
        simple: Mean of the effects by cohort and period from entry on, weighted by cohort size.
        group: Mean of the cohorts' effects, weighted by size: of the units' own mean effects.
        dynamic: Plain mean of the event times from 0 on.
        pre_trend: None where no event time is before -1, or there are too few units for this test.
        support: Of simple, group and dynamic.
        left_out: Units that are in none of these.
    """

    group_times: tuple[GroupTime, ...]
    event_times: tuple[EventTime, ...]
    cohorts: tuple[CohortEffect, ...]
    simple: Estimate
    group: Estimate
    dynamic: Estimate
    pre_trend: JointTest | None
    support: Support
    left_out: LeftOut


def staggered_effects(frame: pd.DataFrame, level: float = 0.95) -> StaggeredEffects:
    """Callaway and Sant'Anna's effects by cohort and period, and their means.

    Errors may correlate within a unit over time. As the cohorts are few units, all that there are, standard errors
    take their sizes as given and are Welch's, and so are the tests (`few_units`).

    Args:
        frame: A row for each unit and period, with columns unit, period (consecutive whole numbers, such as
            the years in which school years end), outcome, and first_treated, the unit's period of entry:
            empty, or after the last period, where it has not entered.
        level: Of the intervals.

    Raises:
        NotEstimable: No cohort of two units or more has a period before and one from its entry on; fewer
            than five units to compare with; or outcomes that do not vary.
    """
    from diff_diff import CallawaySantAnna  # takes seconds to import

    expect_between(0.5, level, 0.999, "level")
    panel = panel_of(frame)
    found = _fitted(CallawaySantAnna(base_period="universal", estimation_method="reg"), panel)
    events = found.aggregate("event_study")
    of_cohorts = found.aggregate("group")

    def effect(estimate: float, error: float, weights: Weights) -> Estimate:
        few = few_units.few_units(panel, weights)
        return _estimate(estimate, few.standard_error, few.degrees_of_freedom, level, error)

    def event_time(e: int) -> Weights:
        return few_units.event_time(panel, e)

    before = [int(e) for e in events.event_time if e < -1]
    return StaggeredEffects(
        group_times=tuple(
            GroupTime(int(g), int(t), effect(row["effect"], row["se"], {(g, t): 1.0}), panel.support([g]))
            for (g, t), row in sorted(found.group_time_effects.items())
            if t != g - 1
        ),
        event_times=tuple(
            EventTime(int(e), effect(att, error, event_time(int(e))), panel.support(panel.cohorts_at(int(e))))
            for e, att, error in zip(events.event_time, events.att, events.se, strict=True)
            if e != -1
        ),
        cohorts=tuple(
            CohortEffect(int(g), effect(att, error, few_units.cohort_mean(panel, g)), panel.support([g]))
            for g, att, error in zip(of_cohorts.label, of_cohorts.att, of_cohorts.se, strict=True)
        ),
        simple=effect(found.overall_att, found.overall_se, few_units.simple_mean(panel)),
        group=effect(*_group(panel), few_units.group_mean(panel)),
        dynamic=effect(*_dynamic(events), few_units.dynamic_mean(panel)),
        pre_trend=few_units.joint_test(panel, [event_time(e) for e in before]) if before else None,
        support=panel.support(panel.cohorts_at(0)),
        left_out=panel.left_out,
    )


def sun_abraham(frame: pd.DataFrame, level: float = 0.95) -> tuple[EventTime, ...]:
    """Sun and Abraham's event study by the interaction-weighted regression: the same rows by another way.

    Standard errors are clustered by unit, tests by the t distribution with one degree of freedom less than units.

    Args:
        frame: As of `staggered_effects`.
        level: Of the intervals.

    Raises:
        NotEstimable: As `staggered_effects`.
    """
    from diff_diff import SunAbraham

    expect_between(0.5, level, 0.999, "level")
    panel = panel_of(frame)
    found = _fitted(SunAbraham(), panel)
    return tuple(
        EventTime(
            int(e),
            _estimate(row["effect"], row["se"], len(panel.outcomes) - 1, level, row["se"]),
            panel.support(panel.cohorts_at(e)),
        )
        for e, row in sorted(found.event_study_effects.items())
    )


def _fitted(estimator: Any, panel: Panel) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of is told by LeftOut and Support
        return estimator.fit(panel.frame(), outcome="outcome", unit="unit", time="period", first_treat="first_treated")


def _estimate(estimate: float, error: float, df: float, level: float, analytic_error: float) -> Estimate:
    if not (math.isfinite(estimate) and math.isfinite(error) and error > 0):
        raise NotEstimable("outcomes vary too little between units for a standard error")
    reach = float(student.ppf((1 + level) / 2, df)) * error
    p_value = 2 * float(student.sf(abs(estimate) / error, df))
    numbers = (estimate, error, df, p_value, estimate - reach, estimate + reach, analytic_error)
    return Estimate(*map(float, numbers))


def _group(panel: Panel) -> tuple[float, float]:
    """Mean over treated units of their own mean change, less that of the units never treated since the same base.

    Its analytic error is the root of the sum of squared influences, those on the cohorts' weights included:
    Callaway and Sant'Anna (2021), section 4; the library gives the cohorts' effects alone.
    """
    never = (panel.first_treated == NEVER).to_numpy()
    treated, estimate = int((~never).sum()), 0.0
    influence: Numbers = np.zeros(len(never))
    for cohort in panel.cohorts_at(0):
        own = (panel.first_treated == cohort).to_numpy()
        outcomes = panel.outcomes
        change = (outcomes.loc[:, cohort:].mean(axis=1) - outcomes[cohort - 1]).to_numpy()
        difference = change - change[never].mean()
        estimate += float(difference[own].sum()) / treated
        influence[own] = difference[own] / treated
        influence[never] -= difference[never] * own.sum() / treated / never.sum()
    influence[~never] -= estimate / treated
    return estimate, float(np.linalg.norm(influence))


def _dynamic(events: Any) -> tuple[float, float]:
    after = np.asarray(events.event_time) >= 0
    among = np.asarray(events.vcov_index) >= 0
    return float(events.att[after].mean()), math.sqrt(float(events.vcov[np.ix_(among, among)].mean()))
