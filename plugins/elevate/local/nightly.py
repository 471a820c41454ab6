"""One night from start to end, watched from the terminal."""

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from elevate import ops
from elevate.contracts import load_feeds
from elevate.local import airflow_server, closing, district, machine
from elevate.local.airflow_api import Airflow, Run
from elevate.local.progress import Progress
from elevate.settings import Settings
from elevate.warehouse import connect

FIRST_NIGHT = date(2019, 2, 11)
# Each look costs Airflow's server a tenth of a second, for which the night's tasks have to wait.
POLL_SECONDS = 2.0
# How long a refresh may take to follow its extracts before it is triggered by hand.
PATIENCE_SECONDS = 15.0
PUBLIC_EXTRACT = f"extract_{district.PUBLIC_SOURCE}"


def run_night(settings: Settings, night: date | None, public_data: Path | None) -> bool:
    """Run a night on this machine, started first where it is not up, and show how it went.

    `night` is by default the one that is still under way, else the day after the last
    one tried, else 2019-02-11. With `public_data`, the district's public files in that
    folder are pulled before. Returns whether every required feed passed its gate and
    marts and evaluation were published for the night.
    """
    machine.up(settings)
    airflow = airflow_server.client(settings)
    night = night or _next_night(settings, airflow)
    if public_data is not None:
        district.use_public_data(settings, public_data)
    with Progress(night) as progress:
        watch = Watch(airflow, night, progress)
        if public_data is not None:
            watch.follow([watch.start_or_join(PUBLIC_EXTRACT)])
        _run(settings, watch)
    with connect(settings) as connection:
        state = ops.status(connection, load_feeds(settings.feeds), night)
    closing.show(settings, state, watch.failures)
    return closing.is_green(state, night)


def _next_night(settings: Settings, airflow: Airflow) -> date:
    dags = [*machine.extracts(settings), *machine.REFRESHES]
    if unfinished := {night for dag in dags for night in airflow.unfinished_nights(dag)}:
        return max(unfinished)
    with connect(settings) as connection:
        last = ops.last_night(connection)
    return last + timedelta(days=1) if last else FIRST_NIGHT


def _run(settings: Settings, watch: "Watch") -> None:
    """Extracts side by side, then one refresh after the other; ends early where one fails."""
    extracts = machine.extracts(settings)
    resumed = watch.is_under_way([*extracts, *machine.REFRESHES])
    runs = [watch.start_or_join(dag, keep_success=resumed) for dag in extracts]
    if not watch.follow(runs):
        return
    for refresh in machine.REFRESHES:
        run = watch.successor(refresh, of=runs)
        if not watch.follow([run]):
            return
        runs = [run]


@dataclass
class Watch:
    """The runs of one night: started, joined where they already run, and waited for."""

    airflow: Airflow
    night: date
    progress: Progress
    failures: list[tuple[str, str]] = field(default_factory=list)
    """Dag and task of each task that failed for good."""

    def is_under_way(self, dags: list[str]) -> bool:
        """Whether a run of the night goes on, such as after everything was killed and started again."""
        return any(not run.is_finished for dag in dags for run in self.airflow.runs(dag, self.night))

    def start_or_join(self, dag: str, *, keep_success: bool = False) -> Run:
        """A run that goes on (or has just succeeded, with `keep_success`), else a new one."""
        newest = self.airflow.runs(dag, self.night)[-1:]
        if newest and (not newest[0].is_finished or (keep_success and newest[0].state == "success")):
            return newest[0]
        return self.airflow.trigger(dag, self.night)

    def successor(self, dag: str, of: list[Run]) -> Run:
        """The run of `dag` that began after the runs `of` had done their work.

        Airflow starts it when all their assets have arrived. An event left over from an
        earlier attempt can start it too soon, and it would read batches that are no longer
        the newest: such a run does not count. Where none follows, one is triggered.
        """
        last = max((task.ended for run in of for task in self.airflow.tasks(run) if task.ended), default=None)
        last = last or datetime.min.replace(tzinfo=UTC)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for run in reversed(self.airflow.runs(dag, self.night)):
                if run.created >= last:
                    return run
            time.sleep(POLL_SECONDS)
        return self.airflow.trigger(dag, self.night)

    def follow(self, runs: list[Run]) -> bool:
        """Wait until all runs are finished; returns whether all succeeded."""
        states: dict[str, str] = {}
        while True:
            for run in runs:
                if run.dag not in states and self._look_at(run):
                    now = self.airflow.run(run.dag, run.id)
                    states |= {now.dag: now.state} if now.is_finished else {}
            if len(states) == len(runs):
                return set(states.values()) == {"success"}
            time.sleep(POLL_SECONDS)

    def _look_at(self, run: Run) -> bool:
        """Show the run's tasks; whether none of them is still to run."""
        tasks = self.airflow.tasks(run)
        self.progress.show(run.dag, tasks)
        for task in tasks:
            if task.state == "failed" and (run.dag, task.name) not in self.failures:
                self.failures.append((run.dag, task.name))
        return bool(tasks) and all(task.is_finished for task in tasks)
