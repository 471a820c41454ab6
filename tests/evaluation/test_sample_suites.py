"""Each rule of gate 3 on who is analysed and what schools received passes on good tables, and fails where it should."""

import pytest
import yaml
from psycopg import sql

from elevate.gates.engine import evaluate
from elevate.gates.rules import read_suite
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect

MODELS = PROJECT / "dbt_project" / "models"
MARTS = {
    "fct_study_assignment": """
        (study, roster_version, school_id, block, arm, participated, is_current_version, cohort, launch_date,
         launch_school_year)
        values ('S', 2, '1', 'B', 'treatment', true, true, 'II', '2018-01-08', 2018),
            ('S', 2, '2', 'B', 'control', false, true, 'II', '2018-01-08', 2018),
            ('S', 2, '3', 'C', 'control', true, true, 'III', '2019-01-07', 2019)""",
    "dim_school_year": """
        (school_year, last_date, last_instructional_date)
        values (2017, '2017-06-30', '2017-06-20'), (2018, '2018-06-30', '2018-06-15'),
            (2019, '2019-06-30', '2019-06-18')""",
    "fct_enrollment": """
        (student_key, school_id, school_year, entry_date, grade_level, low_income, english_learner,
         special_education, is_counted)
        values ('a', '1', 2018, '2017-09-05', '5', true, false, false, true),
            ('b', '2', 2018, '2017-09-05', '5', true, false, false, true),
            ('c', '3', 2019, '2018-09-04', '5', true, false, false, true)""",
    "fct_study_student_outcome": "(outcome) values ('attendance_rate')",
    "fct_assessment_result": """
        (school_id, school_year, season, measure, is_growth_record, test_date)
        values ('1', 2018, 'spring', 'rit', true, '2018-05-14')""",
    "agg_school_term_support": "(school_id, school_year) values ('1', 2019)",
}
GOOD = {
    "eval_outcome": """
        values ('attendance_rate', 1, 'Attendance', 'attendance', 'continuous', 'share', true,
            'attendance_rate', 0.1)""",
    "eval_analytic_sample": """
        (study, roster_version, student_key, outcome, school_year, school_id, arm, block, launch_date,
         years_since_launch, membership, covariates_as_of, grade_level_at_launch, low_income, english_learner,
         special_education, baseline_school_year, baseline_value, value, is_analysed, reason)
        values
            ('S', 2, 'a', 'attendance_rate', 2018, '1', 'treatment', 'B', '2018-01-08', 0, 'stayer', '2017-09-05', '5',
             true, false, false, 2017, 0.9, 0.9, true, 'analysed'),
            ('S', 2, 'b', 'attendance_rate', 2018, '2', 'control', 'B', '2018-01-08', 0, 'leaver', '2017-09-05', '5',
             true, false, false, 2017, 0.9, 0.8, true, 'analysed'),
            ('S', 2, 'j', 'attendance_rate', 2018, '2', 'control', 'B', '2018-01-08', 0, 'joiner', null, null, null,
             null, null, 2017, 0.9, 0.8, false, 'joined after the launch')""",
    "eval_sample_flow": """
        (study, roster_version, arm, school_year, step_number, step, schools, students)
        select 'S', 2, arm, 2018, n, n, case when n in (2, 3, 4) or n = 5 or arm = 'treatment' then 1 else 2 end, 1
        from unnest(array['treatment', 'control']) as arm cross join generate_series(1, 5) as n""",
    "eval_fidelity": """
        (study, roster_version, school_id, school_year, term, support, arm, block, delivered_quantity,
         share_delivered, share_at_least, share_at_most, window_start, window_end, delivered_in_window)
        values ('S', 2, '1', 2018, 'S2', 'coaching', 'treatment', 'B', 5, 0.75, 0.6, 0.8, '2018-02-03',
             '2018-05-14', 4),
            ('S', 2, '1', 2018, 'S1', 'coaching', 'treatment', 'B', 5, null, 0, 1, '2017-07-01', '2018-02-03', 0)""",
}
FIRST, SECOND, JOINER = (f"where student_key = '{key}'" for key in "abj")
SPOILT = [
    ("eval_outcome", "scales_are_known", "scale = 'ordinal'"),
    ("eval_outcome", "every_outcome_is_measured", "outcome = 'attendence_rate'"),
    ("eval_analytic_sample", "arms_are_those_of_the_roster", f"arm = 'control' {FIRST}"),
    ("eval_analytic_sample", "arms_are_those_of_the_roster", f"block = 'C' {FIRST}"),
    ("eval_analytic_sample", "arms_are_those_of_the_roster", "roster_version = 1"),
    ("eval_analytic_sample", "every_school_drawn_with_students_is_in", f"school_id = '1' {SECOND}"),
    ("eval_analytic_sample", "every_school_drawn_with_students_is_in", f"membership = 'joiner' {SECOND}"),
    ("eval_analytic_sample", "no_student_in_two_arms", f"student_key = 'a' {SECOND}"),
    ("eval_analytic_sample", "a_baseline_ends_before_the_launch", f"baseline_school_year = 2018 {FIRST}"),
    ("eval_analytic_sample", "a_baseline_ends_before_the_launch", f"baseline_school_year = null {JOINER}"),
    ("eval_analytic_sample", "covariates_are_frozen_at_the_launch", f"special_education = true {FIRST}"),
    ("eval_analytic_sample", "covariates_are_frozen_at_the_launch", f"covariates_as_of = '2018-01-09' {FIRST}"),
    ("eval_analytic_sample", "covariates_are_frozen_at_the_launch", f"covariates_as_of = null {FIRST}"),
    ("eval_analytic_sample", "covariates_are_frozen_at_the_launch", f"low_income = true {JOINER}"),
    ("eval_analytic_sample", "analysed_is_a_reason", f"reason = 'no outcome' {FIRST}"),
    ("eval_analytic_sample", "analysed_is_a_reason", f"baseline_value = null {FIRST}"),
    ("eval_analytic_sample", "analysed_is_a_reason", f"value = null {FIRST}"),
    ("eval_analytic_sample", "joiners_are_never_analysed", f"is_analysed = true, reason = 'analysed' {JOINER}"),
    (
        "eval_analytic_sample",
        "outcomes_come_after_the_launch_and_from_years_that_are_over",
        f"school_year = 2019 {FIRST}",
    ),
    (
        "eval_analytic_sample",
        "outcomes_come_after_the_launch_and_from_years_that_are_over",
        f"school_year = 2017 {FIRST}",
    ),
    ("eval_analytic_sample", "both_arms_in_every_block", f"is_analysed = false {SECOND}"),
    ("eval_sample_flow", "each_step_within_the_one_before", "students = 2 where step_number = 4"),
    ("eval_sample_flow", "both_arms_have_five_steps", "arm = 'treatment'"),
    ("eval_sample_flow", "analysed_are_those_of_the_sample", "students = 2 where step_number = 5"),
    ("eval_sample_flow", "analysed_are_those_of_the_sample", "school_year = 2019 where step_number = 5"),
    ("eval_sample_flow", "starts_from_the_roster", "schools = 3 where step_number = 1"),
    ("eval_fidelity", "arms_are_those_of_the_roster", "arm = 'control'"),
    ("eval_fidelity", "the_window_ends_before_the_outcome", "window_end = '2018-05-15' where term = 'S2'"),
    ("eval_fidelity", "no_more_in_the_window_than_delivered", "delivered_in_window = 6"),
    ("eval_fidelity", "the_share_lies_within_its_bounds", "share_delivered = 0.9 where term = 'S2'"),
    ("eval_fidelity", "the_share_lies_within_its_bounds", "share_at_least = null where term = 'S1'"),
    ("eval_fidelity", "no_support_in_a_control_school", "arm = 'control'"),
    ("eval_fidelity", "every_treated_school_has_a_plan", "school_id = '2'"),
]
PUBLICATION = """
    with last as (
        insert into ops.refresh (kind, night, run, verdict) values ('marts', '2019-02-11', 'test', 'published')
        returning refresh_id
    )
    insert into ops.publication (refresh_id, kind, night, content_hash)
    select refresh_id, 'marts', '2019-02-11', '' from last"""


