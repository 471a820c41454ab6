"""Sections on the study: its design, its sample, what it lost, and how alike the arms were."""

import re
from collections import Counter

from markupsafe import Markup

from elevate.reporting.flow import ARMS, Loss, Stage, boundaries, flow
from elevate.reporting.marks import Axis, Column, Line, Mark, forest, key
from elevate.reporting.protecting import FOLLOWED
from elevate.reporting.reading import Row
from elevate.reporting.shown import Picture, Section, Shown, Table, by_domain
from elevate.reporting.words import NOTHING, figure, follow_up, listed, plain, probability, school_year

REGISTERED = "study title status doi registered_on starts_on ends_on investigators unit_of_randomization".split()
DOI = r"10\.\d{4,9}/[\w.();/:-]+"
REGISTRY = "AEA RCT Registry"
LEVELS = ("schools", "students")


def design(shown: Shown) -> Section:
    """Registration, blocks and arms of the newest roster."""
    roster = shown.rows("fct_study_assignment", is_current_version=True)
    words = ["No study is on record."]
    parts: list[Picture | Table] = []
    if roster:
        words = [_drawn(study, [row for row in roster if row["study"] == study]) for study in _studies(roster)]
        parts.append(_blocks(roster))
    for record in shown.rows("dim_study", is_current=True):
        words.append(_registered(record))
        rows = [(plain(name), _spelt(name, record[name])) for name in REGISTERED if record[name] is not None]
        parts.insert(0, Table(f"Registration, as the {REGISTRY} has it.", ("", ""), rows, names=2))
    return Section(
        "design", "Study design and registration", words, parts,
        ("fct_study_assignment.arm", "fct_study_assignment.block", "fct_study_assignment.participated"),
    )  # fmt: skip


def _studies(rows: list[Row]) -> list[str]:
    return sorted({row["study"] for row in rows})


def _drawn(study: str, roster: list[Row]) -> str:
    arms = Counter(row["arm"] for row in roster)
    blocks = len({row["block"] for row in roster})
    days = sorted({row["randomized_on"] for row in roster})
    version = roster[0]["roster_version"]
    return (
        f"In study {study}, {len(roster)} schools in {blocks} blocks were drawn by lot on {listed(days)}: "
        f"{arms['treatment']} to Elevate and {arms['control']} to control. Roster version {version}."
    )


def _blocks(roster: list[Row]) -> Table:
    head = ("Block", "Drawn on", "Treatment", "of these took part", "Control", "of these took part")
    rows = []
    for block in sorted({(row["block"], row["randomized_on"]) for row in roster}):
        cells = [block[0], block[1]]
        for arm in ARMS:
            of_arm = [row for row in roster if (row["block"], row["randomized_on"], row["arm"]) == (*block, arm)]
            cells += [str(len(of_arm)), str(sum(row["participated"] for row in of_arm))]
        rows.append(tuple(cells))
    return Table("Schools by block and arm.", head, rows, names=2)


def _registered(record: Row) -> str:
    days = record["days_until_registered"]
    if days > 0:
        words = "its outcomes were not promised before data came"
        return f"The trial was registered {figure(days)} days after its start: {words}."
    return f"The trial was registered {figure(-days)} days before its start."


def _spelt(name: str, value: object) -> str:
    """A value of the record; a DOI as the link that leads to it, the only one that leaves the page."""
    words = str(value)
    if name == "doi" and re.fullmatch(DOI, words):
        return Markup('<a href="https://doi.org/{0}">{0}</a>').format(words)
    return words.replace("_", " ") if name == "status" else words


