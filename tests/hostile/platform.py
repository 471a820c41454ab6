"""A platform with one good night behind it, that judges each hostile delivery on its own.

A delivery that was let through is taken back before the next one, so that each is judged
after the same good night.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path, PurePosixPath

import psycopg
import yaml
from psycopg import sql

from elevate import batches, landing, loading, refreshes
from elevate.contracts import Feed, load_feeds
from elevate.delimited import StructureError
from elevate.gates import batch_gate
from elevate.raw import ensure_table
from elevate.settings import Settings
from elevate.sources import NotDelivered
from elevate.sources.paths import folder_of
from elevate.warehouse import connect
from elevate.warehouse.connection import Connection
from tests.hostile.mutations import FILES, Way
from tests.hostile.served import served

RUN = "hostile"


@dataclass(frozen=True)
class Judged:
    """What became of one delivery: verdict, message, every text that was said, and the ledger."""

    verdict: str
    message: str
    said: tuple[str, ...] = ()
    rows_in: int = 0
    accepted: int = 0
    quarantined: int = 0
    kept: int = 0
    """Rows in quarantine, one by one."""
    rows: tuple[tuple[str | None, ...], ...] | None = None
    """The rows in `raw`, in order, of a delivery that was let through."""
    is_read: bool = False
    """Whether a refresh of the night would read it, and so could publish it."""
    served: tuple[object, ...] = ()
    """What readers of published tables see afterwards."""


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage() + str(record.exc_info or ""))


@dataclass
class Platform:
    """Takes deliveries; its sources are folders below `drop`."""

    settings: Settings
    drop: Path
    keeps: bool = field(default=True)
    """Whether deliveries that are let through stay; False takes each back."""

    @cached_property
    def feeds(self) -> dict[str, Feed]:
        """The contracts of the project."""
        return load_feeds(self.settings.feeds)

    def open(self) -> None:
        """Write the addresses of the sources, and make the tables of every feed."""
        addresses = {
            f.source: {"type": "folder", "path": str(self.drop), "pause_seconds": 0} for f in self.feeds.values()
        }
        self.settings.sources_file.write_text(yaml.safe_dump(addresses))
        with connect(self.settings) as connection:
            for feed in self.feeds.values():
                ensure_table(connection, feed)

    def judge(self, feed_id: str, night: date, files: dict[str, bytes], way: Way = "file") -> Judged:
        """Deliver these files and nothing else for the night, and let gate 1 decide."""
        feed = _coming(self.feeds[feed_id], way)
        folder = self.drop / folder_of(feed, night)
        folder.mkdir(parents=True, exist_ok=True)
        for old in filter(Path.is_file, folder.iterdir()):
            old.unlink()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        heard, root = _Heard(), logging.getLogger()
        level = root.level
        root.addHandler(heard)
        root.setLevel(logging.DEBUG)  # a scheduler logs at INFO, and some day somebody wants to know more
        try:
            judged = self._take(feed, night, heard)
        finally:
            root.setLevel(level)
            root.removeHandler(heard)
        with connect(self.settings) as connection:
            return replace(judged, served=served(connection))

    def _take(self, feed: Feed, night: date, heard: _Heard) -> Judged:
        raised = ""
        try:
            landed = landing.land(self.settings, feed, night)
        except NotDelivered as error:
            with connect(self.settings) as connection:
                batches.record_missing(connection, feed, night, RUN, str(error), error.verdict)
                read = _read_by_a_refresh(connection, feed, night)
            return Judged(error.verdict, str(error), (str(error), *heard.texts), is_read=bool(read))
        with connect(self.settings) as connection:
            batch_id = batches.open_batch(connection, feed, night, RUN, landed)
        try:
            loading.load(self.settings, feed, batch_id)
        except StructureError as error:
            raised = str(error)
        verdict = batch_gate.judge(self.settings, feed, batch_id)
        judged = self._judged(feed, batch_id, (raised, verdict.message, *heard.texts))
        if judged.verdict == "green" and not self.keeps:
            self._take_back(feed, batch_id)
        return judged

    def _judged(self, feed: Feed, batch_id: int, said: Iterable[str]) -> Judged:
        with connect(self.settings) as connection:
            batch = connection.execute("select * from ops.batch where batch_id = %s", (batch_id,)).fetchone()
            told = connection.execute("select message from ops.gate_result where batch_id = %s", (batch_id,)).fetchall()
            kept = connection.execute(
                "select count(distinct (file, line)) as n from quarantine.rejected_row where batch_id = %s", (batch_id,)
            ).fetchone()
            assert batch
            assert kept
            rows, holds = None, batch["unchanged_from"] or batch_id
            if batch["verdict"] in ("green", "unchanged"):
                rows = tuple(tuple(row.values()) for row in connection.execute(_rows_of(feed), (holds,)))
            is_read = holds in _read_by_a_refresh(connection, feed, batch["night"])
        texts = (*said, batch["message"] or "", *(row["message"] or "" for row in told))
        return Judged(
            batch["verdict"],
            batch["message"] or "",
            tuple(filter(None, texts)),
            batch["rows_in"] or 0,
            batch["rows_accepted"] or 0,
            batch["rows_quarantined"] or 0,
            kept["n"],
            rows,
            is_read,
        )

    def _take_back(self, feed: Feed, batch_id: int) -> None:
        """As if the batch had been red; only the owner of the warehouse can, and no step of the platform does."""
        with psycopg.connect(self.settings.database_url("elevate_owner")) as connection:
            table = sql.Identifier("raw", feed.table)
            connection.execute(sql.SQL("delete from {} where _batch_id = %s").format(table), (batch_id,))
            connection.execute(
                "update ops.batch set verdict = 'red', rows_accepted = 0, rows_quarantined = rows_in"
                " where batch_id = %s",
                (batch_id,),
            )


def _coming(feed: Feed, way: Way) -> Feed:
    """The feed as it comes on this way; but for `marked` without the marker of its contract."""
    if way == "marked":
        return feed
    if way == "file":
        return replace(feed, marker=None)
    if way == "json":
        location = PurePosixPath(feed.location).with_suffix(".jsonl")
        return replace(feed, marker=None, format="json", location=str(location))
    return replace(
        feed, marker=None, package=way, location=f"{PurePosixPath(feed.location).parent}/pack.zip#{FILES[feed.id]}"
    )


def _read_by_a_refresh(connection: Connection, feed: Feed, night: date) -> set[int]:
    """The batches that a refresh of the night, of this feed alone, would read; none where it is refused."""
    try:
        with connection.transaction(force_rollback=True):
            refresh_id = refreshes.open_refresh(connection, "marts", night, RUN, {feed.id: feed})
            pinned = connection.execute("select batch_id from ops.refresh_batch where refresh_id = %s", (refresh_id,))
            return {row["batch_id"] for row in pinned}
    except refreshes.RefreshError:
        return set()


def _rows_of(feed: Feed) -> sql.Composed:
    # Numbers count by value: 1 and 1.0 are the same.
    cells = [
        (sql.SQL("trim_scale({})::text as {}") if c.type == "numeric" else sql.SQL("{}::text as {}")).format(
            sql.Identifier(c.name), sql.Identifier(c.name)
        )
        for c in feed.columns
    ]
    places = sql.SQL(", ").join(sql.Literal(place) for place in range(1, len(cells) + 1))
    return sql.SQL("select {} from {} where _batch_id = %s order by {}").format(
        sql.SQL(", ").join(cells), sql.Identifier("raw", feed.table), sql.SQL(places.as_string())
    )
