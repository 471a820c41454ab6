"""Inference for differences between means of groups of few units, each of which has a variance of its own.

Without covariates, every effect of a staggered adoption is a sum of such differences: of each cohort's mean
change, and of that of the units that never entered. For one effect this is Welch's t: Welch (1947), The
Generalization of Student's Problem When Several Different Population Variances Are Involved, Biometrika
34(1-2), 28-35. For several at once, Hotelling's T squared with degrees of freedom that are Welch's where there
is one: Krishnamoorthy and Yu (2004), Modified Nel and Van der Merwe Test for the Multivariate Behrens-Fisher
Problem, Statistics & Probability Letters 66(2), 161-169 (check).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import f as fisher

from elevate.evaluation.estimable import NotEstimable, Numbers
from elevate.evaluation.panel import NEVER, Panel

Weights = Mapping[tuple[int, int], float]
"""By cohort and period, how much of an effect is the change of this cohort since its last period before entry."""


@dataclass(frozen=True)
class FewUnits:
    """The error of an effect, the sizes of the cohorts being what they are, and its degrees of freedom."""

    standard_error: float
    degrees_of_freedom: float


@dataclass(frozen=True)
class JointTest:
    """Hotelling's test that so many `effects` are zero at once."""

    t_squared: float
    effects: int
    degrees_of_freedom: float
    p_value: float


def few_units(panel: Panel, weights: Weights) -> FewUnits:
    """Of the effect that these weights make.

    Raises:
        NotEstimable: Outcomes do not vary within groups.
    """
    groups = _changes(panel, [weights])
    variance = sum(float(_covariance(group)[0, 0]) for group in groups)
    if not variance > 0:
        raise NotEstimable("outcomes vary too little between units for a standard error")
    return FewUnits(math.sqrt(variance), _degrees_of_freedom(groups))


def joint_test(panel: Panel, several: Sequence[Weights]) -> JointTest | None:
    """Whether the effects that these weights make are all zero; None where there are too few units to say."""
    groups, p = _changes(panel, several), len(several)
    covariance = sum(_covariance(group) for group in groups)
    if not p or np.linalg.matrix_rank(covariance, hermitian=True) < p:
        return None
    never = groups[-1].mean(axis=0)
    effects = sum(group.mean(axis=0) for group in groups[:-1]) - never
    df = _degrees_of_freedom(groups)
    t_squared = float(effects @ np.linalg.solve(covariance, effects))
    if df - p + 1 <= 0:
        return None
    return JointTest(t_squared, p, df, float(fisher.sf(t_squared * (df - p + 1) / (df * p), p, df - p + 1)))


def event_time(panel: Panel, time: int) -> Weights:
    """The mean effect so many periods after entry, cohorts weighted by size."""
    cohorts = panel.cohorts_at(time)
    units = sum(panel.size(cohort) for cohort in cohorts)
    return {(cohort, cohort + time): panel.size(cohort) / units for cohort in cohorts}


def cohort_mean(panel: Panel, cohort: int) -> Weights:
    """A cohort's mean effect over its periods from entry on."""
    periods = [period for period in map(int, panel.outcomes.columns) if period >= cohort]
    return {(cohort, period): 1 / len(periods) for period in periods}


def simple_mean(panel: Panel) -> Weights:
    """Mean over all cohorts and their periods from entry on, weighted by cohort size."""
    units = {cell: panel.size(cell[0]) for cohort in panel.cohorts_at(0) for cell in cohort_mean(panel, cohort)}
    return {cell: size / sum(units.values()) for cell, size in units.items()}


def group_mean(panel: Panel) -> Weights:
    """Mean of the cohorts' means, weighted by size."""
    return _mean([(panel.size(cohort), cohort_mean(panel, cohort)) for cohort in panel.cohorts_at(0)])


def dynamic_mean(panel: Panel) -> Weights:
    """Plain mean of the event times from 0 on."""
    last = int(panel.outcomes.columns[-1])
    times = range(last - min(panel.cohorts_at(0)) + 1)
    return _mean([(1, event_time(panel, time)) for time in times if panel.cohorts_at(time)])


def _mean(parts: Sequence[tuple[float, Weights]]) -> Weights:
    total, summed = sum(weight for weight, _ in parts), dict[tuple[int, int], float]()
    for weight, cells in parts:
        for cell, share in cells.items():
            summed[cell] = summed.get(cell, 0.0) + weight / total * share
    return summed


def _changes(panel: Panel, several: Sequence[Weights]) -> list[Numbers]:
    """Of each unit, by group, the weighted sums of its changes; the units that never entered come last."""
    cohorts = sorted({cohort for weights in several for cohort, _ in weights})
    found = []
    for group in [*cohorts, NEVER]:
        own = panel.outcomes[panel.first_treated == group]
        sums = np.zeros((len(own), len(several)))
        for place, weights in enumerate(several):
            for (cohort, period), weight in weights.items():
                if group in (cohort, NEVER):
                    sums[:, place] += weight * (own[period] - own[cohort - 1]).to_numpy()
        found.append(sums)
    return found


def _covariance(group: Numbers) -> Numbers:
    """Of the mean of a group."""
    return np.atleast_2d(np.cov(group, rowvar=False, ddof=1)) / len(group)


def _degrees_of_freedom(groups: Sequence[Numbers]) -> float:
    """(p + p^2) / sum over groups of [tr(A^2) + tr(A)^2] / (n - 1), where A is the group's share of the covariance."""
    each = [_covariance(group) for group in groups]
    p = len(each[0])
    shares = [own @ np.linalg.inv(sum(each)) for own in each]
    spread = [
        (float(np.trace(a @ a)) + float(np.trace(a)) ** 2) / (len(g) - 1) for a, g in zip(shares, groups, strict=True)
    ]
    return (p + p**2) / sum(spread)
