"""The documented queries at the size of a district. `pytest -m bench tests/bench/test_queries.py`.

One night of the synthetic district is published, and its published tables are then multiplied: schools
without the programme, and pupils of all schools. The programme's own tables stay as they are, since its
schools are 36 in any district.
"""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml
from psycopg import sql
from psycopg.errors import QueryCanceled

from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from elevate.warehouse.connection import Connection
from tests.bench.report import table
from tests.bench.results import machine
from tests.support import night as nights
from tests.support.district import SOURCES, serving

NIGHT = date(2019, 2, 11)
SCHOOLS, SCHOOL_COPIES, PUPIL_COPIES = 48, 14, 8
REPETITIONS = 3
MODELS = PROJECT / "dbt_project" / "models" / "marts"
OF_THE_PROGRAMME = {
    *(file.stem for file in (MODELS / "supports").glob("*.yml")),
    *("fct_cohort_membership", "fct_study_assignment", "dim_programme_cohort", "agg_programme_reach"),
}


@dataclass(frozen=True)
class Published:
    """A published table as it stands on record."""

    schema: str
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def copies(self) -> int:
        """How often its rows stand in a district, the first time included."""
        if self.name in OF_THE_PROGRAMME or not any(c.endswith("school_id") for c in self.columns):
            return PUPIL_COPIES * SCHOOL_COPIES if "student_key" in self.columns else 1
        return SCHOOL_COPIES * (PUPIL_COPIES if "student_key" in self.columns else 1)

    def value(self, column: str) -> sql.Composable:
        """A column's value in copy number `copy`; the first is as it was."""
        name = sql.Identifier(column)
        if column.endswith("school_id"):
            return sql.SQL("{0} || coalesce('.' || nullif(copy % {1}, 0), '')").format(name, SCHOOL_COPIES)
        if column == "student_key" or (column in self.key and column.endswith("_id")):
            return sql.SQL("{0} || coalesce('.' || nullif(copy, 0), '')").format(name)
        return name


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_the_documented_queries_at_district_size(
    settings_of_its_own: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Measures and reports; what fails is a query that has no answer."""
    settings = settings_of_its_own
    with serving(tmp_path, settings, SCHOOLS):
        for source in SOURCES:
            nights.extract(settings, source, NIGHT)
    nights.refresh(settings, "marts", NIGHT)
    nights.refresh(settings, "evaluation", NIGHT)
    sizes = [_multiply(settings, published) for published in _published()]
    largest = sorted(sizes, key=lambda size: -size[1])[:8]
    timings = sorted(_timings(settings), key=lambda timing: -timing[1])
    with capsys.disabled():
        sys.stdout.write(f"\n\n{table(('table', 'rows', 'MB', 'made in s'), largest)}\n\n")
        sys.stdout.write(f"{table(('query', 'ms', 'rows'), timings)}\n\n{_pupils(settings)}, {machine()}\n")


def _published() -> Iterator[Published]:
    record: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project" / "published.yml").read_text())
    for name, about in record.items():
        schema, _, relation = name.partition(".")
        yield Published(schema, relation, tuple(about["columns"]), tuple(about["key"].split()))


def _multiply(settings: Settings, published: Published) -> tuple[str, int, float, float]:
    """The table at the size of a district, with its key, indexes, rights and statistics: name, rows, MB, seconds."""
    began = time.perf_counter()
    target = sql.Identifier(published.schema, published.name)
    with connect(settings) as connection:
        if published.copies > 1:
            _fill(connection, published, target)
        row = connection.execute(
            sql.SQL("select count(*) as n, pg_total_relation_size({}) / 1e6 as mb from {}").format(
                sql.Literal(f"{published.schema}.{published.name}"), target
            )
        ).fetchone()
    assert row is not None
    return f"{published.schema}.{published.name}", row["n"], float(row["mb"]), time.perf_counter() - began


def _fill(connection: Connection, published: Published, target: sql.Identifier) -> None:
    definitions = connection.execute(
        "select indexdef from pg_indexes where schemaname = %s and tablename = %s", (published.schema, published.name)
    ).fetchall()
    old = sql.Identifier(published.schema, "before")
    connection.execute(sql.SQL("alter table {} rename to before").format(target))
    values = sql.SQL(", ").join(
        sql.SQL("{} as {}").format(published.value(column), sql.Identifier(column)) for column in published.columns
    )
    connection.execute(
        sql.SQL("create table {} as select {} from {} cross join generate_series(0, {}) as copy").format(
            target, values, old, published.copies - 1
        )
    )
    connection.execute(sql.SQL("drop table {} cascade").format(old))
    for definition in definitions:
        connection.execute(definition["indexdef"].encode())
    connection.execute(sql.SQL("analyze {}").format(target))


def _timings(settings: Settings) -> Iterator[tuple[str, float, int]]:
    for file in sorted((PROJECT / "docs" / "queries").glob("*.sql")):
        query, taken, rows = file.read_text().encode(), [], 0
        with connect(settings, "analyst") as connection, suppress(QueryCanceled):  # what takes longer than they may
            for _ in range(REPETITIONS + 1):
                began = time.perf_counter()
                rows = len(connection.execute(query).fetchall())
                taken.append(1000 * (time.perf_counter() - began))
        yield file.stem, median(taken[1:] or [math.inf]), rows


def _pupils(settings: Settings) -> str:
    with connect(settings) as connection:
        row = connection.execute(
            "select count(distinct school_id) as schools, count(*) as pupils from marts.agg_student_year_attendance"
            " where school_year = (select max(school_year) from marts.agg_student_year_attendance)"
        ).fetchone()
    assert row is not None
    return f"{row['schools']} schools, {row['pupils']:,} pupils of the year"
