"""MAP Growth: who sat a test when, and the score.

A student's level is a place in the norm group; it drifts from year to year. The
score is that place on the norms of grade and season, what the school adds, the
injected effect, and error. Norm means are close to the published ones of 2015.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.calendar import YEARS, school_years
from simulator.enrollment import Spells
from simulator.ledger import NEVER, Ints
from simulator.programme import exposure
from simulator.randomness import stream
from simulator.schools import Schools
from simulator.students import Students

SEASONS = ("Fall", "Winter", "Spring")
WINDOW_DAYS = ((8, 36), (70, 99), (145, 173))
"""First instructional day of each season's window, and the first one after it."""
SUBJECTS = ("Mathematics", "Language Arts")
TESTED = (0.92, 0.88, 0.97)
FIRST_GRADE, LAST_GRADE = 3, 9
"""Grade codes of grades 2 and 8."""
RETESTED, INVALIDATED = 0.03, 0.005
ERROR = 3.2

NORM_MEANS = np.array(
    [
        [
            [176.9, 190.4, 201.9, 211.4, 217.6, 222.6, 226.3],
            [186.4, 198.2, 208.7, 217.2, 222.1, 226.1, 229.1],
            [192.1, 203.4, 213.5, 221.4, 225.3, 228.6, 230.9],
        ],
        [
            [174.7, 188.3, 198.2, 205.7, 211.0, 214.4, 217.2],
            [184.2, 195.6, 203.6, 209.8, 214.2, 216.9, 219.1],
            [188.7, 198.6, 205.9, 211.8, 215.8, 218.2, 220.1],
        ],
    ]
)
"""RIT by subject, season and grade 2 to 8."""
NORM_SDS = np.array([[13.5, 13.5, 14.0, 15.0, 15.7, 16.6, 17.8], [15.5, 15.5, 15.5, 15.0, 15.0, 15.3, 15.7]])
OLD_NORMS_HIGHER = 0.8
"""How much higher the means of the norms of 2011 lie here."""


@dataclass(frozen=True)
class Term:
    """One test term. `opens` and `closes` are days; `place` counts the terms from 0."""

    place: int
    year: int
    season: int
    opens: int
    closes: int

    @property
    def name(self) -> str:
        """As in `Winter 2018-2019`."""
        return f"{SEASONS[self.season]} {self.year - 1}-{self.year}"

    @property
    def norms(self) -> int:
        """Year of the norms in use."""
        return 2011 if self.year <= 2015 else 2015


@dataclass(frozen=True)
class Sittings:
    """Tests of one term, one array a fact; `counts` marks the record used for growth."""

    student: Ints
    school: Ints
    grade: Ints
    subject: Ints
    day: Ints
    rit: Ints
    counts: NDArray[np.bool_]
    gone_on: Ints


@cache
def terms() -> list[Term]:
    """All test terms, in order."""
    found: list[Term] = []
    for year in YEARS:
        days = school_years()[year].days
        for season, (first, after) in enumerate(WINDOW_DAYS):
            found.append(Term(len(found), year, season, int(days[first]), int(days[after - 1])))
    return found


def terms_sent(since: int | None, night: int) -> list[Term]:
    """Terms in a delivery: the current one, and those that were current since the last delivery."""
    begun = [term for term in terms() if term.opens < night]
    first = 0 if since is None else max(sum(term.opens < since for term in terms()) - 1, 0)
    return begun[first:]


