"""No count of few students is on the page, and none can be worked out from those that are."""

import json
import re
from dataclasses import replace
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from elevate.reporting.page import render
from elevate.reporting.protecting import COUNTS, FOLLOWED, LOSSES, QUESTION, protected
from elevate.reporting.reading import Row, Tables
from tests.reporting import figures

FEW = st.integers(0, 40)
FIGURES = ("estimate", "effect_size", "interval_low", "interval_high", "p_value", "mean_control", "placebo_estimate")
THRESHOLD = 10


def tables(**given: list[Row]) -> Tables:
    """The tables of a district, some of them others."""
    return figures.district().tables | given


@st.composite
def flows(draw: st.DrawFn) -> list[Row]:
    """A sample flow of few students, falling from step to step."""
    rows = []
    for row in figures.sample_flow():
        before = rows[-1]["students"] if rows and row["step_number"] > 1 else 60
        rows.append(row | {"students": draw(st.integers(0, before))})
    return rows


@st.composite
def parts(draw: st.DrawFn) -> list[Row]:
    """One question's whole and its parts by gender, some of whom have none."""
    made = [row for row in figures.district().tables["eval_impact"] if row["method"] == "clustered_regression"]
    asked = [
        row for row in made if (row["outcome"], row["follow_up"], row["sample"]) == ("chronic_absence", "0", "assigned")
    ]
    genders = [row | {name: draw(FEW) for name in COUNTS} for row in asked if row["subgroup_dimension"] == "gender"]
    sums = {name: sum(row[name] for row in genders) + draw(st.integers(0, 15)) for name in COUNTS}
    return [next(row for row in asked if row["subgroup"] == "all") | sums, *genders]


@settings(deadline=None)
@given(flows())
def test_no_step_of_the_flow_tells_of_few(rows: list[Row]) -> None:
    shown = protected(tables(eval_sample_flow=rows), THRESHOLD)["eval_sample_flow"]
    assert len(shown) == len(rows)
    arms: dict[Any, list[int]] = {}
    for row in shown:
        if isinstance(row["students"], int):
            is_within = row["step"] != FOLLOWED
            arms.setdefault((row["arm"], row["school_year"], is_within), []).append(row["students"])
        else:
            assert row["students"] in ("<10", "all but <10")
    for counts in arms.values():
        assert min(counts) >= THRESHOLD
        assert all(a == b or abs(a - b) >= THRESHOLD for a, b in combinations(counts, 2))


@settings(deadline=None)
@given(parts())
def test_no_subgroup_of_few_has_figures_or_gives_its_size_back(rows: list[Row]) -> None:
    shown = protected(tables(eval_impact=rows), THRESHOLD)["eval_impact"]
    for before, after in zip(rows, sorted(shown, key=lambda row: row["subgroup"] != "all"), strict=True):
        if min(before[name] for name in COUNTS) < THRESHOLD:
            assert [after[name] for name in FIGURES] == [None] * len(FIGURES)
        if before["mean_control"] is not None and after["mean_control"] is not None:
            assert min(0.2, 0.8) * before["n_students_control"] >= THRESHOLD
    whole, *genders = sorted(shown, key=lambda row: row["subgroup"] != "all")
    for name in COUNTS:
        known = [row[name] for row in genders if isinstance(row[name], int)]
        assert all(count >= THRESHOLD for count in known)
        if len(known) == len(genders) and isinstance(whole[name], int):
            rest = whole[name] - sum(known)
            assert rest == 0 or rest >= THRESHOLD
        assert len(known) in (0, len(genders))


@settings(deadline=None)
@given(st.lists(st.tuples(FEW, FEW, FEW, FEW), min_size=3, max_size=3))
def test_no_attrition_of_few_is_told_nor_the_analysed_beside_it(counts: list[tuple[int, int, int, int]]) -> None:
    made = [row for row in figures.district().tables["eval_attrition"] if row["level"] == "students"]
    rows = []
    for row, (a, b, c, d) in zip(made, counts, strict=False):
        sizes = (max(a, b), min(a, b), max(c, d), min(c, d))
        rows.append(row | dict(zip([name for pair in LOSSES for name in pair], sizes, strict=True)))
    shown = protected(tables(eval_attrition=rows), THRESHOLD)
    for before, after in zip(rows, shown["eval_attrition"], strict=True):
        safe = all(
            before[later] >= THRESHOLD
            and (before[first] == before[later] or before[first] - before[later] >= THRESHOLD)
            for first, later in LOSSES
        )
        assert (after["overall"] is not None) == safe
        assert (after["analysed_control"] is not None) == safe
        asked = [row for row in shown["eval_impact"] if all(row[name] == before[name] for name in QUESTION)]
        assert asked
        assert safe or not [row for row in asked for name in COUNTS if isinstance(row[name], int)]


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 30), st.integers(1, 29))
def test_a_small_count_is_nowhere_on_the_page(threshold: int, count: int) -> None:
    if count >= threshold:
        return
    # A number that nothing else on the page is: the count with a fraction that only this cell has.
    small = count + 0.123457
    made = figures.district()
    spoilt = [
        row | (dict.fromkeys(COUNTS, small) if row["subgroup"] == "F" else {}) for row in made.tables["eval_impact"]
    ]
    flow = [row | ({"students": small} if row["step_number"] == 5 else {}) for row in made.tables["eval_sample_flow"]]
    costs = [row | {"pupils_control": small} for row in made.tables["eval_cost_effectiveness"]]
    given = made.tables | {"eval_impact": spoilt, "eval_sample_flow": flow, "eval_cost_effectiveness": costs}
    text = render(replace(made, tables=given), threshold)
    assert ".123457" not in text
    assert f"&lt;{threshold}" in text


def test_counts_of_a_covariate_and_restated_counts_are_not_told() -> None:
    shown = protected(figures.district().tables, THRESHOLD)
    assert {row[name] for row in shown["eval_baseline_equivalence"] for name in COUNTS} == {None, "<10"}
    told = [row for row in shown["eval_restatement"] if "figure" in row]
    assert [(row["column_name"], row["value_after"]) for row in told] == [("estimate", "1.250000")]
    others = [(row["kind"], row["changes"]) for row in shown["eval_restatement"] if "figure" not in row]
    assert others == [("new", 1), ("restated", 3)]


def test_schools_have_no_counts_of_students() -> None:
    text = render(figures.district(), THRESHOLD)
    (embedded,) = re.findall(r'id="figures">(.*?)</script>', text, flags=re.DOTALL)
    for table, rows in json.loads(embedded).items():
        if rows and "school_id" in rows[0]:
            assert not [name for name in rows[0] if "student" in name or "pupil" in name], table


def test_large_counts_stay_and_so_do_panels_of_schools() -> None:
    shown = protected(figures.district().tables, THRESHOLD)
    panel = [row for row in shown["eval_impact"] if row["sample"] == "programme"]
    assert [row for row in panel if row["estimate"] is not None]
    whole = [row for row in shown["eval_impact"] if row["subgroup"] == "all" and row["sample"] == "assigned"]
    kept = [row for row in whole if (row["outcome"], row["follow_up"]) != ("attendance_rate", "0")]
    assert {row["n_students_treatment"] for row in kept} == {4100}
