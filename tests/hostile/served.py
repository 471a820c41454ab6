"""What readers are served while hostile deliveries come: a mart that is really published, and how it stands."""

from datetime import date
from typing import Any

from psycopg import sql

from elevate import publishing, refreshes
from elevate.contracts import Feed
from elevate.gates import results
from elevate.gates.engine import RuleResult
from elevate.gates.rules import Rule
from elevate.settings import Settings
from elevate.warehouse import connect
from elevate.warehouse.connection import Connection

RUN = "served"
HAS_ROWS = Rule("has_rows", "expect_table_row_count_to_be_between", {}, "critical", "Because.", "Mend it.")


def publish_schools(settings: Settings, schools: Feed, night: date) -> None:
    """Build a mart of the accepted schools alone, judge it and publish it."""
    with connect(settings) as connection:
        refresh_id = refreshes.open_refresh(connection, "marts", night, RUN, {schools.id: schools})
        connection.execute("create table candidate_marts.dim_school (school_id text primary key, school_name text)")
        connection.execute("create table candidate_bi.bi_school (n_schools bigint primary key)")
        connection.execute(
            """insert into candidate_marts.dim_school select school_id, school_name from raw.sis__schools
               join ops.refresh_batch on batch_id = _batch_id where refresh_id = %s""",
            (refresh_id,),
        )
        connection.execute("insert into candidate_bi.bi_school select count(*) from candidate_marts.dim_school")
        for table in ("marts.dim_school", "bi.bi_school"):
            results.record(connection, 2, table, [RuleResult(HAS_ROWS, "pass")], refresh_id=refresh_id)
    publishing.publish(settings, refresh_id)


def served(connection: Connection) -> tuple[Any, ...]:
    """All that readers can see, down to the place of each row and the transaction that wrote it."""
    tables = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2",
        ([schema for schemas in refreshes.PUBLISHED_SCHEMAS.values() for schema in schemas],),
    ).fetchall()
    rows = sql.SQL("select ctid::text, xmin::text, t::text as content from {} as t order by 1")
    of_tables = [
        (
            *table.values(),
            *map(tuple, map(dict.values, connection.execute(rows.format(sql.Identifier(*table.values()))))),
        )
        for table in tables
    ]
    publications = connection.execute("select publication_id, content_hash from ops.publication order by 1").fetchall()
    return (*of_tables, *(tuple(row.values()) for row in publications))
