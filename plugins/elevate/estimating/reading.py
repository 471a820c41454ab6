"""What the estimation reads: one query for each model, and only its columns."""

import io

import pandas as pd
from psycopg import sql

from elevate.estimating.model import Outcome
from elevate.warehouse.connection import Connection

OUTCOMES = """
    select outcome, domain, scale, baseline_outcome from candidate_evaluation.eval_outcome
    order by outcome
"""
SAMPLE = """
    select study, roster_version, outcome, years_since_launch, school_year, school_id, student_key, block, arm,
        membership, is_at_school, is_analysed, value, baseline_value, baseline_attendance_rate, grade_level,
        grade_level_at_launch, grade_band, gender, race_ethnicity, low_income, english_learner, special_education
    from candidate_evaluation.eval_analytic_sample
    order by study, roster_version, outcome, school_year, school_id, student_key
"""
PANEL = """
    select measured.school_id, school.school_category, measured.school_year, measured.outcome,
        measured.mean, measured.sd, measured.n_students, member.cohort,
        measured.school_year - member.years_since_launch as launch_school_year
    from marts.agg_school_year_outcome as measured
    join candidate_evaluation.eval_outcome as outcome using (outcome)
    join marts.dim_school_year as year using (school_year)
    join marts.dim_school as school on school.school_id = measured.school_id and school.is_current
    left join marts.agg_school_year_membership as member
        on member.school_id = measured.school_id and member.school_year = measured.school_year
    where measured.grade_band = 'all' and measured.subgroup = 'all' and school.school_type = 'District'
        and year.last_instructional_date < (select night from ops.refresh where refresh_id = {refresh})
    order by measured.outcome, school.school_category, measured.school_id, measured.school_year
"""
CATEGORIES = [
    "study", "outcome", "school_id", "student_key", "block", "arm", "membership", "grade_level",
    "grade_level_at_launch", "grade_band", "gender", "race_ethnicity",
]  # fmt: skip
FLAGS = ["is_at_school", "is_analysed", "low_income", "english_learner", "special_education"]


def outcomes(connection: Connection) -> dict[str, Outcome]:
    """The outcomes that are analysed, by name."""
    rows = connection.execute(OUTCOMES).fetchall()
    return {row["outcome"]: Outcome(**row) for row in rows}


def sample(connection: Connection) -> pd.DataFrame:
    """The analytic sample, a row for each student, outcome and school year; what repeats is held once."""
    frame = _read(connection, sql.SQL(SAMPLE), dict.fromkeys(CATEGORIES, "string"))
    for name in FLAGS:
        frame[name] = frame[name].map({"t": True, "f": False})
    frame = frame.astype({"is_at_school": bool, "is_analysed": bool})
    return frame.astype(dict.fromkeys(CATEGORIES, "object"))


def panel(connection: Connection, refresh_id: int) -> pd.DataFrame:
    """Means of district schools by school year that is over, with cohort and launch where they are in the programme."""
    texts = dict.fromkeys(["school_id", "school_category", "outcome", "cohort"], "object")
    return _read(connection, sql.SQL(PANEL).format(refresh=sql.Literal(refresh_id)), texts)


def _read(connection: Connection, query: sql.Composable, types: dict[str, str]) -> pd.DataFrame:
    content = io.BytesIO()
    with connection.cursor().copy(sql.SQL("copy ({}) to stdout (format csv, header)").format(query)) as rows:
        for block in rows:
            content.write(block)
    content.seek(0)
    return pd.read_csv(content, dtype=types, keep_default_na=False, na_values=[""])
