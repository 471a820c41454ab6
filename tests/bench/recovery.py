"""What each method finds of an effect that is known, district by district, and how often it is right."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from elevate.estimating import impact, programme
from elevate.estimating.model import ASSIGNED, covariates, of_both_arms
from elevate.estimating.rows import PROGRAMME, Estimate, Event, Impact, Placebo
from elevate.evaluation.estimable import Numbers
from elevate.evaluation.staggered import StaggeredEffects, staggered_effects
from tests.bench.trials import OUTCOMES, Frames, Twins

NAIVE = ("student_ols", "cr1s_normal", "callaway_santanna_normal")
"""For contrast, never published: students as if no school; usual cluster errors; the usual error of Callaway and
Sant'Anna; with normal quantiles the last two."""
MOST_REJECTIONS, LEAST_COVERAGE, FARTHEST = 0.075, 0.925, 3.0
"""Said before the runs. A method fails beyond these; a bias, beyond so many of its Monte Carlo errors."""
KEY = ["sample", "outcome", "follow_up", "method"]


@dataclass(frozen=True)
class Finding:
    """What a method found in a district, with the effect and (`null_`) without; nan where it is not estimable."""

    sample: str
    outcome: str
    follow_up: str
    method: str
    truth: float
    estimate: float = math.nan
    error: float = math.nan
    df: float = math.nan
    low: float = math.nan
    high: float = math.nan
    null_estimate: float = math.nan
    null_p: float = math.nan


Key = tuple[str, str, str, str]


def findings(twins: Twins) -> list[Finding]:
    """Every method of the assigned and the enrolled sample and of the programme's panel, in one district."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(impact, "SUBGROUPS", [])
        nothing = dict(_estimates(twins.nothing))
        patch.setattr(impact, "placebo", lambda *_: Placebo())
        injected = dict(_estimates(twins.injected))
    truths = dict(_truths(twins.injected))
    return [_finding(key, truths, injected.get(key, Estimate()), null) for key, null in nothing.items()]


def _finding(key: Key, truths: dict[Key, float], found: Estimate, null: Estimate) -> Finding:
    sample, outcome, follow_up, _ = key
    numbers = (
        found.estimate, found.standard_error, found.degrees_of_freedom, found.interval_low, found.interval_high,
        null.estimate, null.p_value,
    )  # fmt: skip
    truth = truths.get((sample, outcome, follow_up, ""), math.nan)
    return Finding(*key, truth, *(math.nan if number is None else number for number in numbers))


def _estimates(frames: Frames) -> Iterator[tuple[Key, Estimate]]:
    """Of all methods; and where there can be no effect, of the baselines and of the years before the launch."""
    impacts, found = impact.impacts(frames.sample, OUTCOMES), list[StaggeredEffects]()

    def kept(units: pd.DataFrame) -> StaggeredEffects:
        found.append(staggered_effects(units))
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programme.staggered, "staggered_effects", kept)
        effects, events = programme.programme_effects(frames.panel, OUTCOMES)
    yield from ((_key(row), row.estimate) for row in [*impacts, *effects])
    yield from ((_key_of_event(event), event.estimate) for event in events)
    yield from _naive(frames.sample)
    for row, of in zip(effects, found, strict=True):
        yield from _by_normal_quantiles(row.question.outcome, of)
    for row in impacts:
        if row.question.sample == "assigned":
            placebo = Estimate(row.placebo.placebo_estimate, p_value=row.placebo.placebo_p_value)
            yield ("placebo", *_key(row)[1:]), placebo
    for event in events:
        if _key_of_event(event)[2:] == (str(programme.NEAREST), programme.CALLAWAY_SANTANNA):
            yield ("placebo", event.outcome, "before, all", event.method), Estimate(p_value=event.pretrend_p_value)


def _key(row: Impact) -> Key:
    return row.question.sample, row.question.outcome, row.question.follow_up, row.method


def _key_of_event(event: Event) -> Key:
    sample = "placebo" if event.is_before_launch else PROGRAMME
    of = "" if event.cohort == "all" else f", {event.cohort}"
    return sample, event.outcome, f"{event.event_time:+d}{of}", event.method


def _truths(frames: Frames) -> Iterator[tuple[Key, float]]:
    """What was truly gained, with no method's name, by what was asked."""
    for question, students in impact.asked(frames.sample):
        enrolled = students[students["is_at_school"] & students["value"].notna()]
        for sample, who in (("assigned", students[students["is_analysed"]]), ("enrolled", enrolled)):
            yield (sample, question.outcome, question.follow_up, ""), _gain_of_students(who)
    for name, schools in frames.panel.groupby("outcome"):
        years = schools["school_year"].nunique()
        complete = schools[schools.groupby("school_id")["school_year"].transform("size") == years]
        time = complete["school_year"] - complete["launch_school_year"]
        after = complete.assign(time=time)[time >= 0]
        yield (PROGRAMME, str(name), "all", ""), float(after["gain"].mean())
        for since, rows in after.groupby("time"):
            yield (PROGRAMME, str(name), f"{int(since):+d}", ""), float(rows["gain"].mean())
            for cohort, own in rows.groupby("cohort"):
                yield (PROGRAMME, str(name), f"{int(since):+d}, {cohort}", ""), float(own["gain"].mean())


