"""`elevate nightly` under a real scheduler. The tests are one story and run in their order."""

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from datetime import date

import psutil
import psycopg
import pytest

from elevate import reporting
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from tests.end_to_end.conftest import Installation
from tests.support import night as nights
from tests.support.district import SOURCES

# Each test is a whole night or two under a real scheduler.
pytestmark = pytest.mark.timeout(1200)

FIRST, SECOND, KILLED = "2019-02-11", "2019-02-13", "2019-02-14"
PUBLIC_DATA = PROJECT.parent / "shared" / "data" / "cps_public"


def test_first_night(installation: Installation) -> None:
    """From nothing to published marts, with the closing tables."""
    night = installation.elevate("nightly", "--night", FIRST)
    assert night.returncode == 0, night.stdout[-4000:] + night.stderr[-2000:]
    for part in ("sis.attendance", "marts.dim_school", "data as of", "postgresql://analyst"):
        assert part.lower() in night.stdout.lower(), part
    status = installation.status()
    assert status["night"] == status["published"]["night"] == FIRST
    assert {feed["verdict"] for feed in status["feeds"] if feed["required"]} == {"green"}
    report = reporting.page(installation.settings, date.fromisoformat(FIRST))
    assert str(report) in night.stdout
    assert FIRST in report.read_text()
    assert all(mart["rows"] > 0 for mart in status["marts"] if "public" not in mart["table"])


def test_logins_work_and_see_what_they_may(installation: Installation) -> None:
    """The printed addresses connect; the analyst reads marts, the BI login aggregates alone."""
    analyst = installation.elevate("url", "analyst").stdout.strip()
    bi_reader = installation.elevate("url", "bi_reader").stdout.strip()
    with psycopg.connect(analyst) as connection:
        assert connection.execute("select count(*) from marts.dim_student").fetchone() != (0,)
    with psycopg.connect(bi_reader) as connection:
        assert connection.execute("select count(*) from bi.bi_programme_reach").fetchone() != (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select 1 from marts.dim_student")


def test_a_red_night_leaves_the_last_good_marts(installation: Installation) -> None:
    """Gate 1 stops it, the message says where and what, and nothing downstream ran."""
    before = installation.status()["published"]
    misbehave(installation, SECOND, "sis.attendance", "unknown_code")
    night = installation.elevate("nightly", "--night", SECOND)
    assert night.returncode != 0
    assert "AbsenceCode" in night.stdout + night.stderr or "absence_code" in night.stdout + night.stderr
    status = installation.status()
    assert status["published"] == before
    line = next(feed for feed in status["feeds"] if feed["feed"] == "attendance")
    assert line["verdict"] == "red"
    with connect(installation.settings) as connection:
        row = connection.execute("select count(*) as n from ops.refresh where night = %s", (SECOND,)).fetchone()
        assert row == {"n": 0}
        alerts = connection.execute("select dag, task, message from ops.alert where night = %s", (SECOND,)).fetchall()
    assert any(alert["dag"] == "extract_sis" and "sis.attendance" in alert["message"] for alert in alerts)


def test_the_mended_night_runs_with_the_public_data(installation: Installation) -> None:
    """The next call runs the night again, this time whole, with the district's public files if they are here."""
    misbehave(installation, SECOND, "sis.attendance", "clear")
    public = ["--public-data", str(PUBLIC_DATA)] if PUBLIC_DATA.is_dir() else []
    night = installation.elevate("nightly", "--night", SECOND, *public)
    assert night.returncode == 0, night.stdout[-4000:] + night.stderr[-2000:]
    assert installation.status()["published"]["night"] == SECOND


@pytest.mark.skipif(not PUBLIC_DATA.is_dir(), reason="the district's public files are not beside the project")
def test_the_public_comparisons_come_out_to_the_printed_digits(installation: Installation) -> None:
    """All 34 comparisons; the four reference rows of the files' README."""
    query = """
        select cohort, category, metric, pre_years, post_years, n_treated, n_comparison,
            round(treated_pre::numeric, 3), round(treated_post::numeric, 3), round(comparison_pre::numeric, 3),
            round(comparison_post::numeric, 3), round(did::numeric, 3), round(standard_error::numeric, 3)
        from evaluation.eval_public_did
    """
    with psycopg.connect(installation.elevate("url", "analyst").stdout.strip()) as connection:
        rows = [tuple(str(value) for value in row) for row in connection.execute(query)]
    assert len(rows) == 34
    for line in (
        "I ES attendance_pr 2015+2016 2017+2018 6 388 94.858 94.508 95.094 95.067 -0.323 0.309",
        "I HS attendance_pr 2015+2016 2017+2018 2 81 87.075 84.700 88.820 88.078 -1.633 0.511",
        "II ES attendance_sqrp 2017 2019 10 386 95.150 95.010 95.334 95.233 -0.039 0.239",
        "I ES growth_read 2015+2016 2017+2018 7 388 57.357 63.214 68.005 64.688 9.174 10.031",
    ):
        assert tuple(value.replace("+", " ") for value in line.split()) in rows


def test_a_killed_night_ends_like_an_undisturbed_one(installation: Installation, settings: Settings) -> None:
    """Everything is killed in the middle; started again, the night's tables are those of a night at rest."""
    night = installation.start("nightly", "--night", KILLED)
    wait_for_batches(installation, KILLED, 6)
    for process in installation.processes():
        kill(process)
    night.wait(timeout=60)
    again = installation.elevate("nightly", "--night", KILLED)
    assert again.returncode == 0, again.stdout[-4000:] + again.stderr[-2000:]
    killed = installation.status()["published"]
    assert killed["night"] == KILLED
    assert killed["content_hash"] == undisturbed_hash(installation, settings)


def test_down_leaves_no_process_and_no_lost_data(installation: Installation) -> None:
    """After `down` nothing runs; after `up` the same marts are there."""
    before = installation.status()["published"]
    assert installation.elevate("down").returncode == 0
    assert installation.processes() == []
    assert installation.elevate("up").returncode == 0
    assert installation.status()["published"] == before


def misbehave(installation: Installation, night: str, feed: str, kind: str) -> None:
    command = ["--folder", str(installation.home / "district"), "--night", night, "--feed", feed, "--kind", kind]
    subprocess.run([sys.executable, "-m", "simulator", "misbehave", *command], cwd=PROJECT, check=True)


def wait_for_batches(installation: Installation, night: str, wanted: int) -> None:
    """Until the night is well under way."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        with connect(installation.settings) as connection:
            row = connection.execute("select count(*) as n from ops.batch where night = %s", (night,)).fetchone()
        if row and row["n"] >= wanted:
            return
        time.sleep(0.5)
    raise AssertionError(f"night {night} did not get going")


def kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)


def undisturbed_hash(installation: Installation, at_rest: Settings) -> str:
    """The content hash after the same nights, step by step, in an empty warehouse with the same research key."""
    at_rest.save_secrets(research_key=installation.settings.secrets["research_key"])
    shutil.copyfile(installation.settings.sources_file, at_rest.sources_file)
    hashes = []
    for night in (FIRST, SECOND, KILLED):
        sources = [*SOURCES, "portal"] if night == SECOND and PUBLIC_DATA.is_dir() else SOURCES
        for source in sources:
            nights.extract(at_rest, source, date.fromisoformat(night))
        # Each night is published: what BI shows depends on what the nights before have shown.
        hashes.append(nights.refresh(at_rest, "marts", date.fromisoformat(night)).content_hash)
    return hashes[-1]
