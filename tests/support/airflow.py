"""Airflow as a person uses it, for what the platform's own client never asks."""

import time
from collections.abc import Callable
from typing import Any

from elevate.local import airflow_config
from elevate.local.airflow_api import Airflow, Run, _raise_for, _run
from elevate.settings import Settings

HITL = "/dags/{run.dag}/dagRuns/{run.id}/taskInstances/{task}/-1/hitlDetails"


class Person(Airflow):
    """A login in Airflow's pages: `engineer`, or `viewer`, who may change nothing."""

    def __init__(self, settings: Settings, name: str = "engineer") -> None:
        super().__init__(settings.secrets["airflow_url"], name, airflow_config.passwords(settings)[name])

    def pause(self, dag: str) -> None:
        """Let the Dag start no more by itself."""
        _raise_for(self._request("PATCH", f"/dags/{dag}", json={"is_paused": True}))

    def slots(self) -> dict[str, int]:
        """Worker slots that are taken, by what takes them."""
        pool = self._get("/pools/default_pool")
        return {name.removesuffix("_slots"): count for name, count in pool.items() if name.endswith("_slots")}

    def announced(self, run: Run) -> list[tuple[str, str]]:
        """Asset and night of each event of the run."""
        events = self._get("/assets/events", source_dag_id=run.dag, source_run_id=run.id)["asset_events"]
        return [(event["name"], event["partition_key"]) for event in events]

    def state(self, run: Run, task: str) -> str | None:
        """The task's state."""
        return next(one.state for one in self.tasks(run) if one.name == task)

    def tries(self, run: Run) -> int:
        """How often that task of the run was tried that was tried most."""
        return max(task.tries for task in self.tasks(run))

    def finished(self, run: Run, seconds: float = 300) -> str:
        """The run's state at its end; of a failed one with the tasks that failed."""
        wait_until(lambda: self.run(run.dag, run.id).is_finished, f"{run.dag} has finished", seconds)
        state = self.run(run.dag, run.id).state
        failed = sorted(task.name for task in self.tasks(run) if task.state == "failed")
        return f"{state}: {', '.join(failed)}" if failed and state == "failed" else state

    def release(self, batch_id: int) -> Run:
        """Start the Dag `release` on a batch."""
        body = {"logical_date": None, "conf": {"batch_id": batch_id}}
        return _run(_raise_for(self._request("POST", "/dags/release/dagRuns", json=body)).json())

    def asked(self, run: Run, task: str) -> dict[str, Any]:
        """What the task asks a person."""
        return self._get(HITL.format(run=run, task=task))

    def answer(self, run: Run, task: str, option: str, reason: str) -> None:
        """Answer it. Raises AirflowError for who may not."""
        body = {"chosen_options": [option], "params_input": {"reason": reason}}
        _raise_for(self._request("PATCH", HITL.format(run=run, task=task), json=body))


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until it holds; fails where it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(1)
