"""`refresh_marts` and `refresh_evaluation`: build a candidate, gate it, publish it."""

from functools import reduce
from operator import and_

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, XComArg, chain, task

from elevate.building import steps_of
from elevate.contracts import load_feeds, sources_of
from elevate.refreshes import PUBLISHED_SCHEMAS, Kind
from elevate.rim import steps
from elevate.rim.conventions import ANNOUNCEMENTS, EARLIEST_NIGHT, EVALUATION, MARTS, TASK_DEFAULTS, source_asset
from elevate.settings import Settings
from elevate.transforming import LAYERS

REQUIRED = sources_of(load_feeds(Settings.load().feeds).values(), required_only=True)
EVERY_SOURCE = reduce(and_, (source_asset(source) for source in REQUIRED))


ABOUT = """
### Refresh {kind}
**Waits for** {sources}, all for the same night. **Reads** the batches that `ops.refresh_batch` pins.
**Writes** the candidate, then {schemas} in one transaction, `ops.publication`.

**When it is red**: readers still see the last good publication. The red task names the model, test or rule. The
candidate stays in `candidate_*` for inspection. After mending the cause, clear the run from `open_refresh` on, or
trigger this Dag with the night as its partition key.
"""
OPEN = """
Pins what this refresh reads. **Red**: the last delivery of a required feed of this night was not accepted, or, for the
evaluation, the published marts are of another night.
"""
BUILD = """
`dbt build` of `{select}`, tests included, into the candidate. **Red**: the message names each failing model or test.
"""
LIBRARY = {
    "withhold_small_cells": """
Decides, over all BI tables jointly, which cells are too small to be shown, and which others would give them back:
`intermediate.bi_cell_shown`, `ops.withheld_cell`. **Red**: the message says which outcome it does not know.
""",
    "estimate": """
Estimates effects, balance, attrition and power from the sample: `intermediate.estimate_…`, which `results` publishes.
What can't be estimated is a row that says why. **Red**: the message says what it stumbled over.
""",
}
GATE = """
Judges every table of the candidate by its suite in `expectations/`; results are rows of `ops.gate_result`.
**Red**: the message names table, rule and remedy; nothing is published.
"""
PUBLISH = """
Gives readers the new {schemas}, all tables in one transaction, and announces the asset `{asset}`.
**Red**: nothing was changed; the message says why. Running it twice is harmless.
"""
REPORT = """
Writes what was published as one page, listed under Browse in Airflow's menu and made again by `elevate report`.
**Red**: the figures are published all the same; the message says why there is no page of them.
"""


def refresh_dag(kind: Kind, waits_for: Asset, announces: Asset, gate: int, sources: str) -> DAG:
    """The Dag of one refresh: open, one task a step of the build, gate, publish."""
    schemas = ", ".join(f"`{schema}`" for schema in PUBLISHED_SCHEMAS[kind])
    with DAG(
        dag_id=f"refresh_{kind}",
        description=f"Builds, gates and publishes {', '.join(PUBLISHED_SCHEMAS[kind])} for a night.",
        doc_md=ABOUT.format(kind=kind, sources=sources, schemas=schemas),
        schedule=PartitionedAssetTimetable(assets=waits_for),
        start_date=EARLIEST_NIGHT,
        catchup=False,
        max_active_runs=1,
        default_args=TASK_DEFAULTS | {"owner": "Elevate data engineering"},
        tags=["refresh", kind],
    ) as dag:
        refresh_id = task(task_id="open_refresh", doc_md=OPEN)(steps.open_refresh)(kind)
        built = [_build_task(kind, step, refresh_id) for step in steps_of(kind)]
        gated = task(task_id=f"gate_{gate}", doc_md=GATE)(steps.gate_candidate)(kind, refresh_id)
        about = PUBLISH.format(schemas=schemas, asset=announces.name)
        publish = task(task_id="publish", pool=ANNOUNCEMENTS, outlets=[announces], doc_md=about)(steps.publish)
        published = publish(refresh_id)
        chain(*built, gated, published)
        if kind == "evaluation":
            published >> task(task_id="write_report", doc_md=REPORT)(steps.write_report)()
    return dag


def _build_task(kind: Kind, step: str, refresh_id: XComArg) -> XComArg:
    if step in LAYERS[kind]:
        task_id, about = f"build_{step}", BUILD.format(select=LAYERS[kind][step])
    else:
        task_id, about = step, LIBRARY[step]
    return task(task_id=task_id, doc_md=about)(steps.build)(kind, step, refresh_id)


refresh_dag("marts", EVERY_SOURCE, MARTS, 2, ", ".join(f"`{source}`" for source in REQUIRED))
refresh_dag("evaluation", MARTS, EVALUATION, 3, "`marts`")
