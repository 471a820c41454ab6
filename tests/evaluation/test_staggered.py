"""Staggered adoption: published results to all their digits, and cases that can be worked by hand."""

from dataclasses import astuple
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_ind

from elevate.evaluation.estimable import NotEstimable
from elevate.evaluation.panel import LeftOut, Support
from elevate.evaluation.staggered import StaggeredEffects, staggered_effects, sun_abraham
from tests.evaluation.reference_data import needs_reference_data, reference


def mpdta() -> pd.DataFrame:
    """County teen employment, the example of the R package did."""
    names = {"countyreal": "unit", "year": "period", "lemp": "outcome", "first.treat": "first_treated"}
    return reference("mpdta").rename(columns=names)[list(names.values())]


def rounded(value: float, digits: int = 4) -> float:
    return round(float(value), digits)


@needs_reference_data
def test_callaway_santanna_on_teen_employment() -> None:
    found = staggered_effects(mpdta())
    after = {(row.cohort, row.period): rounded(row.effect.estimate) for row in found.group_times}
    assert {key: effect for key, effect in after.items() if key[1] >= key[0]} == {
        (2004, 2004): -0.0105, (2004, 2005): -0.0704, (2004, 2006): -0.1373, (2004, 2007): -0.1008,
        (2006, 2006): -0.0046, (2006, 2007): -0.0412, (2007, 2007): -0.0261,
    }  # fmt: skip
    assert rounded(found.dynamic.estimate) == -0.0772
    assert rounded(found.group.estimate, 3) == -0.031
    assert found.simple.estimate == pytest.approx(-0.0399512752, abs=5e-11)
    assert found.simple.analytic_error == pytest.approx(0.0120340128, abs=5e-11)
    assert found.support == Support(treated_units=191, comparison_units=309, few_units=False)
    assert found.left_out == LeftOut(0, 0, 0)


@needs_reference_data
def test_sun_abraham_on_teen_employment() -> None:
    found = {row.event_time: row for row in sun_abraham(mpdta())}
    assert (rounded(found[0].effect.estimate, 6), rounded(found[0].effect.standard_error, 6)) == (-0.019932, 0.011858)
    assert (rounded(found[3].effect.estimate, 6), rounded(found[3].effect.standard_error, 6)) == (-0.100811, 0.034504)
    assert found[3].support == Support(treated_units=20, comparison_units=309, few_units=False)


def adoption(cohorts: dict[int | None, int], periods: int = 5, seed: int = 3) -> pd.DataFrame:
    """So many units for each period of entry (none: never); an effect of 1 for each period since entry."""
    random = np.random.default_rng(seed)
    entries = [entry for entry, units in cohorts.items() for _ in range(units)]
    level = random.normal(size=len(entries))
    rows = [
        (f"unit {unit:02}", 2014 + period, entry and 2014 + entry,
         level[unit] + 0.2 * period + max(0, period - entry + 1 if entry else 0) + random.normal(scale=0.3))
        for unit, entry in enumerate(entries)
        for period in range(1, periods + 1)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["unit", "period", "first_treated", "outcome"])


def numbers(found: StaggeredEffects) -> list[float]:
    rows = [*found.group_times, *found.event_times, *found.cohorts]
    effects = [row.effect for row in rows] + [found.simple, found.group, found.dynamic]
    joint = astuple(found.pre_trend) if found.pre_trend else ()
    return [number for effect in effects for number in astuple(effect)] + list(joint)


