"""Each rule of gate 2 on outcomes, dosage and cost passes on good tables and fails on the one it is there for."""

import pytest
import yaml
from psycopg import sql

from elevate.gates.engine import evaluate
from elevate.gates.rules import read_suite
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect

MODELS = PROJECT / "dbt_project" / "models" / "marts"
GOOD = {
    "fct_attendance_day": """
        (student_key, school_id, attendance_date, school_year, attendance_status, absent_fraction, absence_kind)
        values ('a', '1', '2019-02-11', 2019, 'absent', 0.5, 'medical'),
            ('a', '1', '2019-02-12', 2019, 'unknown', null, null)""",
    "agg_school_month_attendance": """
        (school_id, month_start, grade_band, school_year, days_enrolled, days_observed, days_unknown, days_absent,
         attendance_rate)
        values ('1', '2019-02-01', 'K-2', 2019, 20000, 19000, 1000, 900, 0.95),
            ('1', '2018-09-01', 'K-2', 2019, 20, 0, 20, 0, null)""",
    "agg_school_term_assessment": """
        values ('1', 2018, 'fall', 'math', 'N', true, 9, 2, 1, 4, 0, null, 0, 0, null, 0, null),
            ('1', 2018, 'spring', 'math', 'N', true, 9, 0, 0, 0, 8, 40.5, 7, 3, -2, 7, 300)""",
    "fct_behaviour_incident": """
        (incident_id, student_key, school_id, incident_date, conduct_group, behaviour_code, grade_level, is_member,
         in_school_suspension_days, out_of_school_suspension_days)
        select n / 2, n, '1', '2019-02-11', 4, '4-1', '7', true, 0, n % 2 from generate_series(1, 240) as n""",
    "fct_course_mark": """
        (student_key, school_year, term, course, grade_level, mark, is_open, points, credits, credits_earned, is_core)
        select n, 2018, 'S1', 'Course ' || course, '9', 'B', false, 3, 0.5, 0.5, true
        from generate_series(1, 40) as n cross join generate_series(1, 6) as course""",
    "fct_survey_response": """
        (wave, student_key, item, competency, grade_level, response, score)
        select 'Spring 2018', n, item, 'pursuing_goals', '7', 1 + n % 5, 1 + n % 5
        from generate_series(1, 120) as n cross join (values ('GOAL1'), ('GOAL2')) as asked (item)""",
    "agg_student_year_on_track": """
        (student_key, school_year, school_id, grade_level, definition, ending, is_repeated, is_freshman_on_track,
         is_elementary_on_track, credits_earned, core_semester_fs, marks_open, reading_points, math_points,
         attendance_rate, incidents)
        select n, 2018, '1', '9', 'freshman', 'stayed', false, n % 5 > 0, null::boolean, 6, 2 * (n % 5 = 0)::int, 0,
            null::numeric, 3, 0.9, 0
        from generate_series(1, 220) as n
        union all
        select 1000 + n, 2018, '1', '5', 'elementary', 'stayed', false, null, n % 5 > 0, 0, 0, 0, 3, 3, 0.95,
            3 * (n % 5 = 0)::int
        from generate_series(1, 220) as n""",
    "agg_school_year_dosage": "values ('1', 2018, 'edtech', 'minutes', '2017-07-01', '2018-05-08', 20, 30)",
    "agg_support_cost": """
        values ('1', 2019, 'coaching', 'usual price', null, 110, 11, 10),
            ('2', 2019, 'coaching', 'no price', null, null, 11, null)""",
}
SPOILT = [
    ("fct_attendance_day", "unknown_has_no_fraction", "absent_fraction = 1 where attendance_status = 'unknown'"),
    ("fct_attendance_day", "unknown_has_no_fraction", "absence_kind = null where attendance_status = 'absent'"),
    ("fct_attendance_day", "a_day_is_missed_in_part_or_whole", "absent_fraction = 0 where absence_kind = 'medical'"),
    ("fct_attendance_day", "only_days_of_school_up_to_tonight", "attendance_date = '2019-02-14'"),
    ("fct_attendance_day", "only_days_of_school_up_to_tonight", "attendance_date = '2019-02-10'"),
    ("fct_attendance_day", "unknown_is_said_by_the_calendar", "attendance_date = '2019-02-12'"),
    ("fct_attendance_day", "unknown_is_said_by_the_calendar", "attendance_date = '2019-02-11'"),
    ("agg_school_month_attendance", "days_add_up", "days_unknown = 0"),
    ("agg_school_month_attendance", "months_are_months", "month_start = '2019-02-02' where month_start = '2019-02-01'"),
    ("agg_school_month_attendance", "months_are_months", "school_year = 2018"),
    ("agg_school_month_attendance", "a_rate_needs_a_day", "attendance_rate = 0 where days_observed = 0"),
    ("agg_school_month_attendance", "no_month_is_perfect", "days_absent = 1 where days_observed > 0"),
    ("agg_school_term_assessment", "parts_are_no_more_than_the_whole", "students_retested = 10"),
    ("agg_school_term_assessment", "the_score_that_counts_is_never_above_the_best", "points_left_out = -1"),
    ("agg_school_term_assessment", "a_sum_needs_a_student", "growth = 0"),
    ("agg_school_term_assessment", "a_sum_needs_a_student", "percentiles = null"),
    ("fct_behaviour_incident", "code_is_of_its_group", "behaviour_code = '3-1' where student_key = '9'"),
    ("fct_behaviour_incident", "an_incident_happens_once", "school_id = '2' where student_key = '9'"),
    ("fct_behaviour_incident", "nearly_all_are_members", "is_member = false where student_key < '2'"),
    ("fct_behaviour_incident", "suspensions_are_no_longer_than_the_rule", "out_of_school_suspension_days = 11"),
    ("fct_behaviour_incident", "young_children_are_not_suspended", "grade_level = '2'"),
    ("fct_course_mark", "open_is_worth_nothing_yet", "is_open = true where student_key = '9'"),
    ("fct_course_mark", "open_is_worth_nothing_yet", "mark = 'I' where student_key = '9'"),
    ("fct_course_mark", "credits_are_earned_in_whole", "credits_earned = 0.25 where student_key = '9'"),
    ("fct_course_mark", "core_earns_credits", "credits = 0, credits_earned = 0 where student_key = '9'"),
    ("fct_course_mark", "nearly_all_are_of_the_grades_that_are_sent", "grade_level = '10'"),
    ("fct_course_mark", "most_ninth_graders_have_a_full_load", "term = 'S2' where course > 'Course 3'"),
    ("fct_survey_response", "responses_and_scores_are_one_to_five", "score = 6 where student_key = '9'"),
    ("fct_survey_response", "responses_and_scores_are_one_to_five", "score = null where student_key = '9'"),
    ("fct_survey_response", "items_of_a_competency_go_together", "score = 6 - response where item = 'GOAL2'"),
    ("fct_survey_response", "asked_in_the_grades_of_the_survey", "grade_level = '5'"),
    ("agg_student_year_on_track", "one_definition_a_grade", "is_elementary_on_track = true where grade_level = '9'"),
    ("agg_student_year_on_track", "one_definition_a_grade", "grade_level = '8'"),
    ("agg_student_year_on_track", "measured_or_a_reason", "is_freshman_on_track = null where definition = 'freshman'"),
    ("agg_student_year_on_track", "freshmen_on_track_have_their_credits", "credits_earned = 4.5"),
    ("agg_student_year_on_track", "freshmen_on_track_have_their_credits", "core_semester_fs = 1"),
    ("agg_student_year_on_track", "elementary_on_track_has_its_parts", "attendance_rate = 0.919999"),
    ("agg_student_year_on_track", "most_are_on_track", "is_freshman_on_track = false where definition = 'freshman'"),
    ("agg_student_year_on_track", "most_of_a_year_that_is_over_are_measured",
     "is_freshman_on_track = null, not_measured_reason = 'marks_missing' where definition = 'freshman'"),
    ("agg_school_year_dosage", "a_year_is_part_of_what_came_so_far", "delivered_in_year = 31"),
    ("agg_school_year_dosage", "no_week_that_the_test_cut_short", "delivered_in_year = 60, delivered_so_far = 70"),
    ("agg_support_cost", "cost_usd_in_range", "cost_usd = -1 where school_id = '1'"),
    ("agg_support_cost", "cost_is_that_of_the_terms", "cost_usd = 10 where school_id = '2'"),
    ("agg_support_cost", "cost_is_that_of_the_terms", "support = 'devices' where school_id = '1'"),
    ("agg_support_cost", "a_pupil_costs_plausibly_much", "cost_per_pupil_usd = 5001"),
]  # fmt: skip
SIX_DAYS = "insert into {table} select 'a', '1', date '2018-10-01' + n, 2019, 'unknown' from generate_series(1, 6) as n"
DAYS = """
    insert into candidate_marts.dim_date (calendar_date, is_instructional, is_attendance_observed)
    values ('2019-02-10', false, false), ('2019-02-11', true, true), ('2019-02-12', true, false),
        ('2019-02-14', true, true)"""
