"""Benjamini-Hochberg: the paper's example, its definition by brute force, and bounds that are met exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elevate.evaluation.multiple_testing import benjamini_hochberg

PAPER = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
PAPER += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000]
"""The fifteen p-values of section 3.2 of Benjamini and Hochberg (1995)."""


def test_the_example_of_1995() -> None:
    judged = benjamini_hochberg(PAPER, ["outcomes"] * 15)
    assert judged.rejected.tolist() == [True] * 4 + [False] * 11
    assert sum(p <= 0.05 / 15 for p in PAPER) == 3  # Bonferroni


@pytest.mark.parametrize("m", range(1, 60))
def test_a_p_value_at_its_bound_is_rejected(m: int) -> None:
    """p_(k) = level k / m for all k; rounding in the last bit may not decide."""
    at_bound = [0.05 * k / m for k in range(1, m + 1)]
    for k, p in enumerate(at_bound, 1):
        others = [0.0] * (k - 1) + [1.0] * (m - k)
        assert benjamini_hochberg([p, *others], ["one"] * m).rejected[0]
        assert not benjamini_hochberg([p * (1 + 1e-9), *others], ["one"] * m).rejected[0]


def by_definition(p: list[float], level: float) -> list[bool]:
    ordered = sorted(p)
    met = [k for k in range(1, len(p) + 1) if ordered[k - 1] <= level * k / len(p)]
    return [value <= ordered[max(met) - 1] if met else False for value in p]


thousandths = st.integers(0, 1000).map(lambda n: n / 1000)  # apart from each other by more than rounding
tests = st.lists(st.tuples(st.sampled_from("abc"), thousandths), min_size=1, max_size=25)


@given(tests, st.sampled_from([0.0511, 0.1003, 0.3007]))
def test_each_domain_is_judged_by_the_definition(given_tests: list[tuple[str, float]], level: float) -> None:
    domains = [domain for domain, _ in given_tests]
    judged = benjamini_hochberg([p for _, p in given_tests], domains, level)
    for domain in set(domains):
        here = [i for i, name in enumerate(domains) if name == domain]
        expected = by_definition([given_tests[i][1] for i in here], level)
        assert judged.rejected[here].tolist() == expected


@given(tests)
def test_adjusted_values_keep_the_order(given_tests: list[tuple[str, float]]) -> None:
    p = np.array([value for _, value in given_tests])
    adjusted = benjamini_hochberg(p, ["one"] * len(p)).adjusted
    assert (adjusted >= p - 1e-12).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= -1e-12).all()


def test_a_test_alone_keeps_its_p_value() -> None:
    judged = benjamini_hochberg([0.04, 0.04], ["reading", "math"])
    assert judged.adjusted.tolist() == [0.04, 0.04]
    assert judged.rejected.all()


def test_no_tests_no_rejections() -> None:
    assert benjamini_hochberg([], []).rejected.tolist() == []


@pytest.mark.parametrize(
    ("p", "domains"), [([float("nan")], ["a"]), ([1.1], ["a"]), ([-0.1], ["a"]), ([0.1, 0.2], ["a"])]
)
def test_what_are_no_p_values_are_refused(p: list[float], domains: list[str]) -> None:
    with pytest.raises(ValueError, match="p-values"):
        benjamini_hochberg(p, domains)
