"""Landing and loading against bare COPY of the same file, in one run. `pytest -m bench tests/bench/test_loading.py`."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import pytest
import yaml

from elevate.contracts import load_feeds
from elevate.settings import PROJECT, Settings
from simulator.marker import write_marker
from tests.bench.report import table
from tests.bench.results import machine
from tests.support.night import extract_feed

NIGHT = date(2019, 2, 11)
SCHOOLS = 48
SIZES = (340_000, 3_400_000)
REPETITIONS = 3
REFERRED = ("schools", "students", "calendar", "enrollments")
CODES, FRACTIONS = ("UX", "EX", "SU", "MX"), ("0.5", "1.0", "1.0")
DLT = ("dlt[postgres]==1.31.0", "pyarrow==26.0.1", "pandas==3.1.1")
FILE = PROJECT / ".elevate" / "bench" / "loading.json"
Costs = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Given:
    """One file to be loaded, below `root` where its source would leave it."""

    feed: str
    root: Path
    rows: int

    @property
    def path(self) -> Path:
        """The file."""
        feed = load_feeds(PROJECT / "feeds")[self.feed]
        return self.root / feed.source / NIGHT.isoformat() / Path(feed.location).name


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_loading_against_copy(
    settings_of_its_own: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Measures and reports; what fails is a file that does not arrive, or memory that grows with the file."""
    settings, drop = settings_of_its_own, tmp_path / "drop"
    command = ["drop", "--schools", str(SCHOOLS), "--night", NIGHT.isoformat(), "--out", str(drop)]
    subprocess.run([sys.executable, "-m", "simulator", *command], cwd=PROJECT, check=True)
    _point_to(settings, "sis", drop)
    for feed in REFERRED:
        assert extract_feed(settings, f"sis.{feed}", NIGHT).lets_through
    files = [_attendance(drop, tmp_path / str(size), size) for size in SIZES]
    wide = drop / "assessment" / NIGHT.isoformat() / "AssessmentResults.csv"
    files.append(Given("assessment.map_results", drop, sum(1 for _ in wide.open("rb")) - 1))
    load_before = os.getloadavg()[0]
    measured = [(given, _measure(settings, given)) for given in files]
    by_dlt = _dlt(settings, files[0], tmp_path)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({"files": [[g.feed, g.rows, c] for g, c in measured], "dlt": by_dlt} | machine()))
    with capsys.disabled():
        sys.stdout.write(f"\n\n{_report(measured, by_dlt, load_before)}\n")
    small, large = (costs["load"]["client_mb"] for _, costs in measured[:2])
    assert large < small + 20, "the memory of loading grows with the file"


def _point_to(settings: Settings, source: str, root: Path) -> None:
    address = {"type": "folder", "path": str(root), "pause_seconds": 0}
    settings.sources_file.write_text(yaml.safe_dump({source: address}))


def _attendance(drop: Path, root: Path, size: int) -> Given:
    """Every pupil absent on the last days of school, as many days as make up the rows; lets gate 1 through."""
    night = drop / "sis" / NIGHT.isoformat()
    with (night / "attendance.csv").open() as source:
        header = next(source)
        pupils = sorted({",".join(line.split(",")[:2]) for line in source})
    with (night / "calendar.csv").open(newline="") as source:
        days = [d["CalendarDate"] for d in csv.DictReader(source) if d["IsInstructional"].lower() in ("true", "1", "y")]
    days = sorted(day for day in days if day <= NIGHT.isoformat())[::-1]
    assert size <= len(days) * len(pupils), "the district is too small for so many rows"
    rows = (
        f"{pupil},{day},{CODES[(n * 7 + at) % 4]},{FRACTIONS[(n + at) % 3]},upsert\n"
        for at, day in enumerate(days)
        for n, pupil in enumerate(pupils)
    )
    given = Given("sis.attendance", root, size)
    given.path.parent.mkdir(parents=True)
    with given.path.open("w") as target:
        target.write(header)
        target.writelines(islice(rows, size))
    write_marker(given.path.parent, None)
    return given


