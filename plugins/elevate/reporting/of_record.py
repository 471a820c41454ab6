"""Sections on the record: what changed, what the words mean, and what the page was made from."""

from elevate.reporting.shown import Section, Shown, Table
from elevate.reporting.words import NOTHING, figure, paragraphs

DESCRIBED = (
    "eval_analytic_sample", "eval_sample_flow", "eval_attrition", "eval_baseline_equivalence", "eval_impact",
    "eval_event_study", "eval_minimum_detectable_effect", "eval_cost_effectiveness", "agg_school_term_fidelity",
    "agg_programme_reach", "eval_public_did", "eval_restatement",
)  # fmt: skip

METHODS = [
    "Effects of the assignment: regression on arm, block and baseline, standard errors by school (CR2) with "
    "Satterthwaite's degrees of freedom; beside it randomization inference within blocks. Effect sizes, attrition and "
    "equivalence by the standards of the What Works Clearinghouse. Several outcomes of a domain are adjusted for by "
    "Benjamini and Hochberg. All launched cohorts: Callaway and Sant'Anna, and Sun and Abraham.",
    "Counts of few students are not shown, nor what rests on them or would give them back.",
]


def changes(shown: Shown) -> Section:
    """Which published figures changed since the last publication, and which batch did it."""
    rows = shown.rows("eval_restatement")
    told = [row for row in rows if row["change"] is not None or row["kind"] != "restated"]
    head = ("Table", "Figure", "Column", "Before", "After", "Kind", "By")
    body = [
        (
            row["table_name"], str(row["figure"]), row["column_name"] or NOTHING, figure(row["value_before"], 4),
            figure(row["value_after"], 4), row["kind"], row["explanation"] or row["batches"] or "not explained",
        )
        for row in told
    ]  # fmt: skip
    words = ["No published figure changed since the last publication."] if not rows else []
    if len(told) < len(rows):
        words.append(
            f"Of counts and of parts of the sample: {len(rows) - len(told)} more, in the table eval_restatement alone."
        )
    parts = [Table("Figures that are new, restated or withdrawn.", head, body, names=3)] if body else []
    return Section("changes", "What changed since the last publication", words, [*parts], ("eval_restatement.kind",))


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
