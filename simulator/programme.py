"""The programme: when its cohorts launched, how a school's journey runs, and what it truly does.

Launches, cohorts and the 2.5-year journey are facts of the programme's public
description. The effects are what the simulator is told to inject.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.calendar import day, on
from simulator.ledger import NEVER, Ints
from simulator.schools import Schools

COHORTS = ("I", "II", "III")
LAUNCHES = {"I": "2016-08-29", "II": "2018-01-08", "III": "2019-01-07"}
STAGES = ("planning", "piloting", "implementing")
STAGE_MONTHS = (6, 12, 12)
JOURNEY_YEARS = 2.5


@dataclass(frozen=True)
class Effects:
    """What the programme adds for each year since a school's launch, for 2.5 years at most.

    `attendance_points`: points of the attendance rate; `map_rit_points`: RIT points
    of a MAP score, in both subjects. No school can gain more attendance than it
    has absences.
    """

    attendance_points: float = 0.5
    map_rit_points: float = 1.0


@dataclass(frozen=True)
class Stage:
    """One stage of a school's journey, by school and stage code; `end` is the first day after it."""

    school: int
    stage: int
    start: int
    end: int


def launch_days(schools: Schools) -> Ints:
    """Launch by school, NEVER outside the programme."""
    days = {"": NEVER} | {cohort: day(launch) for cohort, launch in LAUNCHES.items()}
    return np.array([days[school.cohort] for school in schools.all], dtype=np.int32)


def exposure(launch: Ints, days: Ints | int) -> NDArray[np.float64]:
    """Years since each launch on each day: 0 before it, 2.5 at most."""
    years = (np.asarray(days, dtype=np.float64) - launch) / 365.25
    return np.clip(years, 0, JOURNEY_YEARS)


def stages(schools: Schools) -> list[Stage]:
    """The stages of all schools of the programme; a school that closes ends its journey."""
    found = []
    for code, school in enumerate(schools.all):
        if not school.cohort:
            continue
        start = day(LAUNCHES[school.cohort])
        for stage, months in enumerate(STAGE_MONTHS):
            end = day(_months_later(on(start), months))
            if start <= school.closed_on:
                found.append(Stage(code, stage, start, min(end, school.closed_on + 1)))
            start = end
    return found


def truth(schools: Schools, effects: Effects) -> dict[str, Any]:
    """What an evaluation should find, for whoever checks it; never served."""
    return {
        "schools": schools.count,
        "seed": schools.seed,
        "effect_per_year_since_launch": asdict(effects),
        "years_at_most": JOURNEY_YEARS,
        "launches": LAUNCHES,
        "schools_by_cohort": {
            cohort: [school.school_id for school in schools.all if school.cohort == cohort] for cohort in COHORTS
        },
    }


def _months_later(when: date, months: int) -> date:
    years, month = divmod(when.month - 1 + months, 12)
    return date(when.year + years, month + 1, min(when.day, 28))
