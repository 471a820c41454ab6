"""Each rule of the supports' suites passes on a good delivery and fails on the one it is there for."""

import pytest

from elevate.contracts import load_feeds
from elevate.gates.rules import read_suite
from elevate.raw import ensure_table
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from tests.portal.judging import verdicts

GOOD = {
    "support_plan": """
        (school_id, school_year, term, support, unit, planned_quantity, unit_cost)
        values ('1', 2019, 'S1', 'professional_development', 'hours', 12, 450),
            ('1', 2019, 'S1', 'teacher_time', 'hours', 90, 38), ('1', 2019, 'S1', 'coaching', 'visits', 30, 320),
            ('1', 2019, 'S1', 'devices', 'devices', 100, 285), ('1', 2019, 'S1', 'edtech', 'minutes', 90000, 0.02),
            ('1', 2019, 'S1', 'classroom_redesign', 'dollars', 20000, 1)""",
    "pd_sessions": """
        (session_id, session_date, hours_planned, status, hours_held)
        values ('a', '2018-10-01', 3, 'held', 2.5), ('b', '2018-10-02', 3, 'held', 3),
            ('c', '2018-10-03', 3, 'cancelled', null)""",
    "pd_attendance": "(session_id, teacher_id, hours_attended) values ('a', 'x', 2.5), ('a', 'y', 2)",
    "teacher_time": """
        (record_id, work_date, kind, teacher_id, hours, amount_usd)
        values ('a', '2018-10-01', 'substitute', 'x', 7, 196), ('b', '2018-10-06', 'extended_day', 'x', 3, 141)""",
    "coaching_visits": """
        (visit_id, school_id, visit_date, coach_role, status, minutes, change_type)
        values ('a', '1', '2018-10-01', 'sel_specialist', 'held', 60, 'upsert'),
            ('b', '1', '2018-10-02', 'sel_specialist', 'cancelled', null, 'upsert'),
            ('c', '1', '2018-10-02', 'sel_specialist', 'held', null, 'delete')""",
    "devices": "(deployment_id, deployed_on, quantity, unit_cost) values ('a', '2018-10-01', 120, 249)",
    "edtech_usage": """
        (school_id, product, week_start, active_students, minutes) values ('1', 'x', '2018-10-01', 90, 3600)""",
    "redesign_orders": """
        (order_id, ordered_on, delivered_on, amount_usd, status)
        values ('a', '2018-10-01', '2018-11-01', 9000, 'delivered'), ('b', '2018-10-01', null, 9000, 'ordered')""",
}
SESSIONS = "(session_id, hours_held, _batch_id, _line, _file) values ('a', 2.5, 1, 2, ''), ('b', null, 1, 3, '')"
SPOILT = [
    ("support_plan", "units_belong_to_their_support", "unit = 'hours' where support = 'coaching'"),
    ("support_plan", "a_dollar_costs_a_dollar", "unit_cost = 100 where unit = 'dollars'"),
    ("support_plan", "cost_of_a_term_is_plausible", "planned_quantity = 10000 where support = 'devices'"),
    ("support_plan", "coaching_fits_into_a_term", "planned_quantity = 201 where support = 'coaching'"),
    ("support_plan", "every_support_is_planned_somewhere", "support = 'teacher_time' where support = 'coaching'"),
    ("pd_sessions", "held_says_how_long", "hours_held = null where session_id = 'a'"),
    ("pd_sessions", "held_says_how_long", "hours_held = 1 where session_id = 'c'"),
    ("pd_sessions", "held_about_as_planned", "hours_held = 5.5 where session_id = 'a'"),
    ("pd_sessions", "not_before_the_programme", "session_date = '2016-06-30' where session_id = 'a'"),
    ("pd_sessions", "most_sessions_are_held", "status = 'cancelled' where session_id = 'b'"),
    ("pd_attendance", "nobody_stays_longer_than_the_session", "hours_attended = 3 where teacher_id = 'x'"),
    ("pd_attendance", "nobody_stays_longer_than_the_session", "session_id = 'b' where teacher_id = 'x'"),
    ("pd_attendance", "who_signed_was_there", "hours_attended = 0 where teacher_id = 'x'"),
    ("teacher_time", "pay_is_plausible", "amount_usd = 1960 where record_id = 'a'"),
    ("teacher_time", "substitutes_work_on_school_days", "work_date = '2018-10-06' where record_id = 'a'"),
    ("teacher_time", "not_before_the_programme", "work_date = '2016-06-30' where record_id = 'a'"),
    ("teacher_time", "a_day_has_so_many_hours", "hours = 13, work_date = '2018-10-06'"),
    ("coaching_visits", "held_says_how_long", "minutes = null where visit_id = 'a'"),
    ("coaching_visits", "coaches_come_on_school_days", "visit_date = '2018-10-07' where visit_id = 'a'"),
    ("coaching_visits", "not_before_the_programme", "visit_date = '2016-06-30' where visit_id = 'a'"),
    ("devices", "retired_after_deployed", "retired_on = '2018-09-30'"),
    ("devices", "price_of_a_device", "unit_cost = 24900"),
    ("devices", "a_deployment_fits_into_a_school", "quantity = 3001"),
    ("edtech_usage", "weeks_begin_on_monday", "week_start = '2018-10-02'"),
    ("edtech_usage", "minutes_need_students", "active_students = 0"),
    ("edtech_usage", "minutes_fit_into_a_week", "minutes = 216001"),
    ("edtech_usage", "not_before_the_programme", "week_start = '2016-06-27'"),
    ("redesign_orders", "delivered_says_when", "delivered_on = null where order_id = 'a'"),
    ("redesign_orders", "delivered_says_when", "status = 'cancelled' where order_id = 'a'"),
    ("redesign_orders", "delivered_after_ordered", "delivered_on = '2018-09-30' where order_id = 'a'"),
    ("redesign_orders", "amount_of_an_order", "amount_usd = 500001 where order_id = 'a'"),
    ("redesign_orders", "not_before_the_programme", "ordered_on = '2016-06-30' where order_id = 'a'"),
]
CROWDED = [
    ("pd_attendance", "a_session_fits_into_a_school",
     "(session_id, teacher_id, hours_attended) select 'a', n, 1 from generate_series(1, 251) as n"),
    ("coaching_visits", "a_coach_has_one_day",
     "(visit_id, school_id, visit_date, coach_role, status, change_type) "
     "select n, '1', '2018-10-02', 'sel_specialist', 'cancelled', 'upsert' from generate_series(1, 11) as n"),
]  # fmt: skip


