import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from simulator.calendar import INSTRUCTIONAL_DAYS, day, school_years
from simulator.district import District
from simulator.drops import DropFolder
from simulator.enrollment import Flow
from simulator.ledger import NEVER
from simulator.schools import JENNER, OGDEN, Schools
from simulator.study import assignments

SIMULATOR = Path(__file__).parents[2] / "simulator"


def bytes_of(folder: DropFolder, night: date) -> dict[str, bytes]:
    files = sorted(folder.root.glob(f"*/{night}/*"))
    return {f"{file.parent.parent.name}/{file.name}": file.read_bytes() for file in files}


def students_by_year(schools: Schools) -> list[int]:
    spells = Flow(schools).spells
    real = spells.gone_on == NEVER
    return [len(np.unique(spells.student[real & (spells.year == year)])) for year in school_years()]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    night = date(2019, 2, 11)
    made = []
    for place, seed in enumerate((3, 3, 4)):
        folder = DropFolder(tmp_path / str(place), District(Schools(4, seed)))
        folder.make(night)
        made.append(bytes_of(folder, night))
    assert made[0] == made[1]
    assert made[0]["sis/students.csv"] != made[2]["sis/students.csv"]


def test_the_usual_size_has_3500_to_5000_students_a_year():
    assert all(3_500 <= students <= 5_000 for students in students_by_year(Schools(48, seed=1)))


def test_the_largest_size_has_340_000_students_a_year():
    schools = Schools(640, seed=1)
    assert len(set(schools.ids)) == len({school.name for school in schools.all}) == 640
    assert students_by_year(schools) == pytest.approx([340_000] * 5, rel=0.03)


@pytest.mark.parametrize("count", [8, 20, 36, 48, 120])
def test_every_size_has_all_cohorts_both_categories_and_controls(count):
    schools = Schools(count, seed=1)
    assert {school.cohort for school in schools.all} == {"", "I", "II", "III"}
    assert {school.category for school in schools.all} == {"ES", "HS"}
    assert {item.arm for item in assignments(schools)} == {"treatment", "control"}


def test_from_48_schools_on_the_whole_programme_is_in():
    schools = Schools(48, seed=1)
    by_cohort = [sum(school.cohort == cohort for school in schools.all) for cohort in ("I", "II", "III")]
    assert by_cohort == [9, 12, 15]
    drawn = assignments(schools)
    treated = {item.school for item in drawn if item.arm == "treatment" and item.participated}
    assert treated == {code for code, school in enumerate(schools.all) if school.cohort in ("II", "III")}
    assert sum(not item.participated for item in drawn) == 2
    assert {item.block for item in drawn if item.arm == "control"} == {item.block for item in drawn}


def test_jenner_closes_into_ogden():
    schools = Schools(48, seed=1)
    jenner, ogden = schools.code(JENNER), schools.code(OGDEN)
    spells = Flow(schools).spells
    before = set(spells.student[(spells.school == jenner) & (spells.year == 2018)].tolist())
    after = spells.year == 2019
    stayed = after & np.isin(spells.student, list(before))
    assert before
    assert not (after & (spells.school == jenner)).any()
    assert (spells.school[stayed] == ogden).mean() > 0.6


def test_a_year_has_its_days_and_begins_after_labor_day():
    years = school_years()
    assert all(len(year.days) == INSTRUCTIONAL_DAYS for year in years.values())
    assert years[2019].first == day("2018-09-04")
    assert day("2019-01-30") not in years[2019].days


def test_nothing_of_the_platform_is_imported():
    imports = re.compile(r"^\s*(?:from|import)\s+(?:elevate|dags)\b", re.MULTILINE)
    assert not [file.name for file in SIMULATOR.glob("*.py") if imports.search(file.read_text())]
