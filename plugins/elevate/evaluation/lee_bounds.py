"""Bounds of an effect where the arms lost different shares of their students."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from elevate.evaluation.estimable import NotEstimable, Numbers, finite_numbers


@dataclass(frozen=True)
class LeeBounds:
    """The effect on those whose outcome would be known in either arm lies between these, both included.

    `trimmed` is the arm of which more outcomes are known, `share` the part of these that was cut off.
    """

    lower: float
    upper: float
    trimmed: Literal["treatment", "control", "neither"]
    share: float


def lee_bounds(
    treatment: Sequence[float] | Numbers,
    control: Sequence[float] | Numbers,
    randomized_to_treatment: int,
    randomized_to_control: int,
) -> LeeBounds:
    """Lee's trimming bounds of a mean difference, in the outcome's units.

    With s the share of an arm's randomized whose outcome is known, and s_t >= s_c, the share
    q = (s_t - s_c) / s_t of the known outcomes of treatment is surplus. Cut off at the top, the
    rest gives the lower bound; at the bottom, the upper one. With s_t < s_c, control is trimmed
    likewise. Where q is not a whole number of students, the one at the edge is kept in part, so
    that ties and order do not matter.

    It supposes random assignment, and monotonicity: arms may change whether an outcome is known
    in one direction only, so nobody is lost due to treatment while another stays due to it.

    Source: Lee (2009), Training, Wages, and Sample Selection: Estimating Sharp Bounds on
    Treatment Effects, Review of Economic Studies 76(3), 1071-1102, section 3.

    Args:
        treatment: The known outcomes of this arm.
        control: Likewise.
        randomized_to_treatment: Its students at the draw, known or not.
        randomized_to_control: Likewise.

    Raises:
        NotEstimable: An arm of which no outcome is known.
    """
    treated, controls = finite_numbers(treatment, "treatment"), finite_numbers(control, "control")
    known_of_treatment = _share_known(treated, randomized_to_treatment)
    known_of_control = _share_known(controls, randomized_to_control)
    if known_of_treatment >= known_of_control:
        kept = known_of_control / known_of_treatment
        low, high = _trimmed_means(treated, kept)
        other = float(controls.mean())
        arm: Literal["treatment", "neither"] = "treatment" if kept < 1 else "neither"
        return LeeBounds(low - other, high - other, arm, float(1 - kept))
    kept = known_of_treatment / known_of_control
    low, high = _trimmed_means(controls, kept)
    other = float(treated.mean())
    return LeeBounds(other - high, other - low, "control", float(1 - kept))


def _share_known(outcomes: Numbers, randomized: int) -> Fraction:
    if len(outcomes) > randomized:
        raise ValueError(f"{len(outcomes)} outcomes of {randomized} randomized: leave out who joined later")
    if len(outcomes) == 0:
        raise NotEstimable("no outcome is known of one of the arms")
    return Fraction(len(outcomes), randomized)


def _trimmed_means(outcomes: Numbers, kept: Fraction) -> tuple[float, float]:
    """Means of the lowest and of the highest `kept` share."""
    ordered = np.sort(outcomes)
    weights = np.clip(float(kept * len(ordered)) - np.arange(len(ordered)), 0, 1)
    return float(np.average(ordered, weights=weights)), float(np.average(ordered[::-1], weights=weights))
