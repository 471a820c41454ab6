"""Sections on the record: what changed, what the words mean, and what the page was made from."""

import json
import re
from collections import Counter

from elevate.reporting.reading import Row
from elevate.reporting.shown import Section, Shown, Table
from elevate.reporting.words import figure, paragraphs

DESCRIBED = (
    "eval_analytic_sample", "eval_sample_flow", "eval_attrition", "eval_baseline_equivalence", "eval_impact",
    "eval_event_study", "eval_minimum_detectable_effect", "eval_cost_effectiveness", "agg_school_term_fidelity",
    "agg_programme_reach", "eval_public_did", "eval_restatement",
)  # fmt: skip

MOST = 60
"""Changes that are listed one by one."""
METHODS = [
    "Effects of the assignment: regression on arm, block and baseline, standard errors by school (CR2) with "
    "Satterthwaite's degrees of freedom; beside it randomization inference within blocks. Effect sizes, attrition and "
    "equivalence by the standards of the What Works Clearinghouse. Several outcomes of a domain are adjusted for by "
    "Benjamini and Hochberg. All launched cohorts: Callaway and Sant'Anna, and Sun and Abraham.",
    "Counts of few students are not shown, nor what rests on them or would give them back.",
]


def changes(shown: Shown) -> Section:
    """Which published figures changed since the last publication, and which batch did it."""
    title, names = "What changed since the last publication", ("eval_restatement.kind", "eval_restatement.batches")
    rows = shown.rows("eval_restatement")
    if not rows:
        return Section("changes", title, [shown.missing("No published figure changed since the last publication.")])
    told = [row for row in rows if "figure" in row]
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counts[row["table_name"], row["kind"]] += row["changes"]
    summary = [(table, kind, figure(counts[table, kind])) for table, kind in sorted(counts)]
    parts = [
        Table("Changed values, and figures that are new or withdrawn.", ("Table", "Kind", "Changes"), summary, names=2)
    ]
    words = []
    if told:
        parts.append(_told(shown, told[:MOST]))
        words.append(
            "Changes of counts and in parts of the sample are counted alone; all are in the table eval_restatement."
        )
    if len(told) > MOST:
        words.append(f"Of {len(told)} changed effects the first {MOST} are listed.")
    return Section("changes", title, words, [*parts], names)


def _told(shown: Shown, rows: list[Row]) -> Table:
    head = ("Table", "Figure", "Column", "Before", "Now", "By")
    body = [
        (
            row["table_name"], _named(shown, row["figure"]), row["column_name"], _value(row["value_before"]),
            _value(row["value_after"]), row["batches"] or row["explanation"] or "not explained",
        )
        for row in rows
    ]  # fmt: skip
    return Table("Changes of effects in whole samples.", head, body, names=3, notes=1)


def _named(shown: Shown, key: str) -> str:
    """A figure's key in words."""
    found = {name: str(value) for name, value in json.loads(key).items() if name not in ("study", "roster_version")}
    names = [shown.label(value) if name == "outcome" else value for name, value in found.items() if value != "all"]
    return ", ".join(names)


def _value(value: str | None) -> str:
    """A number that is told as text; or what else it is."""
    return figure(float(value), 4) if value and re.fullmatch(r"-?[\d.]+", value) else figure(value)


def definitions(shown: Shown) -> list[tuple[str, str, list[str]]]:
    """Name, overview and rules of each table behind the page, as they are published."""
    known = shown.figures.descriptions
    return [(name, *paragraphs(known[name])) for name in DESCRIBED if name in known]


def versions(shown: Shown) -> Section:
    """Roster, publication, contents and nights that the page stands for."""
    publication = shown.figures.publication
    rosters = {
        f"{row['study']}: {row['roster_version']}"
        for row in shown.rows("fct_study_assignment", is_current_version=True)
    }
    rows = [
        ("Night", publication.night.isoformat()),
        ("Roster version", ", ".join(sorted(rosters)) or "no study"),
        ("Publication", str(publication.number)),
        ("Content hash of the evaluation", publication.content_hash),
    ]
    feeds = [(f"{row['source']}.{row['feed']}", row["data_as_of"] or "never delivered") for row in publication.feeds]
    tables = [
        Table("What this page stands for.", ("", ""), rows, names=2),
        Table("Data as of, by feed.", ("Feed", "Night"), feeds, names=2),
    ]
    return Section("versions", "Methods and versions", METHODS, [*tables])
