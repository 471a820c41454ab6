"""Each rule on the supports for BI passes on a good candidate and fails on the one it is there for."""

from datetime import date

import pytest

from elevate.gates.engine import evaluate
from elevate.gates.rules import read_suite, with_night
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from tests.bi.assets import models

TABLE = "bi_school_term_support"
SUITE = PROJECT / "expectations" / "bi" / f"{TABLE}.yaml"
INPUTS = ("agg_school_term_support", "fct_edtech_usage")
GOOD = f"""
    truncate candidate_bi.{TABLE}, candidate_marts.agg_school_term_support, candidate_marts.fct_edtech_usage;
    insert into candidate_marts.agg_school_term_support
        (school_id, school_year, term, support, due_quantity, delivered_quantity, cost_usd)
        values ('1', 2019, 'S1', 'edtech', 90, 70, 7), ('2', 2019, 'S1', 'edtech', 90, 70, 7),
            ('2', 2019, 'S1', 'devices', null, 8, 800);
    insert into candidate_marts.fct_edtech_usage (school_id, school_year, term, active_students)
        values ('1', 2019, 'S1', 9), ('2', 2019, 'S1', 9), ('2', 2019, 'S1', 10);
    insert into candidate_bi.{TABLE}
        (school_id, school_year, term, support, is_suppressed, due_quantity, delivered_of_due_quantity,
            not_delivered_quantity, unknown_quantity, delivered_quantity, cost_usd)
        values ('1', 2019, 'S1', 'edtech', true, 90, null, null, null, null, null),
            ('2', 2019, 'S1', 'edtech', false, 90, 60, 20, 10, 70, 7),
            ('2', 2019, 'S1', 'devices', false, null, null, null, null, 8, 800);
"""
SPOILT = [
    ("has_rows", f"truncate candidate_bi.{TABLE}"),
    ("exact_columns", f"alter table candidate_bi.{TABLE} rename unit to units"),
    ("suppressed_shows_nothing", f"update candidate_bi.{TABLE} set cost_usd = 7 where is_suppressed"),
    ("no_use_by_few_is_shown", f"update candidate_bi.{TABLE} set is_suppressed = false where is_suppressed"),
    ("as_the_analysts_see_it", f"update candidate_bi.{TABLE} set delivered_quantity = 71 where not is_suppressed"),
    ("as_the_analysts_see_it", f"update candidate_bi.{TABLE} set due_quantity = 0 where is_suppressed"),
    ("as_the_analysts_see_it", f"delete from candidate_bi.{TABLE} where is_suppressed"),
    ("due_has_three_parts", f"update candidate_bi.{TABLE} set unknown_quantity = 11 where due_quantity > 0"),
]


@pytest.fixture(scope="module")
def candidate(module_settings: Settings) -> Settings:
    """The candidate's tables, empty."""
    known = {"candidate_bi": models("bi"), "candidate_marts": models("marts")}
    with connect(module_settings) as connection:
        for schema, table in (("candidate_bi", TABLE), *(("candidate_marts", name) for name in INPUTS)):
            spelt = ", ".join(f"{column} {kind}" for column, kind in known[schema][table].items())
            connection.execute(f"create table {schema}.{table} ({spelt})".encode())
    return module_settings


def verdicts(settings: Settings, spoil: str) -> dict[str, str]:
    """Rule to verdict; what spoils the table is undone."""
    with connect(settings) as connection:
        connection.execute(GOOD.encode())
        connection.execute((spoil or "select 1").encode())
    rules = [with_night(rule, date.max, 0) for rule in read_suite(SUITE).rules]
    found = {r.rule.name: r.verdict for r in evaluate(settings, "candidate_bi", TABLE, rules)}
    if "rename" in spoil:
        with connect(settings) as connection:
            connection.execute(f"alter table candidate_bi.{TABLE} rename units to unit".encode())
    return found


def test_a_good_candidate_passes(candidate: Settings) -> None:
    assert set(verdicts(candidate, "").values()) == {"pass"}


@pytest.mark.parametrize(("rule", "spoil"), SPOILT)
def test_a_spoilt_candidate_fails_its_rule(candidate: Settings, rule: str, spoil: str) -> None:
    assert verdicts(candidate, spoil)[rule] == "fail"


def test_every_rule_is_seen_failing() -> None:
    assert {rule for rule, _ in SPOILT} == {rule.name for rule in read_suite(SUITE).rules}
