"""Regression of students' outcomes where schools were assigned: errors clustered by school, for few schools."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from elevate.evaluation.estimable import NotEstimable, Numbers, expect_between, finite_numbers

DEPENDENT = 1e-7
"""A column of which the columns before it leave no larger share of its length says nothing new: as in R's lm."""
ALONE = 1e-9
"""A coefficient of which no larger share would be left without one school rests on that school."""
EXACT_FIT = 1e-12
RELIABLE_FROM, ROUNDING = 4.0, 1e-6
"""Degrees of freedom below which Satterthwaite's approximation does not hold."""


@dataclass(frozen=True)
class ClusteredEffect:
    """The coefficient of treatment and its inference by schools.

    Attributes:
        coefficient: In the outcome's units, for one unit of treatment.
        standard_error: CR2, of Bell and McCaffrey.
        degrees_of_freedom: Satterthwaite's, of this coefficient; not a whole number.
        t: coefficient / standard_error.
        p_value: Two-sided, from the t distribution with these degrees of freedom.
        low: Of the interval.
        high: Likewise.
        level: Of the interval, such as .95.
        is_reliable: At least 4 degrees of freedom. Below, tests reject too often or too seldom, whatever the
            number of students: Tipton (2015), Psychological Methods 20(3), 375-393 (check).
        cr1s_standard_error: As most packages give it (CR1S), for comparison: too small with few schools.
        r_squared: Of the whole model.
        n_students: Rows of the regression.
        n_schools: Its clusters.
        dropped: Covariates and levels that the ones before them determine, in their order.
    """

    coefficient: float
    standard_error: float
    degrees_of_freedom: float
    t: float
    p_value: float
    low: float
    high: float
    level: float
    is_reliable: bool
    cr1s_standard_error: float
    r_squared: float
    n_students: int
    n_schools: int
    dropped: tuple[str, ...]


@dataclass(frozen=True)
class _Design:
    """The model with columns of length one at right angles, which leaves treatment's coefficient as it is.

    `columns` span the constant, factors and covariates; the last is what they leave of treatment, `length` long.
    """

    columns: Numbers
    length: float
    dropped: tuple[str, ...]


def clustered_regression(
    outcome: Sequence[float] | Numbers,
    treatment: Sequence[float] | Numbers,
    schools: Sequence[Any] | NDArray[Any],
    covariates: pd.DataFrame | None = None,
    factors: pd.DataFrame | None = None,
    level: float = 0.95,
) -> ClusteredEffect:
    """Least squares of the outcome on treatment, covariates and factors, with inference by schools.

    Standard errors are CR2 and degrees of freedom Satterthwaite's, which hold their level with 15 to 40
    schools where the usual ones reject too often: Bell and McCaffrey (2002), Bias Reduction in Standard
    Errors for Linear Regression with Multi-Stage Samples, Survey Methodology 28(2), 169-181; Pustejovsky
    and Tipton (2018), Small-Sample Methods for Cluster-Robust Variance Estimation and Hypothesis Testing
    in Fixed Effects Models, Journal of Business & Economic Statistics 36(4), 672-683, section 3.

    Constant first, then factors, then covariates: what the columns before it determine is dropped, and named.

    Args:
        outcome: Of each student; who has none is left out by the caller.
        treatment: Of each student, 1 or 0, or a dose.
        schools: Of each student, the school that was assigned: the cluster.
        covariates: A row for each student in the same order, and a named numeric column for each covariate.
        factors: Likewise, of categories such as blocks or grades: one dummy for each level but the first.
        level: Of the interval.

    Raises:
        NotEstimable: The model determines treatment, or leaves no variation of the outcome; or without one
            of the schools treatment would have no coefficient, as with a single school in an arm: its error
            can't be known then.
    """
    expect_between(0.5, level, 0.999, "level")
    y = finite_numbers(outcome, "outcome")
    treated = finite_numbers(treatment, "treatment")
    if len(treated) != len(y):
        raise ValueError("expected an outcome and a treatment of every student")
    if np.unique(y).size < 2:
        raise NotEstimable("no student has an outcome, or all have the same")
    design = _design(*_model_columns(len(y), covariates, factors), treated)
    school_of, _ = pd.factorize(np.asarray(schools), sort=True)
    if len(school_of) != len(y) or (school_of < 0).any():
        raise ValueError("expected a school of every student")
    _expect_several_schools(design.columns, school_of)
    return _estimate(y, design, school_of, level)


