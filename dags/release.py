"""`release`: a steward decides on rows in quarantine or on a red batch."""

from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, task

from elevate.rim import stewardship
from elevate.rim.conventions import EARLIEST_NIGHT, TASK_DEFAULTS

BATCH = "{{ params.batch_id }}"
ABOUT = """
### Release
**Trigger it** with the number of a batch that has rows in quarantine, or is red (gate 1's message and `ops.batch`
name it). **Reads** `ops.batch`, `ops.gate_result`, `quarantine`. **Writes** `ops.decision` and, for a release, a batch
of its own: its rows go through gate 1 once more, less the rules that the decision waives.

**Afterwards** trigger `extract_<source>` for a red batch's night, or `refresh_marts` for rows of a green one, with the
night as the partition key. **When it is red**: the message says why the decision can't be taken, or what of the release
still breaks a rule; nothing that was published changes by it.
"""
BODY = """
{{ ti.xcom_pull(task_ids="look") }}

The rows themselves: `elevate sql steward`, then `select * from quarantine.rejected_row where batch_id = BATCH;`

- **Release**: accept the rows although they break the rules that can be waived; all other rules hold.
- **Fix at source**: nothing is accepted; the owner of the feed mends it and delivers again.
- **Discard**: a red batch no longer stands in the way of its night; rows in quarantine stay there, so marked.
""".replace("BATCH", BATCH)

with DAG(
    dag_id="release",
    description="A steward releases or discards what gate 1 refused, or has it mended at the source.",
    doc_md=ABOUT,
    schedule=None,
    start_date=EARLIEST_NIGHT,
    catchup=False,
    params={"batch_id": Param(type="integer", minimum=1, title="Batch", description="Its number in ops.batch")},
    default_args=TASK_DEFAULTS | {"owner": "Data steward"},
    tags=["release"],
) as dag:
    look = task(
        task_id="look",
        doc_md="Sums up what gate 1 refused of the batch. **Red**: no such batch, or nothing to decide on it.",
    )(stewardship.look)(BATCH)
    ask = HITLOperator(
        task_id="ask",
        subject=f"Batch {BATCH}: release, fix at source, or discard?",
        body=BODY,
        options=list(stewardship.OPTIONS),
        # Airflow checks the empty form, too, before it asks; that there is a reason is for `decide` to check.
        params={"reason": Param("", type="string", title="Reason", description="Required; kept in ops.decision")},
        response_timeout=timedelta(days=7),
        doc_md="Waits for a steward, under Required Actions. **Red**: no answer within 7 days; clear it to ask again.",
    )
    decide = task(
        task_id="decide",
        doc_md="""
Records who decided what and why in `ops.decision`; a release is loaded and judged here. **Red**: the message says
why the decision can't be taken, or which rule the released rows still break.
""",
    )(stewardship.decide)(BATCH, ask.output, "{{ run_id }}")
    look >> ask >> decide
