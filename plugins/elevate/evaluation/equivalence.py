"""Baseline equivalence by the standards of the What Works Clearinghouse."""

from typing import Literal

from elevate.evaluation.estimable import expect_finite

SATISFIED_UP_TO = 0.05
ADJUSTED_UP_TO = 0.25


def baseline_equivalence(g: float) -> Literal["satisfied", "adjust", "fails"]:
    """What a difference at baseline asks of the analysis.

    |g| up to .05 is satisfied; above that and up to .25 the model must adjust for this
    baseline; above .25 no adjustment will do. Source: WWC Standards Handbook, Version 4.1
    (2020); the same in the Handbook 5.0 (2022).

    Args:
        g: Hedges g or Cox index of the baseline between the arms of the analytic sample.
    """
    expect_finite(g, "effect size at baseline")
    if abs(g) <= SATISFIED_UP_TO:
        return "satisfied"
    return "adjust" if abs(g) <= ADJUSTED_UP_TO else "fails"
