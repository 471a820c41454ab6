"""No small cell: what rests on few students is taken out of the figures before anything is drawn or written."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from elevate.reporting.reading import Row, Tables

COUNTS = ("n_students_treatment", "n_students_control")
PUPILS = ("pupils_treatment", "pupils_control")
LOSSES = (("randomized_treatment", "analysed_treatment"), ("randomized_control", "analysed_control"))
FOLLOWED = "analysed"
"""The step of the sample that is not within the one before: who is followed from the launch on, wherever they learn."""
FEW_STUDENTS = "too few students to show"
QUESTION = ("study", "roster_version", "outcome", "follow_up")
ALWAYS_SHOWN = ("estimate", "standard_error", "p_value", "effect_size", "did", "p_value_adjusted")
"""Columns whose restated values are told; counts of two nights side by side would tell who came."""
NAMED = {
    "study", "roster_version", "sample", "outcome", "follow_up", "subgroup_dimension", "subgroup", "method",
    "domain", "school_years", "covariate", "measure", "level", "cautious", "optimistic", "placebo_outcome",
    "n_schools_treatment", "n_schools_control", *COUNTS, "not_estimable", "warning", "reading",
}  # fmt: skip
"""What is left of a row whose figures are withheld: what it is about, and its counts as they may be shown."""


def protected(tables: Tables, threshold: int) -> Tables:
    """The tables with every count of students below `threshold` as `<10`, without the figures that rest on it.

    Withheld too is what would give it back: a step of the flow that differs from the one before by few,
    attrition of few, the counts of all parts of a subgroup of which one is small. Totals of students
    are in no table of the report beside their parts but for `all` in eval_impact.
    """
    rules: dict[str, Callable[[list[Row], int], list[Row]]] = {
        "eval_sample_flow": _flow,
        "eval_attrition": _attrition,
        "eval_baseline_equivalence": _compared,
        "eval_impact": partial(_impact, lost_few=_lost_few(tables, threshold)),
        "eval_cost_effectiveness": _costs,
    }
    safe = {name: rules[name](rows, threshold) if name in rules else rows for name, rows in tables.items()}
    return safe | {"eval_restatement": _restated(tables["eval_restatement"], safe)}


def below(threshold: int) -> str:
    """How a small count is shown."""
    return f"<{threshold}"


def _flow(rows: list[Row], threshold: int) -> list[Row]:
    """Steps of an arm but the last lie within each other: of those that are shown none loses few against another."""
    shown: list[Row] = []
    for steps in _grouped(rows, ("study", "roster_version", "arm", "school_year")):
        last: int | None = None
        for row in sorted(steps, key=lambda step: step["step_number"]):
            students = row["students"]
            if students < threshold:
                students = below(threshold)
            elif last is not None and row["step"] != FOLLOWED and 0 < last - students < threshold:
                students = f"all but {below(threshold)}"
            elif row["step"] != FOLLOWED:
                last = students
            shown.append(row | {"students": students})
    return shown


def _attrition(rows: list[Row], threshold: int) -> list[Row]:
    return [row if row["level"] == "schools" or _many(row, threshold) else _without_losses(row) for row in rows]


def _many(row: Row, threshold: int) -> bool:
    """Whether each arm has many, analyses many, and loses nobody or many."""
    return all(
        min(row[before], row[after]) >= threshold and not 0 < row[before] - row[after] < threshold
        for before, after in LOSSES
    )


def _without_losses(row: Row) -> Row:
    hidden = [column for pair in LOSSES for column in pair] + ["overall", "differential"]
    return row | dict.fromkeys(hidden)


def _lost_few(tables: Tables, threshold: int) -> set[tuple[Any, ...]]:
    """The questions of which few are lost: their analysed, beside the randomized of another outcome, would tell."""
    rows = [row for row in tables["eval_attrition"] if row["level"] == "students"]
    return {_key(row, QUESTION) for row in rows if not _many(row, threshold)}


def _compared(rows: list[Row], threshold: int) -> list[Row]:
    """Covariates that a few don't have differ by these few: no count is shown but of what is small."""
    return [{name: _only_small(name, value) for name, value in _with_many(row, threshold).items()} for row in rows]


