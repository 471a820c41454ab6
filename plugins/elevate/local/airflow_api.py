"""The few calls of Airflow's REST interface that a night needs."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import httpx

# Its first answers take a server seconds of a processor, which on a busy machine may be a minute.
SECONDS = 120.0
UNFINISHED = ("queued", "running")
PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


class AirflowError(RuntimeError):
    """Airflow refused; the message has its answer."""


@dataclass(frozen=True)
class Run:
    """One run of a Dag for one night."""

    dag: str
    id: str
    state: str
    created: datetime

    @property
    def is_finished(self) -> bool:
        """Whether it has succeeded or failed."""
        return self.state not in UNFINISHED


@dataclass(frozen=True)
class Task:
    """One task of a run, in its latest try."""

    name: str
    state: str | None
    tries: int
    seconds: float | None
    ended: datetime | None

    @property
    def is_finished(self) -> bool:
        """Whether it won't run again by itself."""
        return self.state in ("success", "failed", "skipped", "upstream_failed", "removed")


class Airflow:
    """One Airflow, as one user. Raises AirflowError where it refuses, httpx.TransportError where it is silent."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        self._login = {"username": username, "password": password}
        # No proxy from the environment: this address is on the same machine.
        self._client = httpx.Client(base_url=url, timeout=SECONDS, trust_env=False)

    def is_healthy(self) -> bool:
        """Whether all parts answer; False also where nothing does."""
        try:
            answer = self._client.get("/api/v2/monitor/health")
        except httpx.TransportError:
            return False
        return answer.is_success and all(answer.json()[part]["status"] == "healthy" for part in PARTS)

    def dags(self) -> set[str]:
        """Names of the Dags that can be run."""
        return {dag["dag_id"] for dag in self._get("/dags", limit=1000)["dags"]}

    def import_errors(self) -> str:
        """Why Dag files can't be read, or that none is the matter."""
        errors = self._get("/importErrors")["import_errors"]
        lines = [f"{e['filename']}: {e['stack_trace'].strip().splitlines()[-1]}" for e in errors]
        return "; ".join(lines) or "its Dags are not all there"

    def ensure_pool(self, name: str, slots: int, purpose: str) -> None:
        """Make the pool where it is missing."""
        answer = self._request("POST", "/pools", json={"name": name, "slots": slots, "description": purpose})
        if answer.status_code != httpx.codes.CONFLICT:
            _raise_for(answer)

    def trigger(self, dag: str, night: date) -> Run:
        """Start a run with the night as its partition key."""
        body = {"logical_date": None, "partition_key": night.isoformat()}
        return _run(_raise_for(self._request("POST", f"/dags/{dag}/dagRuns", json=body)).json())

    def runs(self, dag: str, night: date) -> list[Run]:
        """Runs of the night, oldest first."""
        found = self._get(f"/dags/{dag}/dagRuns", partition_key_pattern=night.isoformat(), order_by="id", limit=1000)
        return [_run(run) for run in found["dag_runs"] if run["partition_key"] == night.isoformat()]

    def unfinished_nights(self, dag: str) -> set[date]:
        """Nights of which a run of the Dag is queued or running."""
        found = self._get(f"/dags/{dag}/dagRuns", state=list(UNFINISHED), limit=1000)
        return {date.fromisoformat(run["partition_key"]) for run in found["dag_runs"] if run["partition_key"]}

    def run(self, dag: str, run_id: str) -> Run:
        """The run as it is now."""
        return _run(self._get(f"/dags/{dag}/dagRuns/{run_id}"))

    def tasks(self, run: Run) -> list[Task]:
        """The run's tasks."""
        found = self._get(f"/dags/{run.dag}/dagRuns/{run.id}/taskInstances", limit=1000)
        return [_task(task) for task in found["task_instances"]]

    def log_tail(self, run: Run, task: Task, lines: int = 5) -> str:
        """The last lines that the task's latest try has logged."""
        path = f"/dags/{run.dag}/dagRuns/{run.id}/taskInstances/{task.name}/logs/{task.tries}"
        content = self._get(path)["content"]
        return "\n".join(str(line["event"]) for line in content[-lines:])

    def _get(self, path: str, **parameters: Any) -> dict[str, Any]:
        return dict(_raise_for(self._request("GET", path, params=parameters)).json())

    def _request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        if "Authorization" not in self._client.headers:
            token = _raise_for(self._client.post("/auth/token", json=self._login)).json()["access_token"]
            self._client.headers["Authorization"] = f"Bearer {token}"
        return self._client.request(method, f"/api/v2{path}", **arguments)


def _raise_for(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise AirflowError(f"Airflow answered {answer.status_code} to {answer.request.url.path}: {answer.text[:500]}")
    return answer


def _run(fields: dict[str, Any]) -> Run:
    created = datetime.fromisoformat(fields["queued_at"] or fields["run_after"])
    return Run(fields["dag_id"], fields["dag_run_id"], fields["state"], created)


def _task(fields: dict[str, Any]) -> Task:
    ended = fields["end_date"] and datetime.fromisoformat(fields["end_date"])
    return Task(fields["task_id"], fields["state"], fields["try_number"], fields["duration"], ended)
