"""`refresh_marts` and `refresh_evaluation`: build a candidate, gate it, publish it."""

from functools import reduce
from operator import and_

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, chain, task

from elevate.contracts import load_feeds, sources_of
from elevate.refreshes import PUBLISHED_SCHEMAS, Kind
from elevate.rim import steps
from elevate.rim.conventions import ANNOUNCEMENTS, EARLIEST_NIGHT, EVALUATION, MARTS, TASK_DEFAULTS, source_asset
from elevate.settings import Settings
from elevate.transforming import LAYERS

REQUIRED = sources_of(load_feeds(Settings.load().feeds).values(), required_only=True)
EVERY_SOURCE = reduce(and_, (source_asset(source) for source in REQUIRED))


def refresh_dag(kind: Kind, waits_for: Asset, announces: Asset, gate: int, sources: str) -> DAG:
    """The Dag of one refresh: open, one task a dbt layer, gate, publish."""
    schemas = ", ".join(f"`{schema}`" for schema in PUBLISHED_SCHEMAS[kind])
    with DAG(
        dag_id=f"refresh_{kind}",
        description=f"Builds, gates and publishes {', '.join(PUBLISHED_SCHEMAS[kind])} for a night.",
        doc_md=f"""
### Refresh {kind}
**Waits for** {sources}, all for the same night. **Reads** the batches that `ops.refresh_batch` pins.
**Writes** the candidate, then {schemas} in one transaction, `ops.publication`.

**When it is red**: readers still see the last good publication. The red task names the model, test or rule. The
candidate stays in `candidate_*` for inspection. After mending the cause, clear the run from `open_refresh` on, or
trigger this Dag with the night as its partition key.
""",
        schedule=PartitionedAssetTimetable(assets=waits_for),
        start_date=EARLIEST_NIGHT,
        catchup=False,
        max_active_runs=1,
        default_args=TASK_DEFAULTS | {"owner": "Elevate data engineering"},
        tags=["refresh", kind],
    ) as dag:
        refresh_id = task(
            task_id="open_refresh",
            doc_md="""
Pins the batches that this refresh reads. **Red**: a required feed has no accepted batch of this night.
""",
        )(steps.open_refresh)(kind)
        layers = [
            task(
                task_id=f"build_{layer}",
                doc_md=f"""
`dbt build` of `{select}`, tests included, into the candidate. **Red**: the message names each failing model or test.
""",
            )(steps.build_layer)(kind, layer, refresh_id)
            for layer, select in LAYERS[kind].items()
        ]
        gated = task(
            task_id=f"gate_{gate}",
            doc_md="""
Judges every table of the candidate by its suite in `expectations/`; results are rows of `ops.gate_result`.
**Red**: the message names table, rule and remedy; nothing is published.
""",
        )(steps.gate_candidate)(kind, refresh_id)
        published = task(
            task_id="publish",
            pool=ANNOUNCEMENTS,
            outlets=[announces],
            doc_md=f"""
Gives readers the new {schemas}, all tables in one transaction, and announces the asset `{announces.name}`.
**Red**: nothing was changed; the message says why. Running it twice is harmless.
""",
        )(steps.publish)(refresh_id)
        chain(*layers, gated, published)
    return dag


refresh_dag("marts", EVERY_SOURCE, MARTS, 2, ", ".join(f"`{source}`" for source in REQUIRED))
refresh_dag("evaluation", MARTS, EVALUATION, 3, "`marts`")
