"""The study: membership of the programme, and the draw of schools within blocks.

Schools were randomized in two cohorts, II and III. Of each block some schools
were offered the programme; the rest are its controls. One school that was
offered it declined, and one control left the study: both keep their arm.

The trial's registration is a record that the study's office keeps. Numbers, dates and status are
the registry's; title and investigators are made up here. The trial was registered in 2022,
years after its nights in this district: the office sends the record as it stands, on each night.
"""

from dataclasses import dataclass, replace

from simulator.calendar import day
from simulator.ledger import NULL, YES_NO, Dates, Kind, Ledger, Number, Words, ledger_of
from simulator.programme import COHORTS, LAUNCHES, STAGES, stages
from simulator.schools import OGDEN, Schools

STUDY = "AEARCTR-0009097"
DRAWS = {"II": "2017-10-16", "III": "2018-10-15"}
"""Day of the draw of each randomized cohort; each draw makes a new version of the roster."""
ARMS = ("treatment", "control")
REGISTERED = "2022-03-15"
TRIAL = ("2017-07-06", "2024-09-01")
"""First and last day of the trial, by its registration."""
ANNOUNCED = 60
"""Days before its launch on which a cohort is announced."""


@dataclass(frozen=True)
class Assignment:
    """One school in the draw of one cohort."""

    school: int
    cohort: str
    block: str
    arm: str
    participated: bool = True


def membership(schools: Schools) -> Ledger:
    """Stages that have begun; the end of a stage is known when it comes."""
    kinds: dict[str, Kind] = {
        "school_id": Words(schools.ids), "stage_start": Dates(), "cohort": Words(COHORTS),
        "launch_date": Dates(), "stage": Words(STAGES), "stage_end": Dates(),
    }  # fmt: skip
    found = stages(schools)
    rows, known = [], []
    for stage in found:
        cohort = schools.all[stage.school].cohort
        rows.append((stage.school, stage.start, COHORTS.index(cohort), day(LAUNCHES[cohort]), stage.stage, NULL))
        known.append(stage.start - (ANNOUNCED if stage.stage == 0 else 0))
    made = ledger_of(kinds, rows, known)
    made.set_all("stage_end", [stage.end for stage in found], [stage.end for stage in found])
    return made


def assignments(schools: Schools) -> list[Assignment]:
    """The draw: schools of the cohorts as treatment, others like them as controls."""
    free = {
        category: [
            code for code in _by_size(schools, schools.where(category).tolist())
            if not schools.all[code].cohort and schools.ids[code] != OGDEN
        ]
        for category in ("ES", "HS")
    }  # fmt: skip
    declined = free["ES"].pop(0) if len(free["ES"]) > 3 else None
    drawn: list[Assignment] = []
    treated = [school for school in schools.all if school.cohort in DRAWS]
    for category, pool in free.items():
        wanted = sum(school.category == category for school in treated)
        ratio = min(1.0, len(pool) / max(wanted, 1))
        for cohort in DRAWS:
            for block, codes in _blocks(schools, cohort, category):
                count = max(round(len(codes) * ratio), 1)
                controls = [pool.pop(i * len(pool) // count) for i in range(count) if pool]
                drawn += [Assignment(code, cohort, block, "treatment") for code in codes]
                drawn += [Assignment(code, cohort, block, "control") for code in controls]
    return _with_departures(drawn, declined)


def roster(schools: Schools) -> Ledger:
    """The feed of the assignments: a later version repeats the earlier ones' rows."""
    blocks = sorted({item.block for item in assignments(schools)})
    kinds: dict[str, Kind] = {
        "roster_version": Number(), "school_id": Words(schools.ids), "study": Words((STUDY,)),
        "block": Words(blocks), "arm": Words(ARMS), "randomized_on": Dates(), "participated": YES_NO,
    }  # fmt: skip
    rows, known = [], []
    cohorts = list(DRAWS)
    for version, cohort in enumerate(cohorts, start=1):
        for item in assignments(schools):
            if item.cohort in cohorts[:version]:
                rows.append(
                    (version, item.school, 0, blocks.index(item.block), ARMS.index(item.arm),
                     day(DRAWS[item.cohort]), int(item.participated))
                )  # fmt: skip
                known.append(day(DRAWS[cohort]) + 7)
    return ledger_of(kinds, rows, known)


def registration() -> Ledger:
    """The trial's registration, in the keys of the file's front matter; known from the first night."""
    words = {
        "title": "Elevate - whole-school personalized learning in the district",
        "rct_id": STUDY,
        "doi": "10.1257/rct.9097-1.0",
        "status": "on_going",
        "investigators": "Principal Investigator (synthetic); Second Investigator (synthetic)",
        "unit_of_randomization": "school",
    }
    dates = {"first_registered_on": REGISTERED, "start_date": TRIAL[0], "end_date": TRIAL[1]}
    kinds: dict[str, Kind] = {name: Words((text,)) for name, text in words.items()} | dict.fromkeys(dates, Dates())
    return ledger_of(kinds, [[0] * len(words) + [day(text) for text in dates.values()]], [0])


def _by_size(schools: Schools, codes: list[int]) -> list[int]:
    return sorted(codes, key=lambda code: (schools.all[code].size, code))


def _blocks(schools: Schools, cohort: str, category: str) -> list[tuple[str, list[int]]]:
    """The cohort's schools of a category: elementary schools in a smaller and a larger half."""
    codes = [
        code for code, school in enumerate(schools.all) if (school.cohort, school.category) == (cohort, category)
    ]  # fmt: skip
    codes = _by_size(schools, codes)
    if len(codes) < 4:
        return [(f"{cohort}-{category}", codes)] if codes else []
    half = len(codes) // 2
    return [(f"{cohort}-{category}-small", codes[:half]), (f"{cohort}-{category}-large", codes[half:])]


def _with_departures(drawn: list[Assignment], declined: int | None) -> list[Assignment]:
    """One control left the study; where there was a school to spare, it was offered the programme and declined."""
    controls = [item for item in drawn if item.arm == "control" and item.cohort == "II"]
    if len(controls) > 3:
        left = controls[-2]
        drawn[drawn.index(left)] = replace(left, participated=False)
    block = next((item.block for item in drawn if item.block.startswith("III-ES")), None)
    if declined is not None and block:
        drawn.append(Assignment(declined, "III", block, "treatment", participated=False))
    return drawn
