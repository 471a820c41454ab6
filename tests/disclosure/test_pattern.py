"""The suppression itself: what it leaves is attacked as in test_district, on tables of any size."""

import logging
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elevate.disclosure.rates import Limits
from elevate.disclosure.tables import UnknownOutcome, decide
from tests.disclosure import attack
from tests.disclosure.tables import LIMITS, NO_HISTORY, cells, primary_alone, published, pupils, state_of_schools

log = logging.getLogger(__name__)
pytestmark = pytest.mark.timeout(900)

THRESHOLD, ENOUGH = LIMITS.threshold, 1.0
SECONDS = 30


def attacked(decided: pd.DataFrame) -> attack.Found:
    return attack.attack(attack.hidden_figures(published(decided), THRESHOLD), ENOUGH)


def test_a_district_of_640_schools_gives_nothing_away() -> None:
    """With every margin: school, band, subgroup, both at once, cohort; sizes, shares and days."""
    unsuppressed = cells(pupils(640, seed=5))
    start = time.perf_counter()
    decided = decide(unsuppressed, LIMITS)
    seconds = time.perf_counter() - start
    found, alone = attacked(decided), attacked(primary_alone(decided, LIMITS))
    log.info("%d cells, %d withheld in %.1f s", len(decided), (decided["shows"] != "everything").sum(), seconds)
    log.info("%s; small cells alone: %s", found.summary, alone.summary)
    assert found.determined().to_dict("records") == []
    assert len(alone.determined()) > 500
    assert seconds < SECONDS


@pytest.mark.parametrize("size", [25.0, 60.0, 150.0])
def test_smaller_schools_give_nothing_away_either(size: float) -> None:
    decided = decide(cells(pupils(25, seed=3, size=size)), LIMITS)
    assert attacked(decided).determined().to_dict("records") == []


@st.composite
def small_tables(draw: st.DrawFn) -> pd.DataFrame:
    """A few schools of one cohort, with any numbers in any bands and categories."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    schools = draw(st.integers(1, 5))
    sizes = [draw(st.integers(1, 90)) for _ in range(schools)]
    return _district(random, sizes, draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.floats(0, 1)))


def _district(random: np.random.Generator, sizes: list[int], bands: int, races: int, rate: float) -> pd.DataFrame:
    total, days = sum(sizes), 100
    return pd.DataFrame(
        {
            "unit": np.repeat([f"{n:06d}" for n in range(len(sizes))], sizes),
            "cohort": "I",
            "school_year": 2018,
            "grade_band": np.array(["K-2", "3-5", "6-8"])[random.integers(0, bands, total)],
            "gender": np.array(["F", "M"])[random.integers(0, 2, total)],
            "race_ethnicity": np.array(["Black", "Hispanic", "White", "Asian"])[
                np.minimum(random.geometric(0.5, total) - 1, races - 1)
            ],
            "days": np.where(random.uniform(size=total) < 0.03, 5, days),
            "absent": np.where(random.uniform(size=total) < rate, 20.0, random.integers(0, 5, total)).clip(max=5),
        }
    ).assign(absent=lambda of: np.where(random.uniform(size=total) < rate, of["days"] / 5, of["absent"]))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_tables())
def test_no_small_table_gives_a_figure_away(of: pd.DataFrame) -> None:
    decided = decide(cells(of), LIMITS)
    assert attacked(decided).determined().to_dict("records") == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_tables())
def test_the_same_cells_give_the_same_pattern_and_a_complete_one_stays(of: pd.DataFrame) -> None:
    """In whatever order the rows come; and a night that is run again withholds what it did."""
    unsuppressed = cells(of)
    decided = decide(unsuppressed, LIMITS)
    pd.testing.assert_frame_equal(decide(unsuppressed.sample(frac=1, random_state=1), LIMITS), decided)
    pd.testing.assert_frame_equal(after(decided, decided)[["shows"]], decided[["shows"]])


def after(before: pd.DataFrame, tonight: pd.DataFrame) -> pd.DataFrame:
    """The decision on tonight's cells, with what readers were shown before, as the ledger has it."""
    key = attack.CELL
    both = tonight[[*key, "cohort", "n_students", "numerator", "denominator", "is_uniform"]].merge(
        before[[*key, "shows", "n_students", "numerator", "denominator"]], on=key, how="left", suffixes=("", "_then")
    )
    same_size = both["n_students"] == both["n_students_then"]
    same_part = both["numerator"] == both["numerator_then"]
    same_rest = both["denominator"] - both["numerator"] == both["denominator_then"] - both["numerator_then"]
    seen = both["shows"].isin(["everything", "size"])
    history = {
        "size_stays": (both["shows"] == "nothing") & same_size,
        "share_stays": (both["shows"] == "size") & (same_part | same_rest),
        "is_size_known": seen & same_size,
        "is_share_known": (both["shows"] == "everything") & same_size & same_part,
    }
    return decide(
        both[
            tonight.columns.intersection([*key, "cohort", "n_students", "numerator", "denominator", "is_uniform"])
        ].assign(**{name: flag.astype(int) for name, flag in history.items()}),
        LIMITS,
    )


