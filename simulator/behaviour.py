"""Behaviour: incidents by the groups of the Student Code of Conduct, and the suspensions that followed.

The programme changes none of it: what an evaluation finds here is chance.
"""

import numpy as np
from numpy.typing import NDArray

from simulator.calendar import SchoolYear, later
from simulator.enrollment import Spells
from simulator.ledger import NEVER, Column, Dates, Ints, Ledger, Number, Serial, Words
from simulator.randomness import stream
from simulator.schools import HIGH, Schools
from simulator.students import Students

GROUPS = (1, 2, 3, 4, 5, 6)
GROUP_SHARES = (0.16, 0.27, 0.36, 0.11, 0.08, 0.02)
BEHAVIOURS = (8, 11, 11, 15, 17, 13)
"""How many behaviours each group of the code lists."""
IN_SCHOOL = np.array([0, 0.05, 0.3, 0.35, 0.2, 0.05])
OUT_OF_SCHOOL = np.array([0, 0, 0.12, 0.45, 0.8, 0.95])
LONGEST = np.array([1, 1, 3, 3, 5, 10])
"""By group: chance of a suspension in and out of school, and the most days of one."""
FIRST_SUSPENDED = 4
"""Grade code of grade 3: no younger child is suspended."""
ELEMENTARY_RATE, HIGH_RATE = 0.14, 0.30
"""Incidents of a student in a year."""
TOGETHER = 0.5
"""Share of two students' incidents at one school on one day that are one incident."""
LATE, DELETED, APPEALED, REGROUPED = 0.12, 0.012, 0.05, 0.03
CODES = tuple(f"{group}-{n}" for group, many in zip(GROUPS, BEHAVIOURS, strict=True) for n in range(1, many + 1))
FIRST_CODE = np.concatenate([[0], np.cumsum(BEHAVIOURS)[:-1]])


def ledger(schools: Schools, students: Students, spells: Spells, year: SchoolYear) -> Ledger:
    """The year's feed, one row a student and incident; some come late, are corrected or taken back."""
    rng = stream(schools.seed, "behaviour", year.year)
    spell, place = _happened(rng, schools, students, spells)
    count = len(spell)
    group = rng.choice(len(GROUPS), count, p=GROUP_SHARES).astype(np.int32)
    code = FIRST_CODE[group] + np.floor(rng.random(count) * np.array(BEHAVIOURS)[group])
    inside, outside = _suspensions(rng, group, spells.grade[spell])
    lag = np.where(rng.random(count) < LATE, rng.integers(3, 11, count), rng.integers(0, 3, count))
    gone = np.where(rng.random(count) < DELETED, lag + rng.integers(1, 31, count), NEVER)
    made = Ledger(
        {
            "IncidentID": Column(_numbers(rng, spells, spell, place, year), Serial("BI", 8)),
            "StudentID": Column(spells.student[spell], Words(students.ids)),
            "SchoolID": Column(spells.school[spell], Words(schools.ids)),
            "IncidentDate": Column(year.days[place], Dates()),
            "ConductGroup": Column(group + 1, Number()),
            "BehaviorCode": Column(code.astype(np.int32), Words(CODES)),
            "InSchoolSuspensionDays": Column(inside, Number()),
            "OutOfSchoolSuspensionDays": Column(outside, Number()),
        },
        known_on=later(year, place, lag),
        gone_on=later(year, place, gone),
    )
    _correct(rng, made, year, place.astype(np.int64) + lag)
    return made


def _happened(
    rng: np.random.Generator, schools: Schools, students: Students, spells: Spells
) -> tuple[NDArray[np.int64], Ints]:
    """Spell and instructional day of each row, in the order of day, school and student."""
    usual = np.exp(stream(schools.seed, "school behaviour").normal(0, 0.4, schools.count))
    often = stream(schools.seed, "behaviour of students").gamma(0.5, 2, len(students.number))
    days = np.maximum(spells.ends - spells.starts, 0)
    rate = np.where(spells.grade >= HIGH[0], HIGH_RATE, ELEMENTARY_RATE * (0.4 + 0.12 * spells.grade))
    rate = rate * (spells.grade > 0) * usual[spells.school] * often[spells.student] * days / 178
    spell = np.repeat(np.arange(len(rate)), rng.poisson(rate))
    place = spells.starts[spell] + np.floor(rng.random(len(spell)) * days[spell]).astype(np.int32)
    order = np.lexsort((spells.student[spell], spells.school[spell], place))
    return spell[order], place[order]


def _suspensions(rng: np.random.Generator, group: Ints, grade: Ints) -> tuple[Ints, Ints]:
    """Days in and out of school; the second takes the place of the first."""
    count = len(group)
    old_enough = grade >= FIRST_SUSPENDED
    out = (rng.random(count) < OUT_OF_SCHOOL[group]) & old_enough
    inside = (rng.random(count) < IN_SCHOOL[group]) & old_enough & ~out
    days = 1 + np.floor(rng.random(count) * LONGEST[group])
    return (np.minimum(days, 3) * inside).astype(np.int32), (days * out).astype(np.int32)


def _numbers(rng: np.random.Generator, spells: Spells, spell: NDArray[np.int64], place: Ints, year: SchoolYear) -> Ints:
    """Numbers of the incidents; neighbours of one school and day share one at times, never a student's own two."""
    school, student = spells.school[spell], spells.student[spell]
    same = (np.diff(school) == 0) & (np.diff(place) == 0) & (np.diff(student) != 0)
    begins = np.append(True, ~same) | (rng.random(len(spell)) >= TOGETHER)
    return ((year.year - 2000) * 1_000_000 + np.cumsum(begins)).astype(np.int32)


def _correct(rng: np.random.Generator, made: Ledger, year: SchoolYear, known: NDArray[np.int64]) -> None:
    """An appeal takes days off a suspension; a few incidents move a group down, and some of them back."""
    count = len(known)
    group, code, outside = (
        made.columns[name].values for name in ("ConductGroup", "BehaviorCode", "OutOfSchoolSuspensionDays")
    )
    appealed = np.flatnonzero((rng.random(count) < APPEALED) & (outside > 0))
    when = later(year, known[appealed], rng.integers(2, 15, len(appealed)))
    made.set("OutOfSchoolSuspensionDays", appealed, when, outside[appealed] - 1)
    free = (made.columns["InSchoolSuspensionDays"].values == 0) & (outside == 0) & (group > 1)
    moved = np.flatnonzero((rng.random(count) < REGROUPED) & free)
    back = rng.random(len(moved)) < 0.2
    after = rng.integers(1, 20, len(moved))
    again = after[back] + rng.integers(1, 6, int(back.sum()))
    for name, value, lower in (("ConductGroup", group, group - 1), ("BehaviorCode", code, FIRST_CODE[group - 2])):
        made.set(name, moved, later(year, known[moved], after), lower[moved])
        made.set(name, moved[back], later(year, known[moved[back]], again), value[moved[back]])
