"""Lee bounds: worked by hand, and what they must hold whatever the outcomes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elevate.evaluation.estimable import NotEstimable
from elevate.evaluation.lee_bounds import lee_bounds


def test_treatment_is_trimmed_by_hand() -> None:
    """8 of 10 known against 6 of 10: a quarter, two of eight, are cut. Means 1..6 = 3.5, 3..8 = 5.5; control 3."""
    found = lee_bounds([8, 1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 3, 4, 5], 10, 10)
    assert (found.lower, found.upper) == (pytest.approx(0.5), pytest.approx(2.5))
    assert (found.trimmed, found.share) == ("treatment", 0.25)


def test_control_is_trimmed_by_hand() -> None:
    found = lee_bounds([1, 2, 3, 3, 4, 5], [8, 1, 2, 3, 4, 5, 6, 7], 10, 10)
    assert (found.lower, found.upper) == (pytest.approx(-2.5), pytest.approx(-0.5))
    assert (found.trimmed, found.share) == ("control", 0.25)


def test_half_a_student_by_hand() -> None:
    """All of 10 known against 3 of 4: 7.5 are kept. (1 + .. + 7 + 8/2) / 7.5 and its mirror; control 0."""
    found = lee_bounds(range(1, 11), [0, 0, 0], 10, 4)
    assert (found.lower, found.upper) == (pytest.approx(32 / 7.5), pytest.approx(11 - 32 / 7.5))


def test_the_same_share_known_needs_no_trimming() -> None:
    """4 of 6 and 2 of 3 are the same share, which floating numbers need not know."""
    found = lee_bounds([1, 2, 3, 6], [1, 2], 6, 3)
    assert (found.lower, found.upper, found.trimmed, found.share) == (1.5, 1.5, "neither", 0)


outcomes = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30)
lost = st.integers(0, 30)


@given(outcomes, outcomes, lost, lost)
def test_the_plain_difference_lies_between(a: list[float], b: list[float], lost_a: int, lost_b: int) -> None:
    found = lee_bounds(a, b, len(a) + lost_a, len(b) + lost_b)
    plain = float(np.mean(a) - np.mean(b))
    assert found.lower - 1e-6 <= plain <= found.upper + 1e-6


@given(outcomes, outcomes, lost, lost)
def test_swapping_the_arms_turns_the_bounds(a: list[float], b: list[float], lost_a: int, lost_b: int) -> None:
    there = lee_bounds(a, b, len(a) + lost_a, len(b) + lost_b)
    back = lee_bounds(b, a, len(b) + lost_b, len(a) + lost_a)
    assert (there.lower, there.upper) == (pytest.approx(-back.upper), pytest.approx(-back.lower))


@given(outcomes, lost, st.floats(-10, 10))
def test_the_truth_lies_between_where_treatment_keeps_more(
    control: list[float], lost_in_control: int, effect: float
) -> None:
    """Everybody has an outcome under treatment, the same students but some who are lost without it."""
    lost_in_control = min(lost_in_control, len(control) - 1)
    known = np.array(control[lost_in_control:])
    found = lee_bounds(np.array(control) + effect, known, len(control), len(control))
    assert found.lower - 1e-6 <= effect <= found.upper + 1e-6


def test_an_arm_without_outcomes_is_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="no outcome"):
        lee_bounds([], [1, 2], 5, 5)
    with pytest.raises(NotEstimable, match="no outcome"):
        lee_bounds([1], [], 5, 0)


def test_joiners_and_missing_outcomes_are_refused() -> None:
    with pytest.raises(ValueError, match="3 outcomes of 2 randomized"):
        lee_bounds([1, 2, 3], [1], 2, 2)
    with pytest.raises(ValueError, match="finite"):
        lee_bounds([1, float("nan")], [1], 2, 2)
