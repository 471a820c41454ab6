"""Which schools the district has.

The first list is of facts: numbers and names of the schools of Cohorts I and II
and of Ogden as published in the School Progress Reports of Chicago Public
Schools (data.cityofchicago.org). Everything else about them, and every other
school, is made up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, zip_longest

import numpy as np
from numpy.typing import NDArray

from simulator.calendar import day, school_years
from simulator.ledger import NEVER, NULL, Column, Dates, Kind, Ledger, Words, ledger_of
from simulator.randomness import stream

GRADES = ("PK", "K", *(str(grade) for grade in range(1, 13)))
"""Grades in order; code everywhere else."""
ELEMENTARY, HIGH = (0, 9), (10, 13)
"""First and last grade code of the two categories."""
JENNER, OGDEN = "610012", "610101"
CATEGORIES = ("ES", "HS")
TYPES = ("District", "Charter")
PLACES_AT_640 = 330_000
"""With those who come during a year these make 340,000 students."""
SMALLER, SMALLEST = 0.7, 60.0
"""Schools shrink with the district by this exponent, to this average at the least, so that small ones are quick."""

NAMED = (
    ("I", "ES", "609791", "BASS", "Perkins Bass Elementary School"),
    ("I", "ES", JENNER, "JENNER", "Edward Jenner Elementary Academy of the Arts"),
    ("I", "ES", "609830", "BRUNSON", "Milton Brunson Math & Science Specialty ES"),
    ("I", "ES", "610313", "DE DIEGO", "Jose De Diego Elementary Community Academy"),
    ("I", "ES", "609930", "FUNSTON", "Frederick Funston Elementary School"),
    ("I", "ES", "610541", "LORCA", "Federico Garcia Lorca Elementary School"),
    ("I", "ES", "609978", "SMITH", "Wendell Smith Elementary School"),
    ("I", "HS", "610334", "RABY HS", "Al Raby High School"),
    ("I", "HS", "609733", "SULLIVAN HS", "Roger C Sullivan High School"),
    ("II", "ES", "610287", "ASHBURN", "Ashburn Community Elementary School"),
    ("II", "ES", "609873", "CROWN", "Crown Community Academy of Fine Arts Center ES"),
    ("II", "ES", "610239", "DALEY", "Richard J Daley Elementary Academy"),
    ("II", "ES", "610252", "DETT", "Robert Nathaniel Dett Elementary School"),
    ("II", "ES", "609807", "HAMPTON", "Lionel Hampton Fine & Performing Arts ES"),
    ("II", "ES", "610027", "KIPLING", "Rudyard Kipling Elementary School"),
    ("II", "ES", "610036", "LEWIS", "Leslie Lewis Elementary School"),
    ("II", "ES", "610107", "OTIS", "James Otis Elementary School"),
    ("II", "ES", "610281", "POWELL", "Adam Clayton Powell Paideia Community Academy ES"),
    ("II", "ES", "610339", "STAGG", "Amos Alonzo Stagg Elementary School"),
    ("II", "HS", "609698", "BOGAN HS", "William J Bogan High School"),
    ("II", "HS", "609710", "HARLAN HS", "John M Harlan Community Academy High School"),
    ("", "ES", OGDEN, "OGDEN ES", "William B Ogden Elementary School"),
)
Row = tuple[str, str, str, str, str]
"""Cohort, category, number, short name, name."""
COHORT_III = 12 * ["ES"] + 3 * ["HS"]
FIRST_NAMES_OF_SCHOOLS = (
    "Bluestem Prairie Cottonwood Hawthorn Juniper Larkspur Milkweed Sandpiper Sumac Tamarack Kestrel "
    "Goldenrod Meadowlark Hackberry Catalpa Heron Basswood Redbud Switchgrass Plover Buckeye Coneflower "
    "Ironwood Bobolink Sycamore"
).split()
LAST_NAMES_OF_SCHOOLS = (
    "Bend Bluff Commons Court Creek Crossing Field Garden Glen Grove Harbor Heights Hill Junction Lake "
    "Landing Marsh Meadow Park Point Ridge Shore Square Station Trail Valley View Woods"
).split()


@dataclass(frozen=True)
class School:
    """One school. `cohort` is empty outside the programme; `size` is its usual number of students."""

    school_id: str
    short_name: str
    name: str
    category: str
    type: str
    cohort: str
    size: float
    closed_on: int = NEVER

    @property
    def grades(self) -> tuple[int, int]:
        """First and last grade code."""
        return ELEMENTARY if self.category == "ES" else HIGH


@dataclass(frozen=True)
class Schools:
    """All schools of a district of `count` schools."""

    count: int
    seed: int

    @cached_property
    def all(self) -> list[School]:
        """The schools; a school's place in this list is its code everywhere else."""
        rng = stream(self.seed, "schools")
        roster = list(islice(_order(), self.count))
        weights = np.exp(rng.normal(0, 0.3, len(roster)))
        high = np.array([category == "HS" for _, category, *_ in roster])
        total = self.count * max(PLACES_AT_640 / 640 * (self.count / 640) ** SMALLER, SMALLEST)
        sizes = np.zeros(len(roster))
        for group, share in ((~high, 0.7 if high.any() else 1.0), (high, 0.3)):
            sizes[group] = total * share * weights[group] / max(weights[group].sum(), 1e-9)
        charter = rng.random(len(roster)) < 0.15
        closing = school_years()[2018].last
        found = []
        for i, (cohort, category, number, short, name) in enumerate(roster):
            type_ = TYPES[int(charter[i] and not cohort and number != OGDEN)]
            closed_on = closing if number == JENNER else NEVER
            found.append(School(number, short, name, category, type_, cohort, float(sizes[i]), closed_on))
        return found

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """School numbers by code."""
        return tuple(school.school_id for school in self.all)

    def where(self, category: str) -> NDArray[np.int64]:
        """Codes of the schools of a category."""
        return np.flatnonzero([school.category == category for school in self.all])

    def code(self, school_id: str) -> int | None:
        """Code of a school number, where this district has it."""
        return self.ids.index(school_id) if school_id in self.ids else None

    def ledger(self) -> Ledger:
        """The feed of the schools. A closure is announced 120 days ahead."""
        opened = day("1960-09-01")
        merged = self.code(OGDEN)
        networks = tuple(f"Network {i}" for i in range(1, 14))
        kinds: dict[str, Kind] = {
            "SchoolID": Words(self.ids),
            "SchoolName": Words([school.name for school in self.all]),
            "ShortName": Words([school.short_name for school in self.all]),
            "SchoolCategory": Words(CATEGORIES), "SchoolType": Words(TYPES), "Network": Words(networks),
            "LowestGrade": Words(GRADES), "HighestGrade": Words(GRADES), "OpenedOn": Dates(),
        }  # fmt: skip
        rows = [
            (i, i, i, CATEGORIES.index(s.category), TYPES.index(s.type), i % len(networks), *s.grades, opened + 97 * i)
            for i, s in enumerate(self.all)
        ]
        ledger = ledger_of(kinds, rows, [opened] * len(rows))
        closing = np.array([i for i, s in enumerate(self.all) if s.closed_on != NEVER], dtype=np.int64)
        nothing = np.full(len(rows), NULL, dtype=np.int32)
        ledger.columns |= {
            "ClosedOn": Column(nothing, Dates()),
            "MergedIntoSchoolID": Column(nothing, Words(self.ids)),
        }
        closed_on = np.array([self.all[i].closed_on for i in closing], dtype=np.int32)
        target = np.full(len(closing), NULL if merged is None else merged, dtype=np.int32)
        ledger.set("ClosedOn", closing, closed_on - 120, closed_on)
        ledger.set("MergedIntoSchoolID", closing, closed_on - 120, target)
        return ledger


