"""Regression with few schools: published results to all their digits, and cases that can be worked by hand."""

import subprocess
import sys
from dataclasses import astuple
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from elevate.evaluation.clustered import ClusteredEffect, clustered_regression
from elevate.evaluation.estimable import NotEstimable
from tests.evaluation.reference_data import needs_reference_data, reference


@needs_reference_data
def test_drinking_age_and_motor_deaths() -> None:
    """R clubSandwich's example: states as clusters, with effects of state and year."""
    rows = reference("mv_deaths")
    found = clustered_regression(
        rows["mrate"], rows["legal"], rows["state"], rows[["beertaxa"]], rows[["state", "year"]]
    )
    assert found.coefficient == pytest.approx(7.587707623, abs=5e-10)
    assert found.cr1s_standard_error == pytest.approx(2.561348094, abs=5e-10)
    assert found.standard_error == pytest.approx(2.513082166, abs=5e-10)
    assert found.degrees_of_freedom == pytest.approx(24.578518939204, abs=5e-10)
    assert found.p_value == pytest.approx(0.005831358, abs=5e-10)
    assert (found.n_students, found.n_schools, found.is_reliable, found.dropped) == (700, 50, True, ())


@needs_reference_data
def test_achievement_awards() -> None:
    """R clubSandwich's example: schools drawn, an outcome of their students, with effects of the school's type."""
    rows = reference("aa_rct").query("year == 2001")
    found = clustered_regression(rows["Bagrut_status"], rows["treated"], rows["school_id"], None, rows[["school_type"]])
    assert found.coefficient == pytest.approx(0.05609727118, abs=5e-12)
    assert found.cr1s_standard_error == pytest.approx(0.04668139949, abs=5e-12)
    assert found.standard_error == pytest.approx(0.04893719624, abs=5e-12)
    assert found.degrees_of_freedom == pytest.approx(25.10667833, abs=5e-9)
    assert found.p_value == pytest.approx(0.26247457, abs=5e-9)


def trial(treated: int, control: int, students: int = 4, seed: int = 7) -> dict[str, Any]:
    """Schools of the same size, whole schools treated, in two blocks; and two covariates."""
    random = np.random.default_rng(seed)
    schools = np.repeat(np.arange(treated + control), students)
    treatment = (schools < treated).astype(float)
    of_school = random.normal(size=treated + control)[schools]
    return {
        "outcome": 0.3 * treatment + of_school + random.normal(size=len(schools)),
        "treatment": treatment,
        "schools": np.array([f"school {school}" for school in schools]),
        "covariates": pd.DataFrame(random.normal(size=(len(schools), 2)), columns=["pretest", "age"]),
        "factors": pd.DataFrame({"block": np.where(schools % 2, "north", "south")}),
    }


def plain(rows: dict[str, Any], **change: Any) -> ClusteredEffect:
    return clustered_regression(rows["outcome"], rows["treatment"], rows["schools"], **change)


