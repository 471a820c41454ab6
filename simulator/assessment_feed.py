"""MAP Growth as its vendor exports it: results and roster of one term."""

from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

from simulator.assessment import (
    FIRST_GRADE,
    NORM_MEANS,
    NORM_SDS,
    OLD_NORMS_HIGHER,
    SUBJECTS,
    Sittings,
    Term,
    Testing,
    terms,
)
from simulator.ledger import NULL, Column, Dates, Ints, Kind, Ledger, Number, Rows, Serial, Words
from simulator.randomness import stream
from simulator.schools import GRADES
from simulator.students import FIRST_NAMES, GENDERS, LAST_NAMES

DISTRICT, DISTRICT_NUMBER = "Synthetic Public Schools", "15016299025"
AMERICAN = Dates("%m/%d/%Y")
TIMES = Words([f"{m // 60:02d}:{m % 60:02d}:00" for m in range(24 * 60)])
QUINTILES = Words(("Low", "LoAvg", "Avg", "HiAvg", "High"))
MET = Words(("No", "No*", "Yes*", "Yes"))
ETHNIC = Words(
    ("Black or African American", "Hispanic or Latino", "White", "Asian", "Two or More Races", "Not Specified")
)
TESTS = Words(
    ("Growth: Math 2-5 CCSS 2010 V2", "Growth: Math 6+ CCSS 2010 V2",
     "Growth: Reading 2-5 CCSS 2010 V4", "Growth: Reading 6+ CCSS 2010 V4")
)  # fmt: skip
INITIALS = Words("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
WINDOWS = {"FallToWinter": (0, 1), "FallToSpring": (0, 2), "WinterToSpring": (1, 2), "SpringToSpring": (2, 2)}
"""Seasons in which a growth window begins and ends; only those that the contract reads are filled."""
GROWTH_SD = {"FallToWinter": 6.0, "FallToSpring": 7.0, "WinterToSpring": 6.0, "SpringToSpring": 7.5}
UNROSTERED = 0.003
PERCENTILES = np.array([min(max(round(50 * (1 + erf(i / 100 / sqrt(2)))), 1), 99) for i in range(-500, 501)])
"""Percentile of each hundredth of a standard deviation from -5 to 5."""


def results(testing: Testing, term: Term) -> Ledger:
    """AssessmentResults.csv of a term; a result is known on the day after the test."""
    sat = testing.sittings(term)
    testing.remember(term, sat)
    count = len(sat.student)
    columns = _who(testing, term, sat) | _test(testing, term, sat)
    for window, (begins, ends) in WINDOWS.items():
        start = term.place - (3 if begins == ends else ends - begins)
        if ends == term.season and start >= 0:
            columns |= _growth(testing, window, terms()[start], term, sat)
    assert all(len(column.values) == count for column in columns.values())
    return Ledger(columns, known_on=sat.day + 1, gone_on=sat.gone_on)


def roster(testing: Testing, term: Term) -> Ledger:
    """StudentsBySchool.csv of a term; a few tested students are missing from it."""
    rng = stream(testing.schools.seed, "roster", term.place)
    rows = testing.rostered(term)
    rows = rows[rng.random(len(rows)) >= UNROSTERED]
    spells, students = testing.spells, testing.students
    student, school, grade = spells.student[rows], spells.school[rows], spells.grade[rows]
    initial = np.where(rng.random(len(rows)) < 0.6, rng.integers(0, 26, len(rows)), NULL)
    number = Column(student, Words(students.ids))
    columns = _place(testing, term, school) | {
        "StudentLastName": Column(students.last_name[student], Words(LAST_NAMES)),
        "StudentFirstName": Column(students.first_name[student], Words(FIRST_NAMES)),
        "StudentMI": Column(initial.astype(np.int32), INITIALS),
        "StudentID": number,
        "Student_StateID": number,
        "StudentDateOfBirth": Column(students.birth_date[student], AMERICAN),
        "StudentEthnicGroup": Column(students.race[student], ETHNIC),
        "NWEAStandard_EthnicGroup": Column(students.race[student], ETHNIC),
        "StudentGender": Column(students.gender[student], Words(GENDERS)),
        "Grade": Column(grade, Words(GRADES)),
        "NWEAStandard_Grade": Column(grade, Words(GRADES)),
    }
    return Ledger(columns, known_on=np.maximum(spells.entry[rows], term.opens))


def _place(testing: Testing, term: Term, school: Ints) -> Rows:
    count, names = len(school), [item.name for item in testing.schools.all]
    return {
        "TermName": _same(term.name, count),
        "DistrictName": _same(DISTRICT, count),
        "District_StateID": _same(DISTRICT_NUMBER, count),
        "SchoolName": Column(school, Words(names)),
        "School_StateID": Column(school, Words(testing.schools.ids)),
    }


def _who(testing: Testing, term: Term, sat: Sittings) -> Rows:
    number = Column(sat.student, Words(testing.students.ids))
    return _place(testing, term, sat.school) | {"StudentID": number, "Student_StateID": number}


def _test(testing: Testing, term: Term, sat: Sittings) -> Rows:
    rng = stream(testing.schools.seed, "tests", term.place)
    count = len(sat.student)
    serial = (term.place + 1) * 100_000_000 + np.arange(count)
    percentile = _percentiles(term, sat)
    test = 2 * sat.subject + (sat.grade > 6)
    return {
        "Subject": Column(sat.subject, Words(SUBJECTS)),
        "Course": Column(sat.subject, Words(("Math K-12", "Reading"))),
        "GrowthMeasureYN": Column(sat.counts.astype(np.int32), Words(("FALSE", "TRUE"))),
        "NormsReferenceData": _same(str(term.norms), count),
        **{f"WISelectedAY{season}": _same(weeks, count) for season, weeks in (("Fall", "4"), ("Winter", "20"))},
        "WISelectedAYSpring": _same("32", count),
        "TestType": _same("Survey With Goals", count),
        "TestName": Column(test.astype(np.int32), TESTS),
        "TestID": Column(serial.astype(np.int32), Serial("", 9)),
        "TestStartDate": Column(sat.day, AMERICAN),
        "TestStartTime": Column(_between(rng, 8 * 60, 14 * 60, count), TIMES),
        "TestDurationMinutes": Column(_between(rng, 28, 85, count), Number()),
        "TestRITScore": Column(sat.rit, Number()),
        "TestStandardError": Column(_between(rng, 28, 36, count), Number(1)),
        "TestPercentile": Column(percentile, Number()),
        "AchievementQuintile": Column(np.minimum((percentile - 1) // 20, 4), QUINTILES),
        "PercentCorrect": Column(_between(rng, 44, 56, count), Number()),
        "RapidGuessingPercentage": Column((rng.beta(0.6, 12, count) * 1000).astype(np.int32), Number(1)),
    }


def _percentiles(term: Term, sat: Sittings) -> Ints:
    column = sat.grade - FIRST_GRADE
    mean = NORM_MEANS[sat.subject, term.season, column] + (OLD_NORMS_HIGHER if term.norms == 2011 else 0)
    return _percentile((sat.rit - mean) / NORM_SDS[sat.subject, column])


def _growth(testing: Testing, window: str, start: Term, term: Term, sat: Sittings) -> Rows:
    """Growth since `start`; empty where the student has no score then, or the record does not count."""
    before = testing.scores(start)[sat.subject, sat.student].astype(np.int32)
    column = sat.grade - FIRST_GRADE
    earlier = column - (start.year != term.year)
    known = sat.counts & (before > 0) & (earlier >= 0)
    norm = NORM_MEANS[sat.subject, start.season, np.maximum(earlier, 0)]
    expected = NORM_MEANS[sat.subject, term.season, column] - norm
    projected = np.round(expected - 0.06 * (before - norm)).astype(np.int32)
    observed = sat.rit - before
    index = (observed - projected) / GROWTH_SD[window]
    met = np.where(observed >= projected, 3, 0) + np.where(
        np.abs(observed - projected) < 3, np.where(observed >= projected, -1, 1), 0
    )
    facts: dict[str, tuple[Ints | NDArray[np.float64], Kind]] = {
        "ProjectedGrowth": (projected, Number()),
        "ObservedGrowth": (observed, Number()),
        "ObservedGrowthSE": (np.full(len(before), 45), Number(1)),
        "MetProjectedGrowth": (met, MET),
        "ConditionalGrowthIndex": (np.round(index * 100), Number(2)),
        "ConditionalGrowthPercentile": (_percentile(index), Number()),
        "GrowthQuintile": (np.minimum((_percentile(index) - 1) // 20, 4), QUINTILES),
    }
    return {
        window + fact: Column(np.where(known, values, NULL).astype(np.int32), kind)
        for fact, (values, kind) in facts.items()
    }


def _percentile(deviations: NDArray[np.float64]) -> Ints:
    places = np.clip(np.round(deviations * 100), -500, 500).astype(np.int64) + 500
    return PERCENTILES[places].astype(np.int32)


def _same(text: str, count: int) -> Column:
    return Column(np.zeros(count, dtype=np.int32), Words((text,)))


def _between(rng: np.random.Generator, low: int, high: int, count: int) -> Ints:
    return rng.integers(low, high, count).astype(np.int32)