def sample(shown: Shown) -> Section:
    """From the draw to the analysis, by arm."""
    rows = shown.rows("eval_sample_flow")
    words = ["No sample: no study is on record."] if not rows else []
    parts: list[Picture | Table] = []
    for study in _studies(rows):
        of_study = [row for row in rows if row["study"] == study]
        over = [row for row in of_study if row["as_of_date"] < shown.figures.publication.night.isoformat()]
        year = max(row["school_year"] for row in over or of_study)
        parts.append(_flow(study, [row for row in of_study if row["school_year"] == year]))
        parts.append(_years(study, of_study))
    return Section(
        "sample", "Sample flow", words, parts, tuple(f"eval_sample_flow.{name}" for name in ("step", "as_of_date"))
    )


def _flow(study: str, rows: list[Row]) -> Picture:
    arms = {
        arm: sorted((row for row in rows if row["arm"] == arm), key=lambda row: int(row["step_number"])) for arm in ARMS
    }
    schools = sum(steps[0]["schools"] for steps in arms.values() if steps)
    year = school_year(rows[0]["school_year"])
    drawing = flow(
        f"Sample flow of {study}, {year}",
        ("Drawn by lot", f"{schools} schools"),
        {arm: [_stage(steps, index) for index in range(len(steps))] for arm, steps in arms.items()},
    )
    caption = (
        f"Sample flow in {year}, as of {rows[0]['as_of_date']}. Each step is within the one before; those analysed are "
        "followed from the launch on, wherever they learn."
    )
    return Picture(caption, (drawing,))


def _stage(steps: list[Row], index: int) -> Stage:
    row, before = steps[index], steps[index - 1]
    students = f"{figure(row['students'])} students"
    left_out: tuple[str, ...] = ()
    is_within = row["step"] != FOLLOWED
    if index and is_within:
        schools = before["schools"] - row["schools"]
        left_out = (f"{schools} school{'' if schools == 1 else 's'} left out",) if schools else ()
        if isinstance(row["students"], int) and isinstance(before["students"], int):
            lost = before["students"] - row["students"]
            left_out += (f"{figure(lost)} students",) * bool(lost)
    return Stage(row["step"], f"{row['schools']} schools", students, left_out, is_within)


def _years(study: str, rows: list[Row]) -> Table:
    cells: dict[tuple[int, str], dict[int, str]] = {}
    steps: dict[int, str] = {}
    for row in rows:
        steps[row["step_number"]] = row["step"]
        told = f"{row['schools']} / {figure(row['students'])}"
        cells.setdefault((row["school_year"], row["arm"]), {})[row["step_number"]] = told
    order = sorted(steps)
    body = [
        (school_year(year), arm, *(cells[year, arm].get(step, NOTHING) for step in order))
        for year, arm in sorted(cells)
    ]
    caption = f"Every school year of {study}: schools / students."
    return Table(caption, ("School year", "Arm", *(steps[step].capitalize() for step in order)), body, names=2)


def attrition(shown: Shown) -> Section:
    """What was lost, against both boundaries."""
    rows = shown.rows("eval_attrition")
    if not rows:
        return Section("attrition", "Attrition", ["No attrition: nothing was analysed yet."])
    losses = [
        Loss(row["level"], row["overall"], row["differential"], f"{row['level']}, {_asked(shown, row)}")
        for row in rows
        if row["overall"] is not None and row["differential"] is not None
    ]
    caption = "Overall and differential attrition against the WWC's boundaries; darker where both call it low."
    figures = ("C", "overall", "diff.", "verdict")
    head = ("Outcome", "Follow-up", "Schools T", *figures, "Students T", *figures)
    asked = dict.fromkeys((row["outcome"], row["follow_up"]) for row in rows)
    table = [
        (shown.label(one[0]), follow_up(one[1]), *(cell for level in LEVELS for cell in _lost(rows, one, level)))
        for one in asked
    ]
    said = (
        "Analysed of randomized in treatment (T) and control (C); overall in percent, differential in percentage points"
    )
    said += "; verdicts by the cautious and by the optimistic boundary."
    names = tuple(f"eval_attrition.{name}" for name in ("overall", "differential", "cautious", "optimistic"))
    parts: list[Picture | Table] = [Picture(caption, (boundaries(losses),)), Table(said, head, table, names=2)]
    return Section("attrition", "Attrition", [], parts, names)


