"""How much of what students differ by lies between schools."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elevate.evaluation.estimable import NotEstimable, Numbers, finite_numbers


@dataclass(frozen=True)
class Components:
    """Variance between the schools of a block and within schools, in squares of the outcome's units."""

    between: float
    within: float

    @property
    def icc(self) -> float:
        """Share that lies between schools."""
        return self.between / (self.between + self.within)


def variance_components(
    outcomes: Sequence[float] | Numbers, schools: Sequence[Any] | NDArray[Any], blocks: Sequence[Any] | NDArray[Any]
) -> Components:
    """Components of variance of students in schools in blocks, by the analysis of variance.

    within = SSW / (N - J); between = (SSB / (J - K) - within) / n0, with SSB that of schools' means about
    their block's, and n0 = [N - sum over blocks of (sum n_j^2 / N_b)] / (J - K); where that is negative, 0.
    Source: Searle, Casella and McCulloch (1992), Variance Components, section 3.6 (check), for schools
    about the mean of their block.

    Raises:
        NotEstimable: No block has two schools, no school two students, or nobody differs from anybody.
    """
    values = finite_numbers(outcomes, "outcomes")
    names, school_of = np.unique(np.asarray(schools), return_inverse=True)
    _, block_of = np.unique(np.asarray(blocks), return_inverse=True)
    counts = np.bincount(school_of)
    means = np.bincount(school_of, weights=values) / counts
    block = np.zeros(len(names), dtype=np.intp)
    block[school_of] = block_of
    totals = np.bincount(block, weights=counts)
    between_free, within_free = len(names) - len(totals), len(values) - len(names)
    if between_free < 1 or within_free < 1:
        raise NotEstimable("no block has two schools with several students")
    centres = np.bincount(block, weights=means * counts) / totals
    within = float(((values - means[school_of]) ** 2).sum()) / within_free
    spread = float((counts * (means - centres[block]) ** 2).sum()) / between_free
    size = float(counts.sum() - (np.bincount(block, weights=counts**2) / totals).sum()) / between_free
    between = max((spread - within) / size, 0.0)
    if between + within == 0:
        raise NotEstimable("the outcome does not vary")
    return Components(between, within)
