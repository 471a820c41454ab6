"""Tables of a made-up district, as the unsuppressed cells and as they would be published."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from elevate.disclosure.grid import KEY
from elevate.disclosure.rates import Limits, box_of, shown_range
from elevate.disclosure.tables import SHARES
from elevate.settings import PROJECT, Settings

CODED_SHARES = Settings(PROJECT).coded_shares
LIMITS = Limits(10, CODED_SHARES)
NO_HISTORY = {"size_stays": 0, "share_stays": 0, "is_size_known": 0, "is_share_known": 0}
BANDS = ("K-2", "3-5", "6-8")
RACES = ("Black", "Hispanic", "White", "Asian", "Multiracial", "Other")


def pupils(schools: int, seed: int, size: float = 420.0, years: Iterable[int] = (2018,)) -> pd.DataFrame:
    """One row a pupil and year: school, cohort, band, two dimensions of 2 and 6 categories, days, chronic absence."""
    random = np.random.default_rng(seed)
    years = list(years)
    sizes = np.maximum(3, random.lognormal(np.log(size), 0.6, schools).astype(int))
    school = np.repeat(np.arange(schools), sizes)
    total = len(school)
    # Each school has a composition of its own, so most groups are large somewhere and tiny elsewhere.
    mix = random.dirichlet([1.2, 1.2, 0.4, 0.2, 0.1, 0.05], schools).cumsum(axis=1)
    race = (random.uniform(size=total)[:, None] > mix[school]).sum(axis=1).clip(0, len(RACES) - 1)
    rate = random.beta(2, 10, schools)
    frames = []
    for year in years:
        absent = np.round(2 * random.gamma(1.2, 10 * rate[school] + 2)) / 2
        days = np.where(random.uniform(size=total) < 0.01, 5, random.integers(60, 110, total))
        frames.append(
            pd.DataFrame(
                {
                    "unit": [f"{number:06d}" for number in school],
                    "cohort": np.where(school % 40 == 0, "I", np.where(school % 40 == 1, "II", "none")),
                    "school_year": year,
                    "grade_band": np.array(BANDS)[random.choice(len(BANDS), total, p=[0.36, 0.34, 0.3])],
                    "gender": np.where(random.uniform(size=total) < 0.5, "F", "M"),
                    "race_ethnicity": np.array(RACES)[race],
                    "days": days,
                    "absent": np.minimum(absent, days),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def cells(of: pd.DataFrame) -> pd.DataFrame:
    """All cells of attendance and chronic absence, as the warehouse has them before suppression."""
    attendance = of.assign(outcome="attendance_rate", numerator=of["days"] - of["absent"], denominator=of["days"])
    flagged = of[of["days"] >= 10]
    chronic = flagged.assign(
        outcome="chronic_absence", numerator=(10 * flagged["absent"] >= flagged["days"]).astype(int), denominator=1
    )
    both = pd.concat([attendance, chronic])
    found = []
    for band in ("all", "grade_band"):
        for dimension in ("all", "gender", "race_ethnicity"):
            by = ["unit", "cohort", "school_year", "outcome", *({band, dimension} - {"all"})]
            found.append(_sums(both, by, "school", dimension))
    found.append(_sums(both.assign(unit=both["cohort"]), ["unit", "cohort", "school_year", "outcome"], "cohort", "all"))
    return _completed(pd.concat(found, ignore_index=True)).assign(is_uniform=0, **NO_HISTORY)


def _completed(cells: pd.DataFrame) -> pd.DataFrame:
    """With a row for each group in both outcomes, empty where nobody of it is in one."""
    group = [name for name in [*KEY, "cohort"] if name != "outcome"]
    outcomes = pd.DataFrame({"outcome": sorted(set(cells["outcome"]))})
    whole = cells[group].drop_duplicates().merge(outcomes, how="cross").merge(cells, how="left")
    figures = ["n_students", "numerator", "denominator"]
    present = cells[(cells["grade_band"] == "all") & (cells["subgroup"] == "all")][["unit", "school_year", "outcome"]]
    return whole.fillna(dict.fromkeys(figures, 0)).merge(
        present.drop_duplicates(), on=["unit", "school_year", "outcome"]
    )


def _sums(of: pd.DataFrame, by: list[str], level: str, dimension: str) -> pd.DataFrame:
    sums = of.groupby(by, sort=False).agg(
        n_students=("numerator", "size"), numerator=("numerator", "sum"), denominator=("denominator", "sum")
    )
    rows = sums.reset_index().assign(level=level, subgroup_dimension=dimension)
    rows["subgroup"] = rows[dimension] if dimension != "all" else "all"
    rows["grade_band"] = rows.get("grade_band", "all")
    return rows[[*KEY, "cohort", "n_students", "numerator", "denominator"]]


def published(decided: pd.DataFrame, publication: int = 0, state: pd.Series | int = 0) -> pd.DataFrame:
    """What readers get: each figure where it is shown, and nothing else."""
    nothing, size = decided["shows"] == "nothing", decided["shows"] != "everything"
    return decided[[*KEY, "cohort", "mean_lower", "mean_upper"]].assign(
        n_students=decided["n_students"].mask(nothing),
        denominator=decided["denominator"].mask(nothing),
        numerator=decided["numerator"].mask(size),
        state_of_publication=publication,
        state=state,
    )


def primary_alone(decided: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """The same with small cells alone withheld: what `decide` starts from."""
    shows = np.full(len(decided), "everything", dtype=object)
    lower, upper = np.full((2, len(decided)), np.nan)
    for outcome, counts_pupils in SHARES.items():
        at = (decided["outcome"] == outcome).to_numpy()
        part, whole = (decided.loc[at, name].to_numpy(dtype=float) for name in ("numerator", "denominator"))
        crossed = (decided.loc[at, "grade_band"] != "all") & (decided.loc[at, "subgroup"] != "all")
        box = box_of(part, whole, limits, counts_pupils).without_ranges(crossed.to_numpy())
        shows[at] = np.where(box.is_small, "size", "everything")
        lower[at], upper[at] = shown_range(box)
    shows[(decided["n_students"] < limits.threshold).to_numpy()] = "nothing"
    ranged = shows == "size"
    return decided.assign(
        shows=shows, mean_lower=np.where(ranged, lower, np.nan), mean_upper=np.where(ranged, upper, np.nan)
    )


def state_of_schools(of: pd.DataFrame) -> pd.Series:
    """For each row a number that is the same in two publications where all of its school and year is the same."""
    figures = of[[*KEY, "n_students", "numerator", "denominator"]].astype(
        dict.fromkeys(("n_students", "numerator", "denominator"), float)
    )
    rows = pd.util.hash_pandas_object(figures, index=False)
    return rows.groupby([of["level"], of["unit"], of["school_year"]]).transform("sum")
