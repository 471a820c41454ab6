"""Sections on how effects vary: between subgroups, and over the years around the launch."""

from markupsafe import Markup

from elevate.reporting.brief import MAIN, has_size, latest
from elevate.reporting.events import Point, Study, event_studies
from elevate.reporting.marks import Axis, Line, Mark, panel
from elevate.reporting.protecting import FEW_STUDENTS
from elevate.reporting.reading import Row
from elevate.reporting.shown import Picture, Section, Shown
from elevate.reporting.svg import WIDTH, Drawing
from elevate.reporting.words import CATEGORIES, FEW_SCHOOLS, SUBGROUPS, follow_up, probability

ACROSS, GAP = 3, 18
BASE = -1
"""The last year before the launch."""


def subgroups(shown: Shown) -> Section:
    """The latest effect of each outcome in subgroups and grade bands."""
    assigned = {name: value for name, value in MAIN.items() if name != "subgroup"}
    rows = [row for row in shown.rows("eval_impact", **assigned) if row["subgroup"] != "all"]
    last = {row["outcome"]: row["follow_up"] for row in latest(rows)}
    panels = [
        (
            f"{shown.label(outcome)}, {follow_up(after)}",
            _parts([r for r in rows if (r["outcome"], r["follow_up"]) == (outcome, after)]),
        )
        for outcome, after in last.items()
    ]
    words = ["Not adjusted for how many there are: some of so many intervals leave out zero by chance alone."]
    if not panels:
        words = ["No subgroup is estimated."]
    caption = "Effects in subgroups and grade bands, in standard deviations, with 95% intervals."
    pictures = [Picture(caption, tuple(_panels(panels)))] if panels else []
    return Section(
        "subgroups",
        "Subgroups and grade bands",
        words,
        [*pictures],
        ("eval_impact.subgroup", "eval_impact.not_estimable"),
    )


def _parts(rows: list[Row]) -> list[Line]:
    order = list(SUBGROUPS)
    place = {name: order.index(name) for name in order}
    # Kindergarten comes before the first grade.
    ordered = sorted(
        rows, key=lambda row: (place.get(row["subgroup_dimension"], len(order)), str(row["subgroup"]).replace("K", "0"))
    )
    return [_part(row) for row in ordered]


def _part(row: Row) -> Line:
    dimension = SUBGROUPS.get(str(row["subgroup_dimension"]), str(row["subgroup_dimension"]))
    other = f"Not {dimension[0].lower() if dimension != 'English learner' else 'E'}{dimension[1:]}"
    answers = {"true": dimension, "yes": dimension, "false": other, "no": other}
    name = answers.get(str(row["subgroup"]).lower(), str(row["subgroup"]))
    if not has_size(row):
        few, estimated = row["not_estimable"] == FEW_STUDENTS, row["estimate"] is not None
        return Line(name, note="few students" if few else "no size in SD" if estimated else "not estimable")
    return Line(name, (Mark(row["effect_size"], row["effect_size_low"], row["effect_size_high"]),))


def _panels(panels: list[tuple[str, list[Line]]]) -> list[Markup]:
    """Three panels beside each other in a drawing."""
    width = (WIDTH - GAP * (ACROSS - 1)) / ACROSS
    drawings = []
    for start in range(0, len(panels), ACROSS):
        row = panels[start : start + ACROSS]
        height = 16 + 13 * max(len(lines) for _, lines in row) + 34
        told = "; ".join(f"{title}: {len(lines)} subgroups" for title, lines in row)
        drawing = Drawing(f"subgroups-{start // ACROSS + 1}", "Effects in subgroups", told, WIDTH, height)
        for index, (title, lines) in enumerate(row):
            panel(drawing, title, lines, Axis("standard deviations", floor=0.2), (index * (width + GAP), 0, width))
        drawings.append(drawing.markup())
    return drawings


def over_time(shown: Shown) -> Section:
    """Event studies with the years before the launch."""
    rows = shown.rows("eval_event_study", cohort="all")
    asked = dict.fromkeys((row["outcome"], row["school_category"]) for row in rows)
    groups = [[row for row in rows if (row["outcome"], row["school_category"]) == one] for one in asked]
    studies = [_study(shown, group) for group in groups if any(row["estimate"] is not None for row in group)]
    words = [] if rows else ["No event study: no cohort has launched, or no year is over since."]
    words += _missing(shown, [group[0] for group in groups if all(row["estimate"] is None for row in group)])
    caption = (
        "Schools of all launched cohorts against schools that never launched, by school years since the launch. "
        "Hollow: before the launch, where there can be no effect. Blue: Callaway and Sant'Anna; grey: Sun and Abraham. "
        "Bars: 95% intervals. The last year before the launch is the base, so zero."
    )
    pictures = [Picture(caption, tuple(event_studies("events", studies)))] if studies else []
    names = ("eval_event_study.estimate", "eval_event_study.pretrend_p_value", "eval_event_study.event_time")
    return Section("events", "Event study", words, [*pictures], names)


def _missing(shown: Shown, rows: list[Row]) -> list[str]:
    """What is not estimable, by reason."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        reasons.setdefault(row["not_estimable"] or "no estimate", []).append(_title(shown, row))
    return [f"Not estimable: {'; '.join(names)} ({reason})." for reason, names in reasons.items()]


def _title(shown: Shown, row: Row) -> str:
    return f"{shown.label(row['outcome'])}, {CATEGORIES.get(row['school_category'], row['school_category'])}"


def _study(shown: Shown, rows: list[Row]) -> Study:
    main = [row for row in rows if row["method"] == "callaway_santanna"]
    others = [row for row in rows if row["method"] != "callaway_santanna"]
    first = rows[0]
    treated, compared = (max(row[name] or 0 for row in rows) for name in ("n_schools_treated", "n_schools_comparison"))
    schools = f"{treated} schools against {compared}"
    trend = next((row["pretrend_p_value"] for row in main if row["pretrend_p_value"] is not None), None)
    notes = [row["not_estimable"] for row in main if row["not_estimable"]]
    if 0 < treated <= FEW_SCHOOLS:
        notes.insert(0, f"few schools: intervals rest on {treated} treated")
    remarks = [
        schools + (f"; before the launch p = {probability(trend)}" if trend is not None else ""),
        *dict.fromkeys(notes),
    ]
    return Study(_title(shown, first), shown.unit(first["outcome"]), _points(main), _points(others), tuple(remarks))


def _points(rows: list[Row]) -> tuple[Point, ...]:
    """The estimates in their order, with the year that the others are compared with: zero by construction."""
    ordered = sorted(rows, key=lambda row: int(row["event_time"]))
    points = [
        Point(row["event_time"], row["estimate"], row["interval_low"], row["interval_high"], row["is_before_launch"])
        for row in ordered
        if row["estimate"] is not None
    ]
    if points and BASE not in [point.time for point in points]:
        points.append(Point(BASE, 0.0, None, None, True))
    return tuple(points)
