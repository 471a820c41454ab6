"""What the programme did to the students of the schools that were drawn: rows of `estimate_impact`."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from elevate.estimating.model import (
    ASSIGNED,
    BEFORE,
    ENROLLED,
    Model,
    Outcome,
    estimated,
    expect_enough,
    of_both_arms,
    placebo,
    unexplained,
)
from elevate.estimating.rows import Estimate, Impact, Placebo, Question, Size, Sizes
from elevate.evaluation.attrition import Arm, attrition
from elevate.evaluation.effect_sizes import Counted, Measured, cox_index, hedges_g, improvement_index
from elevate.evaluation.estimable import NotEstimable
from elevate.evaluation.lee_bounds import lee_bounds
from elevate.evaluation.randomization import randomization_test

SUBGROUPS = ["grade_band", "gender", "race_ethnicity", "low_income", "english_learner", "special_education"]
FEWEST_DRAWS = 20
"""With fewer possible draws no p-value can reach .05."""
LEAST_LEFT = 0.1
"""Of the difference between the arms, beyond what the covariates explain; the model of few schools has many."""
SEED = 9097
"""Of the draws that randomization inference compares with; the number of the study in its registry."""


def impacts(sample: pd.DataFrame, outcomes: dict[str, Outcome]) -> list[Impact]:
    """Every estimate from the analytic sample, a row of `eval_analytic_sample` for each student, outcome and year."""
    rows: list[Impact] = []
    for question, students in asked(sample):
        outcome = outcomes[question.outcome]
        assigned = students[students["is_analysed"]]
        rows.append(_regressed(question, "all", "all", assigned, outcome, _lee(students)))
        rows.append(_randomized(question, assigned, outcome))
        for dimension in SUBGROUPS:
            for subgroup, members in assigned.groupby(dimension, observed=True):
                rows.append(_regressed(question, dimension, _name(subgroup), members, outcome))
        enrolled = students[students["is_at_school"] & students["value"].notna()]
        rows.append(_of_enrolled(replace(question, sample="enrolled"), enrolled, outcome))
    return rows


def asked(sample: pd.DataFrame) -> Iterator[tuple[Question, pd.DataFrame]]:
    """The questions that the sample answers, in order, each with its rows."""
    keys = ["study", "roster_version", "outcome", "years_since_launch"]
    for key, students in sample.groupby(keys, observed=True):
        study, version, outcome, years = map(str, key)
        yield Question(study, int(version), "assigned", outcome, years), students


def sizes(students: pd.DataFrame) -> Sizes:
    """Schools and students by arm."""
    arms = {arm: students[students["arm"] == arm] for arm in ("treatment", "control")}
    schools = {arm: rows["school_id"].nunique() for arm, rows in arms.items()}
    return Sizes(schools["treatment"], schools["control"], len(arms["treatment"]), len(arms["control"]))


def pooled_deviation(students: pd.DataFrame, value: str = "value") -> float:
    """Standard deviation of students within arms and grades: sqrt of the sum of squares over N less the groups.

    Within grades, because a score that grows from grade to grade would else be measured by that growth.
    """
    groups = students.groupby(["arm", "grade_level"], observed=True, dropna=False)[value]
    free = len(students) - groups.ngroups
    squares = float(((students[value] - groups.transform("mean")) ** 2).sum())
    return float(np.sqrt(squares / free)) if free > 0 else 0.0


def effect_size(is_binary: bool, difference: float, mean_control: float, deviation: float, n: Sizes) -> float | None:
    """Hedges g, or for a binary outcome the Cox index, of an adjusted difference; none where it has no such size."""
    try:
        if not is_binary:
            return hedges_g(
                Measured(n.n_students_treatment, difference, deviation), Measured(n.n_students_control, 0.0, deviation)
            )
        share = mean_control + difference
        if not 0 < share < 1:
            return None
        return cox_index(Counted(n.n_students_treatment, share), Counted(n.n_students_control, mean_control))
    except NotEstimable:
        return None


def _regressed(
    question: Question,
    dimension: str,
    subgroup: str,
    students: pd.DataFrame,
    outcome: Outcome,
    lee: tuple[float | None, float | None] = (None, None),
) -> Impact:
    compared = of_both_arms(students)
    found, n = estimated(compared), sizes(compared)
    size = _size(compared, outcome, found, n)
    return Impact(
        question, dimension, subgroup, "clustered_regression", _years(students),
        found if found.not_estimable else replace(found, warning=_left_out(students, compared)),
        size, n, placebo(compared, outcome), lee_low=lee[0], lee_high=lee[1],
    )  # fmt: skip


def _of_enrolled(question: Question, students: pd.DataFrame, outcome: Outcome) -> Impact:
    compared = of_both_arms(students)
    found, n = estimated(compared, ENROLLED), sizes(compared)
    warning = "who joined later is counted as well: a difference may be in who came, not in what they learned"
    return Impact(
        question, "all", "all", "clustered_regression", _years(students),
        found if found.not_estimable else replace(found, warning=warning),
        _size(compared, outcome, found, n), n, Placebo(),
    )  # fmt: skip


def _randomized(question: Question, students: pd.DataFrame, outcome: Outcome) -> Impact:
    """Fisher's test on the means of schools' residuals, within blocks; it needs no model of the errors."""
    compared = of_both_arms(students)
    n = sizes(compared)
    found, checked = _drawn_again(compared, ASSIGNED), _drawn_again(compared, BEFORE)
    return Impact(
        question, "all", "all", "randomization_inference", _years(students), found,
        _size(compared, outcome, found, n), n,
        Placebo(outcome.baseline_outcome, checked.estimate, None, checked.p_value),
    )  # fmt: skip


def _drawn_again(students: pd.DataFrame, model: Model) -> Estimate:
    """The estimate is the effect without which the arms would not differ: Hodges and Lehmann's.

    Some of the effect goes with the covariates, as far as they differ between the arms; of the arms themselves as
    much goes, and the ratio is the effect. Rosenbaum (2002), Observational Studies, section 2.7.2 (check).
    """
    try:
        expect_enough(students)
    except NotEstimable as error:
        return Estimate(not_estimable=str(error))
    treated = (students["arm"] == "treatment").to_numpy().astype(float)
    schools = (
        students.assign(left=unexplained(students, model), of_arm=unexplained(students, model, treated))
        .groupby("school_id", observed=True)
        .agg(left=("left", "mean"), of_arm=("of_arm", "mean"), arm=("arm", "first"), block=("block", "first"))
    )
    drawn = (schools["arm"] == "treatment").to_numpy(), schools["block"].to_numpy(), SEED
    try:
        found = randomization_test(schools["left"].to_numpy(), *drawn)
        of_one = randomization_test(schools["of_arm"].to_numpy(), *drawn, draws=1).effect
    except NotEstimable as error:
        return Estimate(not_estimable=str(error))
    if found.assignments < FEWEST_DRAWS:
        return Estimate(not_estimable=f"{found.assignments} possible draws: no p-value below 1 in {found.assignments}")
    if of_one < LEAST_LEFT:
        return Estimate(not_estimable="the covariates say almost all of who was drawn")
    return Estimate(estimate=found.effect / of_one, p_value=found.p_value)


def _size(students: pd.DataFrame, outcome: Outcome, found: Estimate, n: Sizes) -> Size:
    if found.estimate is None:
        return Size()
    mean = float(students.loc[students["arm"] == "control", "value"].mean())
    deviation = pooled_deviation(students)

    def of(difference: float | None) -> float | None:
        return None if difference is None else effect_size(outcome.is_binary, difference, mean, deviation, n)

    size = of(found.estimate)
    index = None if size is None else improvement_index(size)
    return Size(deviation, mean, size, of(found.interval_low), of(found.interval_high), index)


def _lee(students: pd.DataFrame) -> tuple[float | None, float | None]:
    """Lee's bounds about the mean of each block, where attrition of students is high by the cautious boundary."""
    assigned = of_both_arms(students[students["membership"] != "joiner"])
    known = assigned[assigned["is_analysed"]]
    arms = {arm: (assigned["arm"] == arm).sum() for arm in ("treatment", "control")}
    of_arm = {arm: known["arm"] == arm for arm in arms}
    try:
        lost = attrition(*(Arm(int(arms[arm]), int(of_arm[arm].sum())) for arm in arms))
        if lost.cautious == "low":
            return None, None
        centred = known["value"] - known.groupby("block")["value"].transform("mean")
        bounds = lee_bounds(
            centred[of_arm["treatment"]].to_numpy(dtype=float), centred[of_arm["control"]].to_numpy(dtype=float),
            int(arms["treatment"]), int(arms["control"]),
        )  # fmt: skip
    except NotEstimable:
        return None, None
    return bounds.lower, bounds.upper


def _left_out(students: pd.DataFrame, compared: pd.DataFrame) -> str | None:
    alone = sorted(set(students["block"]) - set(compared["block"]))
    return f"left out, as they have one arm alone: blocks {', '.join(alone)}" if alone else None


def _years(students: pd.DataFrame) -> str:
    return " ".join(str(year) for year in sorted(students["school_year"].unique()))


def _name(level: object) -> str:
    """A category as the marts spell it: yes and no for what is true or false."""
    return {"True": "yes", "False": "no"}.get(str(level), str(level))
