"""A district of one test: contracts, suites and deliveries, as small as what is tested."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from elevate import batches, landing, loading
from elevate.batches import Batch
from elevate.contracts import Feed, read_contract
from elevate.gates import batch_gate
from elevate.gates.batch_gate import Verdict
from elevate.raw import ensure_table
from elevate.settings import Settings
from elevate.warehouse import connect
from elevate.warehouse.connection import FIXED_SESSION

NIGHT = date(2019, 2, 11)
RUN = "test"


def column(name: str, kind: str = "text", **given: Any) -> dict[str, Any]:
    """A property of a contract; `key=1` is short for its place in the primary key."""
    position = given.pop("key", None)
    if position:
        given |= {"primaryKey": True, "primaryKeyPosition": position, "required": True}
    return {
        "name": name,
        "logicalType": "string",
        "physicalType": kind,
        "classification": "internal",
        "description": f"The {name}.",
    } | given


def of_values(*values: Any) -> list[dict[str, Any]]:
    """An enumeration as a contract states it."""
    return [{"value": value, "description": f"It is {value}"} for value in values]


STUDENTS = (
    column("student_id", key=1, classification="restricted", logicalTypeOptions={"pattern": r"^\d{9}$"}),
    column("grade", enum=of_values("K", "1", "2")),
    column("born_on", "date", classification="restricted"),
    column("days", "integer", logicalTypeOptions={"minimum": 0, "maximum": 180}),
)


def contract(
    feed_id: str = "sis.students",
    columns: Iterable[dict[str, Any]] = STUDENTS,
    server: dict[str, Any] | None = None,
    minimum_rows: Any = 1,
    **custom: Any,
) -> dict[str, Any]:
    """A contract that can be used; `custom` are its customProperties (None leaves one out)."""
    source, name = feed_id.split(".")
    values = {"loadMode": "snapshot", "required": True} | custom
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": feed_id,
        "name": name,
        "version": "1.0.0",
        "status": "active",
        "domain": source,
        "description": {"purpose": f"The feed {feed_id}."},
        "servers": [
            {"server": source, "type": "local", "path": f"{source}/{{night}}/{name}.csv", "format": "csv"}
            | (server or {})
        ],
        "team": {"name": "The Registrar"},
        "slaProperties": [
            {"property": "latency", "value": 6, "unit": "h"},
            {"property": "retention", "value": 7, "unit": "y"},
        ],
        "schema": [
            {
                "name": name,
                "logicalType": "object",
                "quality": [{"type": "library", "metric": "rowCount", "mustBeGreaterOrEqualTo": minimum_rows}],
                "properties": list(columns),
            }
        ],
        "customProperties": [{"property": p, "value": v} for p, v in values.items() if v is not None],
    }


def rule(name: str, kind: str, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    """A rule of a suite."""
    texts = {"why": "Because.", "fix": "Mend it."}
    return {"rule": name, **texts, "severity": severity, "type": kind, "kwargs": kwargs}


def query_rule(name: str, query: str, severity: str = "critical") -> dict[str, Any]:
    """A rule whose query returns the rows that break it."""
    return rule(name, "unexpected_rows_expectation", severity, unexpected_rows_query=query)


NOTHING_WRONG = query_rule("nothing_wrong", "select 1 from {batch} where false")
HAS_ROWS = rule("has_rows", "expect_table_row_count_to_be_between", min_value=1)


@dataclass
class District:
    """An installation with feeds of its own; its sources are folders below `drop`."""

    settings: Settings
    root: Path
    feeds: dict[str, Feed] = field(default_factory=dict)
    sessions: dict[str, psycopg.Connection] = field(default_factory=dict)

    @property
    def drop(self) -> Path:
        """Where the sources leave their files."""
        return self.root / "drop"

    def write_contract(self, content: dict[str, Any]) -> Path:
        """The contract as a file in its place."""
        file = self.root / "feeds" / content["domain"] / f"{content['name']}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        # JSON is YAML, and writing it takes a tenth of the time.
        file.write_text(json.dumps(content, default=str))
        return file

    def write_suite(self, name: str, *rules: dict[str, Any], **more: Any) -> Path:
        """The suite as a file in its place."""
        file = self.root / "expectations" / name.replace(".", "/")
        file = file.with_name(f"{file.name}.yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump({"suite": name, "rules": list(rules), **more}))
        return file

    def feed(self, content: dict[str, Any] | None = None, *rules: dict[str, Any]) -> Feed:
        """A feed ready for deliveries: contract, suite, address of its source, raw table."""
        feed = read_contract(self.write_contract(content or contract()))
        self.write_suite(feed.id, *(rules or (NOTHING_WRONG,)))
        self.feeds[feed.id] = feed
        sources = {
            f.source: {"type": "folder", "path": str(self.drop), "pause_seconds": 0} for f in self.feeds.values()
        }
        self.settings.sources_file.write_text(json.dumps(sources))
        with connect(self.settings) as connection:
            ensure_table(connection, feed)
        return feed

    def deliver(self, feed: Feed, text: str | bytes, night: date = NIGHT, name: str | None = None) -> Path:
        """Leave a file where the source would; replaces what is there under this name."""
        file = self.drop / feed.source / night.isoformat() / (name or f"{feed.name}.csv")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def open(self, feed: Feed, text: str | bytes | None = None, night: date = NIGHT) -> int:
        """Deliver and land; returns the id of the batch."""
        if text is not None:
            self.deliver(feed, text, night)
        landed = landing.land(self.settings, feed, night)
        with connect(self.settings) as connection:
            return batches.open_batch(connection, feed, night, RUN, landed)

    def load(self, feed: Feed, text: str | bytes | None = None, night: date = NIGHT) -> int:
        """Deliver, land and load; returns the id of the batch."""
        batch_id = self.open(feed, text, night)
        loading.load(self.settings, feed, batch_id)
        return batch_id

    def take(self, feed: Feed, text: str | bytes | None = None, night: date = NIGHT) -> Verdict:
        """Deliver, land, load and judge."""
        return batch_gate.judge(self.settings, feed, self.load(feed, text, night))

    def session(self, role: str = "elevate_pipeline") -> psycopg.Connection:
        """A session that is kept: most of a small query's time is its login."""
        if role not in self.sessions or self.sessions[role].broken:
            url = self.settings.database_url(role)
            connection = psycopg.connect(url, options=FIXED_SESSION, autocommit=True, prepare_threshold=None)
            self.sessions[role] = connection
        return self.sessions[role]

    def close(self) -> None:
        """End the sessions."""
        for connection in self.sessions.values():
            connection.close()

    def batch(self, batch_id: int) -> Batch:
        """The batch as it stands."""
        with connect(self.settings) as connection:
            return batches.get(connection, batch_id)

    def rows(self, query: str, *values: Any, role: str = "elevate_pipeline") -> list[tuple[Any, ...]]:
        """What a query returns."""
        return self.session(role).execute(query.encode(), values or None).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        """The one value that a query returns."""
        ((found,),) = self.rows(query, *values)
        return found

    def run(self, *statements: str) -> None:
        """Statements in one transaction, as the pipeline."""
        connection = self.session()
        with connection.transaction():
            for statement in statements:
                connection.execute(statement.encode())

    def candidate(self, table: str, columns: str, *rows: tuple[Any, ...]) -> None:
        """Make the table `schema.table` of the candidate, as the build would."""
        schema, name = table.split(".")
        target = sql.Identifier(f"candidate_{schema}", name)
        connection = self.session()
        with connection.transaction():
            connection.execute(sql.SQL("drop table if exists {}").format(target))
            connection.execute(sql.SQL("create table {} ({})").format(target, sql.SQL(columns)))
            values = [sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, row))) for row in rows]
            if values:
                connection.execute(sql.SQL("insert into {} values {}").format(target, sql.SQL(", ").join(values)))
