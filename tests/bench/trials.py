"""Small districts whose effect is known: the frames that the estimation takes, and what each district truly gained.

A district is made twice from the same seed, with the effects and without. Nothing else differs, not even a
draw of chance, so that the difference of the two outcomes of a student or a school is what the programme did.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from elevate.estimating.model import Outcome
from elevate.estimating.reading import CATEGORIES
from simulator.assessment import FIRST_GRADE, LAST_GRADE, terms
from simulator.attendance import absences
from simulator.calendar import YEARS, day, school_years
from simulator.district import District
from simulator.ledger import NEVER
from simulator.programme import LAUNCHES, Effects, exposure
from simulator.schools import Schools
from simulator.students import GENDERS, RACES
from simulator.study import DRAWS, STUDY, assignments

MATH, RATE, CHRONIC = "map_spring_rit_math", "attendance_rate", "chronic_absence"
OUTCOMES = {
    MATH: Outcome(MATH, "mathematics achievement", "continuous", MATH),
    RATE: Outcome(RATE, "attendance", "continuous", RATE),
    CHRONIC: Outcome(CHRONIC, "attendance", "binary", CHRONIC),
}
INJECTED, NOTHING = Effects(attendance_points=1.0, map_rit_points=4.0), Effects(0.0, 0.0)
"""For each year since the launch; attendance by as much as schools have absences to lose."""
SPRING, MATHEMATICS = 2, 0
FEWEST_DAYS, LARGEST_SHARE = 10, 0.1
"""Of chronic absence, as the warehouse defines it."""
CATEGORY = "ES"
"""Of the panel; high schools launch two or three at a time, which bears no estimate."""
OF_LAUNCH = ["school", "block", "arm", "cohort", "launch_year", "grade_level_at_launch"]


@dataclass(frozen=True)
class Frames:
    """Rows of `eval_analytic_sample` and of the schools' panel; `gain` is what the programme did to each of them."""

    sample: pd.DataFrame
    panel: pd.DataFrame


@dataclass(frozen=True)
class Twins:
    """The same district with the effects and without."""

    injected: Frames
    nothing: Frames


def twins(schools: int, seed: int) -> Twins:
    """The district of this seed, at the end of its last school year; all of its students are in it."""
    districts = [District(Schools(schools, seed), effects) for effects in (INJECTED, NOTHING)]
    students = _students(districts[0])
    injected, nothing = (_frames(district, students) for district in districts)
    injected.sample["gain"] = injected.sample["value"] - nothing.sample["value"]
    injected.panel["gain"] = injected.panel["mean"] - nothing.panel["mean"]
    return Twins(injected, nothing)


def _frames(district: District, students: pd.DataFrame) -> Frames:
    parts = _parts(district)
    return Frames(_measured(students, _values(parts, ["student"])), _panel(district, parts))


def _parts(district: District) -> pd.DataFrame:
    """Of each student, school and school year, the score in spring, and days observed and absent."""
    found = [part for year in YEARS for part in (_scores(district, year), _days(district, year))]
    return pd.concat(found, ignore_index=True)


def _scores(district: District, year: int) -> pd.DataFrame:
    (term,) = (term for term in terms() if (term.year, term.season) == (year, SPRING))
    sat = district.testing.sittings(term)
    counts = sat.counts & (sat.subject == MATHEMATICS) & (sat.gone_on == NEVER)
    columns = {"student": sat.student, "school": sat.school, "grade": sat.grade, "numerator": sat.rit}
    return pd.DataFrame(columns)[counts].assign(school_year=year, outcome=MATH, denominator=1)


def _days(district: District, year: int) -> pd.DataFrame:
    """Every absence is a whole day here, and a day at two schools counts at both."""
    spells = district.spells.take(district.spells.year == year)
    calendar = school_years()[year]
    years = np.stack([exposure(district.launch, int(when)) for when in calendar.days], axis=1)
    effect = years * district.effects.attendance_points / 100
    found = absences(district.schools, district.students, spells, calendar, effect)
    days = spells.ends - spells.starts
    absent = np.bincount(found.spell, minlength=len(days))
    columns = {
        "student": spells.student, "school": spells.school, "grade": spells.grade,
        "numerator": days - absent, "denominator": days,
    }  # fmt: skip
    return pd.DataFrame(columns)[days > 0].assign(school_year=year, outcome=RATE)


