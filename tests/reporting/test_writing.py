"""From the published tables to the file: the same publication gives the same bytes, another night an answer."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from typer.testing import CliRunner

from elevate import figures as history
from elevate import reporting
from elevate.cli import app
from elevate.reporting.page import render
from elevate.reporting.reading import SHOWN, ReportError, read
from elevate.settings import Settings
from elevate.warehouse import connect
from elevate.warehouse.connection import Connection
from tests.reporting import figures

KEYS = """
    study roster_version arm school_year step_number sample outcome follow_up level covariate subgroup_dimension
    subgroup method school_category cohort event_time table_name figure column_name category metric pre_years
    post_years
""".split()
"""Columns of the keys of the evaluation's tables."""
DAY_AFTER = date(2018, 7, 16)


def publish(connection: Connection, night: date, content_hash: str) -> int:
    """An evaluation's publication after the marts', with the history of its figures; its number."""
    opened = """insert into ops.refresh (kind, night, run, verdict, closed_at, marts_refresh_id)
                values (%s, %s, 'test', 'published', now(), %s) returning refresh_id"""
    recorded = """insert into ops.publication (refresh_id, kind, night, content_hash)
                  values (%s, %s, %s, %s) returning publication_id"""
    marts = row_of(connection, opened, "marts", night, None)["refresh_id"]
    connection.execute("insert into ops.refresh_feed values (%s, 'sis', 'attendance', %s, 'green')", (marts, night))
    row_of(connection, recorded, marts, "marts", night, content_hash)
    refresh = row_of(connection, opened, "evaluation", night, marts)["refresh_id"]
    number = int(row_of(connection, recorded, refresh, "evaluation", night, content_hash)["publication_id"])
    history.record(connection, number)
    return number


def row_of(connection: Connection, statement: str, *given: Any) -> dict[str, Any]:
    row = connection.execute(statement.encode(), given).fetchone()
    assert row is not None
    return row


def fill(connection: Connection) -> None:
    """Published tables with the rows of the district made up, and a few of their descriptions."""
    for name in SHOWN:
        schema, table = name.split(".")
        rows = figures.district().tables[table]
        columns = {column: kind_of({type(row[column]) for row in rows}) for column in rows[0]} | {"unheard_of": "text"}
        spelt = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(k)) for c, k in columns.items())
        target = sql.Identifier(schema, table)
        connection.execute(sql.SQL("create table {} ({})").format(target, spelt))
        connection.execute(
            sql.SQL("insert into {0} select * from jsonb_populate_recordset(null::{0}, %s)").format(target),
            (json.dumps(rows),),
        )
        if schema == "evaluation":
            key = sql.SQL(", ").join(sql.Identifier(column) for column in rows[0] if column in KEYS)
            connection.execute(sql.SQL("alter table {} add primary key ({})").format(target, key))
    connection.execute("comment on table evaluation.eval_impact is '**Overview** Effects.'")
    connection.execute("comment on column evaluation.eval_impact.effect_size is 'In standard deviations.'")


def kind_of(types: set[type]) -> str:
    """The type of a column with values of these."""
    if float in types:
        return "numeric(16, 6)"
    return "boolean" if bool in types else "integer" if int in types else "text"


def embedded(page: Path) -> dict[str, Any]:
    """The figures in a page."""
    (found,) = re.findall(r'id="figures">(.*?)</script>', page.read_text(), flags=re.DOTALL)
    return dict(json.loads(found))


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
    shown = CliRunner().invoke(app, ["report", "--night", "2018-07-15"])
    assert shown.exit_code == 1
    assert shown.stderr == "No evaluation was published yet: run a night first.\n"


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
    assert CliRunner().invoke(app, ["report"]).stdout == f"Report: {first}\n"


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


def test_a_night_without_evaluation_is_answered_with_what_there_is(published: Settings) -> None:
    with pytest.raises(ReportError, match=r"No evaluation of 2018-07-16 was published; .* that of 2018-07-15"):
        reporting.write(published, DAY_AFTER)


def test_a_past_night_is_reported_as_it_was_published(published: Settings) -> None:
    """Last in the module: it publishes another night."""
    page = reporting.write(published)
    before = embedded(page)
    with connect(published) as connection:
        connection.execute("update evaluation.eval_impact set estimate = 0.5 where sample = 'programme'")
        connection.execute("update marts.agg_programme_reach set schools_reached = 150")
        connection.execute("update marts.dim_study set effective_from = '2018-07-16' where status = 'completed'")
        publish(connection, DAY_AFTER, "b" * 64)
    now = embedded(reporting.write(published))
    then = reporting.write(published, figures.NIGHT)
    assert (then.name, embedded(page)) == ("2018-07-15-from-history.html", before)
    assert reporting.nights(published) == [DAY_AFTER, figures.NIGHT]
    assert "Not kept for past nights" in then.read_text()
    assert "150 of the 150 schools" not in then.read_text()
    of_the_evaluation = [name.split(".")[1] for name in SHOWN if name.startswith("evaluation.")]
    for table in (*of_the_evaluation, "fct_study_assignment"):
        if table != "eval_restatement":
            assert embedded(then)[table] == before[table], table
    assert [row["status"] for row in embedded(then)["dim_study"] if row["is_current"]] == ["on_going"]
    changed = [(table, row) for table in now for row in now[table] if row not in before[table]]
    assert {table for table, _ in changed} == {"eval_impact", "agg_programme_reach", "dim_study"}
    assert {row["sample"] for table, row in changed if table == "eval_impact"} == {"programme"}