def _model_columns(n: int, covariates: pd.DataFrame | None, factors: pd.DataFrame | None) -> tuple[list[str], Numbers]:
    """The constant, the factors' dummies and the covariates, and their names."""
    frames = [pd.DataFrame({"constant": np.ones(n)})]
    if factors is not None and len(factors.columns):
        if factors.isna().to_numpy().any():
            raise ValueError("factors: expected a level of every student")
        frames.append(pd.get_dummies(factors.astype("str"), drop_first=True, dtype=float))
    if covariates is not None:
        frames.append(covariates)
    if any(len(frame) != n for frame in frames):
        raise ValueError(f"expected {n} rows of covariates and factors, one for each student")
    columns = np.column_stack([frame.to_numpy(dtype=np.float64) for frame in frames])
    if not np.isfinite(columns).all():
        raise ValueError("covariates: expected finite numbers; leave out or impute what is missing, and count it")
    return [str(name) for frame in frames for name in frame.columns], columns


def _design(names: list[str], columns: Numbers, treatment: Numbers) -> _Design:
    """Gram-Schmidt in the given order, each column twice, as rounding needs."""
    basis = np.empty((len(columns), columns.shape[1] + 1), order="F")
    kept, dropped = 0, []
    for name, column in zip(names, columns.T, strict=True):
        left = _left(column, basis[:, :kept])
        if left is None:
            dropped.append(name)
        else:
            basis[:, kept] = left / np.linalg.norm(left)
            kept += 1
    left = _left(treatment, basis[:, :kept])
    if left is None:
        raise NotEstimable("treatment does not vary beyond what the covariates and blocks of the model determine")
    length = float(np.linalg.norm(left))
    basis[:, kept] = left / length
    return _Design(basis[:, : kept + 1], length, tuple(dropped))


def _left(column: Numbers, basis: Numbers) -> Numbers | None:
    """What the basis does not explain of a column, or nothing."""
    left = column
    for _ in range(2):
        left = left - basis @ (basis.T @ left)
    return left if np.linalg.norm(left) > DEPENDENT * np.linalg.norm(column) else None


def _expect_several_schools(columns: Numbers, school_of: NDArray[np.intp]) -> None:
    """Without any one school, treatment must keep some variation of its own."""
    for school in range(school_of.max() + 1):
        own = columns[school_of == school]
        others = np.eye(columns.shape[1]) - own.T @ own
        explained = others[-1, :-1] @ np.linalg.pinv(others[:-1, :-1], rcond=ALONE, hermitian=True) @ others[:-1, -1]
        if others[-1, -1] - explained < ALONE:
            raise NotEstimable("the comparison rests on a single school, so that its error can't be known")


def _estimate(y: Numbers, design: _Design, school_of: NDArray[np.intp], level: float) -> ClusteredEffect:
    from diff_diff.linalg import LinearRegression  # takes seconds to import

    n, k = design.columns.shape
    spread = float(((y - y.mean()) ** 2).sum())
    residuals = y - design.columns @ (design.columns.T @ y)
    unexplained = float((residuals**2).sum())
    if unexplained <= EXACT_FIT * spread or n <= k:
        raise NotEstimable("the model leaves no variation of the outcome from which an error could be known")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about other coefficients than that of treatment
        model = LinearRegression(include_intercept=False, vcov_type="hc2_bm", rank_deficient_action="error")
        found = model.fit(design.columns, y, cluster_ids=school_of).get_inference(k - 1, alpha=1 - level)
    if found.df is None or not (math.isfinite(found.df) and math.isfinite(found.p_value)):
        raise NotEstimable("the schools do not bear a standard error of this comparison")
    n_schools = int(school_of.max()) + 1
    scores = np.bincount(school_of, weights=design.columns[:, -1] * residuals)
    cr1s = math.sqrt(float((scores**2).sum()) * n_schools / (n_schools - 1) * (n - 1) / (n - k))
    return ClusteredEffect(
        coefficient=float(found.coefficient) / design.length,
        standard_error=float(found.se) / design.length,
        degrees_of_freedom=float(found.df),
        t=float(found.t_stat),
        p_value=float(found.p_value),
        low=float(found.conf_int[0]) / design.length,
        high=float(found.conf_int[1]) / design.length,
        level=level,
        is_reliable=bool(found.df > RELIABLE_FROM - ROUNDING),
        cr1s_standard_error=cr1s / design.length,
        r_squared=1 - unexplained / spread,
        n_students=n,
        n_schools=n_schools,
        dropped=design.dropped,
    )
