"""What readers of the published tables pay: their sizes, and how long each documented question takes."""

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

from psycopg.errors import QueryCanceled

from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect

REPETITIONS = 5
SIZE = ("table", "rows", "MB", "MB of indexes")
TIMING = ("query", "processor ms", "ms", "rows")


def timings(settings: Settings) -> Iterator[tuple[str, float, float, int]]:
    """Query, processor milliseconds of its session, milliseconds by the clock, rows; medians, the first run aside."""
    for file in sorted((PROJECT / "docs" / "queries").glob("*.sql")):
        query, taken, rows = file.read_text().encode(), [], 0
        with connect(settings, "analyst") as connection, suppress(QueryCanceled):  # what takes longer than they may
            session = Path(f"/proc/{connection.info.backend_pid}/schedstat")
            for _ in range(REPETITIONS + 1):
                worked, began = _worked(session), time.perf_counter()
                rows = len(connection.execute(query).fetchall())
                taken.append((_worked(session) - worked, 1000 * (time.perf_counter() - began)))
        processor, clock = zip(*taken[1:] or [(math.inf, math.inf)], strict=True)
        yield file.stem, median(processor), median(clock), rows


def _worked(session: Path) -> float:
    return int(session.read_text().split()[0]) / 1e6


def sizes(settings: Settings) -> list[tuple[str, int, float, float]]:
    """Published tables as they stand, the largest first: name, rows by the statistics, MB, MB of indexes."""
    query = """
        select nspname || '.' || relname as name, reltuples::bigint as n, pg_table_size(pg_class.oid) / 1e6 as mb,
            pg_indexes_size(pg_class.oid) / 1e6 as indexes
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where nspname in ('marts', 'bi', 'evaluation') and relkind = 'r'
        order by pg_total_relation_size(pg_class.oid) desc"""
    with connect(settings) as connection:
        rows = connection.execute(query).fetchall()
    return [(row["name"], row["n"], float(row["mb"]), float(row["indexes"])) for row in rows]


def pupils(settings: Settings) -> str:
    """How large the district is, in words."""
    with connect(settings) as connection:
        row = connection.execute(
            "select count(distinct school_id) as schools, count(*) as pupils from marts.agg_student_year_attendance"
            " where school_year = (select max(school_year) from marts.agg_student_year_attendance)"
        ).fetchone()
    assert row is not None
    return f"{row['schools']} schools, {row['pupils']:,} pupils of the year"
