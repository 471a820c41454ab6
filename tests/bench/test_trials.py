"""The districts by which the methods are judged: what was put in is what students and schools gained."""

import numpy as np
import pandas as pd
import pytest

from elevate.estimating.reading import SAMPLE
from simulator.assessment import terms
from simulator.calendar import day
from simulator.programme import LAUNCHES, exposure
from tests.bench.recovery import findings, summary
from tests.bench.trials import INJECTED, MATH, RATE, SPRING, Twins, twins


@pytest.fixture(scope="module")
def of_40() -> Twins:
    return twins(40, seed=3)


def test_a_stayer_gains_by_the_exposure_of_the_test_day(of_40: Twins) -> None:
    """To the rounding of a score; controls and the school that declined gain nothing where students stay."""
    students = of_40.injected.sample
    stayers = students[(students["outcome"] == MATH) & (students["membership"] == "stayer") & students["gain"].notna()]
    for (cohort, year), rows in stayers.groupby(["cohort", "school_year"]):
        (term,) = (term for term in terms() if (term.year, term.season) == (year, SPRING))
        launch = np.array([day(LAUNCHES[cohort])])
        low, high = (
            INJECTED.map_rit_points * exposure(launch, when)[0] + by
            for when, by in ((term.opens, -1), (term.closes, 1))
        )
        of_arm = rows[rows["arm"] == "treatment"].groupby("school_id")["gain"].agg(["min", "max"])
        took_part = of_arm[of_arm["max"] > 0]
        assert len(of_arm) - len(took_part) == (0 if cohort == "II" else of_arm["max"].eq(0).sum()) <= 1
        assert took_part["min"].min() >= low
        assert took_part["max"].max() <= high
        assert (rows.loc[rows["arm"] == "control", "gain"] == 0).all()


def test_schools_gain_from_their_launch_on(of_40: Twins) -> None:
    panel = of_40.injected.panel
    launched = panel["school_year"] >= panel["launch_school_year"]
    assert (panel.loc[~launched, "gain"] == 0).all()
    by_outcome = panel[launched].groupby("outcome")["gain"].mean()
    assert by_outcome[MATH] > 1
    assert 0.002 < by_outcome[RATE] < 0.02
    assert panel.groupby("outcome")["school_id"].nunique().nunique() == 1


def test_the_frame_is_the_analytic_sample(of_40: Twins) -> None:
    columns = {name.strip() for name in SAMPLE.split("from")[0].replace("select", "").split(",")}
    sample = of_40.nothing.sample
    assert columns - {"grade_band"} <= set(sample.columns)
    assert not sample.duplicated(["student_key", "outcome", "school_year"]).any()
    assert set(sample["membership"]) == {"stayer", "leaver", "joiner"}
    assert sample.loc[sample["is_analysed"], ["value", "baseline_value"]].notna().all().all()


def test_no_baseline_holds_an_effect_of_the_draw(of_40: Twins) -> None:
    """But of the earliest cohort: some come from its schools."""
    pairs = [
        frames.sample.loc[frames.sample["is_analysed"], "baseline_value"] for frames in (of_40.injected, of_40.nothing)
    ]
    assert (pairs[0] == pairs[1]).mean() > 0.98


def test_a_district_is_judged() -> None:
    """Small enough to be quick; whether the methods are right takes more districts than this one."""
    judged = summary(pd.DataFrame(findings(twins(48, seed=1))))
    known = judged[(judged["sample"] == "assigned") & (judged["estimable"] == 1)]
    assert set(known["method"]) == {"clustered_regression", "randomization_inference", "student_ols", "cr1s_normal"}
    assert (known["truth"].abs() > 0).all()
    regressed = known.set_index(["outcome", "follow_up", "method"])["rmse"].unstack()
    pd.testing.assert_series_equal(
        regressed["clustered_regression"], regressed["student_ols"], check_names=False, rtol=1e-6
    )
