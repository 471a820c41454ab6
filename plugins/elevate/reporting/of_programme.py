"""Sections on the programme: what schools received, how far it has come, and what the public files show."""

from markupsafe import Markup

from elevate.reporting.marks import Axis, Column, Line, Mark, forest, key
from elevate.reporting.reading import Row
from elevate.reporting.shown import Picture, Section, Shown, Table
from elevate.reporting.svg import DASH
from elevate.reporting.tiles import Reach, School, Tile, fidelity, reach
from elevate.reporting.words import figure, letter, lettered, school_year

SCHOOLS_IN_A_PICTURE = 84
UNCERTAIN = 0.1
FEW = 2
"""So few treated schools bear no interval."""
PUBLIC_UNITS = {"attendance": "percentage points", "fot": "percentage points"}
PUBLIC_METRICS = {
    "attendance_pr": "Attendance, progress reports", "attendance_sqrp": "Attendance, SQRP workbooks",
    "attain28_read": "Reading attainment, grades 2 to 8", "attain28_math": "Mathematics attainment, grades 2 to 8",
    "attain38_read": "Reading attainment, grades 3 to 8", "attain38_math": "Mathematics attainment, grades 3 to 8",
    "growth_read": "Reading growth", "growth_math": "Mathematics growth", "fot": "Freshmen on track",
}  # fmt: skip


def dosage(shown: Shown) -> Section:
    """Share of the plan that each school received, by term."""
    rows = shown.rows("agg_school_term_fidelity")
    if not rows:
        return Section("dosage", "Fidelity by school", [shown.missing("No support was due at any school yet.")])
    terms = sorted({_term(row) for row in rows})
    schools = _schools(shown, rows)
    pictures = [
        fidelity(f"fidelity-{start // SCHOOLS_IN_A_PICTURE + 1}", terms, schools[start : start + SCHOOLS_IN_A_PICTURE])
        for start in range(0, len(schools), SCHOOLS_IN_A_PICTURE)
    ]
    caption = "Share of the plan delivered, in percent, by school and term. Each support counts the same."
    names = tuple(f"agg_school_term_fidelity.{name}" for name in ("fidelity", "fidelity_at_least", "fidelity_at_most"))
    return Section("dosage", "Fidelity by school", [], [Picture(caption, tuple(pictures))], names)


def _term(row: Row) -> str:
    return f"{school_year(row['school_year']).removeprefix('SY')} {row['term']}"


def _schools(shown: Shown, rows: list[Row]) -> list[School]:
    """Headings and schools: of the study's arms, then those of the programme outside it."""
    names = {
        row["school_id"]: row["short_name"] or row["school_id"] for row in shown.rows("dim_school", is_current=True)
    }
    arms = {row["school_id"]: row["arm"] for row in shown.rows("fct_study_assignment", is_current_version=True)}
    groups = {"Drawn to treatment": "treatment", "Drawn to control": "control", "Not in the study": None}
    tiles: dict[str, dict[str, Tile]] = {}
    for row in rows:
        uncertain = row["fidelity_at_most"] - row["fidelity_at_least"] > UNCERTAIN
        tiles.setdefault(row["school_id"], {})[_term(row)] = Tile(row["fidelity"], uncertain, row["is_term_over"])
    listed: list[School] = []
    for heading, arm in groups.items():
        members = sorted((str(names.get(school, school)), school) for school in tiles if arms.get(school) == arm)
        listed += [School(heading, {})] * bool(members) + [School(name, tiles[school]) for name, school in members]
    return listed


def reached(shown: Shown) -> Section:
    """Schools that have joined, towards those that the district means to reach."""
    begun = [row for row in shown.rows("agg_programme_reach") if row["schools_reached"]]
    rows = sorted(begun, key=lambda row: int(row["school_year"]))
    if not rows:
        return Section("reach", "Reach", [shown.missing("No school has joined yet.")])
    cohorts = sorted(shown.rows("dim_programme_cohort"), key=lambda row: str(row["launch_date"]))
    words = [
        f"Cohort {row['cohort']} launched on {row['launch_date']}: {row['schools_joined']} schools joined, "
        f"{row['schools_active']} are active."
        for row in cohorts
    ]
    target = f"{rows[-1]['target_schools']} by {rows[-1]['target_date']}"
    caption = f"Schools reached by the end of each school year, a tile each, of {target}."
    names = (
        "agg_programme_reach.schools_reached",
        "agg_programme_reach.target_schools",
        "agg_programme_reach.as_of_date",
    )
    return Section("reach", "Reach", words, [Picture(caption, (reach([_reach(row) for row in rows]),))], names)


