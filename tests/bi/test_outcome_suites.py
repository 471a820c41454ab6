"""The suites of the outcomes for BI: with the threshold at which the cells were decided and with a higher one."""

import re

import pandas as pd
import pytest
from psycopg import sql

from elevate.disclosure.rates import Limits
from elevate.disclosure.tables import SHARES, decide
from elevate.gates.engine import evaluate
from elevate.gates.rules import filled_in, read_suite
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from tests.bi.assets import models
from tests.disclosure.tables import CODED_SHARES, cells, pupils

SCHOOL, COHORT = "bi_school_year_outcome", "bi_cohort_year_outcome"


@pytest.fixture(scope="module")
def candidate(module_settings: Settings) -> Settings:
    """The candidate's tables of outcomes, empty, and the programme's cohorts."""
    with connect(module_settings) as connection:
        for table in (SCHOOL, COHORT):
            spelt = ", ".join(f"{column} {kind}" for column, kind in models("bi")[table].items())
            connection.execute(f"create table candidate_bi.{table} ({spelt})".encode())
        connection.execute("create table candidate_marts.fct_cohort_membership (cohort text)")
        connection.execute("insert into candidate_marts.fct_cohort_membership values ('I'), ('II')")
    return module_settings


def as_published(decided: pd.DataFrame) -> pd.DataFrame:
    """The rows as the BI models make them."""
    crossed = decided["grade_band"] + " and " + decided["subgroup_dimension"]
    by_band = (decided["grade_band"] != "all") & (decided["subgroup_dimension"] == "all")
    breakdown = decided["subgroup_dimension"].where(decided["grade_band"] == "all", crossed).mask(by_band, "grade_band")
    nothing, everything = decided["shows"] == "nothing", decided["shows"] == "everything"
    mean = (decided["numerator"] / decided["denominator"]).round(4).where(everything)
    lower, upper = decided["mean_lower"].where(~everything, mean), decided["mean_upper"].where(~everything, mean)
    return decided.assign(
        school_id=decided["unit"], breakdown=breakdown.str.replace(r".* and ", "grade_band and ", regex=True),
        category=decided["subgroup"], is_suppressed=nothing,
        n_students=decided["n_students"].mask(nothing).astype("Int64"),
        denominator=decided["denominator"].mask(nothing),
        numerator=decided["numerator"].where(everything), mean=mean, mean_lower=lower, mean_upper=upper,
        mean_as_shown=lower.map(lambda value: "*" if pd.isna(value) else "shown"),
    )  # fmt: skip


def broken(settings: Settings, decided: pd.DataFrame, threshold: int) -> set[str]:
    """The rules of both suites that these cells break, judged at `threshold`."""
    shown, found = as_published(decided), set()
    for table, level in ((SCHOOL, "school"), (COHORT, "cohort")):
        columns = [name for name in models("bi")[table] if name in shown]
        rows = shown.loc[shown["level"] == level, columns].to_csv(index=False, header=False)
        target, names = sql.Identifier("candidate_bi", table), sql.SQL(", ").join(map(sql.Identifier, columns))
        with connect(settings) as connection:
            connection.execute(sql.SQL("truncate {}").format(target))
            with connection.cursor().copy(
                sql.SQL("copy {} ({}) from stdin (format csv)").format(target, names)
            ) as copy:
                copy.write(rows)
    for table in (SCHOOL, COHORT):
        suite = read_suite(PROJECT / "expectations" / "bi" / f"{table}.yaml")
        rules = [filled_in(rule, small_cell_threshold=threshold) for rule in suite.rules]
        found |= {r.rule.name for r in evaluate(settings, "candidate_bi", table, rules) if r.verdict != "pass"}
    return found


@pytest.mark.parametrize("threshold", [5, 20])
def test_what_was_decided_at_a_threshold_passes_at_it(candidate: Settings, threshold: int) -> None:
    """And not at a higher one, so the rules do look at the setting."""
    decided = decide(cells(pupils(60, seed=7, size=250.0)), Limits(threshold, CODED_SHARES))
    assert {"everything", "size", "nothing"} == set(decided["shows"])
    assert broken(candidate, decided, threshold) == set()
    stricter = broken(candidate, decided, 2 * threshold)
    assert {"no_small_cell_is_shown", "no_share_tells_of_few"} <= stricter


@pytest.mark.parametrize(
    "file", [*(f"expectations/bi/{table}.yaml" for table in (SCHOOL, COHORT)), "dbt_project/macros/shown_cells.sql"]
)
def test_the_same_outcomes_are_shares_wherever_they_are_listed(file: str) -> None:
    """In Python for the decision, in SQL for what is shown and for what is judged."""
    (listed,) = re.findall(r"(?:outcome|\{\{ outcome \}\}) in \(([^)]*)\)", (PROJECT / file).read_text())
    assert set(re.findall(r"'(\w+)'", listed)) == set(SHARES)
