"""The floor: what PostgreSQL alone takes for the same files and the same models.

One psql script in one transaction: each file copied into a table of text, cast
without a check, then each model's compiled SQL in dbt's order. No landing, no
gate, no test, no constraint, no key, no description, no publication.
"""

import csv
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from elevate import warehouse
from elevate.contracts import Column, Feed, load_feeds
from elevate.local import postgres
from elevate.refreshes import Kind
from elevate.settings import Settings
from elevate.sources.paths import folder_of, name_pattern
from elevate.transforming import LAYERS
from elevate.warehouse import connect
from tests.bench.artifacts import Model
from tests.bench.clock import Clock
from tests.bench.steps import Refresh

DATABASE = "floor"
BI_CELL_SHOWN = """
create table intermediate.bi_cell_shown (refresh_id bigint, level text, unit text, school_year integer, outcome text,
    grade_band text, subgroup_dimension text, subgroup text, shows text, mean_lower numeric, mean_upper numeric);
"""
"""What the library decides on; the floor decides nothing, and joins it."""
ESTIMATES = Path(warehouse.__file__).parent / "migrations" / "versions" / "0006_estimates.sql"
"""What the library estimates and the floor does not."""
SCHEMAS = "raw ops identity staging intermediate candidate_marts candidate_bi candidate_evaluation"
SCRATCH_IDENTITY = """
    create table identity.student_key as
    select student_id, substr(encode(sha256(student_id::bytea), 'hex'), 1, 24) as student_key
    from (
        select student_id from raw.sis__students
        union select student_id from raw.assessment__map_results
        union select student_id from raw.assessment__map_students
    ) as everyone where student_id is not null;
    analyze identity.student_key"""
DATES = {"MM/dd/yyyy": "MM/DD/YYYY"}


@dataclass(frozen=True)
class Delivered:
    """One feed's batch of the night, and its file in the drop (none where the feed was not delivered)."""

    feed: Feed
    batch_id: int
    file: Path | None


def measure(settings: Settings, drop: Path, night: date, refreshes: dict[Kind, Refresh]) -> Clock:
    """Run the floor in a database of its own on the server of `settings`.

    Returns the time of the whole as `floor`, its statements by copy, cast and models. Must
    directly follow the night by the library there, whose `refreshes` they are.
    """
    clock = Clock()
    _recreate_database(settings)
    script = settings.home / "floor.sql"
    script.write_text("\n".join(_script(settings, drop, night, refreshes)))
    with clock("floor"):
        timings = _psql(settings, script)
    for step, name, seconds in timings:
        clock.add(seconds, "floor statements", step, name)
    _check(settings)
    return clock


def _script(settings: Settings, drop: Path, night: date, refreshes: dict[Kind, Refresh]) -> Iterator[str]:
    yield "\\timing on"
    yield from (f"create schema {schema};" for schema in SCHEMAS.split())
    for delivered in _delivered(settings, drop, night):
        if delivered.file is not None:
            yield f"\\echo @ copy {delivered.feed.id}"
            yield from _copy(delivered.feed, delivered.file)
        yield f"\\echo @ cast {delivered.feed.id}"
        yield _cast(delivered)
    yield "\\echo @ cast keys"
    yield SCRATCH_IDENTITY + ";"
    yield from _ledger(settings, refreshes)
    yield BI_CELL_SHOWN
    yield re.sub(r"alter table .*;", "", ESTIMATES.read_text())
    for kind in LAYERS:
        for model in refreshes[kind].models:
            yield f"\\echo @ models {model.name}"
            yield _create(model)
        if kind == "marts":
            yield "alter schema candidate_marts rename to marts; alter schema candidate_bi rename to bi;"


def _delivered(settings: Settings, drop: Path, night: date) -> Iterator[Delivered]:
    with connect(settings) as connection:
        rows = connection.execute(
            "select source || '.' || feed as id, max(batch_id) as batch_id from ops.batch where night = %s group by 1",
            (night,),
        ).fetchall()
    batch_ids = {row["id"]: row["batch_id"] for row in rows}
    for feed in load_feeds(settings.feeds).values():
        folder, pattern = drop / folder_of(feed, night), name_pattern(feed)
        files = [file for file in folder.glob("*") if feed.id in batch_ids and pattern.match(file.name)]
        yield Delivered(feed, batch_ids.get(feed.id, 0), files[0] if files else None)


def _copy(feed: Feed, file: Path) -> Iterator[str]:
    columns = ", ".join(f'"{name}" text' for name in _header(feed, file))
    yield f"create temp table {feed.table} ({columns});"
    options = f"format csv, header true, delimiter '{feed.delimiter}', encoding '{feed.encoding}', force_null *"
    yield f"\\copy {feed.table} from '{file}' with ({options})"


