"""The smallest effect that a design would find: minimum detectable effect sizes of cluster-randomized trials.

Source: Dong and Maynard (2013), PowerUp!: A Tool for Calculating Minimum Detectable Effect Sizes and
Minimum Required Sample Sizes, Journal of Research on Educational Effectiveness 6(1), 24-67. The names of
the designs are theirs; two-sided tests, students in schools, schools in blocks.
"""

import math
from dataclasses import dataclass

from scipy import stats

from elevate.evaluation.estimable import NotEstimable, expect_between


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of any of the designs.

    Attributes:
        treated: P, the share of schools in treatment.
        r2_students: R1^2, share of the variance within schools that covariates explain.
        r2_schools: R2^2, share of the variance between schools that covariates explain.
        covariates: g, at the level that the degrees of freedom count.
        alpha: Of the two-sided test.
        power: With which an effect of this size is found.
    """

    treated: float = 0.5
    r2_students: float = 0.0
    r2_schools: float = 0.0
    covariates: int = 0
    alpha: float = 0.05
    power: float = 0.80

    def __post_init__(self) -> None:
        for name in ("r2_students", "r2_schools"):
            expect_between(0, getattr(self, name), 1, name)
        for name in ("treated", "alpha", "power"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: expected a share between 0 and 1")
        expect_between(0, self.covariates, math.inf, "covariates")

    def variance(self, schools: float, students: float, between: float, within: float) -> float:
        """SE^2 from schools and students: between (1-R2^2) / (P(1-P) J) + within (1-R1^2) / (P(1-P) J n)."""
        randomized = self.treated * (1 - self.treated) * schools
        return between * (1 - self.r2_schools) / randomized + within * (1 - self.r2_students) / (randomized * students)


@dataclass(frozen=True)
class Detectable:
    """The minimum detectable effect size, in standard deviations of students, and what it follows from."""

    effect_size: float
    standard_error: float
    degrees_of_freedom: float


PLAIN = Assumptions()


def mdes_cra2(*, rho: float, students: float, schools: float, assumed: Assumptions = PLAIN) -> Detectable:
    """Schools drawn without blocks (cra2).

    SE^2 = rho (1-R2^2) / (P(1-P) J) + (1-rho) (1-R1^2) / (P(1-P) J n), df = J - g - 2.

    Args:
        rho: Share of the variance that lies between schools.
        students: n, of a school; the harmonic mean where they differ.
        schools: J, of both arms.
        assumed: The rest.
    """
    _expect_sizes(students, schools, 1)
    _expect_shares(rho)
    return _detectable(assumed.variance(schools, students, rho, 1 - rho), schools - assumed.covariates - 2, assumed)


def mdes_bcra3f2(
    *, rho: float, students: float, schools: float, blocks: float, assumed: Assumptions = PLAIN
) -> Detectable:
    """Schools drawn within blocks that stand for themselves (bcra3f2, fixed effects of blocks).

    As cra2 with JK schools; rho is the share between schools of what varies within blocks;
    df = K (J - 2) - g.

    Args:
        rho: As said.
        students: n, of a school.
        schools: J, of a block.
        blocks: K.
        assumed: The rest.
    """
    _expect_sizes(students, schools, blocks)
    _expect_shares(rho)
    df = blocks * (schools - 2) - assumed.covariates
    return _detectable(assumed.variance(schools * blocks, students, rho, 1 - rho), df, assumed)


def mdes_bcra3r2(
    *,
    rho_schools: float,
    rho_blocks: float,
    omega: float,
    students: float,
    schools: float,
    blocks: float,
    r2_effect: float = 0.0,
    assumed: Assumptions = PLAIN,
) -> Detectable:
    """Schools drawn within blocks that stand for others like them (bcra3r2, random effects of blocks).

    SE^2 = rho3 omega (1-R^2) / K + rho2 (1-R2^2) / (P(1-P) JK) + (1-rho2-rho3) (1-R1^2) / (P(1-P) JKn),
    df = K - g - 1. With rho3 = 0 it is the SE of bcra3f2; with omega = 0 and rho3 > 0 it is smaller, as
    the variance between blocks is then a part of the standard deviation that effects are measured by.

    Args:
        rho_schools: rho2, share of the variance that lies between schools of a block.
        rho_blocks: rho3, share of the variance that lies between blocks.
        omega: Variance of the effect over blocks, as a share of rho3's.
        students: n, of a school.
        schools: J, of a block.
        blocks: K.
        r2_effect: R^2, share of the effect's variance over blocks that covariates explain.
        assumed: The rest.
    """
    _expect_sizes(students, schools, blocks)
    _expect_shares(rho_schools, rho_blocks)
    expect_between(0, omega, math.inf, "omega")
    expect_between(0, r2_effect, 1, "r2_effect")
    within = 1 - rho_schools - rho_blocks
    effects = rho_blocks * omega * (1 - r2_effect) / blocks
    variance = effects + assumed.variance(schools * blocks, students, rho_schools, within)
    return _detectable(variance, blocks - assumed.covariates - 1, assumed)


def _detectable(variance: float, df: float, assumed: Assumptions) -> Detectable:
    """MDES = (t_{1-alpha/2, df} + t_{power, df}) SE."""
    if df <= 0:
        raise NotEstimable(f"{df} degrees of freedom: too few schools or blocks for this design")
    error = math.sqrt(variance)
    multiplier = float(stats.t.ppf(1 - assumed.alpha / 2, df) + stats.t.ppf(assumed.power, df))
    return Detectable(multiplier * error, error, df)


def _expect_sizes(students: float, schools: float, blocks: float) -> None:
    for what, size in (("students a school", students), ("schools", schools), ("blocks", blocks)):
        expect_between(1, size, math.inf, what)


def _expect_shares(*shares: float) -> None:
    for share in (*shares, sum(shares)):
        expect_between(0, share, 1, "share of the variance")