def _values(parts: pd.DataFrame, unit: list[str]) -> pd.DataFrame:
    """Values by unit, school year and outcome; the grade is the last one."""
    summed = parts.groupby([*unit, "school_year", "outcome"], as_index=False).agg(
        numerator=("numerator", "sum"), denominator=("denominator", "sum"), grade=("grade", "last")
    )
    summed["value"] = summed["numerator"] / summed["denominator"]
    days = summed[(summed["outcome"] == RATE) & (summed["denominator"] >= FEWEST_DAYS)]
    is_chronic = days["denominator"] - days["numerator"] >= LARGEST_SHARE * days["denominator"]
    return pd.concat([summed, days.assign(outcome=CHRONIC, value=is_chronic.astype(float))], ignore_index=True)


def _students(district: District) -> pd.DataFrame:
    """A row for each student, outcome and school year, before anything is measured."""
    at_launch, frames = _at_launch(district), []
    for cohort in DRAWS:
        own = at_launch[at_launch["cohort"] == cohort]
        for year in range(_launch_year(cohort), max(YEARS) + 1):
            students = pd.concat([own, _joiners(district, at_launch, cohort, year)])
            frames += [_followed(district, students, name, year) for name in OUTCOMES]
    rows = pd.concat(frames)
    rows = rows.assign(
        study=STUDY, roster_version=len(DRAWS), years_since_launch=rows["school_year"] - rows["launch_year"],
        school_id=np.array(district.schools.ids)[rows["school"]], **_traits(district, rows.index.to_numpy()),
    )  # fmt: skip
    rows["student_key"] = rows.index.astype(str)
    rows = rows.rename_axis("student").reset_index()
    rows = rows.sort_values(["outcome", "school_year", "school_id", "student_key"], ignore_index=True)
    return rows.astype({name: "object" for name in CATEGORIES if name in rows})


