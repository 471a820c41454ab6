"""From the published tables to the file: the same publication gives the same bytes, another night an answer."""

import json
from datetime import date
from typing import Any

import pytest
from psycopg import sql

from elevate import reporting
from elevate.reporting.page import render
from elevate.reporting.reading import SHOWN, ReportError, read
from elevate.settings import Settings
from elevate.warehouse import connect
from elevate.warehouse.connection import Connection
from tests.reporting import figures

DAY_AFTER = date(2018, 7, 16)


def publish(connection: Connection, night: date, content_hash: str) -> int:
    """An evaluation's publication with the marts' before it; its number."""
    opened = """insert into ops.refresh (kind, night, run, verdict, closed_at, marts_refresh_id)
                values (%s, %s, 'test', 'published', now(), %s) returning refresh_id"""
    marts = row_of(connection, opened, "marts", night, None)["refresh_id"]
    connection.execute("insert into ops.refresh_feed values (%s, 'sis', 'attendance', %s, 'green')", (marts, night))
    refresh = row_of(connection, opened, "evaluation", night, marts)["refresh_id"]
    recorded = """insert into ops.publication (refresh_id, kind, night, content_hash)
                  values (%s, 'evaluation', %s, %s) returning publication_id"""
    return int(row_of(connection, recorded, refresh, night, content_hash)["publication_id"])


def row_of(connection: Connection, statement: str, *given: Any) -> dict[str, Any]:
    row = connection.execute(statement.encode(), given).fetchone()
    assert row is not None
    return row


def fill(connection: Connection) -> None:
    """Published tables with the rows of the district made up, and a few of their descriptions."""
    kinds = {bool: "boolean", int: "numeric", float: "numeric"}
    for name in SHOWN:
        schema, table = name.split(".")
        rows = figures.district().tables[table]
        found = {column: value for row in rows for column, value in row.items() if value is not None}
        columns = {column: kinds.get(type(found.get(column)), "text") for column in rows[0]} | {"unheard_of": "text"}
        spelt = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(k)) for c, k in columns.items())
        target = sql.Identifier(schema, table)
        connection.execute(sql.SQL("create table {} ({})").format(target, spelt))
        connection.execute(
            sql.SQL("insert into {0} select * from jsonb_populate_recordset(null::{0}, %s)").format(target),
            (json.dumps(rows),),
        )
    connection.execute("comment on table evaluation.eval_impact is '**Overview** Effects.'")
    connection.execute("comment on column evaluation.eval_impact.effect_size is 'In standard deviations.'")


@pytest.fixture(scope="module")
def published(module_settings: Settings) -> Settings:
    """A night's evaluation, published."""
    with connect(module_settings) as connection:
        fill(connection)
        publish(connection, figures.NIGHT, "a" * 64)
    return module_settings


def test_nothing_published_is_said(settings: Settings) -> None:
    with pytest.raises(ReportError, match="run a night first"):
        reporting.write(settings)


def test_the_same_night_built_twice_is_the_same_file(published: Settings) -> None:
    first = reporting.write(published)
    before = first.read_bytes()
    first.unlink()
    again = reporting.write(published, figures.NIGHT)
    assert again == first == reporting.page(published, figures.NIGHT)
    assert again.read_bytes() == before
    assert b"In standard deviations." in before
    assert reporting.nights(published) == [figures.NIGHT]
    assert [file.name for file in reporting.folder(published).iterdir()] == ["2018-07-15.html"]


def test_the_warehouse_gives_the_figures_as_they_are(published: Settings) -> None:
    tables = read(published).tables
    made = figures.district().tables
    for table, rows in made.items():
        wanted = {name.split(".")[1]: columns.split() for name, columns in SHOWN.items()}[table]
        kept = [{column: row[column] for column in wanted if column in row} for row in rows]
        assert sorted(map(str, tables[table])) == sorted(map(str, kept)), table
    assert render(read(published), 10)


def test_the_same_content_published_again_is_the_same_report(published: Settings) -> None:
    before = reporting.write(published).read_bytes()
    with connect(published) as connection:
        publish(connection, figures.NIGHT, "a" * 64)
    assert reporting.write(published).read_bytes() == before


def test_another_night_is_answered_with_what_is_there(published: Settings) -> None:
    with pytest.raises(ReportError, match=r"that of 2018-07-15, not of 2018-07-16"):
        reporting.write(published, DAY_AFTER)