def _header(feed: Feed, file: Path) -> list[str]:
    with file.open(encoding=feed.encoding, newline="") as lines:
        return next(csv.reader(lines, delimiter=feed.delimiter))


def _cast(delivered: Delivered) -> str:
    """The typed table that the models read; an empty one where the feed was not delivered."""
    feed, own = delivered.feed, "_batch_id bigint, _line bigint, _file text, _extra jsonb"
    columns = ", ".join(f"{column.name} {column.type}" for column in feed.columns)
    create = f"create table raw.{feed.table} ({own}, {columns});"
    if delivered.file is None:
        return create
    header = {name.strip().lower(): name for name in _header(feed, delivered.file)}
    cells = ", ".join(_cell(column, header.get(column.header.lower())) for column in feed.columns)
    select = f"select {delivered.batch_id}, row_number() over () + 1, '{delivered.file.name}', null::jsonb, {cells}"
    return f"{create} insert into raw.{feed.table} {select} from {feed.table}; analyze raw.{feed.table};"


def _cell(column: Column, header: str | None) -> str:
    if header is None:
        return "null"
    cell = f'"{header}"'
    for missing in column.missing_values:
        cell = f"nullif({cell}, '{missing}')"
    if column.date_format in DATES:
        return f"to_date({cell}, '{DATES[column.date_format]}')"
    return f"{cell}::{column.type}"


def _ledger(settings: Settings, refreshes: dict[Kind, Refresh]) -> Iterator[str]:
    """Which batches each refresh reads, as the library has pinned them."""
    with connect(settings) as connection:
        pins = connection.execute(
            "select refresh_id, batch_id from ops.refresh_batch where refresh_id = any(%s)",
            ([refresh.id for refresh in refreshes.values()],),
        ).fetchall()
        batches = connection.execute("select batch_id, source, feed, night, verdict from ops.batch").fetchall()
    yield "create table ops.refresh_batch (refresh_id bigint, batch_id bigint);"
    yield "create table ops.batch (batch_id bigint, source text, feed text, night date, verdict text);"
    yield from (f"insert into ops.refresh_batch values ({p['refresh_id']}, {p['batch_id']});" for p in pins)
    for b in batches:
        values = f"{b['batch_id']}, '{b['source']}', '{b['feed']}', '{b['night']}', '{b['verdict']}'"
        yield f"insert into ops.batch values ({values});"


def _create(model: Model) -> str:
    """One model. With fresh statistics, as in dbt's post-hook: without them the planner goes astray."""
    assert model.materialized in ("view", "table"), f"{model.name}: the floor knows no {model.materialized}"
    relation, body = (text.replace('"warehouse".', "") for text in (model.relation, model.compiled.strip()))
    analyze = f"\nanalyze {relation};" if model.materialized == "table" else ""
    return f"create {model.materialized} {relation} as\n{body};{analyze}"


def _psql(settings: Settings, script: Path) -> list[tuple[str, str, float]]:
    """Run the script; step, name and seconds of each of its statements."""
    known = settings.secrets
    address = f"host={known['database_host']} port={known['database_port']} dbname={DATABASE} user=elevate_owner"
    command = [str(postgres.binaries() / "psql"), "--no-psqlrc", "--quiet", "--single-transaction"]
    done = subprocess.run(
        [*command, "--set", "ON_ERROR_STOP=1", "--file", str(script), address],
        env=os.environ | {"PGPASSWORD": known["password_elevate_owner"]},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return list(_timings(done.stdout))


def _timings(output: str) -> Iterator[tuple[str, str, float]]:
    step, name = "other", ""
    for line in output.splitlines():
        if line.startswith("@ "):
            _, step, name = line.split(" ", 2)
        elif line.startswith("Time: "):
            yield step, name, float(line.split()[1]) / 1000


def _recreate_database(settings: Settings) -> None:
    with psycopg.connect(settings.database_url("elevate_owner", "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)".encode())
        connection.execute(f"create database {DATABASE} template template0".encode())


def _check(settings: Settings) -> None:
    """The floor has done the whole work: its tables have the library's rows, and at most the quarantined ones more."""
    with connect(settings) as connection:
        published = connection.execute(
            """select table_schema, table_name, rows,
                   (select sum(rows_quarantined) from ops.batch) as quarantined
               from ops.publication_table
               where publication_id in (select max(publication_id) from ops.publication group by kind)"""
        ).fetchall()
    with psycopg.connect(settings.database_url("elevate_owner", DATABASE)) as connection:
        for table in published:
            schema = table["table_schema"].replace("evaluation", "candidate_evaluation")
            query = f"select count(*) from {schema}.{table['table_name']}"
            (rows,) = connection.execute(query.encode()).fetchone() or (0,)
            assert 0 <= rows - table["rows"] <= table["quarantined"], table["table_name"]
