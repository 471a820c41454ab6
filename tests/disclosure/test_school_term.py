"""The attack by difference on the software that schools used: tonight's table less that of the night before."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date

import pytest
from psycopg import sql

from elevate.contracts import load_feeds
from elevate.settings import Settings
from elevate.transforming import run_dbt
from elevate.warehouse import connect
from tests.bi.assets import models

pytestmark = pytest.mark.timeout(300)

NIGHT = date(2018, 10, 22)
WEEK, NEXT = date(2018, 10, 1), date(2018, 10, 8)
MARTS = (
    "fct_professional_development", "fct_teacher_time", "fct_coaching_visit", "fct_device_deployment",
    "fct_classroom_redesign", "fct_edtech_usage", "dim_school",
)  # fmt: skip
BEFORE = """
    create table intermediate.int_term_dated as
        select 2019 as school_year, 'S1' as term, date '2018-09-03' as first_date, date '2019-01-31' as last_date;
    create table intermediate.int_school_joined (school_id text, cohort text, launch_date date, joined_on date);
    create table intermediate.int_school_term_enrollment (
        school_id text, school_year integer, term text, pupils numeric);
    create table intermediate.int_support_plan_due (
        school_id text, school_year integer, term text, support text, unit text, planned_quantity numeric,
        unit_cost_usd numeric, last_due_week date, due_quantity numeric, unlogged_quantity numeric)
"""
PLANS = """
    truncate candidate_marts.dim_school, intermediate.int_support_plan_due;
    insert into candidate_marts.dim_school (school_id, short_name, school_category, is_current)
    select distinct school_id, 'OTIS', 'ES', true from candidate_marts.fct_edtech_usage;
    insert into intermediate.int_support_plan_due
    select distinct school_id, 2019, 'S1', 'edtech', 'minutes', 9000, 0.02, date '2018-10-15', 3200, 500
    from candidate_marts.fct_edtech_usage
"""
USE = ("is_suppressed", "delivered_quantity", "delivered_of_due_quantity", "not_delivered_quantity", "unknown_quantity",
       "cost_usd")  # fmt: skip
Week = tuple[date, int, int]
"""Its Monday, active students, minutes."""
Shown = tuple[object, ...]
Publish = Callable[[dict[str, list[Week]]], dict[str, Shown]]


@pytest.fixture(scope="module", name="publish")
def readers_table(module_settings: Settings) -> Publish:
    """Schools and their weeks of use to what BI shows of each; the plan is the same for all."""
    with connect(module_settings) as connection:
        connection.execute(BEFORE.encode())
        for table in MARTS:
            spelt = ", ".join(f"{column} {kind}" for column, kind in models("marts")[table].items())
            connection.execute(f"create table candidate_marts.{table} ({spelt})".encode())

    def publish(used: dict[str, list[Week]]) -> dict[str, Shown]:
        with connect(module_settings) as connection:
            connection.execute("truncate candidate_marts.fct_edtech_usage")
            connection.cursor().executemany(
                """insert into candidate_marts.fct_edtech_usage
                   (school_id, product, school_year, term, week_start, active_students, minutes)
                   values (%s, 'Story Lanes', 2019, 'S1', %s, %s, %s)""",
                [(school, *week) for school, weeks in used.items() for week in weeks],
            )
            connection.execute(PLANS.encode())
        select = ["agg_school_term_support", "bi_school_term_support"]
        run = {"refresh_id": 1, "night": NIGHT.isoformat(), "code": "of this test"}
        feeds = load_feeds(module_settings.feeds)
        result = run_dbt(module_settings, feeds, ["run", "--select", *select, "--target", "marts"], run, "marts")
        assert result.success, [node.message for node in result.result.results]
        columns = sql.SQL(", ").join(map(sql.Identifier, ("school_id", *USE)))
        with connect(module_settings) as connection:
            query = sql.SQL("select {} from candidate_bi.bi_school_term_support").format(columns)
            return {row["school_id"]: tuple(row[c] for c in USE) for row in connection.execute(query)}

    return publish


def test_a_week_of_one_pupil_is_not_told_by_the_night_that_adds_it(publish: Publish) -> None:
    """Twelve pupils and then one: the difference would be that pupil's minutes, and in dollars once more."""
    many: Week = (WEEK, 12, 600)
    before = publish({"1": [many], "2": [many], "3": [many]})
    tonight = publish({"1": [many, (NEXT, 1, 47)], "2": [many, (NEXT, 10, 530)], "3": [many, (NEXT, 0, 0)]})
    assert before["1"][:2] == (False, 600)
    assert tonight["1"] == (True, *[None] * (len(USE) - 1))
    assert tonight["2"][:2] == (False, 1200), "ten pupils are enough"
    assert tonight["3"] == before["3"], "a week without anybody is no small one"


def test_the_correction_of_one_pupils_minutes_is_not_told(publish: Publish) -> None:
    """Whatever he sees of two nights, corrections from nothing to an hour of ten pupils would look the same."""
    schools = {f"{was}+{more}": (was, more) for was in range(600, 3000, 60) for more in range(-600, 1201, 60)}
    one = publish({school: [(WEEK, 12, was)] for school, (was, _) in schools.items()})
    other = publish({school: [(WEEK, 12, was + more)] for school, (was, more) in schools.items()})
    looks_like: dict[tuple[Shown, Shown], set[int]] = defaultdict(set)
    for school, (_, more) in schools.items():
        looks_like[one[school], other[school]].add(more)
    of_one_pupil = [corrections for corrections in looks_like.values() if 60 in corrections]
    assert len(of_one_pupil) > 3
    assert min(max(corrections) - min(corrections) for corrections in of_one_pupil) >= 600
