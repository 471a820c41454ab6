"""Randomization inference: worked draws, its level on all assignments of a design, and a regression to agree with."""

import time
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elevate.evaluation import randomization
from elevate.evaluation.estimable import NotEstimable
from elevate.evaluation.randomization import randomization_test


def test_one_block_by_hand() -> None:
    """Of the six ways to draw two of 1, 2, 4, 8 only {4, 8} and its mirror {1, 2} are as far apart as 4.5."""
    found = randomization_test([1, 2, 4, 8], [False, False, True, True], ["a"] * 4, seed=1)
    assert found.effect == pytest.approx(4.5)
    assert (found.p_value, found.assignments, found.is_exact) == (pytest.approx(2 / 6), 6, True)


def test_two_blocks_by_hand() -> None:
    """Within a pair the draw turns the sign: (+2 +6), (+2 -6), (-2 +6), (-2 -6); two of four are as large as 8."""
    found = randomization_test([3, 1, 9, 3], [True, False, True, False], ["a", "a", "b", "b"], seed=1)
    assert found.effect == pytest.approx(4)
    assert (found.p_value, found.assignments, found.blocks) == (0.5, 4, 2)


def test_blocks_may_lie_in_any_order() -> None:
    found = randomization_test([3, 9, 1, 3], [True, True, False, False], [1, 2, 1, 2], seed=1)
    assert (found.effect, found.p_value) == (pytest.approx(4), 0.5)


def assignments(sizes: list[tuple[int, int]]) -> list[list[bool]]:
    """All ways to draw `treated` of `schools` in each block."""
    of_blocks = [
        [[i in chosen for i in range(schools)] for chosen in combinations(range(schools), treated)]
        for schools, treated in sizes
    ]
    return [[arm for block in draw for arm in block] for draw in product(*of_blocks)]


small_blocks = st.lists(st.sampled_from([(2, 1), (3, 1), (3, 2), (4, 2)]), min_size=1, max_size=3)


@settings(max_examples=30, deadline=None)
@given(small_blocks, st.integers(0, 2**32 - 1), st.booleans())
def test_under_no_effect_p_values_are_uniform(sizes: list[tuple[int, int]], seed: int, ties: bool) -> None:
    """Whichever assignment was drawn: P(p <= a) never exceeds a, and meets it at each p-value there is."""
    random, schools = np.random.default_rng(seed), sum(n for n, _ in sizes)
    outcomes = random.integers(0, 3, schools).astype(float) if ties else random.normal(size=schools)
    blocks = np.repeat(np.arange(len(sizes)), [n for n, _ in sizes])
    drawn = assignments(sizes)
    p = np.array([randomization_test(outcomes, treated, blocks, seed=0).p_value for treated in drawn])
    for level in np.unique(p):
        assert (p <= level + 1e-12).mean() == pytest.approx(level)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_effect_is_the_coefficient_of_a_regression_with_block_effects(seed: int) -> None:
    random = np.random.default_rng(seed)
    blocks = np.repeat([0, 1, 2], [3, 5, 8])
    treated = np.concatenate([random.permutation(n) < t for n, t in ((3, 1), (5, 3), (8, 2))])
    outcomes = random.normal(size=16) + 0.7 * treated + blocks
    design = np.column_stack([treated, *(blocks == b for b in range(3))]).astype(float)
    coefficient = np.linalg.lstsq(design, outcomes, rcond=None)[0][0]
    assert randomization_test(outcomes, treated, blocks, seed=0, draws=1).effect == pytest.approx(coefficient)


def district(effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sixty schools in ten blocks, three of six in treatment."""
    random = np.random.default_rng(7)
    blocks = np.repeat(np.arange(10), 6)
    treated = np.tile([True, True, True, False, False, False], 10)
    return random.normal(size=60) + blocks + effect * treated, treated, blocks


def test_draws_are_seeded_fast_and_never_zero() -> None:
    start = time.perf_counter()
    found = randomization_test(*district(5.0), seed=3)
    assert time.perf_counter() - start < 2
    assert not found.is_exact
    assert (found.p_value, found.assignments) == (pytest.approx(1 / 5001), 5001)
    without = district(0.0)
    assert randomization_test(*without, seed=3) == randomization_test(*without, seed=3)
    assert randomization_test(*without, seed=3).p_value != randomization_test(*without, seed=4).p_value


def test_draws_come_near_to_all_assignments(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    blocks, treated = np.repeat([0, 1], [6, 5]), np.array([True] * 3 + [False] * 3 + [True] * 2 + [False] * 3)
    outcomes = random.normal(size=11) + 1.5 * treated
    exact = randomization_test(outcomes, treated, blocks, seed=0)
    monkeypatch.setattr(randomization, "EXACT_UP_TO", 1)
    drawn = randomization_test(outcomes, treated, blocks, seed=0, draws=20_000)
    assert (exact.is_exact, exact.assignments, drawn.is_exact) == (True, 200, False)
    assert 0.05 < exact.p_value < 0.95
    assert drawn.p_value == pytest.approx(exact.p_value, abs=0.015)


def test_equal_draws_count_though_their_sums_are_rounded() -> None:
    """The mirrored assignment is as far apart as the observed one, but for the last bit of its sum."""
    outcomes, treated = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9] * 2, ([False] * 3 + [True] * 3) * 2
    found = randomization_test(outcomes, treated, ["a"] * 6 + ["b"] * 6, seed=0)
    assert found.p_value == pytest.approx(2 / 400)


def test_outcomes_that_are_all_alike_show_nothing() -> None:
    found = randomization_test([0.1] * 6, [True, False] * 3, [1, 1, 2, 2, 3, 3], seed=0)
    assert (found.effect, found.p_value) == (0, 1)


def test_a_block_of_one_arm_says_nothing() -> None:
    found = randomization_test(
        [1, 2, 4, 8, 90, 95], [False, False, True, True, True, True], ["a"] * 4 + ["b"] * 2, seed=1
    )
    assert found.effect == pytest.approx(4.5)
    assert (found.p_value, found.schools, found.blocks) == (pytest.approx(2 / 6), 4, 1)


def test_no_block_of_both_arms_is_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="both arms"):
        randomization_test([1, 2], [True, False], ["a", "b"], seed=1)
    with pytest.raises(NotEstimable, match="both arms"):
        randomization_test([], np.array([], dtype=bool), [], seed=1)


def test_what_is_no_outcome_or_arm_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        randomization_test([1, float("nan")], [True, False], ["a", "a"], seed=1)
    with pytest.raises(ValueError, match="whether it was treated"):
        randomization_test([1, 2], [1, 0], ["a", "a"], seed=1)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="of each school"):
        randomization_test([1, 2], [True, False], ["a"], seed=1)
