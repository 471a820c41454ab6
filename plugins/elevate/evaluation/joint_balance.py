"""Do the arms differ before the launch on all covariates together, by more than the draw explains?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elevate.evaluation.estimable import NotEstimable, Numbers

DRAWS = 5_000
FEWEST_DRAWS = 20
NEGLIGIBLE = 1e-10


@dataclass(frozen=True)
class JointBalance:
    """The distance of the arms, over how many covariates, and of the schools in blocks of both arms."""

    statistic: float
    p_value: float
    covariates: int
    schools: int


def joint_balance(
    means: Numbers, treated: NDArray[np.bool_], blocks: NDArray[Any], seed: int, draws: int = DRAWS
) -> JointBalance:
    """The omnibus test of Hansen and Bowers, with the draw itself as its reference.

    d = sum over treated schools of (x - mean of its block), a number for each covariate; the statistic is
    d' V^- d with V the covariance of d over the draws, which is known:
    V = sum over blocks of t c / (n (n - 1)) X'X for the block's centred covariates X. p = (1 + b) / (1 + m)
    with b of m draws within blocks at least as distant. Source: Hansen and Bowers (2008), Covariate Balance
    in Simple, Stratified and Clustered Comparative Studies, Statistical Science 23(2), 219-236.

    Args:
        means: A row for each school, a column for each covariate; finite.
        treated: Of each school, whether it was drawn to treatment.
        blocks: Of each school, its block.
        seed: Of the draws.
        draws: How many.

    Raises:
        NotEstimable: No block has schools of both arms, too few draws are possible, or no covariate varies.
    """
    random = np.random.default_rng(seed)
    observed = np.zeros(means.shape[1])
    drawn = np.zeros((draws, means.shape[1]))
    covariance = np.zeros((means.shape[1], means.shape[1]))
    schools, possible = 0, 1.0
    for block in np.unique(blocks):
        arm = treated[blocks == block]
        n, t = len(arm), int(arm.sum())
        if t in (0, n):
            continue
        centred = means[blocks == block] - means[blocks == block].mean(axis=0)
        observed += centred[arm].sum(axis=0)
        chosen = random.random((draws, n)).argsort(axis=1)[:, :t]
        drawn += centred[chosen].sum(axis=1)
        covariance += t * (n - t) / (n * (n - 1)) * centred.T @ centred
        schools, possible = schools + n, possible * _ways(n, t)
    if possible < FEWEST_DRAWS:
        raise NotEstimable("too few draws are possible to compare the arms with")
    scale = np.sqrt(np.diag(covariance))
    varies = scale > NEGLIGIBLE
    if not varies.any():
        raise NotEstimable("no covariate varies between the schools of a block")
    inverse = np.linalg.pinv(
        covariance[np.ix_(varies, varies)] / np.outer(scale[varies], scale[varies]), hermitian=True
    )
    distances = [_distance(d[..., varies] / scale[varies], inverse) for d in (observed[None], drawn)]
    as_distant = int((distances[1] >= distances[0][0] * (1 - NEGLIGIBLE)).sum())
    return JointBalance(float(distances[0][0]), (1 + as_distant) / (1 + draws), int(varies.sum()), schools)


def _distance(differences: Numbers, inverse: Numbers) -> Numbers:
    return np.asarray(np.einsum("ij,jk,ik->i", differences, inverse, differences))


def _ways(n: int, t: int) -> float:
    return float(np.prod([(n - i) / (i + 1) for i in range(t)]))