def _measure(settings: Settings, given: Given) -> Costs:
    """Each part's medians over the repetitions, COPY and the platform in turn; gate 1 once, at the end."""
    source, name = given.feed.split(".")
    _point_to(settings, source, given.root)
    runs: list[Costs] = []
    for _ in range(REPETITIONS):
        copied = _case(settings, "copy", given)
        shutil.rmtree(settings.landing / source / name, ignore_errors=True)
        runs.append(copied | _case(settings, "platform", given))
    medians = {part: {key: median(run[part][key] for run in runs) for key in runs[0][part]} for part in runs[0]}
    return medians | _case(settings, "gate 1", given)


def _case(settings: Settings, case: str, given: Given) -> Costs:
    command = [sys.executable, "-m", "tests.bench.cases", case, str(settings.home), given.feed, NIGHT.isoformat()]
    done = subprocess.run([*command, str(given.path)], cwd=PROJECT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    costs: Costs = json.loads(done.stdout)
    return costs


def _dlt(settings: Settings, given: Given, folder: Path) -> dict[str, dict[str, float] | str]:
    """The same file by dlt, in both of its ways; in words where it can't be had."""
    python = folder / "dlt" / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    with psycopg.connect(settings.database_url("elevate_owner", "postgres"), autocommit=True) as connection:
        connection.execute("create database dlt")
    try:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "dlt"], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *DLT], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return {"dlt": f"could not be installed: {type(error).__name__}"}
    script, url = Path(__file__).with_name("dlt_case.py"), settings.database_url("elevate_owner", "dlt")
    costs: dict[str, dict[str, float] | str] = {}
    for way in ("arrow", "default"):
        command = [str(python), str(script), way, str(folder / "pipelines"), str(given.path), url]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        costs[way] = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else done.stderr[-300:]
    return costs


def _report(measured: Sequence[tuple[Given, Costs]], by_dlt: dict[str, Any], load_before: float) -> str:
    clock, processor, memory, gate = [], [], [], []
    for given, costs in measured:
        name, size = given.feed, f"{given.path.stat().st_size / 1e6:,.1f}"
        copied, fetch, land, load = (costs[part]["seconds"] for part in ("copy", "fetch", "land", "load"))
        row = [copied, fetch, land - fetch, load, (land + load) / copied]
        clock.append([name, f"{given.rows:,}", size, *row])
        copied, land, load = (_processor(costs[part]) for part in ("copy", "land", "load"))
        processor.append([name, f"{given.rows:,}", copied, land, load, (land + load) / copied])
        memory.append([name, f"{given.rows:,}", *(f"{costs[part][f'{side}_mb']:.0f}" for side in ("client", "server")
                                                 for part in ("copy", "load", "gate 1"))])  # fmt: skip
        parts = ("evaluate", "find_failing", "content_hash", "append", "add_research_keys", "check_ledger")
        gate.append([name, f"{given.rows:,}", *(costs[part]["seconds"] for part in ("gate 1", *parts))])
    first = measured[0][1]["copy"]["seconds"]
    dlt = [[way, c["seconds"], c["seconds"] / first, c["client_seconds"], f"{c['client_mb']:.0f}"]
           for way, c in by_dlt.items() if isinstance(c, dict)]  # fmt: skip
    tables = {
        "Seconds, median": table(("feed", "rows", "MB", "COPY", "fetch", "land", "load", "ratio"), clock),
        "Processor seconds, both sides": table(("feed", "rows", "COPY", "land", "load", "ratio"), processor),
        "Peak memory, MB: the process with its imports, the session of the server": table(
            ("feed", "rows", "COPY", "load", "gate 1", "COPY, server", "load, server", "gate 1, server"), memory
        ),
        "Gate 1, seconds": table(
            ("feed", "rows", "all", "Great Expectations", "failing rows", "content hash", "to raw", "keys", "ledger"),
            gate,
        ),
        f"dlt, {measured[0][0].rows:,} rows": table(("way", "seconds", "x COPY", "processor, client", "MB"), dlt),
    }
    unmade = [f"dlt, {way}: {why}" for way, why in by_dlt.items() if isinstance(why, str)]
    parts = [f"{title}\n\n{text}\n" for title, text in tables.items()]
    return "\n".join([*parts, *unmade, f"{machine()}, load {load_before:.1f} before. All figures: {FILE}"])


def _processor(cost: dict[str, float]) -> float:
    return cost["client_seconds"] + cost["server_seconds"]
