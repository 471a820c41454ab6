"""Minimum detectable effect sizes: PowerUp's own examples, and how the designs agree with each other."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from elevate.evaluation.estimable import NotEstimable
from elevate.evaluation.power import Assumptions, mdes_bcra3f2, mdes_bcra3r2, mdes_cra2

shares = st.floats(0, 0.5)
sizes = st.integers(1, 200)
many = st.integers(4, 60)


def test_schools_without_blocks() -> None:
    found = mdes_cra2(rho=0.17, students=15, schools=20)
    assert found.effect_size == pytest.approx(0.62901, abs=5e-6)
    assert found.degrees_of_freedom == 18


def test_blocks_that_stand_for_others() -> None:
    found = mdes_bcra3r2(rho_schools=0.10, rho_blocks=0.13, omega=0.4, students=10, schools=6, blocks=24)
    assert found.effect_size == pytest.approx(0.24628, abs=5e-6)
    assert found.degrees_of_freedom == 23


def test_blocks_that_stand_for_themselves() -> None:
    """By hand: SE^2 = .1 / 55 + .9 / 1100 = .002636, on 5 x 42 = 210 degrees of freedom."""
    found = mdes_bcra3f2(rho=0.10, students=20, schools=44, blocks=5)
    assert found.degrees_of_freedom == 210
    assert found.standard_error == pytest.approx(math.sqrt(0.1 / 55 + 0.9 / 1100))
    assert found.effect_size == pytest.approx((1.97132 + 0.84324) * 0.0513455, abs=1e-5)


@given(shares, sizes, many, many, st.floats(0, 2))
def test_without_variance_between_blocks_random_and_fixed_blocks_agree(
    rho: float, students: int, schools: int, blocks: int, omega: float
) -> None:
    random = mdes_bcra3r2(rho_schools=rho, rho_blocks=0, omega=omega, students=students, schools=schools, blocks=blocks)
    fixed = mdes_bcra3f2(rho=rho, students=students, schools=schools, blocks=blocks)
    assert random.standard_error == pytest.approx(fixed.standard_error)
    assert random.effect_size > fixed.effect_size  # fewer degrees of freedom


@given(shares, shares, sizes, many, many)
def test_the_same_effect_in_all_blocks_is_found_as_with_fixed_blocks(
    rho: float, of_blocks: float, students: int, schools: int, blocks: int
) -> None:
    """With omega 0, measured by the deviation within blocks: the SE grows by 1 / sqrt(1 - rho3)."""
    random = mdes_bcra3r2(
        rho_schools=rho, rho_blocks=of_blocks, omega=0, students=students, schools=schools, blocks=blocks
    )
    within = 1 - of_blocks
    fixed = mdes_bcra3f2(rho=min(rho / within, 1), students=students, schools=schools, blocks=blocks)
    assert random.standard_error / math.sqrt(within) == pytest.approx(fixed.standard_error)


@given(shares, sizes, many)
def test_one_fixed_block_is_no_block(rho: float, students: int, schools: int) -> None:
    assert mdes_bcra3f2(rho=rho, students=students, schools=schools, blocks=1) == mdes_cra2(
        rho=rho, students=students, schools=schools
    )


@given(shares, sizes, many, many, shares, shares, st.integers(0, 1), st.floats(0.1, 0.9), shares)
def test_assumptions_by_the_formula(
    rho: float, n: int, j: int, k: int, r2: float, r1: float, g: int, treated: float, r2_effect: float
) -> None:
    design = {"rho_schools": rho, "rho_blocks": 0.2, "omega": 0.5, "students": n, "schools": j, "blocks": k}
    assumed = Assumptions(treated, r1, r2, g, alpha=0.10, power=0.9)
    found = mdes_bcra3r2(**design, r2_effect=r2_effect, assumed=assumed)
    both = treated * (1 - treated) * j * k
    variance = 0.2 * 0.5 * (1 - r2_effect) / k + rho * (1 - r2) / both + (0.8 - rho) * (1 - r1) / (both * n)
    multiplier = stats.t.ppf(0.95, k - g - 1) + stats.t.ppf(0.9, k - g - 1)
    assert found.effect_size == pytest.approx(multiplier * math.sqrt(variance))


def test_too_few_schools_are_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="0 degrees of freedom"):
        mdes_cra2(rho=0.2, students=20, schools=2)
    with pytest.raises(NotEstimable, match="0 degrees of freedom"):
        mdes_bcra3f2(rho=0.2, students=20, schools=2, blocks=9)
    with pytest.raises(NotEstimable, match="0 degrees of freedom"):
        mdes_bcra3r2(rho_schools=0.2, rho_blocks=0.1, omega=0.5, students=20, schools=8, blocks=1)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="variance"):
        mdes_cra2(rho=1.2, students=20, schools=20)
    with pytest.raises(ValueError, match="variance"):
        mdes_bcra3r2(rho_schools=0.6, rho_blocks=0.6, omega=0.5, students=20, schools=8, blocks=9)
    with pytest.raises(ValueError, match="students a school"):
        mdes_cra2(rho=0.2, students=0, schools=20)
    with pytest.raises(ValueError, match="treated is 1"):
        Assumptions(treated=1)
    with pytest.raises(ValueError, match="r2_schools"):
        Assumptions(r2_schools=float("nan"))
