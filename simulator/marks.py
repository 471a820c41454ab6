"""Course marks: what the district sends of the grades that on-track is about.

Reading and mathematics of grades 3 to 8, and all courses of grade 9; the district
sends no more than that. A mark is given at the end of a semester to who is there.
The programme changes none of it: what an evaluation finds here is chance.
"""

import numpy as np
from numpy.typing import NDArray

from simulator.calendar import FIRST_SEMESTER_DAYS, INSTRUCTIONAL_DAYS, SchoolYear
from simulator.enrollment import Spells
from simulator.ledger import NEVER, Column, Ints, Ledger, Number, Words
from simulator.randomness import stream
from simulator.schools import HIGH, Schools
from simulator.students import Students

MARKS = ("F", "D", "C", "B", "A", "I")
INCOMPLETE = 5
TERMS = ("S1", "S2")
LAST_DAYS = (FIRST_SEMESTER_DAYS - 1, INSTRUCTIONAL_DAYS - 1)
SUBJECTS = ("reading", "math", "english", "science", "social_science", "other")
COURSES = (
    ("Reading", "reading"), ("Mathematics", "math"), ("English I", "english"), ("Algebra I", "math"),
    ("Biology", "science"), ("World Studies", "social_science"), ("Spanish I", "other"),
    ("Physical Education I", "other"), ("Art I", "other"),
)  # fmt: skip
ELEMENTARY, FRESHMAN = (0, 1), tuple(range(2, len(COURSES)))
FIRST_GRADE = 4
"""Grade code of grade 3."""
CUTS = {False: np.array([-2.05, -1.3, -0.3, 0.75]), True: np.array([-1.75, -1.0, -0.1, 0.9])}
"""Where D, C, B and A begin, in the elementary school and in grade 9."""
LATE, DELETED, CHANGED, LEFT_OPEN = 0.08, 0.003, 0.02, 0.012


def ledger(schools: Schools, students: Students, spells: Spells, year: SchoolYear) -> Ledger:
    """The year's feed: posted within days of the term's end, an incomplete completed, a few changed or taken back."""
    rng = stream(schools.seed, "marks", year.year)
    row, course, term = _given(spells)
    count = len(row)
    mark = _marks(rng, students, spells, row)
    days = np.array([year.days[place] for place in LAST_DAYS])[term]
    posted = days + np.where(rng.random(count) < LATE, rng.integers(8, 21, count), rng.integers(1, 7, count))
    gone = np.where(rng.random(count) < DELETED, posted + rng.integers(3, 40, count), NEVER)
    first = np.where(rng.random(count) < LEFT_OPEN, INCOMPLETE, mark).astype(np.int32)
    subject = np.array([SUBJECTS.index(name) for _, name in COURSES], dtype=np.int32)
    known = np.minimum(posted, year.ends)
    made = Ledger(
        {
            "StudentID": Column(spells.student[row], Words(students.ids)),
            "SchoolID": Column(spells.school[row], Words(schools.ids)),
            "SchoolYear": Column(spells.year[row], Number()),
            "Term": Column(term, Words(TERMS)),
            "Course": Column(course, Words([name for name, _ in COURSES])),
            "Subject": Column(subject[course], Words(SUBJECTS)),
            "Credits": Column(np.where(course >= FRESHMAN[0], 5, 0).astype(np.int32), Number(1)),
            "Mark": Column(first, Words(MARKS)),
        },
        known_on=known.astype(np.int32),
        gone_on=np.where(gone == NEVER, NEVER, np.minimum(gone, year.ends)).astype(np.int32),
    )
    completed = np.flatnonzero((first == INCOMPLETE) & (rng.random(count) < 0.9))
    when = np.minimum(known[completed] + rng.integers(4, 45, len(completed)), year.ends)
    made.set("Mark", completed, when, mark[completed])
    changed = np.flatnonzero((rng.random(count) < CHANGED) & (first < INCOMPLETE - 1))
    when = np.minimum(known[changed] + rng.integers(1, 40, len(changed)), year.ends)
    made.set("Mark", changed, when, first[changed] + 1)
    return made


def _given(spells: Spells) -> tuple[NDArray[np.int64], Ints, Ints]:
    """Spell, course and term of each mark; who is at two schools on a term's last day has marks from one."""
    parts = []
    for term, last in enumerate(LAST_DAYS):
        there = (spells.starts <= last) & (spells.ends > last)
        for courses, low, high in ((ELEMENTARY, FIRST_GRADE, HIGH[0] - 1), (FRESHMAN, HIGH[0], HIGH[0])):
            rows = np.flatnonzero(there & (spells.grade >= low) & (spells.grade <= high))
            rows = rows[np.unique(spells.student[rows], return_index=True)[1]]
            row, course = np.repeat(rows, len(courses)), np.tile(np.array(courses), len(rows))
            parts.append(np.stack([row, course, np.full(len(row), term)]))
    row, course, term = np.concatenate(parts, axis=1)
    return row, course.astype(np.int32), term.astype(np.int32)


def _marks(rng: np.random.Generator, students: Students, spells: Spells, row: NDArray[np.int64]) -> Ints:
    """Marks by ability, by how often the student is absent, by the year and by the course."""
    student = spells.student[row]
    of_year = rng.normal(0, 0.45, len(spells.student))[row]
    level = 0.5 * students.ability[student] - 0.3 * np.log(students.proneness[student]) + of_year
    level += rng.normal(0, 0.6, len(row))
    high = spells.grade[row] >= HIGH[0]
    drawn = np.where(high, np.searchsorted(CUTS[True], level), np.searchsorted(CUTS[False], level))
    marks: Ints = drawn.astype(np.int32)
    return marks
