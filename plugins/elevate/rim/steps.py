"""The bodies of tasks: a night's step in the library, with Airflow's context around it.

Only ids and nights pass between tasks. A failure that trying again can't mend is
raised as AirflowFailException with the sentence for the engineer; a database error
is reduced to its code, because the database quotes values in its messages.
"""

import functools
import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, ParamSpec, TypeVar

import psycopg
from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

from elevate import batches, building, landing, loading, publishing, refreshes, releasing, reporting, withholding
from elevate.contracts import ContractError, Feed, feeds_of, load_feeds
from elevate.delimited import StructureError
from elevate.gates import batch_gate, candidate_gate
from elevate.landing import LandingError
from elevate.raw import ensure_table
from elevate.refreshes import Kind
from elevate.rim.conventions import may_still_come
from elevate.settings import Settings, SettingsError
from elevate.sources import NotDelivered
from elevate.transforming import Build
from elevate.warehouse import connect

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

FINAL = (
    NotDelivered,
    StructureError,
    ContractError,
    SettingsError,
    LandingError,
    withholding.WithholdingError,
    candidate_gate.GateRed,
    *building.FINAL,
    refreshes.RefreshError,
    publishing.PublicationError,
    releasing.DecisionError,
    reporting.ReportError,
)
"""Trying again does not mend these."""


def step(body: Callable[P, R]) -> Callable[P, R]:
    """Turn the library's exceptions into Airflow's, and keep values out of them."""

    @functools.wraps(body)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return body(*args, **kwargs)
        except FINAL as error:
            raise AirflowFailException(str(error)) from None
        except psycopg.OperationalError as error:
            # Without a code the connection failed, and nothing of a statement can be quoted.
            reason = f"SQLSTATE {error.sqlstate}" if error.sqlstate else str(error)
            raise RuntimeError(f"The warehouse did not answer: {type(error).__name__}, {reason}") from None
        except psycopg.Error as error:
            raise RuntimeError(f"The warehouse refused: {type(error).__name__}, SQLSTATE {error.sqlstate}") from None

    return wrapped


@step
def land(feed_id: str) -> int | None:
    """Fetch a feed's files of the night into landing; returns the id of the batch it opens, None while it is late."""
    settings, feed, night, run = Settings.load(), _feed(feed_id), _night(), _run()
    with connect(settings) as connection:
        state = batches.last_state(connection, feed)
    try:
        landed = landing.land(settings, feed, night, state, withholding.of_opted_out(settings))
    except NotDelivered as error:
        if feed.required and may_still_come(night, feed.due):
            log.info("%s Waiting, at the longest until %s after the night.", error, feed.due)
            return None
        message = f"{error} Ask {feed.owner} for it, then run this night again."
        with connect(settings) as connection:
            batches.record_missing(connection, feed, night, run, message, error.verdict)
        raise NotDelivered(message) from None
    with connect(settings) as connection:
        batch_id = batches.open_batch(connection, feed, night, run, landed)
    log.info("%s: batch %d, %s", feed.id, batch_id, ", ".join(f"{f.name} ({f.bytes} bytes)" for f in landed.files))
    return batch_id


@step
def load(feed_id: str, batch_id: int) -> int:
    """Load the batch's files into its incoming table; returns the batch's id."""
    settings, feed = Settings.load(), _feed(feed_id)
    loading.load(settings, feed, batch_id)
    with connect(settings) as connection:
        batch = batches.get(connection, batch_id)
    log.info("%s: batch %d is %s, %d rows", feed.id, batch_id, batch.verdict, batch.rows_in)
    return batch_id


@step
def gate_1(source: str, batch_ids: Sequence[int | None]) -> None:
    """Judge the night's batch of every feed of a source; fails unless each one lets through.

    `batch_ids` has the place of each feed in `feeds_of`; None where landing or
    loading failed, which counts as red.
    """
    settings = Settings.load()
    verdicts: dict[str, str] = {}
    feeds = feeds_of(load_feeds(settings.feeds), source)
    with connect(settings) as connection:
        for feed in feeds:  # all of them first: suites may read each other's
            ensure_table(connection, feed)
    for feed, batch_id in zip(feeds, batch_ids, strict=True):
        if batch_id is None:
            if not _serves_last_good(settings, feed):
                verdicts[feed.id] = _why_not_loaded(settings, feed)
            continue
        verdict = batch_gate.judge(settings, feed, batch_id)
        log.info("%s: %s. %s", feed.id, verdict.verdict, verdict.message)
        if not verdict.lets_through:
            verdicts[feed.id] = verdict.message
    if verdicts:
        raise AirflowFailException(f"Gate 1, source {source}, night {_night()}: red. " + " ".join(verdicts.values()))


def _serves_last_good(settings: Settings, feed: Feed) -> bool:
    with connect(settings) as connection:
        serves = refreshes.last_good_serves(connection, feed, _night())
    if serves:
        log.warning("%s is missing; by its contract the night goes on with the last good delivery", feed.id)
    return serves


def _why_not_loaded(settings: Settings, feed: Feed) -> str:
    with connect(settings) as connection:
        row = connection.execute(
            """select message from ops.batch where source = %s and feed = %s and night = %s and run = %s
               order by batch_id desc limit 1""",
            (feed.source, feed.name, _night(), _run()),
        ).fetchone()
    return (row and row["message"]) or f"{feed.id} was not loaded: see its land and load tasks."


@step
def open_refresh(kind: Kind) -> int:
    """Open a refresh of the night and pin its batches; returns its id."""
    settings = Settings.load()
    feeds = load_feeds(settings.feeds)
    with connect(settings) as connection:
        for feed in feeds.values():
            ensure_table(connection, feed)
        return refreshes.open_refresh(connection, kind, _night(), _run(), feeds)


@step
def build(kind: Kind, name: str, refresh_id: int) -> None:
    """Run one step of the candidate's build; what can't be mended by trying again closes the refresh as red."""
    settings = Settings.load()
    try:
        done = building.run_step(settings, load_feeds(settings.feeds), Build(kind, refresh_id, _night()), name)
    except building.FINAL as error:
        with connect(settings) as connection:
            refreshes.close_red(connection, refresh_id, str(error))
        raise
    log.info("%s: %s", name, done)


@step
def gate_candidate(kind: Kind, refresh_id: int) -> None:
    """Gate 2 or 3: judge the candidate."""
    rules = candidate_gate.judge(Settings.load(), kind, refresh_id)
    log.info("%d rules, none red", rules)


@step
def publish(refresh_id: int) -> None:
    """Publish the candidate in one transaction."""
    publication = publishing.publish(Settings.load(), refresh_id)
    log.info("Publication %d, content hash %s", publication.id, publication.content_hash)
    for change in publication.tables:
        log.info("%s.%s: %d rows, +%d -%d", change.schema, change.table, change.rows, change.added, change.removed)


@step
def write_report() -> None:
    """Write the report of the night."""
    log.info("%s", reporting.write(Settings.load(), _night()))


def _context() -> dict[str, Any]:
    return dict(get_current_context())


def _night() -> date:
    key = _context()["dag_run"].partition_key
    try:
        return date.fromisoformat(key)
    except (TypeError, ValueError):
        raise AirflowFailException(
            f"This run has the partition key {key!r}. Trigger it with the night as its key, such as 2019-02-11."
        ) from None


def _run() -> str:
    return str(_context()["dag_run"].run_id)


def _feed(feed_id: str) -> Feed:
    return load_feeds(Settings.load().feeds)[feed_id]
