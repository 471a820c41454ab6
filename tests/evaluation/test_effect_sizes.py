"""Effect sizes and the clustering correction, against the handbook's formulas and worked values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from elevate.evaluation.effect_sizes import (
    Clustered,
    Counted,
    Measured,
    cluster_level_g,
    clustered_degrees_of_freedom,
    clustering_correction,
    cox_index,
    difference_in_differences_g,
    hedges_g,
    improvement_index,
    small_sample_correction,
)
from elevate.evaluation.estimable import NotEstimable

NAN = float("nan")
means = st.floats(-1e6, 1e6)
deviations = st.floats(1e-3, 1e6)
sizes = st.integers(2, 10_000)
correlations = st.floats(0, 1)


def test_hedges_g_of_three_and_three() -> None:
    assert hedges_g(Measured(3, 6, 1), Measured(3, 5, 1)) == pytest.approx(0.8, abs=1e-12)


def test_cox_index_of_three_and_three() -> None:
    assert cox_index(Counted(3, 2 / 3), Counted(3, 1 / 3)) == pytest.approx(0.672143, abs=5e-7)


def test_degrees_of_freedom_of_twenty_clusters() -> None:
    assert clustered_degrees_of_freedom(400, 20, 0.2) == pytest.approx(231.6576, abs=5e-5)


def test_pooled_deviation_is_weighted_by_degrees_of_freedom() -> None:
    """By hand: S^2 = (2 x 1 + 4 x 4) / 6 = 3, omega = 1 - 3/23."""
    g = hedges_g(Measured(3, 7, 1), Measured(5, 4, 2))
    assert g == pytest.approx((20 / 23) * 3 / math.sqrt(3))


def test_correction_of_twenty_clusters_by_hand() -> None:
    """N 400 in 20 schools, g .25, rho .2: t = 2.490, the factor of E.21's t_A is sqrt(390.4 / (398 x 4.8))."""
    corrected = clustering_correction(0.25, Clustered(200, 10), Clustered(200, 10), 0.2)
    t = 0.25 / math.sqrt(400 / 40_000 + 0.0625 / 800)
    assert corrected.t == pytest.approx(t * math.sqrt((398 - 7.6) / (398 * 4.8)))
    assert corrected.degrees_of_freedom == pytest.approx(231.6576, abs=5e-5)
    assert corrected.p_value == pytest.approx(0.261, abs=1e-3)


def test_cluster_level_g_by_hand() -> None:
    """omega = 1 - 3/1591; 1 - 2 x 19 x .2 / 398 under the root."""
    g = cluster_level_g(3, 12, Clustered(200, 10), Clustered(200, 10), 0.2)
    assert g == pytest.approx((1 - 3 / 1591) * 0.25 * math.sqrt(1 - 7.6 / 398))


@pytest.mark.parametrize(("g", "points"), [(0, 0), (0.25, 9.87), (-0.25, -9.87), (1, 34.13)])
def test_improvement_index(g: float, points: float) -> None:
    assert improvement_index(g) == pytest.approx(points, abs=0.005)


def test_the_baseline_is_taken_off() -> None:
    assert difference_in_differences_g(0.30, 0.05) == pytest.approx(0.25)


@given(sizes, means, deviations, sizes, means, deviations)
def test_swapping_the_arms_turns_the_sign(n: int, a: float, s: float, m: int, b: float, r: float) -> None:
    one, other = Measured(n, a, s), Measured(m, b, r)
    assert hedges_g(one, other) == pytest.approx(-hedges_g(other, one))


@given(sizes, means, deviations, sizes, means, deviations, st.floats(-100, 100), st.floats(0.01, 100))
def test_the_unit_of_the_outcome_does_not_matter(
    n: int, a: float, s: float, m: int, b: float, r: float, shift: float, scale: float
) -> None:
    in_other_units = hedges_g(Measured(n, shift + scale * a, scale * s), Measured(m, shift + scale * b, scale * r))
    assert in_other_units == pytest.approx(hedges_g(Measured(n, a, s), Measured(m, b, r)), rel=1e-5, abs=1e-3)


@given(st.floats(-3, 3), st.integers(2, 40), st.integers(2, 40), st.integers(1, 50))
def test_students_who_are_unrelated_need_no_correction(g: float, schools: int, others: int, size: int) -> None:
    arms = Clustered(schools * size, schools), Clustered(others * size, others)
    corrected = clustering_correction(g, *arms, 0)
    total = arms[0].students + arms[1].students
    t = g / math.sqrt(total / (arms[0].students * arms[1].students) + g**2 / (2 * total))
    assert corrected.t == pytest.approx(t)
    assert corrected.degrees_of_freedom == pytest.approx(total - 2)
    assert corrected.p_value == pytest.approx(2 * stats.t.sf(abs(t), total - 2))


@given(st.floats(-3, 3), st.integers(2, 40), st.integers(2, 40), st.integers(1, 50), correlations)
def test_correction_never_makes_a_test_stronger(g: float, schools: int, others: int, size: int, rho: float) -> None:
    arms = Clustered(schools * size, schools), Clustered(others * size, others)
    plain, corrected = clustering_correction(g, *arms, 0), clustering_correction(g, *arms, rho)
    assert abs(corrected.t) <= abs(plain.t) * (1 + 1e-12)
    assert 0 < corrected.degrees_of_freedom <= plain.degrees_of_freedom * (1 + 1e-12)
    assert plain.p_value <= corrected.p_value * (1 + 1e-9)


@pytest.mark.parametrize("arms", [(Measured(1, 5, 0), Measured(9, 4, 1)), (Measured(3, 5, 0), Measured(3, 4, 0))])
def test_g_without_a_deviation_is_not_estimable(arms: tuple[Measured, Measured]) -> None:
    with pytest.raises(NotEstimable):
        hedges_g(*arms)


@pytest.mark.parametrize("proportion", [0, 1])
def test_cox_index_of_all_or_none_is_not_estimable(proportion: float) -> None:
    with pytest.raises(NotEstimable, match="all or none"):
        cox_index(Counted(30, proportion), Counted(30, 0.5))


def test_too_few_students_are_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="3 students"):
        small_sample_correction(3)


def test_an_arm_of_one_school_is_not_estimable() -> None:
    arms = Clustered(200, 1), Clustered(200, 10)
    with pytest.raises(NotEstimable, match="1 schools"):
        clustering_correction(0.2, *arms, 0.2)
    with pytest.raises(NotEstimable, match="1 schools"):
        cluster_level_g(3, 12, *arms, 0.2)


def test_what_is_no_number_is_refused() -> None:
    arms = Clustered(200, 10), Clustered(200, 10)
    with pytest.raises(ValueError, match="expected"):
        hedges_g(Measured(3, NAN, 1), Measured(3, 5, 1))
    with pytest.raises(ValueError, match="expected"):
        hedges_g(Measured(3, 6, NAN), Measured(3, 5, 1))
    with pytest.raises(ValueError, match="expected"):
        cox_index(Counted(3, NAN), Counted(3, 0.5))
    with pytest.raises(ValueError, match="expected"):
        clustering_correction(NAN, *arms, 0.2)
    with pytest.raises(ValueError, match="expected 0 to 1"):
        clustering_correction(0.2, *arms, 1.2)
    with pytest.raises(ValueError, match="expected"):
        improvement_index(NAN)
    with pytest.raises(ValueError, match="expected"):
        difference_in_differences_g(0.1, NAN)