def _gain_of_students(students: pd.DataFrame) -> float:
    """The treated students' mean gain, less that of the controls of their block, who gain where they change school."""
    compared = of_both_arms(students)
    means = compared.groupby(["block", "arm"])["gain"].mean().unstack()
    treated = compared[compared["arm"] == "treatment"].groupby("block").size()
    return float(np.average(means["treatment"] - means["control"], weights=treated[means.index]))


def _naive(sample: pd.DataFrame) -> Iterator[tuple[Key, Estimate]]:
    for question, students in impact.asked(sample):
        compared = of_both_arms(students[students["is_analysed"]])
        for method, found in zip(NAIVE[:2], _least_squares(compared), strict=True):
            yield (question.sample, question.outcome, question.follow_up, method), found


def _by_normal_quantiles(outcome: str, found: StaggeredEffects) -> Iterator[tuple[Key, Estimate]]:
    """Callaway and Sant'Anna's effects with the errors and quantiles that other packages use."""
    effects = {"all": found.simple} | {f"{e.event_time:+d}": e.effect for e in found.event_times if e.event_time >= 0}
    for follow_up, effect in effects.items():
        key = (PROGRAMME, outcome, follow_up, NAIVE[2])
        yield key, _estimate(effect.estimate, effect.analytic_error, math.inf)


def _least_squares(students: pd.DataFrame) -> tuple[Estimate, Estimate]:
    """The model's coefficient with the errors of independent students, and with CR1S."""
    numbers, categories = covariates(students, ASSIGNED)
    dummies = pd.get_dummies(categories.astype("str"), drop_first=True)
    design = np.column_stack([np.ones(len(students)), pd.concat([numbers, dummies], axis=1).to_numpy(dtype=float)])

    def left(values: "pd.Series[float]") -> Numbers:
        column = values.to_numpy(dtype=float)
        return np.asarray(column - design @ np.linalg.lstsq(design, column, rcond=None)[0])

    treated, value = left(students["arm"] == "treatment"), left(students["value"])
    length = float(treated @ treated)
    effect = float(treated @ value) / length
    residual, n = value - effect * treated, len(students)
    free = n - int(np.linalg.matrix_rank(design)) - 1
    school, _ = pd.factorize(students["school_id"])
    count, scores = school.max() + 1, np.bincount(school, weights=treated * residual)
    independent = math.sqrt(float(residual @ residual) / free / length)
    cr1s = math.sqrt(float(scores @ scores) * count / (count - 1) * (n - 1) / free) / length
    return _estimate(effect, independent, free), _estimate(effect, cr1s, math.inf)


def _estimate(effect: float, error: float, df: float) -> Estimate:
    of = norm if df == math.inf else student(df)
    reach = float(of.ppf(0.975)) * error
    return Estimate(effect, error, df, float(2 * of.sf(abs(effect) / error)), effect - reach, effect + reach)


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """By question and method: how far from the truth, how often inside, and rejections where there is nothing."""
    of_key = found.groupby(KEY, sort=False)
    return of_key.apply(lambda rows: pd.Series(asdict(judged(rows)))).reset_index()


@dataclass(frozen=True)
class Judged:
    """Of the districts in which the method gave an estimate; `_mc` are the Monte Carlo standard errors."""

    districts: int
    estimable: float
    truth: float
    bias: float
    bias_mc: float
    rmse: float
    spread: float
    error: float
    df: float
    coverage: float
    coverage_mc: float
    rejections: float
    rejections_mc: float

    @property
    def n(self) -> int:
        return round(self.districts * self.estimable)


def judged(rows: pd.DataFrame) -> Judged:
    """One method's answers to one question."""
    known = rows[rows["null_p"].notna() | rows["estimate"].notna()]
    off = (known["estimate"] - known["truth"]).dropna()
    inside = known["truth"].between(known["low"], known["high"])[known["low"].notna() & known["truth"].notna()]
    rejected = (known["null_p"] < 0.05)[known["null_p"].notna()]
    return Judged(
        len(rows), len(known) / len(rows), known["truth"].mean(), off.mean(), off.sem(),
        math.sqrt((off**2).mean()) if len(off) else math.nan, known["estimate"].std(), known["error"].mean(),
        known["df"].replace(math.inf, math.nan).mean(), *_share(inside), *_share(rejected),
    )  # fmt: skip


def _share(hits: "pd.Series[bool]") -> tuple[float, float]:
    share = float(hits.mean()) if len(hits) else math.nan
    return share, math.sqrt(share * (1 - share) / len(hits)) if len(hits) else math.nan


def failings(row: "pd.Series[float]") -> str:
    """In which respects a method fails, by the bounds above; nothing where it does not."""
    found = []
    if row["rejections"] > MOST_REJECTIONS:
        found.append("rejects too often")
    if row["coverage"] < LEAST_COVERAGE:
        found.append("covers too seldom")
    if abs(row["bias"]) > FARTHEST * row["bias_mc"]:
        found.append("biased")
    return ", ".join(found)
