"""One district: everything that its source systems could be asked, as ledgers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from simulator import assessment_feed, attendance, behaviour, enrollment_feed, marks, students, survey
from simulator.assessment import Term, Testing, terms
from simulator.calendar import SchoolYear, school_years
from simulator.enrollment import Flow, Spells
from simulator.ledger import NULL, YES_NO, Dates, Ints, Kind, Ledger, Number, Words, ledger_of
from simulator.programme import Effects, exposure, launch_days
from simulator.schools import Schools
from simulator.students import Students


@dataclass(frozen=True)
class District:
    """A district by its number of schools, its seed and the effects injected; equal ones are the same."""

    schools: Schools
    effects: Effects = field(default_factory=Effects)

    @cached_property
    def launch(self) -> Ints:
        """Launch day by school."""
        return launch_days(self.schools)

    @cached_property
    def spells(self) -> Spells:
        """All spells of enrolment."""
        return Flow(self.schools).spells

    @cached_property
    def students(self) -> Students:
        """All students who were ever enrolled."""
        spells = self.spells
        _, first = np.unique(spells.student, return_index=True)
        order = np.lexsort((spells.entry, spells.student))
        entry = spells.entry[order][np.unique(spells.student[order], return_index=True)[1]]
        return students.make(self.schools.seed, self.schools, spells.school[first], spells.grade[first], entry)

    @cached_property
    def testing(self) -> Testing:
        """The tests."""
        effect = self.effects.map_rit_points
        return Testing(self.schools, self.students, self.spells, self.launch, effect)

    @cached_property
    def student_ledger(self) -> Ledger:
        """The students."""
        return students.ledger(self.schools.seed, self.students)

    @cached_property
    def enrollment_ledger(self) -> Ledger:
        """The enrolments."""
        return enrollment_feed.ledger(self.schools, self.students, self.spells)

    def attendance_ledger(self, year: int) -> Ledger:
        """Absences of one school year."""
        return _attendance(self, year)

    def incident_ledger(self, year: int) -> Ledger:
        """Behaviour incidents of one school year."""
        return _of_year(behaviour.ledger, self, year)

    def mark_ledger(self, year: int) -> Ledger:
        """Course marks of one school year."""
        return _of_year(marks.ledger, self, year)

    def survey_ledger(self, wave: survey.Wave) -> Ledger:
        """Answers of one wave of the survey."""
        return _survey(self, wave)

    def result_ledger(self, term: int) -> Ledger:
        """Test results of one term, by its place."""
        return _results(self, term)

    def roster_ledger(self, term: int) -> Ledger:
        """Test roster of one term, by its place."""
        return assessment_feed.roster(self.testing, terms()[term])

    def support_ledger(self, make: Callable[[Schools], Ledger]) -> Ledger:
        """One of the small feeds, which need nothing but the schools."""
        return _of_schools(make, self.schools)


def calendar_ledger() -> Ledger:
    """The calendar, known to its end from the start."""
    years = school_years().values()
    notes = sorted({note for year in years for note in year.notes.values()})
    kinds: dict[str, Kind] = {
        "CalendarDate": Dates(), "SchoolYear": Number(), "IsInstructional": YES_NO, "DayNumber": Number(),
        "Term": Words(("S1", "S2")), "Note": Words(notes),
    }  # fmt: skip
    rows = [_calendar_row(year, day, notes) for year in years for day in range(year.begins, year.ends + 1)]
    return ledger_of(kinds, rows, [0] * len(rows))


def _calendar_row(year: SchoolYear, day: int, notes: list[str]) -> tuple[int, ...]:
    number = int(np.searchsorted(year.days, day))
    school = number < len(year.days) and int(year.days[number]) == day
    note = notes.index(year.notes[day]) if day in year.notes and not school else NULL
    return (day, year.year, int(school), number + 1 if school else NULL, int(day >= year.second_semester), note)


@lru_cache(maxsize=2)
def _attendance(district: District, year: int) -> Ledger:
    of_year = district.spells.take(district.spells.year == year)
    calendar = school_years()[year]
    years = np.stack([exposure(district.launch, int(day)) for day in calendar.days], axis=1)
    effect = years * district.effects.attendance_points / 100
    found = attendance.absences(district.schools, district.students, of_year, calendar, effect)
    return attendance.ledger(district.schools, district.students, of_year, calendar, found)


@lru_cache(maxsize=2)
def _results(district: District, term: int) -> Ledger:
    return assessment_feed.results(district.testing, terms()[term])


@lru_cache(maxsize=4)
def _of_year(make: Callable[[Schools, Students, Spells, SchoolYear], Ledger], district: District, year: int) -> Ledger:
    of_year = district.spells.take(district.spells.year == year)
    return make(district.schools, district.students, of_year, school_years()[year])


@lru_cache(maxsize=4)
def _survey(district: District, wave: survey.Wave) -> Ledger:
    of_year = district.spells.take(district.spells.year == wave.year)
    return survey.ledger(district.schools, district.students, of_year, wave)


@lru_cache(maxsize=64)
def _of_schools(make: Callable[[Schools], Ledger], schools: Schools) -> Ledger:
    return make(schools)


__all__ = ["District", "Term", "calendar_ledger"]
