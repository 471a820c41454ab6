"""The survey of the competencies that the programme names, each spring from the one before it began.

Two items a competency, answered from 1 to 5 by students of grades 6 to 12; one
item is worded the other way round. The programme changes none of it: what an
evaluation finds here is chance.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from simulator.calendar import YEARS, school_years
from simulator.enrollment import Spells
from simulator.ledger import NEVER, NULL, Column, Dates, Ledger, Number, Words
from simulator.randomness import stream
from simulator.schools import Schools
from simulator.students import Students

COMPETENCIES = (
    "working_in_teams", "solving_problems_creatively", "learning_from_mistakes", "pursuing_goals"
)  # fmt: skip
ITEMS = ("TEAM1", "TEAM2", "CREATE1", "CREATE2", "LEARN1", "LEARN2", "GOAL1", "GOAL2")
REVERSED = ITEMS.index("GOAL2")
"""This item says that the student gives up: 5 is the worst."""
HEADER = ("Wave", "StudentID", "SchoolID", "SchoolYear", "AnsweredOn", "Item", "Competency", "Response", "ChangeType")
FIRST_YEAR = 2016
FIRST_GRADE = 7
"""Grade code of grade 6."""
WINDOW = (118, 140)
"""First instructional day of the wave, and the first one after it."""
ANSWERED, SKIPPED, WITHDRAWN, ON_PAPER = 0.55, 0.02, 0.004, 0.1


@dataclass(frozen=True)
class Wave:
    """One wave; `opens` is a day."""

    year: int
    opens: int

    @property
    def name(self) -> str:
        """As in `Spring 2018`."""
        return f"Spring {self.year}"


@cache
def waves() -> list[Wave]:
    """All waves, in order."""
    return [Wave(year, int(school_years()[year].days[WINDOW[0]])) for year in YEARS if year >= FIRST_YEAR]


def ledger(schools: Schools, students: Students, spells: Spells, wave: Wave) -> Ledger:
    """One wave's answers, an item a row; known from the next day on, gone where consent is withdrawn."""
    rng = stream(schools.seed, "survey", wave.year)
    opens, after = WINDOW
    there = (spells.grade >= FIRST_GRADE) & (spells.starts < after) & (spells.ends > opens)
    asked = np.flatnonzero(there)
    asked = asked[np.unique(spells.student[asked], return_index=True)[1]]
    who = asked[rng.random(len(asked)) < ANSWERED]
    first = np.maximum(spells.starts[who], opens)
    place = first + np.floor(rng.random(len(who)) * (np.minimum(spells.ends[who], after) - first))
    answered = school_years()[wave.year].days[place.astype(np.int32)]
    late = np.where(rng.random(len(who)) < ON_PAPER, rng.integers(5, 21, len(who)), 1)
    withdrawn = np.where(rng.random(len(who)) < WITHDRAWN, answered + rng.integers(25, 60, len(who)), NEVER)
    response = _responses(rng, schools, students, spells, who)
    row, item = np.repeat(who, len(ITEMS)), np.tile(np.arange(len(ITEMS), dtype=np.int32), len(who))
    columns = (
        Column(np.zeros(len(row), dtype=np.int32), Words((wave.name,))),
        Column(spells.student[row], Words(students.ids)),
        Column(spells.school[row], Words(schools.ids)),
        Column(spells.year[row], Number()),
        Column(np.repeat(answered, len(ITEMS)), Dates()),
        Column(item, Words(ITEMS)),
        Column(item // 2, Words(COMPETENCIES)),
        Column(response.ravel().astype(np.int32), Number()),
    )
    known, gone = (np.repeat(days, len(ITEMS)).astype(np.int32) for days in (answered + late, withdrawn))
    return Ledger(dict(zip(HEADER, columns, strict=False)), known, gone)


def _responses(
    rng: np.random.Generator, schools: Schools, students: Students, spells: Spells, who: np.ndarray
) -> np.ndarray:
    """From 1 to 5 by student and item; NULL where the student left one out."""
    school = stream(schools.seed, "school survey").normal(0, 0.2, (schools.count, len(COMPETENCIES)))
    own = stream(schools.seed, "survey of students").normal(0, 0.55, (len(students.number), len(COMPETENCIES)))
    level = 3.5 + school[spells.school[who]] + own[spells.student[who]] + rng.normal(0, 0.4, (len(who), 1))
    meant = np.clip(np.round(level.repeat(2, axis=1) + rng.normal(0, 0.7, (len(who), len(ITEMS)))), 1, 5)
    meant[:, REVERSED] = 6 - meant[:, REVERSED]
    return np.where(rng.random(meant.shape) < SKIPPED, NULL, meant)
