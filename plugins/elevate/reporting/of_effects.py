"""The section on effects of the assignment, each beside its placebo, and of the other samples."""

from elevate.reporting.brief import MAIN, drawn_again, has_size
from elevate.reporting.marks import Axis, Column, Line, Mark, forest, key
from elevate.reporting.reading import Row
from elevate.reporting.shown import Picture, Section, Shown, Table, by_domain
from elevate.reporting.words import (
    CATEGORIES,
    NOTHING,
    PROGRAMME_METHODS,
    estimated,
    figure,
    follow_up,
    letter,
    lettered,
    probability,
)

STANDARD_DEVIATIONS = Axis("effect in standard deviations, 95% interval", floor=0.2)
QUOTED = "estimate effect_size p_value p_value_adjusted placebo_estimate improvement_index warning".split()
SAMPLES = {"enrolled": "Everybody enrolled", "programme": "All cohorts"}
SMALLEST_SLOPE = 1e-4
"""An effect below this says too little of how its units come to standard deviations."""


def effects(shown: Shown) -> Section:
    """Intention to treat by outcome within domain, each beside its placebo."""
    rows = shown.rows("eval_impact", **MAIN)
    if not rows:
        return Section(
            "effects", "Effects of the assignment", ["Nothing is estimated: no outcome can be compared yet."]
        )
    kinds = [("main", "effect"), ("placebo", "placebo: the same before the launch"), ("bound", "smallest detectable")]
    lines = []
    for domain, of_domain in by_domain(shown, rows).items():
        lines.append(Line(domain, is_heading=True))
        lines += [_line(shown, row) for row in of_domain]
    columns = (Column("estimate", 66), Column("p", 36), Column("p adj.", 38), Column("schools T/C", 60))
    drawing = forest(
        "effects", "Effects by outcome, with placebos", _told(shown, rows), lines, STANDARD_DEVIATIONS, columns
    )
    caption = "Effects of being assigned to Elevate, in standard deviations, by outcome within domain."
    picture = Picture(caption, (drawing,), key("effects-key", kinds))
    parts: list[Picture | Table] = [
        picture,
        *_warnings(shown, rows),
        _table(shown, rows),
        *_bounds(shown, rows),
        *_others(shown),
    ]
    names = tuple(f"eval_impact.{name}" for name in QUOTED)
    return Section("effects", "Effects of the assignment", [], [*parts], names)


def _warnings(shown: Shown, rows: list[Row]) -> list[Table]:
    """What speaks against estimates, once each, with the estimates."""
    told: dict[str, list[str]] = {}
    for row in rows:
        if row["warning"]:
            told.setdefault(row["warning"], []).append(f"{shown.label(row['outcome'])}, {follow_up(row['follow_up'])}")
    body = [(warning, "; ".join(names)) for warning, names in told.items()]
    return [Table("Read with care.", ("Warning", "Estimates"), body, names=2)] if body else []


def _bounds(shown: Shown, rows: list[Row]) -> list[Table]:
    """Lee's bounds, where attrition is high."""
    body = [
        (
            shown.label(row["outcome"]), follow_up(row["follow_up"]), figure(row["estimate"], 3),
            figure(row["lee_low"], 3), figure(row["lee_high"], 3),
        )
        for row in rows
        if row["lee_low"] is not None
    ]  # fmt: skip
    caption = "Bounds where attrition of students is high: the effect if those who left were highest, or lowest."
    return [Table(caption, ("Outcome", "Follow-up", "Estimate", "at least", "at most"), body, names=2)] if body else []


def _line(shown: Shown, row: Row) -> Line:
    label, when = shown.label(row["outcome"]), follow_up(row["follow_up"])
    if not has_size(row):
        reason = row["not_estimable"]
        note = f"not estimable: {reason}" if reason else "an interval without size in SD: see the figures below"
        return Line(label, note=note, when=when)
    marks = [Mark(row["effect_size"], row["effect_size_low"], row["effect_size_high"]), *_placebo(shown, row)]
    columns = (
        figure(row["estimate"], 3), probability(row["p_value"]), _adjusted(row),
        f"{figure(row['n_schools_treatment'])}/{figure(row['n_schools_control'])}",
    )  # fmt: skip
    return Line(label, tuple(marks), columns, bounds=_detectable(shown, row), when=when)


def _adjusted(row: Row) -> str:
    return probability(row["p_value_adjusted"]) + ("*" if row["is_significant_adjusted"] else "")


