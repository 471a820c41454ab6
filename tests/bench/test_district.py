"""Nights of a whole district, pulled, gated, built and published. `pytest -m bench tests/bench/test_district.py`.

The first night brings five school years at once; the second is a night as any other. Without a scheduler, whose share
`test_night.py` measures. ELEVATE_BENCH_SCHOOLS makes the district another size.
"""

import os
import sys
import time
from datetime import date
from pathlib import Path

import psutil
import pytest

from elevate.settings import Settings
from tests.bench import readers, steps
from tests.bench.clock import Clock
from tests.bench.report import STEPS, table
from tests.bench.results import machine
from tests.support.district import serving

NIGHTS = (date(2019, 2, 11), date(2019, 2, 12))
SCHOOLS = int(os.environ.get("ELEVATE_BENCH_SCHOOLS", "640"))
LONGEST = 12
OF_ONE_THING = ("land", "load", "gate 1", "dbt", "library")


@pytest.mark.bench
@pytest.mark.overnight
@pytest.mark.timeout(6 * 3600)
def test_nights_of_a_district(
    settings_of_its_own: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Measures and reports; anything red fails."""
    settings, clocks, loads = settings_of_its_own, {night: Clock() for night in NIGHTS}, [os.getloadavg()[0]]
    steps.imports(Clock())
    with serving(tmp_path, settings, SCHOOLS):
        for night, clock in clocks.items():
            began = time.perf_counter()
            steps.run_night(settings, night, clock)
            clock.add(time.perf_counter() - began, "all")
            loads.append(os.getloadavg()[0])
            _tell(capsys, _by_step(clocks))
    timings = sorted(readers.timings(settings), key=lambda timing: -timing[1])
    sizes = readers.sizes(settings)
    whole = ("all published tables", *(sum(size[place] for size in sizes) for place in (1, 2, 3)))
    peak = psutil.Process().memory_info().rss / 1e6
    _tell(capsys, _longest(clocks), table(readers.SIZE, [*sizes[:LONGEST], whole]), table(readers.TIMING, timings))
    _tell(capsys, f"{readers.pupils(settings)}, {machine()}, load averages {loads}, this process has {peak:.0f} MB")


def _by_step(clocks: dict[date, Clock]) -> str:
    rows = [(step, *(clock.total(step) for clock in clocks.values())) for step in (*STEPS, "all")]
    return table(("step", "first night, s", "second night, s"), rows)


def _longest(clocks: dict[date, Clock]) -> str:
    first, second = clocks.values()
    things = [(step, thing) for step in OF_ONE_THING for thing in first.parts(step)]
    things.sort(key=lambda named: -first.total(*named))
    rows = [(f"{step}: {thing}", first.total(step, thing), second.total(step, thing)) for step, thing in things]
    return table(("of it", "first night, s", "second night, s"), rows[:LONGEST])


def _tell(capsys: pytest.CaptureFixture[str], *parts: str) -> None:
    with capsys.disabled():
        sys.stdout.write("".join(f"\n\n{part}" for part in parts))
        sys.stdout.flush()
