"""The whole night under Airflow on a fresh installation, and where its seconds went by Airflow's own account."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from elevate.local import airflow_server, databases, district, machine, postgres, processes
from elevate.settings import PROJECT, Settings
from tests.bench.clock import Clock

WAITING = "waiting for each other: tasks side by side"
NOTHING_RUNS = "no task runs: queue, scheduler, command"


@dataclass(frozen=True)
class Ran:
    """One task: seconds since 1970 when it was ready, when its process began and ended."""

    dag: str
    name: str
    ready: float
    began: float
    ended: float

    @property
    def id(self) -> str:
        """`dag.task`."""
        return f"{self.dag}.{self.name}"


@dataclass(frozen=True)
class Night:
    """One orchestrated night: when the command began and ended, the tasks between, processor seconds by service."""

    began: float
    ended: float
    tasks: tuple[Ran, ...]
    processor: dict[str, float]

    @property
    def seconds(self) -> float:
        """The command's wall clock."""
        return self.ended - self.began

    def shares(self) -> dict[str, float]:
        """The wall clock, given out: each moment belongs in equal parts to the tasks that run in it.

        Task id to seconds; what is left belongs to NOTHING_RUNS. The sum is the wall clock.
        """
        shares = dict.fromkeys((task.id for task in self.tasks), 0.0) | {NOTHING_RUNS: 0.0}
        moments = sorted({self.began, self.ended, *(t.began for t in self.tasks), *(t.ended for t in self.tasks)})
        for moment, following in pairwise(moments):
            running = [t.id for t in self.tasks if t.began <= moment and following <= t.ended] or [NOTHING_RUNS]
            for task in running:
                shares[task] += (following - moment) / len(running)
        return shares

    def phases(self) -> dict[str, float]:
        """The wall clock in its order: each Dag's tasks from the first to the last, and the gaps between them."""
        extracts = [t for t in self.tasks if t.dag.startswith("extract_")]
        groups = {"extracts": extracts} | {d: [t for t in self.tasks if t.dag == d] for d in machine.REFRESHES}
        phases, then = {}, self.began
        for name, tasks in groups.items():
            phases[f"until the first task of {name} runs"] = min(t.began for t in tasks) - then
            then = max(t.ended for t in tasks)
            phases[name] = then - min(t.began for t in tasks)
        return phases | {"until the command has noticed, and its closing tables": self.ended - then}


def start(settings: Settings, clock: Clock) -> None:
    """Bring everything up from nothing; adds up under `start`."""
    with pytest.MonkeyPatch.context() as patch:
        clock.watch(patch, databases, "ensure", "start", "database server and databases")
        clock.watch(patch, machine, "migrate", "start", "warehouse schemas and roles")
        clock.watch(patch, airflow_server, "start", "start", "Airflow: configuration, its database, processes begun")
        clock.watch(patch, district, "start", "start", "synthetic district")
        clock.watch(patch, airflow_server, "wait_until_ready", "start", "Airflow: until it is healthy and has the Dags")
        machine.up(settings)


def run_night(settings: Settings, night: date) -> Night:
    """`elevate nightly` where everything is up; fails unless the night is green."""
    before, began = _processor_seconds(settings), _now()
    done = subprocess.run(
        [str(Path(sys.executable).with_name("elevate")), "nightly", "--night", night.isoformat()],
        cwd=PROJECT, env=os.environ | {"ELEVATE_HOME": str(settings.home)}, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    ended = _now()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    spent = {service: seconds - before[service] for service, seconds in _processor_seconds(settings).items()}
    return Night(began, ended, tuple(_tasks(settings, night)), spent)


def explain(night: Night, costs: Mapping[str, list[tuple[str, float]]]) -> dict[str, float]:
    """The night's wall clock by cause.

    `costs` has, by task id, the causes that were measured one by one, in seconds. What a
    task took beyond them is the price of running side by side: processors, disk, locks.
    """
    causes: dict[str, float] = {}
    for task_id, share in night.shares().items():
        if task_id == NOTHING_RUNS:
            causes[NOTHING_RUNS] = share
            continue
        seconds = sum(t.ended - t.began for t in night.tasks if t.id == task_id)
        known = costs.get(task_id, [])
        whole = max(seconds, sum(cost for _, cost in known)) or 1.0
        rest = whole - sum(cost for _, cost in known)
        for cause, cost in [*known, (WAITING, rest)]:
            causes[cause] = causes.get(cause, 0.0) + share * cost / whole
    return causes


def _tasks(settings: Settings, night: date) -> Iterator[Ran]:
    airflow = airflow_server.client(settings)
    for dag in [*machine.extracts(settings), *machine.REFRESHES]:
        run = airflow.runs(dag, night)[-1]
        found = airflow._get(f"/dags/{dag}/dagRuns/{run.id}/taskInstances", limit=1000)
        for task in found["task_instances"]:
            moments = [datetime.fromisoformat(task[key]).timestamp() for key in MOMENTS]
            yield Ran(dag, task["task_id"], *moments)


def _processor_seconds(settings: Settings) -> dict[str, float]:
    """What each service and its children, the ended ones too, have used until now; tasks are the scheduler's."""
    lock = (postgres.data_folder(settings) / "postmaster.pid").read_text()
    server = psutil.Process(int(lock.splitlines()[0]))
    found = [(postgres.SERVICE, process) for process in (server, *server.children(recursive=True))]
    found += [(process.environ()[processes.SERVICE], process) for process in processes.find(settings.home)]
    seconds: dict[str, float] = {}
    for service, process in found:
        with suppress(psutil.NoSuchProcess):
            seconds[service] = seconds.get(service, 0.0) + sum(process.cpu_times()[:4])
    return seconds


MOMENTS = ("scheduled_when", "start_date", "end_date")


def _now() -> float:
    """The wall clock, since Airflow's moments are of it too."""
    return time.time()  # noqa: TID251
