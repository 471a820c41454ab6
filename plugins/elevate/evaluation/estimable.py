"""The one way in which a statistic says that it has no value."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class NotEstimable(Exception):
    """These data do not bear this estimate; the message says why, in words that can be published."""


def finite_numbers(values: Sequence[float] | Numbers, what: str) -> Numbers:
    """The values as one row of finite numbers.

    Raises:
        ValueError: One of them is missing or infinite. Who has no outcome is left out by the
            caller, who counts them, and is not passed here as nan.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise ValueError(f"{what}: expected one row of finite numbers; leave out what is missing, and count it")
    return numbers


def expect_between(low: float, value: float, high: float, what: str) -> None:
    """Raises ValueError unless the value is a finite number with low <= value <= high."""
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"{what} is {value}: expected {_range(low, high)}")


def expect_finite(value: float, what: str) -> None:
    """Raises ValueError for nan and the infinite."""
    expect_between(-math.inf, value, math.inf, what)


def _range(low: float, high: float) -> str:
    if high < math.inf:
        return f"{low} to {high}"
    return f"{low} or more" if low > -math.inf else "a finite number"