def in_both(nights: list[pd.DataFrame]) -> pd.DataFrame:
    """Both publications, with what the attacker knows of them: which schools have not changed."""
    shown = []
    for number, decided in enumerate(nights):
        shown.append(published(decided, number, state_of_schools(decided)))
    return pd.concat(shown, ignore_index=True)


def night_of(sizes: dict[str, int]) -> pd.DataFrame:
    """The cells of one cohort's schools of these sizes, of which every fourth pupil is chronically absent."""
    rows = [(unit, number) for unit, size in sizes.items() for number in range(size)]
    of = pd.DataFrame(rows, columns=["unit", "number"]).assign(
        cohort="I", school_year=2018, grade_band="K-2", days=100, race_ethnicity="Black"
    )
    return cells(
        of.assign(gender=np.where(of["number"] % 2, "F", "M"), absent=np.where(of["number"] % 8 < 2, 20.0, 2.0))
    )


def test_what_hid_a_school_is_not_shown_by_the_next_night() -> None:
    """Another school would do as well, but last night's table, where the unchanged one hides it, would give it back."""
    before = decide(night_of({"1": 7, "2": 90, "3": 120, "4": 150}), LIMITS)
    tonight = night_of({"1": 7, "2": 90, "3": 80, "4": 150})
    forgetful = attack.hidden_figures(in_both([before, decide(tonight, LIMITS)]), THRESHOLD)
    assert "1" in set(attack.attack(forgetful, ENOUGH).determined()["unit"])
    remembering = attack.hidden_figures(in_both([before, after(before, tonight)]), THRESHOLD)
    assert attack.attack(remembering, ENOUGH).determined().to_dict("records") == []


def test_a_school_that_readers_have_seen_hides_no_other() -> None:
    """All were shown; now one falls below ten. Of the others the one that is as it was would hide nothing."""
    before = decide(night_of({"1": 40, "2": 90, "3": 120, "4": 150}), LIMITS)
    tonight = night_of({"1": 7, "2": 90, "3": 120, "4": 160})
    forgetful = attack.hidden_figures(in_both([before, decide(tonight, LIMITS)]), THRESHOLD)
    assert "1" in set(attack.attack(forgetful, ENOUGH).determined()["unit"])
    decided = after(before, tonight)
    assert set(decided.loc[decided["shows"] == "nothing", "unit"]) == {"1", "4"}
    remembering = attack.hidden_figures(in_both([before, decided]), THRESHOLD)
    assert attack.attack(remembering, ENOUGH).determined().to_dict("records") == []


