"""Randomization inference: what the draw alone would have given, block by block.

Under the sharp hypothesis that no school's outcome depends on its arm, outcomes stay and only the
draw varies. Source: Fisher (1935), The Design of Experiments, chapters II and III.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elevate.evaluation.estimable import NotEstimable, Numbers, finite_numbers

DRAWS = 5_000
EXACT_UP_TO = 50_000
"""Assignments that are enumerated rather than drawn from."""
LAST_BITS = 1e-9
"""Sums of the same schools in another order differ by less than this share of their size."""


@dataclass(frozen=True)
class RandomizationTest:
    """An effect and how it stands among those of the other draws.

    Attributes:
        effect: Difference between the arms within blocks, in the outcome's units.
        p_value: Two-sided.
        assignments: Those compared with, the observed one included: all there are, or as drawn.
            No p-value is below one over their number.
        is_exact: All there are.
        schools: In blocks that have both arms; the others say nothing.
        blocks: Those blocks.
    """

    effect: float
    p_value: float
    assignments: int
    is_exact: bool
    schools: int
    blocks: int


@dataclass(frozen=True)
class _Block:
    """Outcomes about their mean, and how many schools of the block are in treatment."""

    centred: Numbers
    treated: int

    @property
    def assignments(self) -> int:
        return math.comb(len(self.centred), self.treated)

    @property
    def weight(self) -> float:
        return self.treated * (len(self.centred) - self.treated) / len(self.centred)

    def all_sums(self) -> Numbers:
        """The treated schools' sum, under every assignment of this block."""
        chosen = np.array(list(combinations(range(len(self.centred)), self.treated)))
        return np.asarray(self.centred[chosen].sum(axis=1))

    def drawn_sums(self, random: np.random.Generator, draws: int) -> Numbers:
        chosen = random.random((draws, len(self.centred))).argsort(axis=1)[:, : self.treated]
        return np.asarray(self.centred[chosen].sum(axis=1))


def randomization_test(
    outcomes: Sequence[float] | Numbers,
    treated: Sequence[bool] | NDArray[np.bool_],
    blocks: Sequence[Any] | NDArray[Any],
    seed: int,
    draws: int = DRAWS,
) -> RandomizationTest:
    """Tests the sharp hypothesis of no effect by drawing the arms again within blocks.

    effect = sum over treated schools of (y - mean of its block) / sum over blocks of t_b c_b / n_b,
    with t_b and c_b the schools of its arms: the coefficient of treatment in a regression of school
    outcomes with block effects. As each draw keeps t_b, the draws are compared by the same number.

    p = share of assignments whose |effect| is at least the observed. All of them where there are up to
    50,000, the observed among them; else p = (1 + b) / (1 + m) with b of m draws, the observed counted
    with them, which keeps the test's level: Phipson and Smyth (2010), Permutation P-values Should Never
    Be Zero, Statistical Applications in Genetics and Molecular Biology 9(1), article 39.

    Args:
        outcomes: Of each school, such as its mean or its mean residual.
        treated: Of each school, whether it was drawn to treatment.
        blocks: Of each school, its block.
        seed: Of the draws; the same seed and order of schools, the same p-value.
        draws: Where there are too many assignments for all.

    Raises:
        NotEstimable: No block has schools of both arms.
    """
    of_blocks, observed = _centred(finite_numbers(outcomes, "outcomes"), np.asarray(treated), np.asarray(blocks))
    if not of_blocks:
        raise NotEstimable("no block has schools of both arms")
    possible = math.prod(block.assignments for block in of_blocks)
    is_exact = possible <= EXACT_UP_TO
    sums = _all_sums(of_blocks) if is_exact else _drawn_sums(of_blocks, seed, draws)
    ties = LAST_BITS * sum(float(np.abs(block.centred).sum()) for block in of_blocks)
    as_large = int((np.abs(sums) >= abs(observed) - ties).sum())
    assignments = possible if is_exact else draws + 1
    return RandomizationTest(
        effect=observed / sum(block.weight for block in of_blocks),
        p_value=(as_large if is_exact else as_large + 1) / assignments,
        assignments=assignments,
        is_exact=is_exact,
        schools=sum(len(block.centred) for block in of_blocks),
        blocks=len(of_blocks),
    )


def _centred(outcomes: Numbers, treated: NDArray[Any], blocks: NDArray[Any]) -> tuple[list[_Block], float]:
    """The blocks with both arms, and the observed sum over their treated schools."""
    if not outcomes.shape == treated.shape == blocks.shape or treated.dtype != np.bool_:
        raise ValueError("expected of each school an outcome, whether it was treated (true or false), and its block")
    found, observed = [], 0.0
    for name in np.unique(blocks):
        arm, values = treated[blocks == name], outcomes[blocks == name]
        if arm.any() and not arm.all():
            centred = values - values.mean()
            found.append(_Block(centred, int(arm.sum())))
            observed += float(centred[arm].sum())
    return found, observed


def _all_sums(blocks: list[_Block]) -> Numbers:
    sums = np.zeros(1)
    for block in blocks:
        sums = np.add.outer(sums, block.all_sums()).ravel()
    return sums


def _drawn_sums(blocks: list[_Block], seed: int, draws: int) -> Numbers:
    if draws < 1:
        raise ValueError(f"{draws} draws: expected at least one")
    random = np.random.default_rng(seed)
    sums = np.zeros(draws)
    for block in blocks:
        sums += block.drawn_sums(random, draws)
    return sums