@pytest.fixture(scope="module", name="warehouse")
def warehouse_with_published_marts(module_settings: Settings) -> Settings:
    with connect(module_settings) as connection:
        connection.execute(PUBLICATION)
    for table, rows in MARTS.items():
        make(module_settings, "marts", table, f"insert into {{table}} {rows}")
    return module_settings


def make(settings: Settings, schema: str, table: str, *statements: str) -> None:
    """The table as its model's contract says, after the statements on it."""
    file = next(MODELS.rglob(f"{table}.yml"))
    columns = yaml.safe_load(file.read_text())["models"][0]["columns"]
    name = sql.Identifier(schema, table)
    types = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column["name"]), sql.SQL(column["data_type"])) for column in columns
    )
    with connect(settings) as connection:
        connection.execute(sql.SQL("drop table if exists {}").format(name))
        connection.execute(sql.SQL("create table {} ({})").format(name, types))
        for statement in statements:
            changed = connection.execute(statement.replace("{table}", f"{schema}.{table}").encode()).rowcount
            assert changed, "the statement met no row"


def verdicts(settings: Settings, table: str, *statements: str) -> dict[str, str]:
    """Rule to verdict of the table's suite, after the statements on good content."""
    for other, rows in GOOD.items():
        make(settings, "candidate_evaluation", other, f"insert into {{table}} {rows}")
    make(settings, "candidate_evaluation", table, f"insert into {{table}} {GOOD[table]}", *statements)
    rules = read_suite(PROJECT / "expectations" / "evaluation" / f"{table}.yaml").rules
    return {result.rule.name: result.verdict for result in evaluate(settings, "candidate_evaluation", table, rules)}


@pytest.mark.parametrize("table", GOOD)
def test_a_good_table_passes(warehouse: Settings, table: str) -> None:
    assert {rule for rule, verdict in verdicts(warehouse, table).items() if verdict != "pass"} == set()


@pytest.mark.parametrize(("table", "rule", "spoil"), SPOILT)
def test_a_spoilt_table_fails_its_rule(warehouse: Settings, table: str, rule: str, spoil: str) -> None:
    assert verdicts(warehouse, table, f"update {{table}} set {spoil}")[rule] == "fail"


def test_every_rule_of_the_sample_is_tried() -> None:
    for table in GOOD:
        rules = {rule.name for rule in read_suite(PROJECT / "expectations" / "evaluation" / f"{table}.yaml").rules}
        tried = {rule for of, rule, _ in SPOILT if of == table}
        assert rules - tried == {"has_rows", "exact_columns"}, table