class Testing:
    """The tests of a district. `effect` is RIT points for each year since launch."""

    def __init__(self, schools: Schools, students: Students, spells: Spells, launch: Ints, effect: float) -> None:
        self.schools, self.students, self.spells = schools, students, spells
        self.launch, self.effect = launch, effect
        self._scores: dict[int, NDArray[np.int16]] = {}

    @cached_property
    def levels(self) -> NDArray[np.float32]:
        """Place in the norm group, in standard deviations, by year, subject and student."""
        rng = stream(self.schools.seed, "levels")
        count = len(self.students.number)
        drift = rng.normal(0, 0.16, (len(YEARS), 2, count)).cumsum(axis=0)
        own = rng.normal(0, 0.4, (2, count)) + self.students.ability
        levels: NDArray[np.float32] = (own[None] + drift).astype(np.float32)
        return levels

    @cached_property
    def school_adds(self) -> NDArray[np.float64]:
        """Points that each school adds, by subject and school."""
        return stream(self.schools.seed, "school levels").normal(1.0, 5.0, (2, self.schools.count))

    def rostered(self, term: Term) -> NDArray[np.int64]:
        """Spells of grades 2 to 8 within the window, one for each student and school."""
        spells, (opens, after) = self.spells, WINDOW_DAYS[term.season]
        inside = (spells.year == term.year) & (spells.grade >= FIRST_GRADE) & (spells.grade <= LAST_GRADE)
        inside &= (spells.starts < after) & (spells.ends > opens) & (spells.starts < spells.ends)
        rows = np.flatnonzero(inside)
        pair = spells.student[rows].astype(np.int64) * self.schools.count + spells.school[rows]
        return rows[np.unique(pair, return_index=True)[1]]

    def sittings(self, term: Term) -> Sittings:
        """All tests of a term, retests last."""
        rng = stream(self.schools.seed, "sittings", term.place)
        rows = self.rostered(term)
        rows = rows[np.unique(self.spells.student[rows], return_index=True)[1]]
        spell = np.tile(rows, 2)
        subject = np.repeat(np.arange(2, dtype=np.int32), len(rows))
        sat = rng.random(len(spell)) < TESTED[term.season]
        spell, subject = spell[sat], subject[sat]
        place = self._test_places(rng, term, spell)
        again = np.flatnonzero(rng.random(len(spell)) < RETESTED)
        later = np.minimum(place[again] + rng.integers(2, 11, len(again)), self.spells.ends[spell[again]] - 1)
        again, later = again[later > place[again]], later[later > place[again]]
        counts = np.arange(len(spell) + len(again)) < len(spell)
        spell, subject = (np.concatenate([values, values[again]]) for values in (spell, subject))
        when = school_years()[term.year].days[np.concatenate([place, later])]
        gone = np.where(rng.random(len(spell)) < INVALIDATED, when + rng.integers(5, 16, len(spell)), NEVER)
        grade, school, student = (getattr(self.spells, name)[spell] for name in ("grade", "school", "student"))
        rit = self._rit(rng, term, student, school, grade, subject, when)
        return Sittings(student, school, grade, subject, when, rit, counts, gone.astype(np.int32))

    def scores(self, term: Term) -> NDArray[np.int16]:
        """Score that counts for growth by subject and student, 0 for none."""
        if term.place not in self._scores:
            self.remember(term, self.sittings(term))
        return self._scores[term.place]

    def remember(self, term: Term, sat: Sittings) -> None:
        """Keep the scores of a term for the growth of later ones."""
        table = np.zeros((2, len(self.students.number)), dtype=np.int16)
        table[sat.subject[sat.counts], sat.student[sat.counts]] = sat.rit[sat.counts]
        self._scores[term.place] = table

    def _test_places(self, rng: np.random.Generator, term: Term, spell: NDArray[np.int64]) -> Ints:
        """An instructional day within both the window and the spell."""
        opens, after = WINDOW_DAYS[term.season]
        first = np.maximum(self.spells.starts[spell], opens)
        until = np.minimum(self.spells.ends[spell], after)
        places: Ints = (first + np.floor(rng.random(len(spell)) * (until - first))).astype(np.int32)
        return places

    def _rit(
        self, rng: np.random.Generator, term: Term, student: Ints, school: Ints, grade: Ints, subject: Ints, when: Ints
    ) -> Ints:
        column = grade - FIRST_GRADE
        level = self.levels[YEARS.index(term.year), subject, student]
        score = NORM_MEANS[subject, term.season, column] + NORM_SDS[subject, column] * level
        score += self.school_adds[subject, school] + rng.normal(0, ERROR, len(student))
        score += self.effect * exposure(self.launch[school], when)
        rit: Ints = np.clip(np.round(score), 120, 300).astype(np.int32)
        return rit
