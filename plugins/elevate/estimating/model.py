"""The model of students' outcomes: blocks, baselines and covariates, as one place says them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elevate.estimating.rows import Estimate, Placebo
from elevate.evaluation.clustered import ClusteredEffect, clustered_regression
from elevate.evaluation.estimable import NotEstimable, Numbers

OF_EVERYBODY = ("block", "gender", "race_ethnicity")
OF_THE_LAUNCH = ("grade_level_at_launch", "low_income", "english_learner", "special_education")
"""What is known of those who were there at the launch alone."""


@dataclass(frozen=True)
class Model:
    """What is explained, and by what; of the factors what the ones before determine is dropped."""

    value: str
    factors: tuple[str, ...]
    has_baseline: bool


ASSIGNED = Model("value", OF_EVERYBODY + OF_THE_LAUNCH, has_baseline=True)
"""Of who was at a school of the draw on the day of the launch."""
BEFORE = Model("baseline_value", OF_EVERYBODY + OF_THE_LAUNCH, has_baseline=False)
"""The placebo: with what was measured before the launch as its outcome."""
ENROLLED = Model("value", (*OF_EVERYBODY, "grade_level"), has_baseline=False)
"""Of everybody at the outcome; who joined later has nothing from the launch, and the grade is that of the outcome."""

FEWEST_STUDENTS = 10
"""Of each arm, as in WWC's and NCES's reports: below, a mean says more of its students than of the programme."""


@dataclass(frozen=True)
class Outcome:
    """An outcome that is analysed, a row of `evaluation.eval_outcome`."""

    outcome: str
    domain: str
    scale: str
    baseline_outcome: str

    @property
    def is_binary(self) -> bool:
        """Whether a student either has it or not."""
        return self.scale == "binary"


def of_both_arms(students: pd.DataFrame) -> pd.DataFrame:
    """The blocks in which both arms have students; a block of one arm compares nobody."""
    arms = students.groupby("block")["arm"].transform("nunique")
    return students[arms == 2]


def expect_enough(compared: pd.DataFrame) -> None:
    """Raises NotEstimable where an arm has nobody, or too few students to tell anything of."""
    if compared.empty:
        raise NotEstimable("no block has students of both arms")
    if compared.groupby("arm").size().min() < FEWEST_STUDENTS:
        raise NotEstimable(f"fewer than {FEWEST_STUDENTS} students in an arm")


def estimated(students: pd.DataFrame, model: Model = ASSIGNED) -> Estimate:
    """The effect of the assignment on the model's value, with inference by schools, or why there is none.

    `students` has a row for each student with arm, block, school_id and the model's columns. A student without a
    baseline attendance rate keeps the others' mean and a level of its own.
    """
    try:
        found = _regression(students, model)
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
    found = estimated(students, BEFORE)
    return Placebo(outcome.baseline_outcome, found.estimate, found.standard_error, found.p_value)


def covariates(students: pd.DataFrame, model: Model) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numeric covariates and categories of the model, a row for each student, nothing missing."""
    categories = students[list(model.factors)].astype("object")
    categories = categories.where(categories.notna(), "unknown")
    numbers = pd.DataFrame(index=students.index)
    if model.has_baseline:
        numbers["baseline_value"] = students["baseline_value"]
        rate = students["baseline_attendance_rate"]
        if not rate.equals(students["baseline_value"]) and rate.notna().any():
            numbers["baseline_attendance_rate"] = rate.fillna(rate.mean())
            categories["has_baseline_attendance"] = rate.notna()
    return numbers, categories


def unexplained(students: pd.DataFrame, model: Model = ASSIGNED, of: Numbers | None = None) -> Numbers:
    """What the model without the assignment leaves of its value, or `of` another column, by least squares."""
    numbers, categories = covariates(students, model)
    columns = pd.concat([numbers, pd.get_dummies(categories.astype("str"), drop_first=True)], axis=1)
    design = np.column_stack([np.ones(len(students)), columns.to_numpy(dtype=float)])
    y = students[model.value].to_numpy(dtype=float) if of is None else of
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    return np.asarray(y - design @ found)


def _regression(students: pd.DataFrame, model: Model) -> ClusteredEffect:
    compared = of_both_arms(students)
    expect_enough(compared)
    numbers, categories = covariates(compared, model)
    return clustered_regression(
        compared[model.value].to_numpy(dtype=float),
        (compared["arm"] == "treatment").to_numpy().astype(float),
        compared["school_id"].to_numpy(),
        numbers,
        categories,
    )