WEEKS = """
    insert into candidate_marts.fct_edtech_usage (school_id, week_start, minutes)
    values ('1', '2017-05-01', 10), ('1', '2018-04-30', 20), ('1', '2018-05-07', 40), ('2', '2018-04-30', 5)"""
TERMS = """
    insert into candidate_marts.agg_school_term_support (school_id, school_year, term, support, cost_usd)
    values ('1', 2019, 'S1', 'coaching', 100), ('1', 2019, 'S2', 'coaching', 10),
        ('2', 2019, 'S1', 'coaching', 10), ('2', 2019, 'S2', 'coaching', null)"""
LAST_PUBLICATION = """
    with last as (
        insert into ops.refresh (kind, night, run, verdict) values ('marts', '2019-02-12', 'test', 'published')
        returning refresh_id
    ), publication as (
        insert into ops.publication (refresh_id, kind, night, content_hash)
        select refresh_id, 'marts', '2019-02-12', '' from last returning publication_id
    )
    insert into ops.publication_table select publication_id, 'marts', name, 240, 0, 0, '' from publication
    cross join unnest(%s::text[]) as name"""


@pytest.fixture(scope="module", name="warehouse")
def warehouse_of_a_second_night(module_settings: Settings) -> Settings:
    with connect(module_settings) as connection:
        connection.execute(LAST_PUBLICATION, (list(GOOD),))
        connection.execute("insert into ops.refresh (kind, night, run) values ('marts', '2019-02-13', 'test')")
    make(module_settings, "dim_date", DAYS)
    make(module_settings, "fct_edtech_usage", WEEKS)
    make(module_settings, "agg_school_term_support", TERMS)
    return module_settings


