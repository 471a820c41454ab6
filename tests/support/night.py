"""A night step by step, without a scheduler: the library as the Dags call it."""

from datetime import date

from elevate import batches, building, landing, loading, publishing, refreshes, withholding
from elevate.contracts import feeds_of, load_feeds
from elevate.gates import batch_gate, candidate_gate
from elevate.gates.batch_gate import Verdict
from elevate.publishing import Publication
from elevate.raw import ensure_table
from elevate.refreshes import Kind
from elevate.settings import Settings
from elevate.sources import NotDelivered
from elevate.transforming import Build
from elevate.warehouse import connect

RUN = "test"


def extract(settings: Settings, source: str, night: date) -> dict[str, Verdict]:
    """Land, load and gate every feed of a source; feed id to verdict."""
    feeds = feeds_of(load_feeds(settings.feeds), source)
    with connect(settings) as connection:
        for feed in feeds:
            ensure_table(connection, feed)
    return {feed.id: extract_feed(settings, feed.id, night) for feed in feeds}


def extract_feed(settings: Settings, feed_id: str, night: date) -> Verdict:
    """Land, load and gate one feed."""
    feed = load_feeds(settings.feeds)[feed_id]
    with connect(settings) as connection:
        state = batches.last_state(connection, feed)
    try:
        landed = landing.land(settings, feed, night, state, withholding.of_opted_out(settings))
    except NotDelivered as error:
        with connect(settings) as connection:
            batches.record_missing(connection, feed, night, RUN, str(error), error.verdict)
        return Verdict(error.verdict, str(error))
    with connect(settings) as connection:
        ensure_table(connection, feed)
        batch_id = batches.open_batch(connection, feed, night, RUN, landed)
    try:
        loading.load(settings, feed, batch_id)
    except loading.StructureError as error:
        return Verdict("red", str(error))
    return batch_gate.judge(settings, feed, batch_id)


def refresh(settings: Settings, kind: Kind, night: date) -> Publication:
    """Build, gate and publish; raises what the step that fails raises."""
    feeds = load_feeds(settings.feeds)
    with connect(settings) as connection:
        for feed in feeds.values():
            ensure_table(connection, feed)
        refresh_id = refreshes.open_refresh(connection, kind, night, RUN, feeds)
    for step in building.steps_of(kind):
        building.run_step(settings, feeds, Build(kind, refresh_id, night), step)
    candidate_gate.judge(settings, kind, refresh_id)
    return publishing.publish(settings, refresh_id)
