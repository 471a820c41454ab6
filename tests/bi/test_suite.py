"""Each rule on the supports for BI passes on a good candidate and fails on the one it is there for."""

import pytest

from elevate.gates.engine import evaluate
from elevate.gates.rules import filled_in, read_suite
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
        values ('1', 2019, 'S1', 'edtech', 2700, 2100, 42), ('2', 2019, 'S1', 'edtech', 2700, 2100, 42),
            ('2', 2019, 'S1', 'devices', null, 8, 800);
    insert into candidate_marts.fct_edtech_usage (school_id, school_year, term, active_students)
        values ('1', 2019, 'S1', 9), ('1', 2019, 'S1', 12), ('2', 2019, 'S1', 0), ('2', 2019, 'S1', 10);
    insert into candidate_bi.{TABLE}
        (school_id, school_year, term, support, is_suppressed, due_quantity, delivered_of_due_quantity,
            not_delivered_quantity, unknown_quantity, delivered_quantity, cost_usd)
        values ('1', 2019, 'S1', 'edtech', true, 2700, null, null, null, null, null),
            ('2', 2019, 'S1', 'edtech', false, 2700, 1800, 600, 300, 1800, 36),
            ('2', 2019, 'S1', 'devices', false, null, null, null, null, 8, 800);
"""
CHANGE = f"update candidate_bi.{TABLE} set"
SPOILT = [
    ("has_rows", f"truncate candidate_bi.{TABLE}"),
    ("exact_columns", f"alter table candidate_bi.{TABLE} rename unit to units"),
    ("suppressed_shows_nothing", f"{CHANGE} cost_usd = 36 where is_suppressed"),
    ("no_use_by_few_is_shown", f"{CHANGE} is_suppressed = false where is_suppressed"),
    ("use_is_told_in_steps", f"{CHANGE} delivered_quantity = 2100 where due_quantity > 0 and not is_suppressed"),
    (
        "use_is_told_in_steps",
        f"{CHANGE} delivered_of_due_quantity = 1847, not_delivered_quantity = 553 where cost_usd = 36",
    ),
    ("as_the_analysts_see_it", f"{CHANGE} delivered_quantity = 9 where delivered_quantity = 8"),
    ("as_the_analysts_see_it", f"{CHANGE} delivered_quantity = 2402 where delivered_quantity = 1800"),
    ("as_the_analysts_see_it", f"{CHANGE} cost_usd = 801 where cost_usd = 800"),
    ("as_the_analysts_see_it", f"{CHANGE} cost_usd = null where cost_usd = 36"),
    ("as_the_analysts_see_it", f"{CHANGE} due_quantity = 0 where is_suppressed"),
    ("as_the_analysts_see_it", f"delete from candidate_bi.{TABLE} where is_suppressed"),
    ("due_has_three_parts", f"{CHANGE} unknown_quantity = 301 where due_quantity > 0"),
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


def verdicts(settings: Settings, spoil: str, threshold: int = 10) -> dict[str, str]:
    """Rule to verdict, few being fewer than `threshold`; what spoils the table is undone."""
    with connect(settings) as connection:
        connection.execute(GOOD.encode())
        connection.execute((spoil or "select 1").encode())
    rules = [filled_in(rule, small_cell_threshold=threshold) for rule in read_suite(SUITE).rules]
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


@pytest.mark.parametrize(("threshold", "verdict"), [(5, "pass"), (20, "fail")])
def test_how_many_are_few_is_a_setting(candidate: Settings, threshold: int, verdict: str) -> None:
    """The school that shows its use had ten pupils in its smallest week."""
    assert verdicts(candidate, "", threshold)["no_use_by_few_is_shown"] == verdict


def test_every_rule_is_seen_failing() -> None:
    assert {rule for rule, _ in SPOILT} == {rule.name for rule in read_suite(SUITE).rules}
