"""Welch's test and its degrees of freedom, for one effect and for several at once."""

import numpy as np
import pandas as pd
import pytest

from elevate.evaluation import few_units
from elevate.evaluation.panel import LeftOut, Panel, panel_of
from elevate.evaluation.staggered import staggered_effects


def noise(cohorts: dict[int, int], seed: int) -> pd.DataFrame:
    """Five periods without any effect; so many units for each period of entry, 0 for never."""
    random = np.random.default_rng(seed)
    entries = [entry for entry, units in cohorts.items() for _ in range(units)]
    level = random.normal(size=len(entries))
    rows = [
        (unit, period, entry or np.nan, level[unit] + random.normal(scale=0.5))
        for unit, entry in enumerate(entries)
        for period in range(1, 6)
    ]
    return pd.DataFrame(rows, columns=["unit", "period", "first_treated", "outcome"])


@pytest.fixture
def panel() -> Panel:
    return panel_of(noise({3: 6, 4: 5, 0: 8}, seed=1))


def test_the_weights_make_the_effects(panel: Panel) -> None:
    """By another way than the library's: cohorts' changes less those of the units that never entered."""
    found = staggered_effects(panel.frame())
    weights = {
        "simple": few_units.simple_mean(panel), "group": few_units.group_mean(panel),
        "dynamic": few_units.dynamic_mean(panel),
    }  # fmt: skip
    for name, cells in weights.items():
        assert _sum(panel, cells) == pytest.approx(getattr(found, name).estimate), name
        assert sum(cells.values()) == pytest.approx(1)
    for row in found.event_times:
        assert _sum(panel, few_units.event_time(panel, row.event_time)) == pytest.approx(row.effect.estimate)
    for row in found.cohorts:
        assert _sum(panel, few_units.cohort_mean(panel, row.cohort)) == pytest.approx(row.effect.estimate)


def _sum(panel: Panel, weights: few_units.Weights) -> float:
    total = 0.0
    for (cohort, period), weight in weights.items():
        change = panel.outcomes[period] - panel.outcomes[cohort - 1]
        means = change.groupby(panel.first_treated).mean()
        total += weight * (means[cohort] - means[0])
    return total


def test_a_joint_test_of_one_effect_is_welchs(panel: Panel) -> None:
    cell = {(3, 4): 1.0}
    found = few_units.joint_test(panel, [cell])
    assert found is not None
    (of_cell,) = [row for row in staggered_effects(panel.frame()).group_times if (row.cohort, row.period) == (3, 4)]
    assert (found.p_value, found.degrees_of_freedom) == pytest.approx(
        (of_cell.effect.p_value, of_cell.effect.degrees_of_freedom)
    )


def test_what_the_units_do_not_bear_is_not_tested() -> None:
    frame = noise({3: 2, 0: 5}, seed=1)
    three = [{(3, period): 1.0} for period in (3, 4, 5)]
    assert few_units.joint_test(panel_of(frame), three) is not None
    assert few_units.joint_test(panel_of(frame), [*three, three[0]]) is None, "the same effect twice"


@pytest.mark.parametrize("several", [[(4, 5)], [(3, 5), (3, 1), (4, 5)]], ids=["one effect", "three at once"])
def test_with_few_units_nothing_is_found_where_nothing_is(several: list[tuple[int, int]]) -> None:
    """Of 500 draws of 6 and 5 units against 8; with normal quantiles one effect alone is found in more than 12%."""
    weights = [{cell: 1.0} for cell in several]
    found = [few_units.joint_test(_drawn(seed), weights) for seed in range(500)]
    rejected = np.mean([test is not None and test.p_value < 0.05 for test in found])
    assert 0.025 < rejected < 0.075


def _drawn(seed: int) -> Panel:
    outcomes = pd.DataFrame(np.random.default_rng(seed).normal(size=(19, 5)), columns=range(1, 6))
    return Panel(outcomes, pd.Series(6 * [3] + 5 * [4] + 8 * [0]), LeftOut(0, 0, 0))