def _only_small(name: str, value: Any) -> Any:
    return None if name in COUNTS and not isinstance(value, str) else value


def _impact(rows: list[Row], threshold: int, lost_few: set[tuple[Any, ...]]) -> list[Row]:
    shown: list[Row] = []
    analysis = (*QUESTION, "sample", "method")
    wholes = {_key(row, analysis): row for row in rows if row["subgroup"] == "all"}
    for parts in _grouped(rows, (*analysis, "subgroup_dimension")):
        whole = wholes.get(_key(parts[0], analysis))
        is_whole = parts[0]["subgroup"] == "all"
        tells = _key(parts[0], QUESTION) in lost_few or (not is_whole and _tells_of_few(parts, whole, threshold))
        for row in parts:
            kept = _with_many(_without_few_of_a_share(row, threshold), threshold)
            shown.append(kept | dict.fromkeys(COUNTS) if tells else kept)
    return shown


def _tells_of_few(parts: list[Row], whole: Row | None, threshold: int) -> bool:
    """Whether a part of a subgroup, or what is in no part, is small in an arm."""
    for count in COUNTS:
        sizes = [row[count] or 0 for row in parts]
        if min(sizes) < threshold:
            return True
        if whole is not None and 0 < (whole[count] or 0) - sum(sizes) < threshold:
            return True
    return False


def _without_few_of_a_share(row: Row, threshold: int) -> Row:
    """A share of which few are on one side tells of these few."""
    share, students = row.get("mean_control"), row["n_students_control"]
    if share is None or students is None or not 0 <= share <= 1:
        return row
    few = min(share, 1 - share) * students < threshold
    return row | {"mean_control": None} if few else row


def _with_many(row: Row, threshold: int) -> Row:
    """The row; where an arm is small, without figures. A row of the programme's panel rests on schools."""
    if row["sample"] == "programme":
        return row | dict.fromkeys(COUNTS)
    small = [count for count in COUNTS if row[count] is not None and row[count] < threshold]
    if not small:
        return row
    kept = {name: value if name in NAMED else None for name, value in row.items()}
    hidden = {name: below(threshold) if name in small else None for name in COUNTS}
    return kept | hidden | {"not_estimable": FEW_STUDENTS, "warning": None}


def _costs(rows: list[Row], threshold: int) -> list[Row]:
    return [_costs_of_many(row, threshold) for row in rows]


def _costs_of_many(row: Row, threshold: int) -> Row:
    small = [name for name in PUPILS if row[name] is not None and row[name] < threshold]
    if not small:
        return row
    kept = {name: value if name in NAMED else None for name, value in row.items()}
    return kept | dict.fromkeys(small, below(threshold)) | {"reading": FEW_STUDENTS}


def _restated(rows: list[Row], protected_tables: Tables) -> list[Row]:
    """Changes of whole samples' figures that the page shows; the others are counted by table and kind."""
    told: list[Row] = []
    counted: Counter[tuple[str, str, bool]] = Counter()
    for row in rows:
        if _is_told(row, protected_tables):
            told.append(row | {"changes": 1})
        else:
            counted[row["table_name"], row["kind"], row["is_explained"]] += 1
    names = ("table_name", "kind", "is_explained")
    return told + [dict(zip(names, one, strict=True)) | {"changes": counted[one]} for one in sorted(counted)]


def _is_told(row: Row, protected_tables: Tables) -> bool:
    """Whether the figure is on the page and of a whole sample: what was before may have been of few in a part."""
    if row["kind"] != "restated" or row["column_name"] not in ALWAYS_SHOWN:
        return False
    asked = json.loads(row["figure"])
    now = [one for one in protected_tables.get(row["table_name"], []) if asked.items() <= one.items()]
    return asked.get("subgroup", "all") == "all" and any(one.get(row["column_name"]) is not None for one in now)


def _grouped(rows: Iterable[Row], keys: tuple[str, ...]) -> list[list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[_key(row, keys)].append(row)
    return list(groups.values())


def _key(row: Row, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[key] for key in keys)