def _reach(row: Row) -> Reach:
    stages = (row["schools_implementing"], row["schools_piloting"], row["schools_planning"])
    return Reach(
        row["school_year_label"], (*stages, row["schools_reached"] - row["schools_active"]), row["target_schools"]
    )


def public(shown: Shown) -> Section:
    """The district's public files: named schools against others, each figure beside its placebo."""
    rows = [row for row in shown.rows("eval_public_did") if row["kind"] != "placebo"]
    if not rows:
        return Section("public", "The public files", ["The district's public files were not loaded."])
    words = [
        "Descriptions, not effects: these schools were not drawn by lot. A placebo that is not near zero says that "
        "they moved apart before the launch already.",
        f"Bars are two standard errors to either side; none is drawn where {FEW} schools or fewer were treated.",
    ]
    remarks = list(dict.fromkeys(row["warning"] for row in rows if row["warning"]))
    drawings = [
        _metric(metric, [row for row in rows if row["metric"] == metric], remarks)
        for metric in sorted({row["metric"] for row in rows})
    ]
    legend = key("public-key", [("main", "difference in differences"), ("placebo", "placebo, before the launch")])
    caption = "Change of the named schools less that of other district-run schools, by metric of the public files."
    parts: list[Picture | Table] = [Picture(caption, tuple(drawings), legend)]
    if remarks:
        parts.append(Table("Warnings.", ("", ""), lettered(remarks), names=2))
    names = (
        "eval_public_did.did",
        "eval_public_did.placebo_did",
        "eval_public_did.standard_error",
        "eval_public_did.kind",
    )
    return Section("public", "The public files", words, parts, names)


def _metric(metric: str, rows: list[Row], remarks: list[str]) -> Markup:
    unit = next((words for name, words in PUBLIC_UNITS.items() if metric.startswith(name)), "percentiles")
    lines = [Line(PUBLIC_METRICS.get(metric, metric), is_heading=True), *(_line(row, remarks) for row in rows)]
    columns = (Column("change", 50), Column("placebo", 50), Column("schools", 56), Column("warning", 44))
    told = "; ".join(f"{line.label} {line.columns[0]}, placebo {line.columns[1]}" for line in lines if line.columns)
    return forest(f"public-{metric}", f"Public files: {metric}", told, lines, Axis(unit, floor=1.0), columns, 220)


def _line(row: Row, remarks: list[str]) -> Line:
    years = f"{_years(row['pre_years'])} to {_years(row['post_years'])}"
    label = f"Cohort {row['cohort']} {row['category']}, {years}{' (partial)' if row['kind'] == 'partial' else ''}"
    sign = letter(remarks.index(row["warning"])) if row["warning"] else ""
    columns = (figure(row["did"]), figure(row["placebo_did"]), f"{row['n_treated']} / {row['n_comparison']}", sign)
    if row["did"] is None:
        return Line(label, (), columns, "no treated school has all years" if not row["n_treated"] else "not comparable")
    bears = row["n_treated"] > FEW
    marks = [_mark(row["did"], row["standard_error"] if bears else None, "main")]
    if row["placebo_did"] is not None:
        marks.append(_mark(row["placebo_did"], row["placebo_standard_error"] if bears else None, "placebo"))
    return Line(label, tuple(marks), columns)


def _years(spelt: str) -> str:
    """Years that follow each other as the first and the last."""
    first, *others = spelt.split()
    return f"{first}{DASH}{others[-1]}" if others and int(others[-1]) - int(first) == len(others) else spelt


def _mark(value: float, error: float | None, kind: str) -> Mark:
    return Mark(value, kind=kind) if error is None else Mark(value, value - 2 * error, value + 2 * error, kind)
