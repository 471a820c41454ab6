"""The feed of the enrolments: spells as the district learnt of them."""

import numpy as np

from simulator.enrollment import ENTRY_CODES, EXIT_CODES, Spells
from simulator.ledger import NULL, YES_NO, Column, Dates, Kind, Ledger, Number, Words
from simulator.randomness import stream
from simulator.schools import GRADES, Schools
from simulator.students import Students

CORRECTED_FLAGS, WRONG_GRADES = 0.06, 0.006
"""Shares of the spells whose flag, and whose grade, is corrected later."""


def ledger(schools: Schools, students: Students, spells: Spells) -> Ledger:
    """Spells known from their entry day, exits from up to a week after; phantoms are deleted."""
    rng = stream(schools.seed, "enrollment corrections")
    count = len(spells.student)
    nothing = np.full(count, NULL, dtype=np.int32)
    flips = rng.random(count) < 0.05
    learner = students.english_learner[spells.student] & ((spells.grade < 7) | (rng.random(count) < 0.5))
    grade, grade_column = spells.grade.copy(), "GradeLevel"
    wrong = np.flatnonzero((rng.random(count) < WRONG_GRADES) & (spells.grade > 1) & (spells.grade != 10))
    grade[wrong] -= 1
    columns: dict[str, tuple[np.ndarray, Kind]] = {
        "StudentID": (spells.student, Words(students.ids)),
        "SchoolID": (spells.school, Words(schools.ids)),
        "EntryDate": (spells.entry, Dates()),
        "ExitDate": (nothing, Dates()),
        "SchoolYear": (spells.year, Number()),
        grade_column: (grade, Words(GRADES)),
        "EntryCode": (spells.entry_code, Words(ENTRY_CODES)),
        "ExitCode": (nothing, Words(EXIT_CODES)),
        "LowIncome": (students.low_income[spells.student] ^ flips, YES_NO),
        "EnglishLearner": (learner, YES_NO),
        "SpecialEducation": (students.special_education[spells.student], YES_NO),
    }
    made = Ledger(
        {name: Column(values.astype(np.int32), kind) for name, (values, kind) in columns.items()},
        known_on=spells.entry,
        gone_on=spells.gone_on,
    )
    every = np.arange(count)
    made.set("ExitDate", every, spells.exit_known, spells.exit)
    made.set("ExitCode", every, spells.exit_known, spells.exit_code)
    made.set(grade_column, wrong, spells.entry[wrong] + rng.integers(5, 90, len(wrong)), spells.grade[wrong])
    income = made.columns["LowIncome"].values
    changed = np.flatnonzero(rng.random(count) < CORRECTED_FLAGS)
    first = spells.entry[changed] + rng.integers(3, 240, len(changed))
    made.set("LowIncome", changed, first, 1 - income[changed])
    back = rng.random(len(changed)) < 0.2
    again = first[back] + rng.integers(1, 20, int(back.sum()))
    made.set("LowIncome", changed[back], again, income[changed[back]])
    return made
