"""A student of the study leaves after a whole night: nothing that the platform keeps tells of the student any more.

Searched are all rows of all tables and the planner's statistics, and all files of the installation and the server's
log, for the number, the names and the research key: as published, after the purge, and after the same night again.
"""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest
import yaml
from psycopg import sql

from elevate import reporting
from elevate.contracts import load_feeds
from elevate.identity import research_key
from elevate.local import databases, processes
from elevate.purging import purge_student
from elevate.replaying import replay
from elevate.settings import Settings
from elevate.warehouse import connect
from simulator.district import District
from simulator.drops import DropFolder
from simulator.marker import since_of, write_marker
from simulator.schools import Schools
from tests.support import night as nights
from tests.support.district import SOURCES

pytestmark = pytest.mark.timeout(1800)

NIGHT, LATER = date(2019, 2, 11), date(2019, 2, 12)
FIRST_NAME, LAST_NAME = "Zephyrine", "Quillfeather"
TABLES = "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"


@dataclass(frozen=True)
class Published:
    """A platform that has published a night, and what tells of one student of the study."""

    settings: Settings
    log: Path
    number: str

    @property
    def key(self) -> str:
        """The student's research key."""
        return research_key(self.settings.secrets["research_key"], self.number)

    def places(self) -> set[str]:
        """Tables that hold what tells of the student, and suffixes of such files."""
        sought = [self.number, self.key, FIRST_NAME, LAST_NAME]
        with psycopg.connect(self.settings.database_url("elevate_owner")) as connection:
            tables = [sql.Identifier(*row) for row in connection.execute(TABLES.encode())]
            holding = sql.SQL("select 1 from {} as t where t::text like any(%s) limit 1")
            found = {
                table.as_string(connection).replace('"', "")
                for table in [*tables, sql.Identifier("pg_stats")]
                if connection.execute(holding.format(table), ([f"%{text}%" for text in sought],)).fetchone()
            }
        files = [file for file in self.settings.home.rglob("*") if file.is_file()]
        for file in [*files, self.log]:
            content = file.read_bytes()
            found |= {file.suffix for text in sought if text.encode() in content}
        return found

    def students(self) -> tuple[int, int]:
        """How many students there are, and how many analysed."""
        with connect(self.settings) as connection:
            row = connection.execute(
                """select (select count(*) from marts.dim_student) as known,
                       (select count(distinct student_key) from evaluation.eval_analytic_sample
                        where is_analysed) as analysed"""
            ).fetchone()
        assert row is not None
        return row["known"], row["analysed"]


def publish(settings: Settings) -> None:
    """Marts, evaluation and report of the night."""
    for kind in ("marts", "evaluation"):
        nights.refresh(settings, kind, NIGHT)  # type: ignore[arg-type]
    reporting.write(settings, NIGHT)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as source:
        return list(csv.DictReader(source))


def a_student(settings: Settings) -> str:
    """The number of one whose outcomes were analysed."""
    with connect(settings) as connection:
        row = connection.execute(
            """select student_id from evaluation.eval_analytic_sample join identity.student_key using (student_key)
               where is_analysed order by student_id limit 1"""
        ).fetchone()
    assert row is not None
    return str(row["student_id"])


def rename(file: Path, number: str, names: dict[str, str]) -> None:
    """Give the student these names in the file."""
    changed = [row | names if row["StudentID"] == number else row for row in rows(file)]
    with file.open("w", newline="") as target:
        quoting = csv.QUOTE_ALL if file.name == "StudentsBySchool.csv" else csv.QUOTE_MINIMAL
        writer = csv.DictWriter(target, list(changed[0]), lineterminator="\n", quoting=quoting)
        writer.writeheader()
        writer.writerows(changed)
    write_marker(file.parent, since_of(file.parent))


@pytest.fixture(scope="module")
def published(postgres: Settings, module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A published night; a correction of it that gives a student unmistakable names, and a red batch of the next."""
    drops = DropFolder(tmp_path_factory.mktemp("drops"), District(Schools(8, seed=1)))
    for night in (NIGHT, LATER):
        drops.make(night)
    address = {"type": "folder", "path": str(drops.root), "pause_seconds": 0}
    module_settings.sources_file.write_text(yaml.safe_dump(dict.fromkeys(SOURCES, address)))
    for source in SOURCES:
        stopped = [v.message for v in nights.extract(module_settings, source, NIGHT).values() if not v.lets_through]
        assert stopped == []
    publish(module_settings)
    number = a_student(module_settings)
    tested = {"StudentFirstName": FIRST_NAME, "StudentLastName": LAST_NAME}
    rename(drops.folder("assessment", NIGHT) / "StudentsBySchool.csv", number, tested)
    named = {"FirstName": FIRST_NAME, "LastName": LAST_NAME}
    rename(drops.folder("sis", NIGHT) / "students.csv", number, named)
    rename(drops.folder("sis", LATER) / "students.csv", number, named | {"BirthDate": "unknown"})
    delivered = (("assessment.map_students", NIGHT), ("sis.students", NIGHT), ("sis.students", LATER))
    verdicts = [nights.extract_feed(module_settings, feed, night).verdict for feed, night in delivered]
    assert verdicts == ["green", "green", "red"]
    return Published(module_settings, processes.log_file(postgres.home, "postgres"), number)


def test_nothing_that_the_platform_keeps_tells_of_the_student(published: Published) -> None:
    assert {
        ".csv", "identity.student_key", "raw.sis__students", "raw.assessment__map_students", "raw.sis__attendance",
        "quarantine.rejected_row", "marts.dim_student", "marts.fct_attendance_day", "evaluation.eval_analytic_sample",
    } <= published.places()  # fmt: skip
    known, analysed = published.students()
    feeds = load_feeds(published.settings.feeds)
    asked = (published.number, "erasure", "request 17", "privacy officer")
    receipt = purge_student(published.settings, feeds, *asked)
    assert published.places() == set()
    assert receipt.removed["landing sis.students"] == 3
    assert receipt.removed["marts.dim_student"] == 1
    publish(published.settings)
    assert published.places() == set()
    assert published.students() == (known - 1, analysed - 1)
    with databases.scratch(published.settings, "replay_purged", keep=False) as scratch:
        assert replay(published.settings, scratch, feeds, NIGHT).proven, "from the landing as it is now"