def wide(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.pivot(index="unit", columns="period", values="outcome")


def test_one_cohort_by_hand() -> None:
    """Changes since 2016 of the six units that enter in 2017 against those of the seven that never do."""
    frame = adoption({3: 6, None: 7})
    outcomes = wide(frame)
    found = staggered_effects(frame, level=0.9)
    assert [(row.cohort, row.period) for row in found.group_times] == [(2017, y) for y in (2015, 2017, 2018, 2019)]
    assert [row.event_time for row in found.event_times] == [-2, 0, 1, 2]
    for by_period, by_event_time in zip(found.group_times, found.event_times, strict=True):
        change = outcomes[by_period.period] - outcomes[2016]
        own, never = change[:6], change[6:]
        effect = by_period.effect
        assert effect.estimate == pytest.approx(own.mean() - never.mean())
        welch = ttest_ind(own, never, equal_var=False)
        assert effect.analytic_error == pytest.approx((own.var(ddof=0) / 6 + never.var(ddof=0) / 7) ** 0.5)
        assert effect.standard_error == pytest.approx((own.var(ddof=1) / 6 + never.var(ddof=1) / 7) ** 0.5)
        assert (effect.p_value, effect.degrees_of_freedom) == pytest.approx((welch.pvalue, welch.df))
        assert (effect.low, effect.high) == pytest.approx(tuple(welch.confidence_interval(0.9)))
        assert astuple(by_event_time.effect) == pytest.approx(astuple(effect))
    mean = outcomes[[2017, 2018, 2019]].mean(axis=1) - outcomes[2016]
    welch = ttest_ind(mean[:6], mean[6:], equal_var=False)
    for overall in (found.simple, found.group, found.dynamic, found.cohorts[0].effect):
        assert overall.estimate == pytest.approx(mean[:6].mean() - mean[6:].mean())
        assert (overall.p_value, overall.degrees_of_freedom) == pytest.approx((welch.pvalue, welch.df))


def test_two_cohorts_by_hand() -> None:
    """Effects 1, 2, 3 of the larger cohort and 1, 2 of the smaller, found where there is next to no noise."""
    frame = adoption({3: 6, 4: 2, None: 7})
    jitter = 1e-6 * np.random.default_rng(1).normal(size=len(frame))
    since = (frame["period"] - frame["first_treated"] + 1).clip(lower=0).fillna(0)
    found = staggered_effects(frame.assign(outcome=since + jitter))
    near = {"abs": 1e-5}
    assert [row.effect.estimate for row in found.event_times] == pytest.approx([0, 0, 1, 2, 3], **near)
    assert [row.support.treated_units for row in found.event_times] == [2, 8, 8, 8, 6]
    assert [row.support.few_units for row in found.event_times] == [True, True, True, True, False]
    assert [row.effect.estimate for row in found.cohorts] == pytest.approx([2, 1.5], **near)
    assert found.simple.estimate == pytest.approx((6 * (1 + 2 + 3) + 2 * (1 + 2)) / (6 * 3 + 2 * 2), **near)
    assert found.group.estimate == pytest.approx((6 * 2 + 2 * 1.5) / 8, **near)
    assert found.dynamic.estimate == pytest.approx((1 + 2 + 3) / 3, **near)


def test_the_error_of_the_cohorts_mean_counts_that_of_their_weights() -> None:
    """Against a bootstrap over units, which draws the weights anew each time."""
    frame = adoption({2: 40, 4: 40, None: 60})
    found = staggered_effects(frame)
    outcomes, first = wide(frame), frame.groupby("unit")["first_treated"].first()
    change = pd.Series(0.0, outcomes.index), pd.Series(0.0, outcomes.index)
    for mean, entry in zip(change, (2016, 2018), strict=True):
        mean += outcomes.loc[:, entry:].mean(axis=1) - outcomes[entry - 1]
    random, estimates = np.random.default_rng(2), []
    for _ in range(2000):
        drawn = random.integers(0, len(first), len(first))
        group, early, late = first.iloc[drawn], change[0].iloc[drawn], change[1].iloc[drawn]
        parts = [(c[group == entry] - c[group.isna()].mean()) for c, entry in ((early, 2016), (late, 2018))]
        estimates.append(pd.concat(parts).mean())
    assert found.group.estimate == pytest.approx(np.mean(estimates), abs=0.01)
    assert found.group.analytic_error == pytest.approx(np.std(estimates), rel=0.06)


def test_the_order_of_rows_does_not_change_a_digit() -> None:
    frame = adoption({3: 6, 4: 4, None: 7})
    shuffled = frame.sample(frac=1, random_state=1)
    assert numbers(staggered_effects(frame)) == numbers(staggered_effects(shuffled))
    assert sun_abraham(frame) == sun_abraham(shuffled)


def test_what_all_units_share_and_what_a_unit_keeps_do_not_matter() -> None:
    frame = adoption({3: 6, 4: 4, None: 7})
    of_unit = frame["unit"].str[-2:].astype(float)
    moved = frame.assign(outcome=frame["outcome"] + 3 * of_unit + 0.5 * (frame["period"] - 2014) ** 2)
    assert numbers(staggered_effects(moved)) == pytest.approx(numbers(staggered_effects(frame)))


def test_units_of_measurement() -> None:
    frame = adoption({3: 6, 4: 4, None: 7})
    found, scaled = staggered_effects(frame), staggered_effects(frame.assign(outcome=100 * frame["outcome"]))
    assert scaled.group.standard_error == pytest.approx(100 * found.group.standard_error)
    assert scaled.dynamic.low == pytest.approx(100 * found.dynamic.low)
    assert scaled.pre_trend is not None
    assert found.pre_trend is not None
    assert astuple(scaled.pre_trend) == pytest.approx(astuple(found.pre_trend))


def test_the_joint_test_of_one_pre_trend_is_its_own() -> None:
    found = staggered_effects(adoption({3: 6, None: 7}))
    (before,) = [row.effect for row in found.event_times if row.event_time < -1]
    assert found.pre_trend is not None
    assert (found.pre_trend.effects, found.pre_trend.degrees_of_freedom) == (
        1,
        pytest.approx(before.degrees_of_freedom),
    )
    assert found.pre_trend.t_squared == pytest.approx((before.estimate / before.standard_error) ** 2)
    assert found.pre_trend.p_value == pytest.approx(before.p_value)


def test_without_a_pre_trend_there_is_no_test_of_it() -> None:
    found = staggered_effects(adoption({2: 6, None: 7}))
    assert [row.event_time for row in found.event_times] == [0, 1, 2, 3]
    assert found.pre_trend is None


def test_sun_abraham_agrees_on_the_effects() -> None:
    """Without covariates both compare the same means; the tests have one degree of freedom less than units."""
    frame = adoption({3: 6, 4: 4, None: 7})
    ours, theirs = staggered_effects(frame).event_times, sun_abraham(frame)
    assert [row.event_time for row in theirs] == [row.event_time for row in ours]
    assert [row.support for row in theirs] == [row.support for row in ours]
    assert [row.effect.estimate for row in theirs] == pytest.approx([row.effect.estimate for row in ours])
    first = theirs[0].effect
    assert first.p_value == pytest.approx(2 * student.sf(abs(first.estimate) / first.standard_error, 16))


def test_who_has_no_part_is_counted() -> None:
    """Unit 00 lacks a period, units 06 to 08 were treated from the start, unit 09 is alone, 10 and 11 enter later."""
    frame = adoption({3: 6, 1: 3, 5: 1, 9: 2, None: 7})
    frame = frame[(frame["unit"] != "unit 00") | (frame["period"] != 2018)]
    found = staggered_effects(frame)
    assert found.left_out == LeftOut(incomplete=1, treated_from_the_start=3, alone_in_cohort=1)
    assert found.support == Support(treated_units=5, comparison_units=9, few_units=False)
    missing = frame.assign(outcome=frame["outcome"].where(frame["unit"] != "unit 01"))
    assert staggered_effects(missing).support == Support(treated_units=4, comparison_units=9, few_units=True)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (adoption({3: 6, None: 4}), "4 units that never entered"),
        (adoption({None: 9}), "no cohort"),
        (adoption({1: 4, None: 9}), "no cohort"),
        (adoption({3: 1, 4: 1, None: 9}), "no cohort"),
        (adoption({3: 6, None: 6}).assign(outcome=1.0), "vary too little"),
        (adoption({3: 6, None: 6}).head(0), "no outcomes"),
        (adoption({3: 6, None: 6}).query("period != 2017 or unit < 'unit 06'"), "0 units that never entered"),
    ],
    ids=["few to compare with", "nobody entered", "from the start", "alone", "constant", "empty", "incomplete"],
)
def test_not_estimable(frame: pd.DataFrame, reason: str) -> None:
    for estimated in (staggered_effects, sun_abraham):
        with pytest.raises(NotEstimable, match=reason):
            estimated(frame)


good = adoption({3: 6, None: 6})


@pytest.mark.parametrize(
    "frame",
    [
        pd.concat([good, good.head(1)]),
        good[good["period"] != 2017],
        good.assign(outcome=np.inf),
        good.assign(first_treated=good["first_treated"].where(good["period"] > 2016)),
        good.assign(period=good["period"] - 2015),
    ],
    ids=["twice", "a gap", "infinite", "two entries", "period 0"],
)
def test_what_no_data_could_mend_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="expected"):
        staggered_effects(frame)


@pytest.mark.parametrize("change", [{"level": 95}, {"level": float("nan")}])
def test_a_level_is_a_share(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="level"):
        staggered_effects(good, **change)
