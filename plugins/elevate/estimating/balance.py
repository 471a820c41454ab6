"""How alike the arms were before the launch: rows of `estimate_equivalence`."""

from collections.abc import Iterator

import pandas as pd

from elevate.estimating.impact import SEED, asked, effect_size, pooled_deviation, sizes
from elevate.estimating.model import Outcome, of_both_arms
from elevate.estimating.rows import Equivalence, Question
from elevate.evaluation.equivalence import baseline_equivalence
from elevate.evaluation.estimable import NotEstimable
from elevate.evaluation.joint_balance import joint_balance

TRAITS = {
    "is_female": ("gender", "F"),
    "is_low_income": ("low_income", True),
    "is_english_learner": ("english_learner", True),
    "is_special_education": ("special_education", True),
}
"""Shares that are compared, from which column and value."""
RATE = "baseline_attendance_rate"


def equivalence(sample: pd.DataFrame, outcomes: dict[str, Outcome]) -> list[Equivalence]:
    """Every covariate of every analytic sample, compared between the arms within blocks."""
    rows: list[Equivalence] = []
    for question, students in asked(sample):
        compared = of_both_arms(students[students["is_analysed"]])
        outcome = outcomes[question.outcome]
        baseline = outcomes[outcome.baseline_outcome]
        columns = dict(_columns(compared, baseline))
        joint = _joint(compared, columns)
        rows += [_row(question, compared, name, *column, joint) for name, column in columns.items()]
    return rows


def _columns(students: pd.DataFrame, baseline: Outcome) -> Iterator[tuple[str, tuple[pd.Series, bool]]]:
    """Name, values and whether they are shares, of each covariate."""
    yield f"baseline {baseline.outcome}", (students["baseline_value"].astype(float), baseline.is_binary)
    if baseline.outcome != "attendance_rate":
        yield "baseline attendance_rate", (students[RATE].astype(float), False)
    for name, (column, value) in TRAITS.items():
        yield name, ((students[column] == value).astype(float).where(students[column].notna()), True)


def _row(
    question: Question,
    students: pd.DataFrame,
    name: str,
    values: pd.Series,
    is_share: bool,
    joint: float | None,
) -> Equivalence:
    known = students.assign(value=values)[values.notna()]
    known = of_both_arms(known)
    n = sizes(known)
    means = known.groupby("arm")["value"].mean()
    treatment, control = (float(means.get(arm, float("nan"))) for arm in ("treatment", "control"))
    measure = "cox_index" if is_share else "hedges_g"
    difference, deviation, size, reason = None, None, None, None
    if known.empty:
        reason = "no block has students of both arms"
    else:
        difference = _within_blocks(known)
        deviation = pooled_deviation(known.assign(grade_level=known["grade_level_at_launch"]))
        size = effect_size(is_share, difference, control, deviation, n)
        if size is None:
            reason = "too few students, or they do not differ"
    verdict = None if size is None else baseline_equivalence(size)
    return Equivalence(
        question, name, measure, treatment, control, deviation, difference, size, verdict, joint, reason, n
    )


def _within_blocks(students: pd.DataFrame) -> float:
    """The arms' difference with a mean for each block: a regression on the assignment and blocks' dummies."""
    treated = (students["arm"] == "treatment").astype(float)
    left = treated - treated.groupby(students["block"]).transform("mean")
    return float((left * students["value"]).sum() / (left**2).sum())


def _joint(students: pd.DataFrame, columns: dict[str, tuple[pd.Series, bool]]) -> float | None:
    if students.empty:
        return None
    values = pd.DataFrame({name: column for name, (column, _) in columns.items()}).assign(
        school_id=students["school_id"], arm=students["arm"], block=students["block"]
    )
    schools = values.groupby("school_id", observed=True).agg(
        dict.fromkeys(columns, "mean") | {"arm": "first", "block": "first"}
    )
    schools = schools[schools[list(columns)].notna().all(axis=1)]
    try:
        return joint_balance(
            schools[list(columns)].to_numpy(dtype=float),
            (schools["arm"] == "treatment").to_numpy(),
            schools["block"].to_numpy(),
            SEED,
        ).p_value
    except NotEstimable:
        return None
