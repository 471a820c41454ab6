"""A platform with one good night behind it, that judges each hostile delivery on its own.

A delivery that was let through is taken back before the next one, so that each is judged
after the same good night.
"""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import psycopg
import yaml
from psycopg import sql

from elevate import batches, landing, loading
from elevate.contracts import Feed, load_feeds
from elevate.delimited import StructureError
from elevate.gates import batch_gate
from elevate.raw import ensure_table
from elevate.settings import Settings
from elevate.sources import NotDelivered
from elevate.sources.paths import folder_of, of_night
from elevate.warehouse import connect

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
        """The contracts of the project, but for the marker: what spoils a file here would mark it as complete too."""
        return {name: replace(feed, marker=None) for name, feed in load_feeds(self.settings.feeds).items()}

    def open(self) -> None:
        """Write the addresses of the sources, and make the tables of every feed."""
        addresses = {
            f.source: {"type": "folder", "path": str(self.drop), "pause_seconds": 0} for f in self.feeds.values()
        }
        self.settings.sources_file.write_text(yaml.safe_dump(addresses))
        with connect(self.settings) as connection:
            for feed in self.feeds.values():
                ensure_table(connection, feed)

    def judge(self, feed_id: str, night: date, files: dict[str, bytes]) -> Judged:
        """Deliver these files and nothing else for the night, and let gate 1 decide."""
        feed = self.feeds[feed_id]
        folder = self.drop / folder_of(feed, night)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        if feed.marker:
            # An honest marker: it lists the file as it is, for it is the file that is spoilt here.
            listed = {n: {"bytes": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in files.items()}
            marker = self.drop / of_night(feed.marker, night)
            marker.write_text(json.dumps({"since": None, "files": listed}))
        heard, root = _Heard(), logging.getLogger()
        root.addHandler(heard)
        try:
            return self._take(feed, night, heard)
        finally:
            root.removeHandler(heard)

    def _take(self, feed: Feed, night: date, heard: _Heard) -> Judged:
        raised = ""
        try:
            landed = landing.land(self.settings, feed, night)
        except NotDelivered as error:
            with connect(self.settings) as connection:
                batches.record_missing(connection, feed, night, RUN, str(error))
            return Judged("missing", str(error), (str(error), *heard.texts))
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
            published = connection.execute("select count(*) as n from ops.publication").fetchone()
            assert batch
            assert kept
            assert published
            assert published["n"] == 0, "something was published"
            rows = None
            if batch["verdict"] in ("green", "unchanged"):
                holds = batch["unchanged_from"] or batch_id
                rows = tuple(tuple(row.values()) for row in connection.execute(_rows_of(feed), (holds,)))
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