def make(settings: Settings, table: str, *statements: str) -> None:
    """The table as its model's contract says, after the statements on it."""
    file = next(MODELS.rglob(f"{table}.yml"))
    columns = yaml.safe_load(file.read_text())["models"][0]["columns"]
    name = sql.Identifier("candidate_marts", table)
    types = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column["name"]), sql.SQL(column["data_type"])) for column in columns
    )
    with connect(settings) as connection:
        connection.execute(sql.SQL("drop table if exists {}").format(name))
        connection.execute(sql.SQL("create table {} ({})").format(name, types))
        for statement in statements:
            changed = connection.execute(statement.replace("{table}", f"candidate_marts.{table}").encode()).rowcount
            assert changed, "the statement met no row"  # -1 for what changes no row


def verdicts(settings: Settings, table: str, *statements: str) -> dict[str, str]:
    """Rule to verdict of the table's suite, after the statements on good content."""
    make(settings, table, f"insert into {{table}} {GOOD[table]}", *statements)
    rules = read_suite(PROJECT / "expectations" / "marts" / f"{table}.yaml").rules
    return {result.rule.name: result.verdict for result in evaluate(settings, "candidate_marts", table, rules)}


@pytest.mark.parametrize("table", GOOD)
def test_a_good_table_passes(warehouse: Settings, table: str) -> None:
    assert set(verdicts(warehouse, table).values()) == {"pass"}


@pytest.mark.parametrize(("table", "rule", "spoil"), SPOILT)
def test_a_spoilt_table_fails_its_rule(warehouse: Settings, table: str, rule: str, spoil: str) -> None:
    assert verdicts(warehouse, table, f"update {{table}} set {spoil}")[rule] == "fail"


def test_many_unknown_days_are_told(warehouse: Settings) -> None:
    assert verdicts(warehouse, "fct_attendance_day", SIX_DAYS)["few_days_are_unknown"] == "fail"


@pytest.mark.parametrize("table", GOOD)
def test_an_empty_table_and_one_with_another_column_are_noticed(warehouse: Settings, table: str) -> None:
    empty = verdicts(warehouse, table, "delete from {table}")
    assert {empty[rule] for rule in ("has_rows", "does_not_shrink") if rule in empty} == {"fail"}
    assert verdicts(warehouse, table, "alter table {table} add column more text")["exact_columns"] == "fail"


def test_every_rule_is_seen_failing() -> None:
    seen = {(table, rule) for table, rule, _ in SPOILT} | {("fct_attendance_day", "few_days_are_unknown")}
    everywhere = {"has_rows", "does_not_shrink", "exact_columns"}
    rules = {
        (table, rule.name)
        for table in GOOD
        for rule in read_suite(PROJECT / "expectations" / "marts" / f"{table}.yaml").rules
        if rule.name not in everywhere
    }
    assert seen == rules
