"""`extract_<source>`: one Dag per source system, made from its contracts.

Each feed is landed and loaded; gate 1 judges them all; only behind a green gate is
the source announced for the night.
"""

from airflow.sdk import DAG, PartitionedAtRuntime, TaskGroup, task

from elevate.contracts import feeds_of, load_feeds, sources_of
from elevate.rim import steps
from elevate.rim.conventions import ANNOUNCEMENTS, EARLIEST_NIGHT, NIGHTLY, TASK_DEFAULTS, last_night, source_asset
from elevate.rim.land import Land
from elevate.settings import Settings

FEEDS = load_feeds(Settings.load().feeds)
REQUIRED = sources_of(FEEDS.values(), required_only=True)

for source in sources_of(FEEDS.values()):
    feeds = feeds_of(FEEDS, source)
    with DAG(
        dag_id=f"extract_{source}",
        description=f"Pulls the night's {len(feeds)} feeds of {source} and gates them.",
        doc_md=f"""
### Extract {source}
**Reads** {", ".join(f"`{feed.location}`" for feed in feeds)}.
**Writes** `landing/{source}/`, `raw.{source}__*`, `quarantine`, `ops.batch`, `ops.gate_result`.
**Announces** the asset `{source}` for the night, only if every feed passed gate 1.

**When it is red**: open the red task; its message names feed, line and column and says what to do. Mend it at
the source and trigger this Dag again with the same partition key (the night). The last good marts serve meanwhile.
""",
        # An optional source is pulled when it is asked for, not by the clock.
        schedule=NIGHTLY if source in REQUIRED else PartitionedAtRuntime(),
        start_date=EARLIEST_NIGHT,
        end_date=last_night(),
        catchup=False,
        max_active_runs=1,
        default_args=TASK_DEFAULTS | {"owner": feeds[0].owner},
        tags=["extract", source],
    ) as dag:
        batch_ids = []
        for feed in feeds:
            with TaskGroup(feed.name, tooltip=feed.description):
                landed = Land(
                    task_id="land",
                    feed_id=feed.id,
                    doc_md=f"""
Fetches `{feed.location}` of the night over {feed.protocol} and keeps it unchanged in `landing/{source}/{feed.name}/`.
Opens a batch in `ops.batch`. **Deferred**: the feed is late, and may still come. **Red**: the source did not answer,
or had no complete delivery when it was due; ask {feed.owner}.
""",
                )
                batch_ids.append(
                    task(
                        task_id="load",
                        doc_md=f"""
Copies the landed file into a table of its own, `incoming.b<batch>`, typed by `feeds/{source}/{feed.name}.yaml`.
**Red**: the file breaks the contract's structure; the message names file, line and column.
""",
                    )(steps.load)(feed.id, landed.output)
                )

        gate = task(
            task_id="gate_1",
            trigger_rule="all_done",
            doc_md=f"""
Judges each feed's batch by its contract and `expectations/{source}/`. Green rows go to `raw`, bad ones to
`quarantine.rejected_row`; every rule's result is in `ops.gate_result`. Runs also when a feed failed before, to say
everything at once. **Red**: the message names each feed, rule, first line and remedy; nothing downstream runs.
""",
        )(steps.gate_1)(source, batch_ids)

        @task(
            task_id="announce",
            pool=ANNOUNCEMENTS,
            outlets=[source_asset(source)],
            doc_md=f"""
Emits the asset `{source}` for the night, for which `refresh_marts` waits. Does nothing else.
""",
        )
        def announce() -> None:
            """The outlet is the work."""

        gate >> announce()
