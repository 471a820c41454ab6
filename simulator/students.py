"""Who the students are: a record of each, made when they first enrol."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.ledger import Column, Dates, Ints, Kind, Ledger, Words
from simulator.randomness import stream
from simulator.schools import Schools

GENDERS = ("F", "M", "X")
RACES = ("Black", "Hispanic", "White", "Asian", "Multiracial", "Other")
SCHOOL_MIXES = np.array(
    [
        [0.86, 0.08, 0.02, 0.01, 0.02, 0.01],
        [0.08, 0.82, 0.06, 0.02, 0.01, 0.01],
        [0.25, 0.35, 0.26, 0.09, 0.04, 0.01],
    ]
)
"""Kinds of schools by the shares of their students' races, in the order of RACES."""
MIX_SHARES = (0.42, 0.38, 0.20)
FIRST_NAMES = (
    "Aaliyah Adrian Alejandra Alex Amara Andre Angel Ariana Brianna Camila Carlos Cheng Daniela David Deja "
    "Destiny Diego Elena Elijah Emma Esther Fatima Gabriel Grace Hannah Isaiah Ivan Jada Jamal Jasmine "
    "Jayden Jose Julia Kai Kayla Kevin Lena Liam Lucia Malik Maria Mateo Maya Mei Miguel Naomi Nia Noah "
    "Olivia Omar Paulina Quinn Rafael Rosa Samuel Sofia Tariq Thomas Valeria Victor Xavier Yusuf Zoe"
).split()
LAST_NAMES = (
    "Adams Aguilar Alvarez Baker Banks Barnes Bell Brooks Brown Campos Carter Castillo Chavez Chen Coleman "
    "Cruz Davis Delgado Diaz Edwards Espinoza Evans Flores Foster Garcia Gomez Gonzalez Grant Green Guzman "
    "Hall Harris Hayes Hernandez Herrera Howard Jackson Jenkins Jimenez Johnson Jones Kelly Kim Kowalski "
    "Lewis Lopez Martin Martinez Medina Mendoza Miller Mitchell Morales Moore Murphy Nguyen Novak Ortiz "
    "Parker Patel Perez Price Ramirez Reed Reyes Rivera Robinson Rodriguez Rojas Sanchez Scott Silva Smith "
    "Soto Taylor Thomas Torres Turner Vargas Vega Walker Washington White Williams Wilson Wright Young"
).split()


@dataclass(frozen=True)
class Students:
    """Records by student code. `ability` and `proneness` (to be absent) are what nobody sees."""

    number: Ints
    first_name: Ints
    last_name: Ints
    birth_date: Ints
    gender: Ints
    race: Ints
    low_income: NDArray[np.bool_]
    english_learner: NDArray[np.bool_]
    special_education: NDArray[np.bool_]
    ability: NDArray[np.float64]
    proneness: NDArray[np.float64]
    first_entry: Ints

    @property
    def ids(self) -> list[str]:
        """District student numbers by code."""
        return [f"{number:09d}" for number in self.number.tolist()]


def make(seed: int, schools: Schools, school: Ints, grade: Ints, first_entry: Ints) -> Students:
    """A record for each new student, from the first school, grade and entry day."""
    rng = stream(seed, "students")
    count = len(school)
    low_income, english_learner = _background(rng, schools, school)
    special_education = rng.random(count) < 0.14
    ability = rng.normal(0, 0.85, count) - 0.25 * low_income - 0.35 * english_learner - 0.6 * special_education
    proneness = np.exp(rng.normal(0, 0.7, count) + 0.25 * low_income + 0.15 * special_education)
    birth = first_entry - np.round((grade + 4.2 + rng.random(count)) * 365.25).astype(np.int32)
    return Students(
        number=_numbers(seed, count),
        first_name=_codes(rng, len(FIRST_NAMES), count),
        last_name=_codes(rng, len(LAST_NAMES), count),
        birth_date=birth,
        gender=rng.choice(3, count, p=(0.487, 0.508, 0.005)).astype(np.int32),
        race=_races(rng, schools, school),
        low_income=low_income,
        english_learner=english_learner,
        special_education=special_education,
        ability=ability,
        proneness=proneness / proneness.mean(),
        first_entry=first_entry,
    )


def ledger(seed: int, students: Students) -> Ledger:
    """The feed of the students: known from their first entry; a few records are corrected later."""
    rng = stream(seed, "student corrections")
    columns: dict[str, tuple[Ints, Kind]] = {
        "StudentID": (np.arange(len(students.number), dtype=np.int32), Words(students.ids)),
        "FirstName": (students.first_name, Words(FIRST_NAMES)),
        "LastName": (students.last_name, Words(LAST_NAMES)),
        "BirthDate": (students.birth_date, Dates()),
        "Gender": (students.gender, Words(GENDERS)),
        "RaceEthnicity": (students.race, Words(RACES)),
    }
    made = Ledger({name: Column(*column) for name, column in columns.items()}, students.first_entry)
    for column, options in (("LastName", len(LAST_NAMES)), ("Gender", 3), ("RaceEthnicity", len(RACES))):
        rows = np.flatnonzero(rng.random(len(students.number)) < 0.01)
        late = students.first_entry[rows] + rng.integers(1, 700, len(rows))
        made.set(column, rows, late, rng.integers(0, options, len(rows)))
    return made


def _background(
    rng: np.random.Generator, schools: Schools, school: Ints
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    by_school = stream(schools.seed, "background")
    income = by_school.beta(8, 1.8, schools.count)
    language = by_school.beta(1.2, 6, schools.count)
    return rng.random(len(school)) < income[school], rng.random(len(school)) < language[school]


def _races(rng: np.random.Generator, schools: Schools, school: Ints) -> Ints:
    mix = stream(schools.seed, "mixes").choice(len(MIX_SHARES), schools.count, p=MIX_SHARES)
    bounds = SCHOOL_MIXES.cumsum(axis=1)[mix][school]
    drawn = (rng.random(len(school))[:, None] > bounds).sum(axis=1)
    races: Ints = np.minimum(drawn, len(RACES) - 1).astype(np.int32)
    return races


def _numbers(seed: int, count: int) -> Ints:
    """Distinct numbers below 10**9 that say nothing; the multiplier shares no factor with 10**9."""
    start = int(stream(seed, "numbers").integers(0, 10**9))
    return ((start + np.arange(count, dtype=np.int64) * 387_420_489) % 10**9).astype(np.int32)


def _codes(rng: np.random.Generator, options: int, count: int) -> Ints:
    return rng.integers(0, options, count).astype(np.int32)
