"""The overhead of a night: the same files by PostgreSQL alone, by the library, and by Airflow. `make bench`."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from elevate.local import databases, machine, postgres
from elevate.settings import PROJECT, Settings
from elevate.warehouse.migration import migrate
from tests.bench import floor, orchestrated, report, steps
from tests.bench.clock import Clock
from tests.bench.results import ATTEMPTS, Results
from tests.support.district import serving

NIGHTS = (date(2019, 2, 11), date(2019, 2, 12))
SCHOOLS = 48


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_overhead_of_a_night(drop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Measures and reports; only what would make the figures meaningless fails."""
    results = Results(NIGHTS, SCHOOLS)
    results.note_load("processes")
    results.measure_processes()
    with installation(drop) as settings:
        databases.ensure(settings)
        migrate(settings)
        _without_a_scheduler(settings, drop, results)
        postgres.stop(settings)
    with installation(drop) as settings:
        results.note_load("orchestrated")
        orchestrated.start(settings, results.start)
        for night in NIGHTS:
            results.orchestrated[night] = orchestrated.run_night(settings, night)
    with capsys.disabled():
        sys.stdout.write("\n\n" + report.write(results, settings) + "\n")


def _without_a_scheduler(settings: Settings, drop: Path, results: Results) -> None:
    """The library, and between its two nights the floor of the first."""
    first, second = NIGHTS
    clocks = results.steps = {night: Clock() for night in NIGHTS}
    with serving(settings.home / "district", settings, SCHOOLS):
        results.note_load("library")
        steps.imports(clocks[first])
        refreshes = steps.run_night(settings, first, clocks[first])
        results.read_files(settings, first)
        results.note_load("floor")
        attempts = [floor.measure(settings, drop, first, refreshes) for _ in range(ATTEMPTS)]
        results.floor = min(attempts, key=lambda clock: clock.total("floor"))
        steps.run_night(settings, second, clocks[second])


@pytest.fixture(scope="session")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drops of both nights, made before anything is timed."""
    folder = tmp_path_factory.mktemp("drop")
    nights = [night.isoformat() for night in NIGHTS]
    command = ["drop", "--schools", str(SCHOOLS), "--night", *nights, "--out", str(folder)]
    subprocess.run([sys.executable, "-m", "simulator", *command], cwd=PROJECT, check=True)
    return folder


@contextmanager
def installation(drop: Path) -> Iterator[Settings]:
    """A fresh installation whose district has the drop already; stopped and removed at the end."""
    settings = Settings(Path(tempfile.mkdtemp(prefix="elevate-bench-")).resolve())
    shutil.copytree(drop, settings.home / "district" / "drops")
    try:
        yield settings
    finally:
        machine.down(settings)
        shutil.rmtree(settings.home, ignore_errors=True)
