"""Launched schools against schools that never launched, with an effect that is known."""

import numpy as np
import pandas as pd
import pytest

from elevate.estimating.programme import programme_effects
from elevate.estimating.rows import Event, Impact
from tests.estimating.trial import OUTCOMES

LAUNCHES = {"I": 2017, "II": 2018, "III": 2020}


def panel(effect: float = 0.5, schools: dict[str, int] | None = None, trend: float = 0.0) -> pd.DataFrame:
    """School means of SY14-15 to SY17-18; cohort "" never launched. `trend` moves launched schools every year."""
    random = np.random.default_rng(7)
    rows = []
    for cohort, count in (schools or {"I": 7, "II": 10, "": 30}).items():
        for i in range(count):
            level, launch = random.normal(10, 1), LAUNCHES.get(cohort)
            for year in range(2015, 2019):
                launched = launch is not None and year >= launch
                mean = level + 0.2 * (year - 2015) + random.normal(0, 0.1) + effect * launched
                mean += trend * (year - 2015) * (launch is not None)
                rows.append(
                    (f"{cohort}{i}", "ES", year, "score", mean, 2.0, 100, cohort or None, launch or np.nan)
                )  # fmt: skip
    columns = [
        "school_id", "school_category", "school_year", "outcome", "mean", "sd", "n_students", "cohort",
        "launch_school_year",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def found(frame: pd.DataFrame) -> tuple[Impact, list[Event]]:
    (row,), events = programme_effects(frame, OUTCOMES)
    return row, events


def test_the_effect_is_found_in_all_years_after_and_none_before() -> None:
    row, events = found(panel())
    assert row.estimate.estimate == pytest.approx(0.5, abs=0.1)
    assert row.size.effect_size == pytest.approx(0.25, abs=0.05)
    assert (row.sizes.n_schools_treatment, row.sizes.n_schools_control) == (17, 30)
    assert row.placebo.placebo_estimate == pytest.approx(0, abs=0.15)
    assert row.placebo.placebo_p_value is not None
    for event in events:
        expected = 0 if event.is_before_launch else 0.5
        assert event.estimate.estimate == pytest.approx(expected, abs=0.2), event
    assert {event.event_time for event in events if event.cohort == "all"} == {-3, -2, 0, 1}
    assert {event.cohort for event in events} == {"all", "I", "II"}
    assert {event.method for event in events} == {"callaway_santanna", "sun_abraham"}


def test_schools_that_moved_apart_before_are_told() -> None:
    row, _ = found(panel(trend=0.3))
    assert "moved apart before the launch" in (row.estimate.warning or "")


def test_a_cohort_that_has_not_launched_compares_nobody() -> None:
    row, _ = found(panel(schools={"I": 7, "II": 10, "III": 12, "": 30}))
    assert row.sizes.n_schools_control == 30


@pytest.mark.parametrize(
    ("schools", "why"),
    [({"I": 2, "II": 2, "": 30}, "a cohort of fewer than 5 schools"), ({"I": 7, "": 3}, "never entered")],
)
def test_few_schools_bear_no_estimate(schools: dict[str, int], why: str) -> None:
    row, events = found(panel(schools=schools))
    assert row.estimate.estimate is None
    assert why in (row.estimate.not_estimable or "")
    assert events
    assert all(event.estimate.not_estimable for event in events)
