"""Who is enrolled where and when: spells of enrolment over five school years.

A year begins with last year's students, promoted, moved or gone, and with new
ones in the free places; during the year students transfer, leave and arrive.
An exit day is the first day on which the student is no longer a member.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from simulator.calendar import SchoolYear, school_years
from simulator.ledger import NEVER, Ints
from simulator.randomness import stream
from simulator.schools import HIGH, OGDEN, Schools

ENTRY_CODES = ("E1", "E2", "E3", "E4")
EXIT_CODES = ("EY", "GR", "T1", "T2", "DR", "NS")
NEW, AGAIN, FROM_SCHOOL, FROM_OUTSIDE = range(4)
YEAR_END, GRADUATED, TO_SCHOOL, LEFT, DROPPED_OUT, NO_SHOW = range(6)
STAYS, TRANSFERS, LEAVES, NEVER_COMES, LEAVES_BEFORE = range(5)
FATES = (0.922, 0.04, 0.028, 0.006, 0.004)
"""Shares of what becomes of a student within a year."""
ARRIVALS = 0.028
"""New students during a year, as a share of those at its start."""
ELEMENTARY_PLACES = np.array([0.5] + 9 * [1.0])
HIGH_PLACES = np.array([1.15, 1.05, 0.95, 0.85])


@dataclass(frozen=True)
class Spells:
    """Spells of enrolment, one array a fact. `starts` and `ends` count instructional days of the year."""

    student: Ints
    school: Ints
    grade: Ints
    year: Ints
    entry: Ints
    exit: Ints
    exit_known: Ints
    entry_code: Ints
    exit_code: Ints
    gone_on: Ints
    starts: Ints
    ends: Ints

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Spells":
        """Some of the spells."""
        return Spells(*(getattr(self, item.name)[rows] for item in fields(self)))

    @staticmethod
    def join(parts: list["Spells"]) -> "Spells":
        """All spells of the parts, in order."""
        names = [item.name for item in fields(Spells)]
        return Spells(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass
class Members:
    """Students with their school and grade at one moment."""

    student: Ints
    school: Ints
    grade: Ints

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Members":
        """Some of them."""
        return Members(self.student[rows], self.school[rows], self.grade[rows])


class Flow:
    """Students through the years; `spells` is the result, `students` how many there were."""

    def __init__(self, schools: Schools) -> None:
        self.schools = schools
        self.rng = stream(schools.seed, "enrollment")
        self.students = 0
        nobody = np.zeros(0, dtype=np.int32)
        members = Members(nobody, nobody, nobody)
        parts: list[Spells] = []
        for year in school_years().values():
            self.known_before = self.students
            started = self._start(members, year)
            members = self._run(started, year, parts)
        self.spells = Spells.join(parts)

    def _start(self, before: Members, year: SchoolYear) -> Members:
        """Members on the first day: promoted ones first, then new ones in the free places."""
        stayed = self._promote(before, year)
        places = self._places(year)
        taken = np.bincount(stayed.school * 14 + stayed.grade, minlength=places.size)
        free = np.maximum(places.ravel() - taken, 0)
        cells = np.repeat(np.arange(places.size), free)
        new = self._newcomers(cells // 14, cells % 14)
        return Members(*(np.concatenate(pair) for pair in zip(vars(stayed).values(), vars(new).values(), strict=True)))

    def _promote(self, before: Members, year: SchoolYear) -> Members:
        rng, count = self.rng, len(before.student)
        grade = before.grade + (rng.random(count) > 0.015)
        leaves = rng.random(count) < np.where(grade == HIGH[0], 0.14, 0.065)
        school = before.school.copy()
        for category in ("ES", "HS"):
            inside = np.isin(school, self.schools.where(category))
            moves = inside & (rng.random(count) < 0.05)
            school[moves] = self._choose(category, int(moves.sum()), year)
        up = (grade == HIGH[0]) & np.isin(school, self.schools.where("ES"))
        if self.schools.where("HS").size:
            school[up] = self._choose("HS", int(up.sum()), year)
        else:
            leaves |= up
        for code, closed in enumerate(s.closed_on < year.first for s in self.schools.all):
            if closed:
                merged = self.schools.code(OGDEN)
                there = school == code
                school[there] = self._choose("ES", int(there.sum()), year) if merged is None else merged
        kept = ~leaves & (grade <= HIGH[1])
        return Members(before.student, school, grade.astype(np.int32)).take(kept)

    def _run(self, start: Members, year: SchoolYear, parts: list[Spells]) -> Members:
        """Add the year's spells to `parts`; returns the members on its last day."""
        rng, count = self.rng, len(start.student)
        fate = rng.choice(len(FATES), count, p=FATES)
        turn = rng.integers(8, 168, count).astype(np.int32)
        stays, moves, leaves = (start.take(fate == f) for f in (STAYS, TRANSFERS, LEAVES))
        parts.append(self._spells(start.take(fate == NEVER_COMES), year, code=NO_SHOW, ends=0))
        parts.append(self._before_day_one(start.take(fate == LEAVES_BEFORE), year))
        left = np.where((leaves.grade >= HIGH[0]) & (rng.random(len(leaves.grade)) < 0.6), DROPPED_OUT, LEFT)
        parts.append(self._spells(leaves, year, code=left, ends=turn[fate == LEAVES]))
        turned = turn[fate == TRANSFERS]
        overlap = np.where(rng.random(len(turned)) < 0.06, rng.integers(1, 6, len(turned)), 0)
        parts.append(self._spells(moves, year, code=TO_SCHOOL, ends=turned + overlap))
        moved = self._move(moves, year)
        parts.append(self._spells(moved, year, starts=turned, entry_code=FROM_SCHOOL))
        template = start.take(rng.integers(0, count, round(count * ARRIVALS)))
        arrived = self._newcomers(template.school, template.grade)
        arrival = rng.integers(8, 168, len(arrived.student)).astype(np.int32)
        parts.append(self._spells(arrived, year, starts=arrival, entry_code=FROM_OUTSIDE))
        parts.append(self._spells(stays, year))
        parts.append(self._phantoms(stays, year))
        last = [stays, moved, arrived]
        return Members(*(np.concatenate([vars(m)[name] for m in last]) for name in vars(stays)))

    def _spells(
        self,
        who: Members,
        year: SchoolYear,
        starts: Ints | int = 0,
        ends: NDArray[np.int64] | Ints | int | None = None,
        code: NDArray[np.int64] | int = YEAR_END,
        entry_code: int | None = None,
    ) -> Spells:
        """Spells from instructional day `starts` up to `ends` (default: the year's last)."""
        count = len(who.student)
        days = np.append(year.days, year.last + 1)
        first = np.broadcast_to(np.int32(starts), count) if isinstance(starts, int) else starts
        until = np.broadcast_to(np.int32(len(year.days) if ends is None else ends), count)
        codes = np.broadcast_to(np.int32(code), count)
        if ends is None:
            codes = np.where(who.grade == HIGH[1], GRADUATED, codes)
        late = self.rng.integers(0, 8, count) + np.where(codes == NO_SHOW, 10, 0)
        exit_day = days[until]
        known = np.where(until == len(year.days), exit_day, exit_day + late)
        entry = self._entry_codes(who, year) if entry_code is None else np.full(count, entry_code)
        columns = (
            who.student, who.school, who.grade, np.full(count, year.year), days[first], exit_day, known,
            entry, codes, np.full(count, NEVER), first, until,
        )  # fmt: skip
        return Spells(*(np.array(column, dtype=np.int32) for column in columns))

    def _before_day_one(self, who: Members, year: SchoolYear) -> Spells:
        """Enrolled in August and gone before the first day."""
        made = self._spells(who, year, code=LEFT, ends=0)
        made.entry[:] = year.first - self.rng.integers(6, 20, len(who.student))
        made.exit[:] = made.entry + self.rng.integers(1, 6, len(who.student))
        made.exit_known[:] = made.exit
        return made

    def _phantoms(self, stays: Members, year: SchoolYear) -> Spells:
        """Enrolments entered at a wrong school, and deleted some days later."""
        wrong = stays.take(self.rng.random(len(stays.student)) < 0.004)
        moved = self._move(wrong, year)
        starts = self.rng.integers(0, 150, len(wrong.student)).astype(np.int32)
        made = self._spells(moved, year, starts=starts, entry_code=FROM_SCHOOL)
        made.gone_on[:] = made.entry + self.rng.integers(3, 21, len(wrong.student))
        made.ends[:] = made.starts
        return made.take(moved.school != wrong.school)

    def _entry_codes(self, who: Members, year: SchoolYear) -> NDArray[np.int64]:
        known = who.student < self.known_before
        if year.year == min(school_years()):
            known = (who.grade > 1) & (self.rng.random(len(who.student)) < 0.93)
        return np.where(known, AGAIN, NEW)

    def _newcomers(self, school: NDArray[np.int64] | Ints, grade: NDArray[np.int64] | Ints) -> Members:
        """New students, numbered on."""
        first = self.students
        self.students += len(school)
        codes = np.arange(first, self.students, dtype=np.int32)
        return Members(codes, school.astype(np.int32), grade.astype(np.int32))

    def _move(self, who: Members, year: SchoolYear) -> Members:
        """The same students at another school of the same category, where there is one."""
        school = who.school.copy()
        for category in ("ES", "HS"):
            inside = np.flatnonzero(np.isin(school, self.schools.where(category)))
            drawn = self._choose(category, len(inside), year) if len(inside) else inside
            again = drawn == school[inside]
            options = [c for c in self.schools.where(category) if self.schools.all[c].closed_on >= year.first]
            if len(options) > 1:
                drawn[again] = [options[(options.index(c) + 1) % len(options)] for c in drawn[again]]
            school[inside] = drawn
        return Members(who.student, school, who.grade)

    def _choose(self, category: str, count: int, year: SchoolYear) -> NDArray[np.int64]:
        """Open schools of a category at random, larger ones more often."""
        codes = self.schools.where(category)
        sizes = np.array([self.schools.all[c].size * (self.schools.all[c].closed_on >= year.first) for c in codes])
        if not count:
            return np.zeros(0, dtype=np.int64)
        return self.rng.choice(codes, count, p=sizes / sizes.sum())

    def _places(self, year: SchoolYear) -> NDArray[np.int64]:
        """Places by school and grade."""
        places = np.zeros((self.schools.count, 14))
        for code, school in enumerate(self.schools.all):
            shares = ELEMENTARY_PLACES if school.category == "ES" else HIGH_PLACES
            low, high = school.grades
            if school.closed_on >= year.first:
                places[code, low : high + 1] = school.size * shares / shares.sum()
        return np.maximum(np.round(places), places > 0).astype(np.int64)
