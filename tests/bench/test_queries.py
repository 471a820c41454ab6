"""The documented queries at the size of a district. `pytest -m bench tests/bench/test_queries.py`.

One night of the synthetic district is published, and its published tables are then multiplied: schools
without the programme, and pupils of all schools. The programme's own tables stay as they are, since its
schools are 36 in any district.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg import sql

from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from elevate.warehouse.connection import Connection
from tests.bench import readers
from tests.bench.report import table
from tests.bench.results import machine
from tests.support import night as nights
from tests.support.district import SOURCES, serving

NIGHT = date(2019, 2, 11)
SCHOOLS, SCHOOL_COPIES, PUPIL_COPIES = 48, 14, 6
MODELS = PROJECT / "dbt_project" / "models" / "marts"
OF_THE_PROGRAMME = {
    *(file.stem for file in (MODELS / "supports").glob("*.yml")),
    *("fct_cohort_membership", "fct_study_assignment", "agg_school_year_membership"),
    *("dim_programme_cohort", "agg_programme_reach"),
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

    def value(self, column: str, copy: int) -> sql.Composable:
        """A column's value in this copy; the first is as it was."""
        name, school = sql.Identifier(column), copy % SCHOOL_COPIES
        if column.endswith("school_id") or column == "short_name":
            return sql.SQL("{} || {}").format(name, sql.Literal(f".{school}")) if school else name
        if copy and (column == "student_key" or (column in self.key and column.endswith("_id"))):
            return sql.SQL("{} || {}").format(name, sql.Literal(f".{copy}"))
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
    largest = sorted(sizes, key=lambda size: -size[2] - size[3])[:10]
    whole = ("all published tables", *(sum(size[place] for size in sizes) for place in (1, 2, 3, 4)))
    timings = sorted(readers.timings(settings), key=lambda timing: -timing[1])
    with capsys.disabled():
        sys.stdout.write(f"\n\n{table((*readers.SIZE, 'made in s'), [*largest, whole])}\n\n")
        sys.stdout.write(f"{table(readers.TIMING, timings)}\n\n{readers.pupils(settings)}, {machine()}\n")


def _published() -> Iterator[Published]:
    record: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project" / "published.yml").read_text())
    for name, about in record.items():
        schema, _, relation = name.partition(".")
        yield Published(schema, relation, tuple(about["columns"]), tuple(about["key"].split()))


def _multiply(settings: Settings, published: Published) -> tuple[str, int, float, float, float]:
    """The table at the size of a district, as a publication leaves it: name, rows, MB, MB of indexes, seconds."""
    began = time.perf_counter()
    target = sql.Identifier(published.schema, published.name)
    with connect(settings) as connection:
        if published.copies > 1:
            _fill(connection, published, target)
    with connect(settings) as connection:
        connection.autocommit = True
        connection.execute(sql.SQL("vacuum (analyze) {}").format(target))
        row = connection.execute(
            sql.SQL(
                "select count(*) as n, pg_table_size({0}) / 1e6 as mb, pg_indexes_size({0}) / 1e6 as indexes from {1}"
            ).format(sql.Literal(f"{published.schema}.{published.name}"), target)
        ).fetchone()
    assert row is not None
    taken = time.perf_counter() - began
    return f"{published.schema}.{published.name}", row["n"], float(row["mb"]), float(row["indexes"]), taken


def _fill(connection: Connection, published: Published, target: sql.Identifier) -> None:
    """Copy by copy, each in the order of the rows that were published; keys and indexes after all of them."""
    definitions = connection.execute(
        "select indexdef from pg_indexes where schemaname = %s and tablename = %s", (published.schema, published.name)
    ).fetchall()
    old = sql.Identifier(published.schema, "before")
    connection.execute(sql.SQL("alter table {} rename to before").format(target))
    connection.execute(sql.SQL("create table {} (like {})").format(target, old))
    for copy in range(published.copies):
        values = sql.SQL(", ").join(published.value(column, copy) for column in published.columns)
        connection.execute(sql.SQL("insert into {} select {} from {}").format(target, values, old))
    connection.execute(sql.SQL("drop table {} cascade").format(old))
    for definition in definitions:
        connection.execute(definition["indexdef"].encode())