def _order() -> Iterator[Row]:
    """Schools in the order in which a growing district takes them.

    One each of Cohort I, II and III while they last, then one other, so that the
    smallest district has every cohort and both arms, and one of eight has high
    schools too. From 48 on all 36 schools of the programme are in.
    """
    third = [_made_up(i, "III", category) for i, category in enumerate(COHORT_III)]
    others = _others(len(third))
    cohorts = [[row for row in NAMED if row[0] == name] for name in ("I", "II")]
    rounds = zip_longest(*(_alternate(rows) for rows in (*cohorts, third)))
    programme = [row for each in rounds for row in each if row]
    for place in range(0, len(programme), 3):
        yield from programme[place : place + 3]
        yield next(others)
    yield from others


def _alternate(rows: list[Row]) -> list[Row]:
    """An elementary school, then a high school, the other high schools evenly among the rest."""
    elementary = [row for row in rows if row[1] == "ES"]
    high = [row for row in rows if row[1] == "HS"]
    step = len(rows) // max(len(high), 1)
    mixed = []
    for i in range(len(rows)):
        source = high if high and (i % step == 1 or not elementary) else elementary
        mixed.append(source.pop(0))
    return mixed


def _others(used: int) -> Iterator[Row]:
    """Schools outside the programme without end: a high school in four, Ogden as the third."""
    number, place = used, 0
    while True:
        if place == 2:
            yield NAMED[-1]
        else:
            yield _made_up(number, "", "HS" if place % 4 == 1 else "ES")
            number += 1
        place += 1


def _made_up(number: int, cohort: str, category: str) -> Row:
    """A school that does not exist; its number begins with 9, as no real one does."""
    columns, rows = len(FIRST_NAMES_OF_SCHOOLS), len(LAST_NAMES_OF_SCHOOLS)
    first = FIRST_NAMES_OF_SCHOOLS[number % columns]
    name = f"{first} {LAST_NAMES_OF_SCHOOLS[(number % columns + number // columns) % rows]}"
    kind = "Elementary School" if category == "ES" else "High School"
    short = name.upper() + (" HS" if category == "HS" else "")
    return cohort, category, f"{900001 + number}", short, f"{name} {kind}"