GROUPS = {
    "the only category of a band is the band": {("K-2", "F"): 30, ("3-5", "F"): 4, ("3-5", "M"): 40},
    "a band that hides another hides its parts": {
        ("K-2", "F"): 5,
        ("3-5", "F"): 12,
        ("3-5", "M"): 30,
        ("6-8", "F"): 20,
        ("6-8", "M"): 11,
    },
}


@pytest.mark.parametrize("groups", GROUPS.values(), ids=GROUPS)
def test_a_band_is_no_way_back(groups: dict[tuple[str, str], int]) -> None:
    rows = [(*group, number) for group, size in groups.items() for number in range(size)]
    of = pd.DataFrame(rows, columns=["grade_band", "gender", "number"]).assign(
        unit="1", cohort="I", school_year=2018, days=100, race_ethnicity="Black"
    )
    decided = decide(cells(of.assign(absent=np.where(of["number"] % 8 < 2, 20.0, 2.0))), LIMITS)
    found = attacked(decided)
    assert len(found.width) > 5
    assert found.determined().to_dict("records") == []


def test_what_has_changed_may_be_shown_again() -> None:
    """A share of few in autumn is one of many in spring, and no longer a secret."""
    before = decide(
        night_of({"1": 40, "2": 90, "3": 120}).assign(numerator=lambda of: of["denominator"] * 0.95), LIMITS
    )
    assert "size" in set(before["shows"])
    tonight = night_of({"1": 60, "2": 95, "3": 130})
    pd.testing.assert_series_equal(after(before, tonight)["shows"], decide(tonight, LIMITS)["shows"])


@pytest.mark.parametrize("size", [40.0, 150.0])
def test_no_small_group_follows_from_a_total_less_the_rest(size: float) -> None:
    """What is withheld of a line is known as a sum: it holds ten, and ten on either side of a share."""
    decided = decide(cells(pupils(50, seed=11, size=size)), LIMITS)
    schools = decided[decided["level"] == "school"].assign(rest=decided["denominator"] - decided["numerator"])
    checked = 0
    for figure, withheld in (
        ("n_students", ["nothing"]),
        ("numerator", ["nothing", "size"]),
        ("rest", ["nothing", "size"]),
    ):
        of = schools[schools["outcome"] == "chronic_absence"].assign(
            hidden=lambda x, w=tuple(withheld): x["shows"].isin(w)
        )
        totals = of[of["subgroup"] == "all"].set_index(["unit", "grade_band"])["hidden"]
        parts = of[(of["subgroup"] != "all") & of["hidden"]]
        sums = parts.groupby(["unit", "grade_band", "subgroup_dimension"])[figure].sum()
        shown = ~totals.reindex(pd.MultiIndex.from_tuples([key[:2] for key in sums.index])).to_numpy(dtype=bool)
        checked += shown.sum()
        assert (sums[shown] >= THRESHOLD).all(), figure
    assert checked > 20


def test_an_outcome_that_is_not_known_is_refused() -> None:
    with pytest.raises(UnknownOutcome, match="shoe_size"):
        decide(cells(pupils(3, seed=1)).assign(outcome="shoe_size", **NO_HISTORY), LIMITS)


@pytest.mark.parametrize(("coded_shares", "shows"), [(LIMITS.coded_shares, "everything"), (((np.inf, 0.2),), "size")])
def test_how_near_an_end_is_near_is_a_setting(coded_shares: tuple[tuple[float, float], ...], shows: str) -> None:
    """Of 400 students an eighth: by the usual codes a figure, where a fifth is coded a range."""
    of = night_of({"1": 400, "2": 400}).assign(numerator=lambda of: of["denominator"] / 8)
    decided = decide(of, Limits(10, coded_shares))
    total = (decided["level"] == "school") & (decided["grade_band"] == "all") & (decided["subgroup"] == "all")
    chronic = decided[total & (decided["outcome"] == "chronic_absence")]
    assert set(chronic["shows"]) == {shows}
    assert shows == "everything" or set(chronic["mean_upper"]) == {0.2}
