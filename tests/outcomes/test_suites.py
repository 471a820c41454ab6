"""Each rule on incidents, marks and the survey passes on a good delivery and fails on the one it is there for."""

import pytest

from elevate.contracts import load_feeds
from elevate.gates.rules import read_suite
from elevate.raw import ensure_table
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from tests.portal.judging import verdicts

GOOD = {
    "sis.behavior_incidents": """
        (incident_id, student_id, school_id, incident_date, conduct_group, behavior_code, iss_days, oss_days,
         change_type)
        select 'BI' || (n / 2), n, '1', '2018-10-01', part, part || '-2', 0, (part = 6)::int, 'upsert'
        from generate_series(1, 240) as n cross join lateral (select 1 + n / 2 % 6 as part) as part""",
    "sis.course_marks": """
        (student_id, school_id, school_year, term, course, subject, credits, mark, change_type)
        select n, '1', 2018, 'S1', 'Biology', 'science', 0.5, substr('ABCDF', 1 + n % 5, 1), 'upsert'
        from generate_series(1, 240) as n""",
    "assessment.survey_responses": """
        (wave, student_id, school_id, school_year, answered_on, item, competency, response, change_type)
        select 'Spring 2018', n, '1', 2018, '2018-04-02', item, 'pursuing_goals',
            case item when 'GOAL1' then 1 + n % 5 else 5 - n % 5 end, 'upsert'
        from generate_series(1, 120) as n cross join (values ('GOAL1'), ('GOAL2')) as asked (item)""",
}
SPOILT = [
    ("sis.behavior_incidents", "code_is_of_its_group", "behavior_code = '2-1' where student_id = '12'"),
    ("sis.behavior_incidents", "not_from_the_future", "incident_date = 'infinity' where student_id = '12'"),
    ("sis.behavior_incidents", "an_incident_happens_once", "school_id = '2' where student_id = '12'"),
    ("sis.behavior_incidents", "an_incident_happens_once", "incident_date = '2018-10-02' where student_id = '12'"),
    ("sis.behavior_incidents", "on_days_of_school", "incident_date = '2018-10-06' where student_id < '2'"),
    ("sis.behavior_incidents", "inappropriate_is_no_suspension", "oss_days = 1 where conduct_group = 1"),
    ("sis.behavior_incidents", "few_are_suspended", "oss_days = 1 where conduct_group > 2"),
    ("sis.behavior_incidents", "no_mass_deletion", "change_type = 'delete'"),
    ("sis.course_marks", "a_term_is_marked_when_it_ends", "school_year = 10000, term = 'S2' where student_id = '1'"),
    ("sis.course_marks", "a_course_has_one_subject", "subject = 'math' where student_id = '1'"),
    ("sis.course_marks", "credits_of_a_semester", "credits = 5 where student_id = '1'"),
    ("sis.course_marks", "reading_earns_no_credit", "subject = 'reading' where student_id = '1'"),
    ("sis.course_marks", "few_fail", "mark = 'F' where mark in ('A', 'B')"),
    ("sis.course_marks", "no_mark_takes_over", "mark = 'A'"),
    ("sis.course_marks", "few_are_incomplete", "mark = 'I' where mark in ('A', 'B')"),
    ("sis.course_marks", "no_mass_deletion", "change_type = 'delete'"),
    ("assessment.survey_responses", "answered_in_its_wave", "answered_on = 'infinity' where student_id = '1'"),
    ("assessment.survey_responses", "answered_in_its_wave", "answered_on = '2017-04-02' where student_id = '1'"),
    ("assessment.survey_responses", "answered_in_its_wave", "wave = 'Fall 2018' where student_id = '1'"),
    ("assessment.survey_responses", "an_item_is_of_one_competency", "competency = 'x' where student_id = '1'"),
    ("assessment.survey_responses", "every_item_is_sent", "student_id = '2', item = 'GOAL3' where student_id = '1'"),
    ("assessment.survey_responses", "a_student_answers_at_one_school", "school_id = '2' where item = 'GOAL1'"),
    ("assessment.survey_responses", "no_answer_takes_over", "response = 3"),
    ("assessment.survey_responses", "what_is_worded_the_other_way_round_is_sent_so",
     "response = 6 - response where item = 'GOAL2'"),
    ("assessment.survey_responses", "no_mass_deletion", "change_type = 'delete'"),
    ("assessment.survey_responses", "few_items_are_left_out", "response = null where student_id > '5'"),
]  # fmt: skip
DAY = """
    (calendar_date, school_year, is_instructional, term, _batch_id, _line, _file)
    values ('2018-10-01', 2019, true, 'S1', {batch}, 2, '')"""


@pytest.fixture(scope="module", name="warehouse")
def warehouse_with_a_day_of_school(module_settings: Settings) -> Settings:
    feeds = load_feeds(module_settings.feeds)
    with connect(module_settings) as connection:
        for feed in ("sis.calendar", *GOOD):
            ensure_table(connection, feeds[feed])
        batch = connection.execute(
            """insert into ops.batch
                   (source, feed, night, known_on, run, contract_version, verdict, rows_in, rows_accepted)
               values ('sis', 'calendar', '2018-09-30', '2018-09-30', 'test', '1', 'green', 1, 1) returning batch_id"""
        ).fetchone()
        assert batch is not None
        connection.execute(f"insert into raw.sis__calendar {DAY.format(batch=batch['batch_id'])}".encode())
    return module_settings


@pytest.mark.parametrize("feed", GOOD)
def test_a_good_delivery_passes(warehouse: Settings, feed: str) -> None:
    assert set(verdicts(warehouse, feed, GOOD[feed]).values()) == {"pass"}


@pytest.mark.parametrize(("feed", "rule", "spoil"), SPOILT)
def test_a_spoilt_delivery_fails_its_rule(warehouse: Settings, feed: str, rule: str, spoil: str) -> None:
    assert verdicts(warehouse, feed, GOOD[feed], spoil)[rule] == "fail"


def test_every_rule_is_seen_failing() -> None:
    rules = {
        (feed, rule.name)
        for feed in GOOD
        for rule in read_suite(PROJECT / "expectations" / f"{feed.replace('.', '/')}.yaml").rules
    }
    assert {(feed, rule) for feed, rule, _ in SPOILT} == rules
