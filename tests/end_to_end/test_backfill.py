"""Many nights by Airflow's own backfill, under a real scheduler, end like the same nights one by one."""

import shutil
import time
from datetime import date

import pytest

from elevate.publishing import Publication
from elevate.settings import Settings
from elevate.warehouse import connect
from tests.end_to_end.conftest import Installation
from tests.support import night as nights
from tests.support.district import SOURCES

# Three whole nights.
pytestmark = pytest.mark.timeout(1500)

NIGHTS = [date(2019, 2, 11), date(2019, 2, 12), date(2019, 2, 13)]


def test_a_backfill_ends_like_the_nights_one_by_one(installation: Installation, settings: Settings) -> None:
    """The commands of the runbook: extracts are backfilled, refreshes follow each night, in the nights' order."""
    for command in (["up"], ["airflow", "dags", "pause", "refresh_evaluation"], *map(backfill, SOURCES)):
        answer = installation.elevate(*command)
        assert answer.returncode == 0, answer.stdout[-2000:] + answer.stderr[-2000:]
    published = wait_for_publications(installation, len(NIGHTS))
    assert published == nights_one_by_one(installation, settings)


def backfill(source: str) -> list[str]:
    """The arguments that backfill a source, night by night."""
    first, last = NIGHTS[0].isoformat(), NIGHTS[-1].isoformat()
    arguments = ["--dag-id", f"extract_{source}", "--from-date", first, "--to-date", last, "--max-active-runs", "1"]
    return ["airflow", "backfill", "create", *arguments]


def wait_for_publications(installation: Installation, wanted: int) -> list[tuple[date, str]]:
    """Night and content hash of each publication of the marts, once there are so many; fails at the first alert."""
    until = time.monotonic() + 900
    while time.monotonic() < until:
        with connect(installation.settings) as connection:
            alerts = connection.execute("select dag, task, night, message from ops.alert").fetchall()
            rows = connection.execute(
                "select night, content_hash from ops.publication where kind = 'marts' order by publication_id"
            ).fetchall()
        assert alerts == []
        if len(rows) == wanted:
            return [(row["night"], row["content_hash"]) for row in rows]
        time.sleep(1)
    raise AssertionError(f"of {wanted} nights {len(rows)} were published in time")


def nights_one_by_one(installation: Installation, at_rest: Settings) -> list[tuple[date, str]]:
    """The same of these nights, step by step, in an empty warehouse with the same research key."""
    at_rest.save_secrets(research_key=installation.settings.secrets["research_key"])
    shutil.copyfile(installation.settings.sources_file, at_rest.sources_file)
    return [(night, publish(at_rest, night).content_hash) for night in NIGHTS]


def publish(settings: Settings, night: date) -> Publication:
    """One night: its extracts, then its marts. What BI shows depends on what the nights before have shown."""
    for source in SOURCES:
        nights.extract(settings, source, night)
    return nights.refresh(settings, "marts", night)
