"""Several tests of one outcome domain, judged together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from elevate.evaluation.estimable import Numbers, expect_between, finite_numbers

LAST_BITS = 1e-12
"""Arithmetic on p-values may be off by this share; a test that meets its bound exactly must not fail by it."""


@dataclass(frozen=True)
class Judged:
    """Of each test, in the order given: its adjusted p-value, and whether it is rejected."""

    adjusted: Numbers
    rejected: NDArray[np.bool_]


def benjamini_hochberg(p_values: Sequence[float] | Numbers, domains: Sequence[str], level: float = 0.05) -> Judged:
    """Benjamini and Hochberg's procedure, in each domain of its own.

    With the m p-values of a domain in order, all up to the largest k with p_(k) <= level k / m
    are rejected. Adjusted: min over j >= k of p_(j) m / j, at most 1; rejected where <= level.
    Source: Benjamini and Hochberg (1995), Controlling the False Discovery Rate, Journal of the
    Royal Statistical Society B 57(1), 289-300.

    Args:
        p_values: Of the tests that could be made. What is not estimable is left out and does not count in m.
        domains: Of each test, its outcome domain.
        level: The false discovery rate allowed.
    """
    p, groups = finite_numbers(p_values, "p-values"), np.asarray(domains, dtype=np.str_)
    expect_between(0, level, 1, "level")
    if p.shape != groups.shape or ((p < 0) | (p > 1)).any():
        raise ValueError("expected p-values from 0 to 1, each with its domain")
    adjusted = np.ones_like(p)
    for domain in np.unique(groups):
        adjusted[groups == domain] = stats.false_discovery_control(p[groups == domain])
    return Judged(adjusted, adjusted <= level * (1 + LAST_BITS))
