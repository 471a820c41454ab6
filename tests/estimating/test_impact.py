"""Effects, balance, attrition and power of a made-up trial whose effect is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from elevate.estimating import balance, design, impact
from elevate.estimating.rows import Impact
from elevate.estimating.steps import judged_together
from tests.estimating.trial import OUTCOMES, Trial, sample

LARGE = Trial(size=120, effect=4.0, between=1.0)


@pytest.fixture(scope="module")
def rows() -> list[Impact]:
    return impact.impacts(sample(replace(LARGE, joiners=10)), OUTCOMES)


def only(
    rows: list[Impact], method: str = "clustered_regression", subgroup: str = "all", of: str = "assigned"
) -> Impact:
    (row,) = [r for r in rows if (r.method, r.subgroup, r.question.sample) == (method, subgroup, of)]
    return row


@pytest.mark.parametrize("method", ["clustered_regression", "randomization_inference"])
def test_an_effect_that_was_put_in_is_found_and_its_placebo_is_not(rows: list[Impact], method: str) -> None:
    row = only(rows, method)
    assert row.estimate.estimate == pytest.approx(4, abs=1)
    assert row.estimate.p_value is not None
    assert row.estimate.p_value < 0.001
    assert row.placebo.placebo_p_value is not None
    assert row.placebo.placebo_p_value > 0.05
    assert row.sizes.n_schools_treatment == row.sizes.n_schools_control == 15


def test_what_goes_with_a_covariate_is_not_lost_to_randomization_inference() -> None:
    """Of the arms, a third is said by the income here; residuals alone differ by two thirds of the effect."""
    students = sample(LARGE)
    often = np.where(students["arm"] == "treatment", 0.8, 0.2)
    students["low_income"] = np.random.default_rng(1).random(len(students)) < often
    row = only(impact.impacts(students, OUTCOMES), "randomization_inference")
    assert row.estimate.estimate == pytest.approx(4, abs=0.7)


def test_the_grade_of_after_the_launch_explains_nothing(rows: list[Impact]) -> None:
    """Who did well is moved up here: what the programme did would be taken for the grade's doing."""
    students = sample(replace(LARGE, joiners=10))
    students["grade_level"] = np.where(students["value"] > students["value"].median(), "9", "8")
    assert only(impact.impacts(students, OUTCOMES)).estimate == only(rows).estimate


def test_the_interval_and_the_size_follow_from_the_estimate(rows: list[Impact]) -> None:
    row = only(rows)
    assert row.estimate.interval_low < row.estimate.estimate < row.estimate.interval_high  # type: ignore[operator]
    n = row.sizes.n_students_treatment + row.sizes.n_students_control
    omega = 1 - 3 / (4 * n - 9)
    assert row.size.effect_size == pytest.approx(
        omega * row.estimate.estimate / row.size.standard_deviation  # type: ignore[operator]
    )
    assert row.size.effect_size_low == pytest.approx(
        omega * row.estimate.interval_low / row.size.standard_deviation  # type: ignore[operator]
    )


def test_scores_are_measured_by_their_deviation_within_grades() -> None:
    """Scores grow by 6 points a grade here; that is no part of the deviation of 12 to 14 points that students have."""
    students = sample(LARGE)
    assert impact.pooled_deviation(students) == pytest.approx(14, abs=1)
    assert students["value"].std() > 16


def test_joiners_count_among_the_enrolled_alone(rows: list[Impact]) -> None:
    assert only(rows).sizes.n_students_treatment == 15 * 120
    enrolled = only(rows, of="enrolled")
    assert enrolled.sizes.n_students_treatment == 15 * 130
    assert "who joined later" in (enrolled.estimate.warning or "")


def test_who_has_left_is_not_among_the_enrolled() -> None:
    students = sample(replace(LARGE, joiners=10))
    students.loc[students["school_id"] == "000000", "is_at_school"] = False
    found = impact.impacts(students, OUTCOMES)
    assert only(found, of="enrolled").sizes.n_students_treatment == 14 * 130
    assert only(found).sizes.n_students_treatment == 15 * 120


def test_every_subgroup_has_a_row_spelt_as_in_the_marts(rows: list[Impact]) -> None:
    names = {(row.subgroup_dimension, row.subgroup) for row in rows}
    assert {("gender", "F"), ("low_income", "yes"), ("low_income", "no"), ("grade_band", "3-5")} <= names


def test_a_block_of_one_arm_is_left_out_and_named() -> None:
    students = sample(LARGE)
    students.loc[students["block"] == "block 0", "arm"] = "treatment"
    row = only(impact.impacts(students, OUTCOMES))
    assert row.sizes.n_schools_treatment == 12
    assert "block 0" in (row.estimate.warning or "")


@pytest.mark.parametrize(
    ("trial", "why"),
    [
        (Trial(blocks=1, per_block=2), "single school"),
        (Trial(blocks=2, per_block=2), "single school|degrees of freedom"),
        (Trial(blocks=1, per_block=6, size=3), "fewer than 10 students"),
    ],
)
def test_what_too_few_bear_is_said_and_not_estimated(trial: Trial, why: str) -> None:
    row = only(impact.impacts(sample(trial), OUTCOMES))
    assert row.estimate.estimate is None
    assert row.size.effect_size is None
    assert pd.Series([row.estimate.not_estimable]).str.contains(why).all(), row.estimate.not_estimable
    assert row.sizes.n_students_treatment > 0


