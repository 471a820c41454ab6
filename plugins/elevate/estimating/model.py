"""The model of students' outcomes: blocks, baselines and covariates, as one place says them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elevate.estimating.rows import Estimate, Placebo
from elevate.evaluation.clustered import ClusteredEffect, clustered_regression
from elevate.evaluation.estimable import NotEstimable, Numbers

FACTORS = ["block", "grade_level", "gender", "race_ethnicity", "low_income", "english_learner", "special_education"]
"""In their order: what the ones before determine is dropped."""
OF_JOINERS = ["block", "grade_level", "gender", "race_ethnicity"]
"""What does not come from the day of the launch."""
FEWEST_STUDENTS = 10
"""Of each arm, as in WWC's and NCES's reports: below, a mean says more of its students than of the programme."""


@dataclass(frozen=True)
class Outcome:
    """An outcome that is analysed, a row of `evaluation.eval_outcome`."""

    outcome: str
    domain: str
    scale: str
    baseline_outcome: str
    default_icc: float

    @property
    def is_binary(self) -> bool:
        """Whether a student either has it or not."""
        return self.scale == "binary"


def of_both_arms(students: pd.DataFrame) -> pd.DataFrame:
    """The blocks in which both arms have students; a block of one arm compares nobody."""
    arms = students.groupby("block")["arm"].transform("nunique")
    return students[arms == 2]


def estimated(students: pd.DataFrame, value: str = "value", factors: list[str] = FACTORS) -> Estimate:
    """The effect of the assignment on `value`, with inference by schools, or why there is none.

    `students` has a row for each student with arm, block, school_id, `value` and the model's columns. The
    baseline is in the model unless it is the outcome; a student without a baseline attendance rate keeps the
    others' mean and a level of its own.
    """
    try:
        found = _regression(students, value, factors)
    except NotEstimable as error:
        return Estimate(not_estimable=str(error))
    if not found.is_reliable:
        return Estimate(
            not_estimable=f"{found.degrees_of_freedom:.2f} degrees of freedom from {found.n_schools} schools, "
            "where the test needs 4"
        )
    return Estimate(
        estimate=found.coefficient,
        standard_error=found.standard_error,
        degrees_of_freedom=found.degrees_of_freedom,
        p_value=found.p_value,
        interval_low=found.low,
        interval_high=found.high,
    )


def placebo(students: pd.DataFrame, outcome: Outcome) -> Placebo:
    """The same model with the baseline in the place of the outcome: the arms should not differ before the launch."""
    found = estimated(students, "baseline_value")
    return Placebo(outcome.baseline_outcome, found.estimate, found.standard_error, found.p_value)


def covariates(students: pd.DataFrame, value: str, factors: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numeric covariates and categories of the model, a row for each student, nothing missing."""
    categories = students[factors].astype("object").where(students[factors].notna(), "unknown")
    numbers = pd.DataFrame(index=students.index)
    if value == "value" and factors is FACTORS:
        numbers["baseline_value"] = students["baseline_value"]
        rate = students["baseline_attendance_rate"]
        if not rate.equals(students["baseline_value"]) and rate.notna().any():
            numbers["baseline_attendance_rate"] = rate.fillna(rate.mean())
            categories["has_baseline_attendance"] = rate.notna()
    return numbers, categories


def unexplained(students: pd.DataFrame, value: str = "value", of: Numbers | None = None) -> Numbers:
    """What the model of `value` without the assignment leaves of it, or `of` another column, by least squares."""
    numbers, categories = covariates(students, value, FACTORS)
    columns = pd.concat([numbers, pd.get_dummies(categories.astype("str"), drop_first=True)], axis=1)
    design = np.column_stack([np.ones(len(students)), columns.to_numpy(dtype=float)])
    y = students[value].to_numpy(dtype=float) if of is None else of
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    return np.asarray(y - design @ found)


def _regression(students: pd.DataFrame, value: str, factors: list[str]) -> ClusteredEffect:
    compared = of_both_arms(students)
    if compared.empty:
        raise NotEstimable("no block has students of both arms")
    fewest = compared.groupby("arm").size().min()
    if fewest < FEWEST_STUDENTS:
        raise NotEstimable(f"fewer than {FEWEST_STUDENTS} students in an arm")
    numbers, categories = covariates(compared, value, factors)
    return clustered_regression(
        compared[value].to_numpy(dtype=float),
        (compared["arm"] == "treatment").to_numpy().astype(float),
        compared["school_id"].to_numpy(),
        numbers,
        categories,
    )
