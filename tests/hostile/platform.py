"""A platform with one good night behind it, that judges each hostile delivery on its own.

After a delivery that was let through, the warehouse is put back as the good night left it.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import psycopg
import yaml
from psycopg import sql

from elevate import batches, landing, loading
from elevate.contracts import Feed, load_feeds
from elevate.gates import batch_gate
from elevate.raw import ensure_table
from elevate.settings import Settings
from elevate.sources import NotDelivered
from elevate.sources.paths import folder_of
from elevate.warehouse import connect

RUN = "hostile"
RESTORE = """
    select pg_terminate_backend(pid) from pg_stat_activity where datname = '{origin}';
    drop database if exists {to} with (force);
    create database {to} template {origin} owner elevate_owner strategy file_copy;
    update pg_database set datacl = (select datacl from pg_database where datname = '{origin}') where datname = '{to}'
"""


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
    changed: bool = field(default=False)

    @cached_property
    def feeds(self) -> dict[str, Feed]:
        """The contracts, which are those of the project."""
        return load_feeds(self.settings.feeds)

    def open(self) -> None:
        """Write the addresses of the sources, and make the tables of every feed."""
        addresses = {f.source: {"type": "folder", "path": str(self.drop)} for f in self.feeds.values()}
        self.settings.sources_file.write_text(yaml.safe_dump(addresses))
        with connect(self.settings) as connection:
            for feed in self.feeds.values():
                ensure_table(connection, feed)

    def keep(self) -> None:
        """Take the warehouse as it is for what each delivery is judged against."""
        self._copy("warehouse", "hostile_base")

    def judge(self, feed_id: str, night: date, files: dict[str, bytes]) -> Judged:
        """Deliver these files and nothing else for the night, and let gate 1 decide."""
        if self.changed:
            self._copy("hostile_base", "warehouse")
        feed = self.feeds[feed_id]
        folder = self.drop / folder_of(feed, night)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for name, content in files.items():
            (folder / name).write_bytes(content)
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
        except loading.StructureError as error:
            raised = str(error)
        verdict = batch_gate.judge(self.settings, feed, batch_id)
        self.changed = verdict.lets_through
        return self._judged(feed, batch_id, (raised, verdict.message, *heard.texts))

    def _judged(self, feed: Feed, batch_id: int, said: Iterable[str]) -> Judged:
        with connect(self.settings) as connection:
            batch = connection.execute("select * from ops.batch where batch_id = %s", (batch_id,)).fetchone()
            told = connection.execute("select message from ops.gate_result where batch_id = %s", (batch_id,)).fetchall()
            kept = connection.execute(
                "select count(distinct (file, line)) as n from quarantine.rejected_row where batch_id = %s", (batch_id,)
            ).fetchone()
            published = connection.execute("select count(*) as n from ops.publication").fetchone()
            assert batch and kept and published and published["n"] == 0
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

    def _copy(self, origin: str, to: str) -> None:
        url = self.settings.database_url("elevate_owner", "postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in RESTORE.format(origin=origin, to=to).split(";"):
                connection.execute(statement.encode())
        self.changed = False


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
