"""A night by the library, step by step in one process without a scheduler, each step timed."""

from dataclasses import dataclass
from datetime import date

import pytest

from elevate import batches, building, landing, loading, publishing, refreshes
from elevate.contracts import feeds_of, load_feeds
from elevate.gates import batch_gate, candidate_gate
from elevate.raw import ensure_table
from elevate.refreshes import Kind
from elevate.settings import Settings
from elevate.transforming import LAYERS, Build
from elevate.warehouse import connect
from tests.bench import artifacts
from tests.bench.clock import Clock
from tests.support.district import SOURCES

RUN = "bench"


@dataclass(frozen=True)
class Refresh:
    """One refresh, and the models it has built, in an order in which they can be."""

    id: int
    models: list[artifacts.Model]


def imports(clock: Clock) -> None:
    """The two libraries that take seconds to import, before anything needs them."""
    with clock("import", "Great Expectations"):
        import great_expectations  # noqa: F401
    with clock("import", "dbt"):
        import dbt.adapters.postgres
        import dbt.cli.main  # noqa: F401


def run_night(settings: Settings, night: date, clock: Clock) -> dict[Kind, Refresh]:
    """Run a night; returns the refresh of each kind. Anything red fails."""
    with pytest.MonkeyPatch.context() as patch:
        _watch_inside(clock, patch)
        for source in SOURCES:
            _extract(settings, source, night, clock)
        return {kind: _refresh(settings, kind, night, clock) for kind in LAYERS}


def _watch_inside(clock: Clock, patch: pytest.MonkeyPatch) -> None:
    """What goes on inside of the steps, under the name `inside`."""
    import dbt.cli.requires

    clock.watch(patch, batch_gate, "evaluate", "inside", "gate 1: Great Expectations")
    clock.watch(patch, candidate_gate, "evaluate", "inside", "gates 2, 3: Great Expectations")
    clock.watch(patch, publishing, "content_hash", "inside", "publish: content_hash")
    clock.watch(patch, dbt.cli.requires, "parse_manifest", "inside", "dbt: parse")


def _extract(settings: Settings, source: str, night: date, clock: Clock) -> None:
    feeds = feeds_of(load_feeds(settings.feeds), source)
    with connect(settings) as connection:
        for feed in feeds:  # all of them first: suites may read each other's
            ensure_table(connection, feed)
    for feed in feeds:
        with clock("land", feed.id):
            landed = landing.land(settings, feed, night)
        with clock("load", feed.id):
            with connect(settings) as connection:
                batch_id = batches.open_batch(connection, feed, night, RUN, landed)
            loading.load(settings, feed, batch_id)
        with clock("gate 1", feed.id):
            verdict = batch_gate.judge(settings, feed, batch_id)
        assert verdict.lets_through, verdict.message


def _refresh(settings: Settings, kind: Kind, night: date, clock: Clock) -> Refresh:
    feeds = load_feeds(settings.feeds)
    models: list[artifacts.Model] = []
    with clock("open refresh", kind), connect(settings) as connection:
        for feed in feeds.values():
            ensure_table(connection, feed)
        refresh_id = refreshes.open_refresh(connection, kind, night, RUN, feeds)
    for step in building.steps_of(kind):
        with clock("dbt" if step in LAYERS[kind] else "library", step):
            building.run_step(settings, feeds, Build(kind, refresh_id, night), step)
        if step not in LAYERS[kind]:
            continue
        run = artifacts.read(settings.home / "dbt" / "warehouse" / kind)
        clock.add(run.seconds, "inside", "dbt: models and tests", step)
        for node, seconds in run.seconds_by_kind.items():
            clock.add(seconds, "dbt nodes", node, step)
        models += run.models
    with clock(f"gate {candidate_gate.GATES[kind]}", kind):
        candidate_gate.judge(settings, kind, refresh_id)
    with clock("publish", kind):
        publishing.publish(settings, refresh_id)
    return Refresh(refresh_id, models)
