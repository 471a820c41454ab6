"""Absences. Only they are sent; who has none on a day was there.

Each student has a proneness, each school and grade a rate, each day a weight.
The injected effect lowers a school's expected absences by exactly that many
points for each year since its launch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calendar import SchoolYear, later, on
from simulator.enrollment import Spells
from simulator.ledger import NEVER, Column, Dates, Ints, Ledger, Number, Words
from simulator.randomness import stream
from simulator.schools import Schools
from simulator.students import Students

CODES = ("UX", "EX", "SU", "MX")
CODE_SHARES = (0.55, 0.30, 0.03, 0.12)
HALF_DAYS = 0.08
"""Share of the absences that are half days."""
GRADE_WEIGHTS = np.array([1.7, 1.25, 1.05, 1, 0.95, 0.9, 0.9, 0.9, 1, 1.1, 0.85, 0.95, 1.05, 1.15])
LATE, CORRECTED, DELETED = 0.12, 0.03, 0.01
"""Shares of the absences that arrive late, get another code, turn out to be none."""
CHUNK = 20_000


@dataclass(frozen=True)
class Absences:
    """Absences of one school year, by spell and instructional day."""

    spell: Ints
    day: Ints


def absences(
    schools: Schools, students: Students, spells: Spells, year: SchoolYear, effect: NDArray[np.float64]
) -> Absences:
    """Absences of one year's spells. `effect` is by school and instructional day, in days per day."""
    rng = stream(schools.seed, "attendance", year.year)
    rate = _rates(schools, students, spells, rng)
    usual = _usual(schools, spells, rate)
    weight = _day_weights(year)[None, :] - effect / (usual[:, None] * (1 - HALF_DAYS / 2))
    found: list[NDArray[np.int64]] = []
    days = np.arange(len(year.days))
    for first in range(0, len(rate), CHUNK):
        part = slice(first, first + CHUNK)
        chance = weight[spells.school[part]].astype(np.float32) * rate[part, None].astype(np.float32)
        absent = rng.random(chance.shape, dtype=np.float32) < chance
        absent &= (days >= spells.starts[part, None]) & (days < spells.ends[part, None])
        rows, when = np.nonzero(absent)
        found.append(np.stack([rows + first, when]))
    spell, when = np.concatenate(found, axis=1).astype(np.int32)
    return Absences(spell, when)


def ledger(schools: Schools, students: Students, spells: Spells, year: SchoolYear, found: Absences) -> Ledger:
    """The year's feed: most absences are known the same day, some are corrected or taken back."""
    rng = stream(schools.seed, "attendance corrections", year.year)
    count = len(found.spell)
    codes = rng.choice(len(CODES), count, p=CODE_SHARES).astype(np.int32)
    fraction = np.where(rng.random(count) < HALF_DAYS, 5, 10).astype(np.int32)
    lag = np.where(rng.random(count) < LATE, rng.integers(1, 6, count), 0)
    gone = np.where(rng.random(count) < DELETED, lag + rng.integers(1, 16, count), NEVER)
    made = Ledger(
        {
            "StudentID": Column(spells.student[found.spell], Words(students.ids)),
            "SchoolID": Column(spells.school[found.spell], Words(schools.ids)),
            "AbsenceDate": Column(year.days[found.day], Dates()),
            "AbsenceCode": Column(codes, Words(CODES)),
            "DayFraction": Column(fraction, Number(1)),
        },
        known_on=later(year, found.day, lag),
        gone_on=later(year, found.day, gone),
    )
    changed = np.flatnonzero(rng.random(count) < CORRECTED)
    after = lag[changed] + rng.integers(1, 20, len(changed))
    other = (codes[changed] + rng.integers(1, len(CODES), len(changed))) % len(CODES)
    made.set("AbsenceCode", changed, later(year, found.day[changed], after), other)
    back = rng.random(len(changed)) < 0.2
    again = later(year, found.day[changed[back]], after[back] + rng.integers(1, 6, int(back.sum())))
    made.set("AbsenceCode", changed[back], again, codes[changed[back]])
    halved = np.flatnonzero(rng.random(count) < CORRECTED / 4)
    made.set("DayFraction", halved, later(year, found.day[halved], lag[halved] + 2), 15 - fraction[halved])
    return made


def _rates(schools: Schools, students: Students, spells: Spells, rng: np.random.Generator) -> NDArray[np.float64]:
    """Expected share of days absent of each spell."""
    by_school = stream(schools.seed, "school attendance")
    high = np.array([school.category == "HS" for school in schools.all])
    base = np.where(high, 0.132, 0.053) * np.exp(by_school.normal(0, 0.2, schools.count))
    this_year = np.exp(rng.normal(0, 0.05, schools.count))
    noise = np.exp(rng.normal(0, 0.35, len(spells.student)) - 0.35**2 / 2)
    rate = (base * this_year)[spells.school] * GRADE_WEIGHTS[spells.grade]
    rates: NDArray[np.float64] = np.clip(rate * students.proneness[spells.student] * noise, 0.002, 0.6)
    return rates


def _usual(schools: Schools, spells: Spells, rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each school's mean rate over its days of membership."""
    days = (spells.ends - spells.starts).astype(np.float64)
    total = np.bincount(spells.school, days, schools.count)
    weighted = np.bincount(spells.school, days * rate, schools.count)
    usual: NDArray[np.float64] = np.where(total > 0, weighted / np.maximum(total, 1), 1.0)
    return usual


def _day_weights(year: SchoolYear) -> NDArray[np.float64]:
    """More absences on Mondays, Fridays, before days off and in winter; 1 on average."""
    dates = [on(day) for day in year.days]
    weight: NDArray[np.float64] = np.array([(1.08, 1, 1, 1, 1.15)[date.weekday()] for date in dates])
    weight *= [1.12 if date.month in (1, 2) else 1 for date in dates]
    weight *= np.where(np.diff(year.days, append=year.days[-1] + 1) > 3, 1.2, 1)
    balanced: NDArray[np.float64] = weight / weight.mean()
    return balanced
