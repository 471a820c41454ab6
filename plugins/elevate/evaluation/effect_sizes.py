"""Effect sizes of the What Works Clearinghouse, and its correction of analyses that ignored clusters.

Source: What Works Clearinghouse Procedures and Standards Handbook, Version 5.0 (2022), Appendix E.
What is marked (check) was written without that text at hand.
"""

import math
from dataclasses import dataclass

from scipy import stats

from elevate.evaluation.estimable import NotEstimable, expect_between, expect_finite

COX_DIVISOR = 1.65
"""Brings a difference of logits to the scale of Hedges g."""
INTRACLASS_CORRELATION = {"achievement": 0.20, "other": 0.10}
"""What the WWC assumes for a domain where a study tells none (check)."""


@dataclass(frozen=True)
class Measured:
    """A continuous outcome of one arm: students, mean and standard deviation (n - 1)."""

    students: int
    mean: float
    deviation: float


@dataclass(frozen=True)
class Counted:
    """A yes-or-no outcome of one arm: students, and the proportion with it."""

    students: int
    proportion: float


@dataclass(frozen=True)
class Clustered:
    """The size of one arm: its students, and the schools they are in."""

    students: int
    schools: int


@dataclass(frozen=True)
class Corrected:
    """A test after the clustering correction: t, its degrees of freedom, two-sided p."""

    t: float
    degrees_of_freedom: float
    p_value: float


def small_sample_correction(students: int) -> float:
    """The factor omega = 1 - 3 / (4N - 9), with N students in both arms together.

    Raises:
        NotEstimable: Fewer than four students; omega would be 0 or less.
    """
    if students < 4:
        raise NotEstimable(f"{students} students in both arms together; an effect size needs four")
    return 1 - 3 / (4 * students - 9)


def hedges_g(treatment: Measured, comparison: Measured) -> float:
    """Hedges g = omega (mean_i - mean_c) / S, in standard deviations.

    S^2 = [(n_i - 1) S_i^2 + (n_c - 1) S_c^2] / (N - 2), pooled within the arms.

    Raises:
        NotEstimable: An arm of fewer than two students, or nobody differs from anybody.
    """
    smaller = min(treatment.students, comparison.students)
    if smaller < 2:
        raise NotEstimable(f"an arm of {smaller} students has no standard deviation")
    expect_between(0, treatment.deviation, math.inf, "standard deviation of treatment")
    expect_between(0, comparison.deviation, math.inf, "standard deviation of comparison")
    total = treatment.students + comparison.students
    squares = sum((arm.students - 1) * arm.deviation**2 for arm in (treatment, comparison))
    pooled = math.sqrt(squares / (total - 2))
    return small_sample_correction(total) * _standardized(treatment.mean - comparison.mean, pooled)


def cox_index(treatment: Counted, comparison: Counted) -> float:
    """Cox index = omega [logit p_i - logit p_c] / 1.65, in standard deviations.

    Raises:
        NotEstimable: In an arm all or none have the outcome; its logit is infinite.
    """
    logits = []
    for arm in (treatment, comparison):
        expect_between(0, arm.proportion, 1, "proportion")
        if arm.proportion in (0, 1):
            raise NotEstimable("all or none of an arm have the outcome, so that its odds are 0 or infinite")
        logits.append(math.log(arm.proportion / (1 - arm.proportion)))
    omega = small_sample_correction(treatment.students + comparison.students)
    return omega * (logits[0] - logits[1]) / COX_DIVISOR


def difference_in_differences_g(post: float, pre: float) -> float:
    """The effect size with the baseline's taken off: g_post - g_pre, both with the same formula."""
    expect_finite(post, "effect size after")
    expect_finite(pre, "effect size before")
    return post - pre


def improvement_index(g: float) -> float:
    """Percentile points that an average student of comparison would gain: 100 [Phi(g) - .5]."""
    expect_finite(g, "effect size")
    return 100 * (float(stats.norm.cdf(g)) - 0.5)