def _measured(students: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """The rows with their values, and with those of the last school year that ended before the launch."""
    known, before = values.set_index(["outcome", "school_year", "student"]), students["launch_year"] - 1
    now = _of(known, students["outcome"], students["school_year"], students["student"])
    grade = now["grade"].fillna(students["grade"]).astype(int).astype(str)
    rows = students.assign(
        value=now["value"], grade_level=grade.astype("object"),
        baseline_value=_of(known, students["outcome"], before, students["student"])["value"],
        baseline_attendance_rate=_of(known, RATE, before, students["student"])["value"],
    )  # fmt: skip
    is_known = rows["value"].notna() & rows["baseline_value"].notna()
    return rows.assign(is_analysed=is_known & (rows["membership"] != "joiner"))


def _of(
    known: pd.DataFrame, outcome: "pd.Series[str] | str", year: "pd.Series[int]", student: "pd.Series[int]"
) -> pd.DataFrame:
    wanted = pd.DataFrame({"outcome": outcome, "school_year": year, "student": student})
    return known.reindex(pd.MultiIndex.from_frame(wanted)).reset_index(drop=True)


def _at_launch(district: District) -> pd.DataFrame:
    """By student, the school of the draw on the day of its launch; of two spells the later, of two draws the first."""
    found = [_members(district, cohort, *(2 * [day(LAUNCHES[cohort])])) for cohort in DRAWS]
    rows = pd.concat([spells.sort_values("entry").groupby("student").last() for spells in found])
    return rows[~rows.index.duplicated()].assign(membership="leaver")


def _joiners(district: District, at_launch: pd.DataFrame, cohort: str, year: int) -> pd.DataFrame:
    """By student, the first school of the draw entered after the launch."""
    spells = _members(district, cohort, day(LAUNCHES[cohort]) + 1, school_years()[year].last)
    came = spells[~spells["student"].isin(at_launch.index) & (spells["entry"] > day(LAUNCHES[cohort]))]
    first = came.sort_values("entry").groupby("student").first()
    return first.assign(membership="joiner", grade_level_at_launch=None)


def _members(district: District, cohort: str, since: int, until: int) -> pd.DataFrame:
    """Spells in schools of the cohort's draw on any day of this time."""
    spells = district.spells
    drawn = {item.school: item for item in assignments(district.schools) if item.cohort == cohort}
    inside = (spells.entry <= until) & (spells.exit > since) & (spells.starts < spells.ends)
    inside &= np.isin(spells.school, list(drawn))
    columns = {"student": spells.student, "school": spells.school, "grade": spells.grade, "entry": spells.entry}
    rows = pd.DataFrame(columns)[inside]
    rows["block"] = rows["school"].map({code: item.block for code, item in drawn.items()})
    rows["arm"] = rows["school"].map({code: item.arm for code, item in drawn.items()})
    grade = rows["grade"].astype(str)
    return rows.assign(cohort=cohort, launch_year=_launch_year(cohort), grade_level_at_launch=grade)


def _followed(district: District, students: pd.DataFrame, outcome: str, year: int) -> pd.DataFrame:
    """Those who can have the outcome in that year: scores are of grades 2 to 8, counted on from the launch."""
    rows = students[[*OF_LAUNCH, "grade", "membership"]].assign(outcome=outcome, school_year=year)
    if outcome == MATH:
        at_test = rows["grade"] + (year - rows["launch_year"]) * (rows["membership"] != "joiner")
        rows = rows[at_test.between(FIRST_GRADE, LAST_GRADE)]
    rows["is_at_school"] = _at_the_end(district, rows, year)
    rows.loc[rows["is_at_school"] & (rows["membership"] != "joiner"), "membership"] = "stayer"
    return rows


def _at_the_end(district: District, rows: pd.DataFrame, year: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Who is at the school of the draw on the last day of the year."""
    spells, last = district.spells, len(school_years()[year].days)
    there = spells.take((spells.year == year) & (spells.ends == last) & (spells.starts < last))
    at_end = pd.MultiIndex.from_arrays([there.student, there.school])
    return pd.MultiIndex.from_arrays([rows.index, rows["school"]]).isin(at_end)


def _traits(district: District, codes: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> dict[str, object]:
    who = district.students
    return {
        "gender": np.array(GENDERS)[who.gender[codes]], "race_ethnicity": np.array(RACES)[who.race[codes]],
        "low_income": who.low_income[codes], "english_learner": who.english_learner[codes],
        "special_education": who.special_education[codes],
    }  # fmt: skip


def _panel(district: District, parts: pd.DataFrame) -> pd.DataFrame:
    """Means of district schools by school year, with cohort and year of launch."""
    schools = district.schools.all
    by_student = _values(parts, ["school", "student"])
    is_share = by_student["outcome"] == CHRONIC
    by_student.loc[is_share, "numerator"] = by_student["value"]
    by_student.loc[is_share, "denominator"] = 1
    keys = ["outcome", "school", "school_year"]
    rows = by_student.groupby(keys, as_index=False).agg(
        numerator=("numerator", "sum"), denominator=("denominator", "sum"), sd=("value", "std"),
        n_students=("value", "size"),
    )  # fmt: skip
    cohorts = np.array([school.cohort for school in schools])[rows["school"]]
    rows = rows.assign(
        mean=rows["numerator"] / rows["denominator"],
        school_id=np.array(district.schools.ids)[rows["school"]],
        school_category=np.array([school.category for school in schools])[rows["school"]],
        cohort=pd.Series(cohorts, dtype="object").where(cohorts != "", None),
        launch_school_year=[_launch_year(cohort) if cohort else np.nan for cohort in cohorts],
    )
    inside = np.array([school.type == "District" and school.category == CATEGORY for school in schools])
    return rows[inside[rows["school"]]].reset_index(drop=True)


def _launch_year(cohort: str) -> int:
    when = day(LAUNCHES[cohort])
    return next(year for year, calendar in school_years().items() if calendar.begins <= when <= calendar.ends)