def school_means(rows: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    means = pd.DataFrame({"y": rows["outcome"], "t": rows["treatment"]}).groupby(rows["schools"]).mean()
    return means["y"][means["t"] == 1].to_numpy(), means["y"][means["t"] == 0].to_numpy()


def same(one: ClusteredEffect, other: ClusteredEffect) -> bool:
    return one.dropped == other.dropped and astuple(one)[:-1] == pytest.approx(astuple(other)[:-1], rel=1e-9)


def test_schools_of_one_size_are_a_t_test_on_their_means() -> None:
    rows = trial(6, 6)
    found = plain(rows, level=0.9)
    t_test = ttest_ind(*school_means(rows))
    assert found.t == pytest.approx(t_test.statistic)
    assert found.p_value == pytest.approx(t_test.pvalue)
    assert found.degrees_of_freedom == pytest.approx(10)
    assert (found.low, found.high) == pytest.approx(tuple(t_test.confidence_interval(0.9)))


def test_arms_of_unequal_size_by_hand() -> None:
    """Each arm's own variance, and (1/5 + 1/9)^2 / (1/(25 x 4) + 1/(81 x 8)) = 8.382 degrees of freedom."""
    rows = trial(5, 9)
    found, (treated, control) = plain(rows), school_means(rows)
    assert found.coefficient == pytest.approx(treated.mean() - control.mean())
    assert found.standard_error == pytest.approx((treated.var(ddof=1) / 5 + control.var(ddof=1) / 9) ** 0.5)
    assert found.degrees_of_freedom == pytest.approx((1 / 5 + 1 / 9) ** 2 / (1 / (25 * 4) + 1 / (81 * 8)))


def test_the_share_explained_by_hand() -> None:
    rows = trial(4, 4)
    expected = np.corrcoef(rows["outcome"], rows["treatment"])[0, 1] ** 2
    assert plain(rows).r_squared == pytest.approx(expected)


def test_the_order_of_rows_and_columns_and_their_names_do_not_matter() -> None:
    rows = trial(6, 7)
    order = np.random.default_rng(1).permutation(len(rows["outcome"]))
    shuffled = {name: (v.iloc[order] if isinstance(v, pd.DataFrame) else v[order]) for name, v in rows.items()}
    shuffled["covariates"] = shuffled["covariates"][["age", "pretest"]].rename(columns={"age": "z"})
    shuffled["factors"] = shuffled["factors"].replace({"north": "zz", "south": "a"})
    assert same(clustered_regression(**rows), clustered_regression(**shuffled))


def test_units_of_measurement() -> None:
    rows = trial(6, 7)
    found = clustered_regression(**rows)
    scaled = clustered_regression(
        **rows | {"outcome": 1e6 * rows["outcome"] + 5e6, "covariates": 1e-4 * rows["covariates"] + 1}
    )
    assert scaled.coefficient == pytest.approx(1e6 * found.coefficient)
    assert (scaled.low, scaled.high) == pytest.approx((1e6 * found.low, 1e6 * found.high))
    assert (scaled.p_value, scaled.degrees_of_freedom) == pytest.approx((found.p_value, found.degrees_of_freedom))


def test_what_earlier_columns_determine_is_dropped_and_named() -> None:
    rows = trial(6, 7)
    twice = rows["covariates"].assign(age_in_months=12 * rows["covariates"]["age"] + 3, site=5.0)
    twice = twice.assign(north=(rows["factors"]["block"] == "north").astype(float))
    found = clustered_regression(**rows | {"covariates": twice})
    assert found.dropped == ("age_in_months", "site", "north")
    expected = clustered_regression(**rows)
    assert (found.coefficient, found.standard_error, found.p_value) == pytest.approx(
        (expected.coefficient, expected.standard_error, expected.p_value)
    )


@pytest.mark.parametrize(("schools_an_arm", "reliable"), [(2, False), (3, True)])
def test_fewer_than_four_degrees_of_freedom_are_flagged(schools_an_arm: int, reliable: bool) -> None:
    found = plain(trial(schools_an_arm, schools_an_arm))
    assert found.degrees_of_freedom == pytest.approx(2 * (schools_an_arm - 1))
    assert found.is_reliable is reliable


def test_a_school_alone_in_its_arm_is_not_estimable() -> None:
    for treated, control in ((1, 8), (8, 1)):
        with pytest.raises(NotEstimable, match="a single school"):
            plain(trial(treated, control))


def test_a_school_alone_in_its_arm_of_the_only_block_with_both_is_not_estimable() -> None:
    rows = trial(4, 4)
    first = rows["schools"] == "school 0"
    blocks = pd.DataFrame({"block": np.where(first | (rows["treatment"] == 0), "both", "treated alone")})
    with pytest.raises(NotEstimable, match="a single school"):
        plain(rows, factors=blocks)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"treatment": np.ones(32)}, "treatment does not vary"),
        ({"factors": pd.DataFrame({"arm": np.repeat(["t", "c"], 16)})}, "treatment does not vary"),
        ({"outcome": np.full(32, 0.1)}, "all have the same"),
        ({"outcome": np.repeat([1.5, 1.0], 16)}, "no variation"),
        ({"schools": ["the only one"] * 32, "treatment": np.tile([0.0, 1.0], 16)}, "a single school"),
        ({"covariates": pd.DataFrame(np.eye(32)[:, 4:28])}, "no variation|a single school|do not bear"),
        (
            {name: [] for name in ("outcome", "treatment", "schools")} | {"factors": None, "covariates": None},
            "no student",
        ),
    ],
    ids=["constant", "as the factor", "outcome constant", "exact fit", "one school", "saturated", "nobody"],
)
def test_not_estimable(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotEstimable, match=reason):
        clustered_regression(**trial(4, 4) | {"factors": None} | change)


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": [float("nan")] * 32},
        {"outcome": [1.0, 2.0]},
        {"schools": [None] * 32},
        {"schools": ["a", "b"]},
        {"covariates": pd.DataFrame({"pretest": [float("nan")] * 32})},
        {"covariates": pd.DataFrame({"pretest": [1.0]})},
        {"factors": pd.DataFrame({"block": [None] * 32})},
        {"level": 95},
    ],
)
def test_what_no_data_could_mend_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        clustered_regression(**trial(4, 4) | change)


def test_the_level_is_held_with_few_schools() -> None:
    """No effect, 5 schools against 10 of different sizes: about 5% of tests reject, where the usual ones do in 13%."""
    random = np.random.default_rng(5)
    schools = np.repeat(np.arange(15), random.integers(3, 12, 15))
    treatment = (schools < 5).astype(float)
    found = [
        plain({"outcome": o[schools] + random.normal(size=len(schools)), "treatment": treatment, "schools": schools})
        for o in random.normal(size=(400, 15))
    ]
    assert 0.03 <= np.mean([one.p_value < 0.05 for one in found]) <= 0.07
    assert np.mean([abs(one.coefficient) > 1.96 * one.cr1s_standard_error for one in found]) > 0.1


def test_the_library_is_imported_when_it_is_called() -> None:
    """It takes seconds, which no Dag and no command has to spare."""
    modules = "import sys, elevate.evaluation.clustered, elevate.evaluation.staggered; "
    subprocess.run([sys.executable, "-c", f"{modules} assert 'diff_diff' not in sys.modules"], check=True)