@pytest.fixture(scope="module", name="warehouse")
def warehouse_with_a_session(module_settings: Settings) -> Settings:
    with connect(module_settings) as connection:
        ensure_table(connection, load_feeds(module_settings.feeds)["supports.pd_sessions"])
        connection.execute(f"insert into raw.supports__pd_sessions {SESSIONS}".encode())
    return module_settings


@pytest.mark.parametrize("feed", GOOD)
def test_a_good_delivery_passes(warehouse: Settings, feed: str) -> None:
    assert set(verdicts(warehouse, f"supports.{feed}", GOOD[feed]).values()) == {"pass"}


@pytest.mark.parametrize(("feed", "rule", "spoil"), SPOILT)
def test_a_spoilt_delivery_fails_its_rule(warehouse: Settings, feed: str, rule: str, spoil: str) -> None:
    assert verdicts(warehouse, f"supports.{feed}", GOOD[feed], spoil)[rule] == "fail"


@pytest.mark.parametrize(("feed", "rule", "crowd"), CROWDED)
def test_a_crowd_fails_its_rule(warehouse: Settings, feed: str, rule: str, crowd: str) -> None:
    assert verdicts(warehouse, f"supports.{feed}", crowd)[rule] == "fail"


def test_every_rule_is_seen_failing() -> None:
    rules = {
        (file.stem, rule.name)
        for file in (PROJECT / "expectations" / "supports").glob("*.yaml")
        for rule in read_suite(file).rules
    }
    assert {(feed, rule) for feed, rule, _ in (*SPOILT, *CROWDED)} == rules
