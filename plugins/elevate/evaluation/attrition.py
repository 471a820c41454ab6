"""Attrition of a randomized study against the boundaries of the What Works Clearinghouse."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from elevate.evaluation.estimable import NotEstimable

Verdict = Literal["low", "high"]

HIGHEST_LOW = {
    "cautious": """
        5.7 5.8 5.9 5.9 6.0 6.1 6.2 6.3 6.3 6.3 6.3 6.2 6.2 6.1 6.0 5.9 5.9 5.8 5.7 5.5
        5.4 5.3 5.2 5.1 4.9 4.8 4.7 4.5 4.4 4.3 4.1 4.0 3.8 3.6 3.5 3.3 3.2 3.1 2.9 2.8
        2.6 2.5 2.3 2.1 2.0 1.8 1.6 1.5 1.3 1.2 1.0 0.9 0.7 0.6 0.4 0.3 0.2 0.0
    """.split(),
    "optimistic": """
        10.0 10.1 10.2 10.3 10.4 10.5 10.7 10.8 10.9 10.9 10.9 10.9 10.9 10.8 10.8 10.7 10.6 10.5 10.3 10.2
        10.0 9.9 9.7 9.5 9.4 9.2 9.0 8.8 8.6 8.4 8.2 8.0 7.8 7.6 7.4 7.2 7.0 6.7 6.5 6.3
        6.0 5.8 5.6 5.3 5.1 4.9 4.6 4.4 4.2 3.9 3.7 3.5 3.2 3.0 2.8 2.6 2.3 2.1 1.9 1.6
        1.4 1.1 0.9 0.7 0.5 0.3
    """.split(),
}
"""The highest differential attrition that is still low, in percentage points, by overall attrition of
0, 1, 2 … percent; beyond the last it is always high. WWC Standards Handbook, Version 4.1 (2020), Table II.1."""


@dataclass(frozen=True)
class Arm:
    """Students or schools of one arm: as randomized, and those of them that are analysed."""

    randomized: int
    analysed: int


@dataclass(frozen=True)
class Attrition:
    """What was lost, in percent of the randomized, and the verdict of either boundary.

    `differential` is the distance between the arms in percentage points, never negative.
    Which boundary applies is for the reviewer's protocol: the optimistic one where attrition is
    unlikely to be due to the intervention (check: written without that text at hand).
    """

    overall: float
    treatment: float
    comparison: float
    differential: float
    cautious: Verdict
    optimistic: Verdict


def attrition(treatment: Arm, comparison: Arm) -> Attrition:
    """Overall and differential attrition, from counts.

    overall = 1 - analysed / randomized over both arms; differential = |that of treatment - that of comparison|.
    It is low where the differential does not exceed the table's value. Between two whole percents of
    overall attrition it must not exceed the smaller of their values, as the table says nothing of between.
    Computed in fractions, so that no rounding decides a verdict.

    Raises:
        NotEstimable: An arm to which nobody was randomized.
    """
    lost_in_treatment, lost_in_comparison = _lost(treatment), _lost(comparison)
    overall = _lost(Arm(treatment.randomized + comparison.randomized, treatment.analysed + comparison.analysed))
    differential = abs(lost_in_treatment - lost_in_comparison)
    return Attrition(
        overall=float(overall),
        treatment=float(lost_in_treatment),
        comparison=float(lost_in_comparison),
        differential=float(differential),
        cautious=_verdict(overall, differential, HIGHEST_LOW["cautious"]),
        optimistic=_verdict(overall, differential, HIGHEST_LOW["optimistic"]),
    )


def _lost(arm: Arm) -> Fraction:
    """Percent of the randomized who are not analysed."""
    if not 0 <= arm.analysed <= arm.randomized:
        raise ValueError(
            f"{arm.analysed} analysed of {arm.randomized} randomized: who joined later is no part of either"
        )
    if arm.randomized == 0:
        raise NotEstimable("nobody was randomized to one of the arms")
    return 100 * (1 - Fraction(arm.analysed, arm.randomized))


def _verdict(overall: Fraction, differential: Fraction, highest_low: list[str]) -> Verdict:
    below, above = math.floor(overall), math.ceil(overall)
    if above >= len(highest_low):
        return "high"
    bound = min(Fraction(highest_low[below]), Fraction(highest_low[above]))
    return "low" if differential <= bound else "high"