def _lost(rows: list[Row], asked: tuple[str, str], level: str) -> tuple[str, ...]:
    """The cells of one level, schools or students."""
    for row in rows:
        if (row["outcome"], row["follow_up"], row["level"]) == (*asked, level):
            return (
                _of(row["analysed_treatment"], row["randomized_treatment"]),
                _of(row["analysed_control"], row["randomized_control"]),
                figure(row["overall"], 1), figure(row["differential"], 1),
                f"{row['cautious'] or NOTHING}, {row['optimistic'] or NOTHING}",
            )  # fmt: skip
    return (NOTHING,) * 5


def _of(part: object, whole: object) -> str:
    return NOTHING if whole is None else f"{figure(part)}/{figure(whole)}"


def _asked(shown: Shown, row: Row) -> str:
    return f"{shown.label(row['outcome'])}, {follow_up(row['follow_up'])}"


def balance(shown: Shown) -> Section:
    """How alike the arms were before the launch, in every analytic sample."""
    rows = [row for row in shown.rows("eval_baseline_equivalence") if row["sample"] == "assigned"]
    if not rows:
        return Section("balance", "Baseline equivalence", ["Nothing to compare: nothing was analysed yet."])
    lines = []
    for domain, of_domain in by_domain(shown, rows).items():
        lines.append(Line(domain, is_heading=True))
        asked = dict.fromkeys((row["outcome"], row["follow_up"]) for row in of_domain)
        lines += [
            _line(shown, [row for row in of_domain if (row["outcome"], row["follow_up"]) == one]) for one in asked
        ]
    guides = {0.0: True, 0.05: False, -0.05: False, 0.25: False, -0.25: False}
    axis = Axis("difference at baseline, treatment less control, standard deviations", guides, floor=0.3)
    columns = (Column("worst verdict", 66), Column("joint p", 44))
    drawing = forest(
        "balance", "Baseline differences with lines at .05 and .25", _told(rows), lines, axis, columns, 230
    )
    legend = key("balance-key", [("main", "the outcome's own baseline"), ("minor", "other covariates")])
    caption = (
        "Baseline differences in each analytic sample. Within ±.05 satisfied; to ±.25 to be adjusted for; beyond, "
        "equivalence fails."
    )
    names = tuple(f"eval_baseline_equivalence.{name}" for name in ("effect_size", "verdict", "joint_p_value"))
    return Section("balance", "Baseline equivalence", [], [Picture(caption, (drawing,), legend)], names)


def _line(shown: Shown, rows: list[Row]) -> Line:
    sized = [row for row in rows if row["effect_size"] is not None]
    own = [Mark(row["effect_size"]) for row in sized if _is_own(shown, row)]
    others = [Mark(row["effect_size"], kind="minor") for row in sized if not _is_own(shown, row)]
    verdicts = [verdict for verdict in ("fails", "adjust", "satisfied") if verdict in {row["verdict"] for row in rows}]
    joint = next((row["joint_p_value"] for row in rows if row["joint_p_value"] is not None), None)
    note = next((row["not_estimable"] for row in rows if row["not_estimable"]), "not estimable")
    columns = (verdicts[0] if verdicts else NOTHING, probability(joint))
    first = rows[0]
    return Line(shown.label(first["outcome"]), (*own, *others), columns, note, when=follow_up(first["follow_up"]))


def _is_own(shown: Shown, row: Row) -> bool:
    baseline = shown.outcomes.get(row["outcome"], {}).get("baseline_outcome", row["outcome"])
    return str(row["covariate"]) == f"baseline {baseline}"


def _told(rows: list[Row]) -> str:
    verdicts = Counter(row["verdict"] or "not estimable" for row in rows)
    return ", ".join(f"{count} covariates {verdict}" for verdict, count in sorted(verdicts.items()))
