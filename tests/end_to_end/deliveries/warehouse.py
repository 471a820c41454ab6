"""A small warehouse for test_deliveries.py: three sources, five tables of them, one model a layer.

`sis` comes by an Ed-Fi API, `supports` and `study` as files in a folder.
"""

import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import yaml
from psycopg import sql

from elevate.contracts import Feed, load_feeds, read_contract
from elevate.settings import PROJECT, TIME_ZONE, Settings
from elevate.warehouse import connect
from simulator import edfi_items
from tests.end_to_end.conftest import Installation
from tests.library.district import HAS_ROWS, NOTHING_WRONG, District, column, contract, of_values, rule
from tests.library.sources.edfi import ENROLLMENTS, SMALL, Source, serving
from tests.support.airflow import Person

HERE = Path(__file__).parent
ATTENDANCE = PROJECT / "tests" / "library" / "sources" / "feeds" / "sis" / "attendance.yaml"
ALWAYS = timedelta(days=36500)
LONG_AGO = timedelta(days=1)
SCHOOL = column("school_id")
SPEAKER = column(
    "speaker",
    logicalTypeOptions={"pattern": r"^\d{9}$"},
    classification="restricted",
    customProperties=[{"property": "identifies", "value": "student"}],
)
"""The number of the pupil who speaks for a school, and that pupil's birthday: what must not get into any log."""
BORN_ON = column("born_on", "date", classification="restricted")
FILES = {
    "supports.visits": (column("visit_id", key=1), SCHOOL),
    "supports.devices": (column("device_id", key=1), SCHOOL, column("quantity", "integer")),
    "study.schools": (column("school_id", key=1), column("arm", enum=of_values("treatment", "control")), SPEAKER),
    "study.blocks": (column("school_id", key=1), column("block"), BORN_ON),
}
PUBLISHED = {
    "marts.fct_absence": ["student_id", "school_id", "absence_date"],
    "marts.fct_school": ["school_id", "arm"],
    "bi.bi_school": ["school_id", "visits", "devices"],
}


@dataclass
class Warehouse:
    """The installation, what it is fed with, and its Airflow."""

    installation: Installation
    district: District
    server: Source

    @property
    def settings(self) -> Settings:
        """The library's view of it."""
        return self.installation.settings

    @cached_property
    def airflow(self) -> Person:
        """Airflow, as the engineer."""
        return Person(self.settings)

    def agree(self, feed_id: str, due: timedelta, **custom: Any) -> Feed:
        """The contract of a feed by file: due so long after the end of its night."""
        content = contract(feed_id, FILES[feed_id], **custom)
        content["slaProperties"][0] |= {"value": due / timedelta(minutes=1), "unit": "m"}
        return read_contract(self.district.write_contract(content))

    def deliver(self, feed_id: str, night: date, *lines: str) -> None:
        """The feed's file of the night appears in its folder."""
        feed = load_feeds(self.settings.feeds)[feed_id]
        self.district.deliver(feed, "\n".join([",".join(feed.by_name), *lines, ""]), night)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, as the pipeline's login."""
        with connect(self.settings) as connection:
            return [tuple(row.values()) for row in connection.execute(query.encode(), values)]

    def leaks(self, *sought: str) -> set[str]:
        """Tables of Airflow and of `ops`, and files beside landing and the server's data, that hold one of these."""
        found = set[str]()
        tables = {"airflow": ("airflow_database", "public"), "warehouse": ("elevate_owner", "ops")}
        for database, (role, schema) in tables.items():
            with psycopg.connect(self.settings.database_url(role, database)) as connection:
                for (name,) in connection.execute("select tablename from pg_tables where schemaname = %s", (schema,)):
                    # Bytes stand in a row's text as their hexadecimal digits.
                    patterns = [f"%{form}%" for text in sought for form in (text, text.encode().hex())]
                    holding = sql.SQL("select 1 from {} as t where t::text like any(%s) limit 1")
                    if connection.execute(holding.format(sql.Identifier(schema, name)), (patterns,)).fetchone():
                        found.add(f"{database}.{name}")
        kept = [self.installation.home / folder for folder in ("landing", "postgres", "small")]
        for file in self.installation.home.rglob("*"):
            if file.is_file() and not any(file.is_relative_to(folder) for folder in kept):
                content = file.read_bytes()
                found |= {str(file.relative_to(self.installation.home)) for text in sought if text.encode() in content}
        return found

    def batches(self, night: date) -> dict[str, str]:
        """Feed to the last verdict of the night."""
        query = "select source || '.' || feed, verdict from ops.batch where night = %s order by batch_id"
        return dict(self.rows(query, night))


def until_now(night: date) -> timedelta:
    """How long the night is over: a feed that is due so long after its end is due now."""
    end = datetime(night.year, night.month, night.day, tzinfo=ZoneInfo(TIME_ZONE)) + timedelta(days=1)
    # The one thing for which the platform, too, asks the wall clock is how long it waits.
    return datetime.now(ZoneInfo(TIME_ZONE)) - end  # noqa: TID251


def build(installation: Installation, night: date, stack: ExitStack) -> Warehouse:
    """Contracts, suites, models and addresses, and the Ed-Fi server; nothing of the platform runs yet."""
    root = installation.home / "small"
    settings = installation.settings
    district = District(settings, root)
    server_folder = root / "edfi"
    server_folder.mkdir(parents=True)
    server = stack.enter_context(serving(settings, server_folder, edfi_items.store(SMALL, night)))
    warehouse = Warehouse(installation, district, server)
    district.write_contract(ENROLLMENTS)
    shutil.copy(ATTENDANCE, root / "feeds" / "sis")
    for feed_id in FILES:
        warehouse.agree(feed_id, LONG_AGO)
    for name in (*FILES, "sis.attendance", "sis.enrollments"):
        district.write_suite(name, NOTHING_WRONG)
    for name, columns in PUBLISHED.items():
        district.write_suite(name, HAS_ROWS, exactly(columns))
    folder = {"type": "folder", "path": str(district.drop), "pause_seconds": 0}
    settings.sources_file.write_text(yaml.safe_dump({"sis": server.address, "supports": folder, "study": folder}))
    _write_models(root / "dbt_project")
    return warehouse


def exactly(columns: Iterable[str]) -> dict[str, Any]:
    """The rule that a table has these columns."""
    return rule("exact_columns", "expect_table_columns_to_match_set", column_set=list(columns), exact_match=True)


def _write_models(project: Path) -> None:
    """The project's own macros and settings, over the models of this folder."""
    shutil.copytree(PROJECT / "dbt_project" / "macros", project / "macros")
    shutil.copytree(HERE / "models", project / "models")
    for name in ("dbt_project.yml", "profiles.yml", "models/staging/ops.yml"):
        shutil.copy(PROJECT / "dbt_project" / name, project / name)
