"""What the sample lost, and what effect it could have found: rows of `estimate_attrition` and `estimate_detectable`."""

import pandas as pd

from elevate.estimating.impact import asked, pooled_deviation
from elevate.estimating.model import of_both_arms, unexplained
from elevate.estimating.rows import Lost, Power, Question
from elevate.evaluation.attrition import Arm, attrition
from elevate.evaluation.estimable import NotEstimable, Numbers
from elevate.evaluation.power import Assumptions, mdes_bcra3f2
from elevate.evaluation.variance import Components, variance_components

ARMS = ("treatment", "control")
DESIGN = "bcra3f2"


def attritions(sample: pd.DataFrame) -> list[Lost]:
    """Of each outcome and follow-up, schools and students as randomized and as analysed; joiners were not."""
    rows = []
    for question, students in asked(sample):
        assigned = students[students["membership"] != "joiner"]
        rows += [_lost(question, level, assigned) for level in ("schools", "students")]
    return rows


def detectable_effects(sample: pd.DataFrame) -> list[Power]:
    """Of each outcome and follow-up, the smallest effect that this sample finds with a power of .80."""
    return [_power(question, of_both_arms(students[students["is_analysed"]])) for question, students in asked(sample)]


def _lost(question: Question, level: str, assigned: pd.DataFrame) -> Lost:
    unit = "school_id" if level == "schools" else "student_key"
    counts = [
        (int(of_arm[unit].nunique()), int(of_arm.loc[of_arm["is_analysed"], unit].nunique()))
        for of_arm in (assigned[assigned["arm"] == arm] for arm in ARMS)
    ]
    try:
        found = attrition(*(Arm(*count) for count in counts))
    except NotEstimable:
        return Lost(question, level, *counts[0], *counts[1], None, None, None, None)
    return Lost(
        question, level, *counts[0], *counts[1], found.overall, found.differential, found.cautious, found.optimistic
    )


def _power(question: Question, students: pd.DataFrame) -> Power:
    """With J / K schools a block, the harmonic mean of students a school, and the variances that were found."""
    by_school = students.groupby("school_id", observed=True)
    schools, blocks = by_school.ngroups, students["block"].nunique()
    if not blocks:
        return _no_power(question, schools, blocks, "no block has students of both arms")
    treated = float((by_school["arm"].first() == "treatment").mean())
    size = float(schools / (1 / by_school.size()).sum())
    try:
        raw, left = (
            _components(students, values) for values in (students["value"].to_numpy(dtype=float), unexplained(students))
        )
        r2 = [_explained(before, after) for before, after in ((raw.between, left.between), (raw.within, left.within))]
        found = mdes_bcra3f2(
            rho=raw.icc, students=size, schools=schools / blocks, blocks=blocks,
            assumed=Assumptions(treated=treated, r2_schools=r2[0], r2_students=r2[1]),
        )  # fmt: skip
    except (NotEstimable, ValueError) as error:
        return _no_power(question, schools, blocks, str(error))
    return Power(
        question, DESIGN, schools, blocks, size, treated, raw.icc, r2[0], r2[1], found.degrees_of_freedom,
        found.effect_size, found.effect_size * pooled_deviation(students),
    )  # fmt: skip


def _components(students: pd.DataFrame, values: Numbers) -> Components:
    return variance_components(values, students["school_id"].to_numpy(), students["block"].to_numpy())


def _explained(before: float, after: float) -> float:
    """Share of a variance that the covariates explain: 0 where they add to it, or there is none."""
    return min(max(1 - after / before, 0.0), 1.0) if before > 0 else 0.0


def _no_power(question: Question, schools: int, blocks: int, reason: str) -> Power:
    return Power(question, DESIGN, schools, blocks, not_estimable=reason)