def cluster_level_g(
    coefficient: float, deviation: float, treatment: Clustered, comparison: Clustered, correlation: float
) -> float:
    """Effect size of a regression on clusters: g = omega (b / S) sqrt(1 - 2 (n - 1) rho / (N - 2)) (check).

    Args:
        coefficient: b, of the treatment, in the outcome's units.
        deviation: S, the students' standard deviation pooled within the arms, not that of school means.
        treatment: Its N; n = N / M students a school, on average.
        comparison: Likewise.
        correlation: rho, the intraclass correlation.

    Raises:
        NotEstimable: An arm of a single school, or nobody differs from anybody.
    """
    students, schools = _sizes(treatment, comparison, correlation)
    shrunk = 1 - 2 * (students / schools - 1) * correlation / (students - 2)
    return small_sample_correction(students) * _standardized(coefficient, deviation) * math.sqrt(shrunk)


def clustering_correction(g: float, treatment: Clustered, comparison: Clustered, correlation: float) -> Corrected:
    """What is left of a test that took students of the same school for independent.

    t = g / sqrt(N / (n_i n_c) + g^2 / (2N)), and with n = N / M students a school,
    t_A = t sqrt{[(N - 2) - 2 (n - 1) rho] / [(N - 2) (1 + (n - 1) rho)]}, on h degrees of freedom.

    Raises:
        NotEstimable: An arm of a single school: its effect cannot be told from the school's own.
    """
    expect_finite(g, "effect size")
    students, schools = _sizes(treatment, comparison, correlation)
    size = students / schools
    t = g / math.sqrt(students / (treatment.students * comparison.students) + g**2 / (2 * students))
    kept = (students - 2) - 2 * (size - 1) * correlation
    corrected = t * math.sqrt(kept / ((students - 2) * (1 + (size - 1) * correlation)))
    df = clustered_degrees_of_freedom(students, size, correlation)
    return Corrected(corrected, df, 2 * float(stats.t.sf(abs(corrected), df)))


def clustered_degrees_of_freedom(students: int, size: float, correlation: float) -> float:
    """Degrees of freedom h of students in clusters (WWC Handbook 5.0, Eq. E.21).

    h = [(N - 2) - 2 (n - 1) rho]^2
        / [(N - 2) (1 - rho)^2 + n (N - 2n) rho^2 + 2 (N - 2n) rho (1 - rho)]

    Args:
        students: N, of both arms.
        size: n, students a cluster on average; a part of N in at least two clusters.
        correlation: rho.
    """
    expect_between(0, correlation, 1, "intraclass correlation")
    expect_between(1, size, students / 2, "students a cluster")
    within, between = 1 - correlation, students - 2 * size
    spread = (students - 2) * within**2 + size * between * correlation**2 + 2 * between * correlation * within
    if not spread > 0:
        raise NotEstimable("no degree of freedom is left: two clusters in which all students are alike")
    return float(((students - 2) - 2 * (size - 1) * correlation) ** 2 / spread)


def _sizes(treatment: Clustered, comparison: Clustered, correlation: float) -> tuple[int, int]:
    """Students and schools of both arms, where each arm has more than one school."""
    expect_between(0, correlation, 1, "intraclass correlation")
    fewest = min(treatment.schools, comparison.schools)
    if fewest < 2:
        raise NotEstimable(f"an arm of {fewest} schools: its effect cannot be told from the school's own")
    for arm in (treatment, comparison):
        expect_between(arm.schools, arm.students, math.inf, "students of an arm, at least one a school")
    return treatment.students + comparison.students, treatment.schools + comparison.schools


def _standardized(difference: float, deviation: float) -> float:
    expect_finite(difference, "difference")
    expect_between(0, deviation, math.inf, "standard deviation")
    if deviation == 0:
        raise NotEstimable("the outcome does not vary, so there is no standard deviation to measure by")
    return difference / deviation