def _placebo(shown: Shown, row: Row) -> list[Mark]:
    """The placebo on the effect's scale, where it is of the same outcome."""
    if row["placebo_estimate"] is None or row["placebo_outcome"] != row["outcome"]:
        return []
    if shown.outcomes.get(row["outcome"], {}).get("scale") == "binary":
        scale = row["effect_size"] / row["estimate"] if abs(row["estimate"]) > SMALLEST_SLOPE else None
    else:
        scale = 1 / row["standard_deviation"] if row["standard_deviation"] else None
    if scale is None:
        return []
    value, half = row["placebo_estimate"] * scale, None
    if row["placebo_standard_error"] is not None and row["standard_error"]:
        errors = (row["interval_high"] - row["estimate"]) / row["standard_error"]
        half = errors * row["placebo_standard_error"] * scale
    low, high = (None, None) if half is None else (value - half, value + half)
    return [Mark(value, low, high, "placebo")]


def _detectable(shown: Shown, row: Row) -> float | None:
    same = {name: row[name] for name in ("study", "sample", "outcome", "follow_up")}
    found = shown.rows("eval_minimum_detectable_effect", **same)
    return float(size) if found and (size := found[0]["minimum_detectable_effect_size"]) is not None else None


def _told(shown: Shown, rows: list[Row]) -> str:
    return "; ".join(
        f"{shown.label(row['outcome'])} {follow_up(row['follow_up'])} {figure(row['effect_size'])}" for row in rows
    )


def _table(shown: Shown, rows: list[Row]) -> Table:
    head = (
        "Outcome", "Follow-up", "Estimate [95%]", "SE", "df", "p", "p adj.", "p rand.", "g [95%]", "Index",
        "Students T/C", "Placebo (p)",
    )  # fmt: skip
    body = []
    for row in rows:
        unit = shown.unit(row["outcome"])
        name = f"{shown.label(row['outcome'])} ({unit})" if unit else shown.label(row["outcome"])
        if row["estimate"] is None:
            body.append(
                (
                    name,
                    follow_up(row["follow_up"]),
                    row["not_estimable"] or "not estimable",
                    *[NOTHING] * 7,
                    _students(row),
                    NOTHING,
                )
            )
            continue
        body.append(
            (
                name, follow_up(row["follow_up"]),
                estimated(row["estimate"], row["interval_low"], row["interval_high"], 3),
                figure(row["standard_error"], 3), figure(row["degrees_of_freedom"], 1), probability(row["p_value"]),
                _adjusted(row), probability(drawn_again(shown, row)),
                estimated(row["effect_size"], row["effect_size_low"], row["effect_size_high"]),
                figure(row["improvement_index"], 1), _students(row),
                _before(row),
            )
        )  # fmt: skip
    caption = "In figures. * below .05 after Benjamini and Hochberg within the domain; p rand.: lots drawn again."
    return Table(caption, head, body, names=2)


def _students(row: Row) -> str:
    return f"{figure(row['n_students_treatment'])} / {figure(row['n_students_control'])}"


def _category(row: Row) -> str:
    return "" if row["subgroup"] == "all" else f", {CATEGORIES.get(row['subgroup'], row['subgroup'])}"


def _others(shown: Shown) -> list[Table]:
    """The other samples, everybody enrolled and all launched cohorts, and what to know about their rows."""
    rows = [
        row
        for row in shown.rows("eval_impact")
        if row["sample"] in SAMPLES and row["subgroup_dimension"] in ("all", "school_category")
    ]
    notes = list(dict.fromkeys(note for row in rows if (note := row["not_estimable"] or row["warning"])))
    head = ("Outcome", "Sample", "Method", "Follow-up", "Estimate [95%]", "p adj.", "Placebo (p)", "Schools", "Note")
    body = [
        (
            shown.label(row["outcome"]), f"{SAMPLES[row['sample']]}{_category(row)}",
            PROGRAMME_METHODS.get(row["method"], "Regression"), follow_up(row["follow_up"]),
            estimated(row["estimate"], row["interval_low"], row["interval_high"], 3), _adjusted(row), _before(row),
            f"{figure(row['n_schools_treatment'])}/{figure(row['n_schools_control'])}",
            letter(notes.index(note)) if (note := row["not_estimable"] or row["warning"]) else "",
        )
        for row in rows
    ]  # fmt: skip
    caption = "Other samples, for comparison: no lots protect these."
    tables = [Table(caption, head, body, names=4)] if body else []
    return tables + ([Table("Notes.", ("", ""), lettered(notes), names=2)] if notes else [])


def _before(row: Row) -> str:
    if row["placebo_estimate"] is None:
        return NOTHING
    return f"{figure(row['placebo_estimate'], 3)} ({probability(row['placebo_p_value'])})"
