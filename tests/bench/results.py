"""All that one run of the benchmark has measured."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from tests.bench.clock import Clock
from tests.bench.orchestrated import Night

ATTEMPTS = 3
PROCESSES = {
    "Python alone": "pass",
    "Airflow's task interface": "import airflow.sdk",
    "the same, and dags/extract.py": "import airflow.sdk, runpy; runpy.run_path('dags/extract.py')",
    "Great Expectations": "import great_expectations",
    "dbt": "import dbt.cli.main, dbt.adapters.postgres",
}
"""What a process pays before it does anything."""


@dataclass(frozen=True)
class File:
    """One file of the drop."""

    rows: int
    bytes: int
    columns: int


@dataclass
class Results:
    """One run: `steps` and `orchestrated` by night."""

    nights: Sequence[date]
    schools: int
    floor: Clock = field(default_factory=Clock)
    start: Clock = field(default_factory=Clock)
    steps: dict[date, Clock] = field(default_factory=dict)
    orchestrated: dict[date, Night] = field(default_factory=dict)
    processes: dict[str, float] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    load_averages: dict[str, float] = field(default_factory=dict)

    def note_load(self, part: str) -> None:
        """Remember how busy the machine was when a part began: other work makes the figures worthless."""
        self.load_averages[part] = round(os.getloadavg()[0], 2)

    def read_files(self, settings: Settings, night: date) -> None:
        """Rows, bytes and columns of each file of the night, as the library has counted them."""
        with connect(settings) as connection:
            rows = connection.execute(
                """select source || '.' || feed as id, rows_in as rows, sum(bytes)::bigint as bytes,
                       max(cardinality(columns)) as columns
                   from ops.batch join ops.delivery using (batch_id)
                   where night = %s group by batch_id order by bytes desc""",
                (night,),
            )
            self.files = {row.pop("id"): File(**row) for row in rows}

    def measure_processes(self) -> None:
        """Start each kind of process a few times; the least counts, as all else is other work."""
        for name, code in PROCESSES.items():
            self.processes[name] = min(_seconds([sys.executable, "-c", code]) for _ in range(ATTEMPTS))


def machine() -> dict[str, Any]:
    """Where and when it was measured."""
    return {
        "processors": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "at": time.strftime("%Y-%m-%d %H:%M"),
    }


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    return time.perf_counter() - began