def test_few_possible_draws_bear_no_p_value() -> None:
    row = only(impact.impacts(sample(Trial(blocks=1, per_block=4)), OUTCOMES), "randomization_inference")
    assert row.estimate.not_estimable == "6 possible draws: no p-value below 1 in 6"


def test_nobody_analysed_is_no_comparison() -> None:
    students = sample(Trial()).assign(is_analysed=False)
    found = impact.impacts(students, OUTCOMES)
    assert {row.estimate.not_estimable for row in found if row.question.sample == "assigned"} == {
        "no block has students of both arms"
    }
    (lost, _) = design.attritions(students)
    assert (lost.overall, lost.cautious) == (100, "high")
    assert design.detectable_effects(students)[0].not_estimable


def test_a_binary_outcome_is_measured_by_the_cox_index() -> None:
    row = only(impact.impacts(sample(LARGE, "suspended"), OUTCOMES))
    share, control = row.size.mean_control + row.estimate.estimate, row.size.mean_control  # type: ignore[operator]
    odds = np.log(share / (1 - share)) - np.log(control / (1 - control))  # type: ignore[operator]
    assert row.size.effect_size == pytest.approx(odds / 1.65, rel=0.01)


def test_lee_bounds_stand_where_attrition_is_high() -> None:
    high, low = (only(impact.impacts(sample(Trial(lost=lost, effect=4)), OUTCOMES)) for lost in (0.2, 0.0))
    assert high.lee_low is not None
    assert high.lee_high is not None
    assert high.lee_low < high.lee_high
    assert low.lee_low is None
    assert low.lee_high is None


def test_a_student_without_a_baseline_rate_or_a_trait_is_kept() -> None:
    students = sample(LARGE)
    students.loc[::3, "baseline_attendance_rate"] = np.nan
    students["low_income"] = students["low_income"].astype("object")
    students.loc[::5, "low_income"] = None
    row = only(impact.impacts(students, OUTCOMES))
    assert row.sizes.n_students_treatment == 15 * 120
    assert row.estimate.estimate == pytest.approx(4, abs=1)


def test_the_order_of_rows_changes_nothing() -> None:
    students = sample(Trial(effect=2))
    shuffled = students.sample(frac=1, random_state=3).reset_index(drop=True)
    one, other = (only(impact.impacts(rows, OUTCOMES)).estimate.estimate for rows in (students, shuffled))
    assert one == pytest.approx(other, abs=1e-9)


def test_tests_of_a_domain_are_judged_together() -> None:
    """Two outcomes of one domain: the larger p-value stays, the smaller is doubled at most; subgroups have none."""
    both = pd.concat([sample(Trial(effect=2)), sample(Trial(seed=5)).assign(outcome="attendance_rate")])
    outcomes = {name: replace(outcome, domain="one") for name, outcome in OUTCOMES.items()}
    judged = judged_together(impact.impacts(both, outcomes), outcomes)
    tested = [r for r in judged if r.subgroup == "all" and r.method == "clustered_regression"]
    first, second = sorted((r.estimate.p_value, r.p_value_adjusted) for r in tested if r.question.sample == "assigned")
    assert second[1] == pytest.approx(second[0])
    assert first[1] == pytest.approx(min(2 * first[0], second[0]))
    assert all(r.p_value_adjusted is None for r in judged if r.subgroup_dimension == "gender")


def test_arms_that_differ_before_the_launch_are_told() -> None:
    students = sample(LARGE)
    students.loc[students["arm"] == "treatment", "baseline_value"] += 6
    by_name = {row.covariate: row for row in balance.equivalence(students, OUTCOMES)}
    told = by_name["baseline score"]
    assert told.verdict == "fails"
    assert told.effect_size == pytest.approx(0.5, abs=0.15)
    assert told.joint_p_value is not None
    assert told.joint_p_value < 0.01
    assert by_name["is_female"].measure == "cox_index"
    assert by_name["is_female"].verdict in ("satisfied", "adjust")


def test_arms_that_were_drawn_are_alike_together() -> None:
    (p_value,) = {row.joint_p_value for row in balance.equivalence(sample(LARGE), OUTCOMES)}
    assert p_value is not None
    assert p_value > 0.05


def test_attrition_counts_schools_and_students_without_joiners() -> None:
    students = sample(Trial(blocks=2, lost=0.1, joiners=5))
    students.loc[students["school_id"] == "000000", "is_analysed"] = False
    schools, pupils = design.attritions(students)
    assert (schools.randomized_treatment, schools.analysed_treatment, schools.analysed_control) == (6, 5, 6)
    assert pupils.randomized_treatment == pupils.randomized_control == 6 * 40
    analysed = students["is_analysed"] & (students["arm"] == "control")
    assert pupils.analysed_control == analysed.sum()


def test_more_schools_find_smaller_effects() -> None:
    few, many = (
        design.detectable_effects(sample(Trial(blocks=blocks)))[0].minimum_detectable_effect_size for blocks in (2, 12)
    )
    assert few is not None
    assert many is not None
    assert 0 < many < few
