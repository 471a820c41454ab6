"""Airflow on one machine: its database brought up to date, its parts started and stopped."""

import importlib.metadata
import subprocess
import sys
import time

import psycopg

from elevate.local import airflow_config, processes
from elevate.local.airflow_api import Airflow
from elevate.local.ports import HOST, free_port
from elevate.settings import Settings

# Their log servers listen on every address of the machine, and are for logs of other machines.
NO_LOG_SERVER = "--skip-serve-logs"
PARTS = {
    # Tasks are forked from the one, readers of Dag files from the other: what these have loaded, they need not load.
    "scheduler": ["elevate.rim.preloaded", "scheduler", NO_LOG_SERVER],
    "api-server": ["airflow", "api-server"],
    "dag-processor": ["elevate.rim.preloaded", "dag-processor"],
    "triggerer": ["airflow", "triggerer", NO_LOG_SERVER],
}
START_SECONDS = 240.0
POLL_SECONDS = 0.5
# The pool of the tasks that announce an asset; see `elevate.rim.conventions`.
POOL, POOL_PURPOSE = "announcements", "Tasks that announce an asset take turns: two at once can lose a run."


def client(settings: Settings) -> Airflow:
    """Airflow's REST interface, as the engineer."""
    return Airflow(settings.secrets["airflow_url"], "engineer", airflow_config.passwords(settings)["engineer"])


def start(settings: Settings) -> None:
    """Start the parts that do not run; returns before they answer, see `wait_until_ready`."""
    running = [part for part in PARTS if processes.leader(settings.home, part)]
    if not running:
        _configure(settings)
        _migrate(settings)
    environment = airflow_config.environment(settings)
    for part, command in PARTS.items():
        if part not in running:
            processes.stop(settings.home, part)  # what a killed one has left behind
            processes.start(settings.home, part, [sys.executable, "-m", *command], environment)


def wait_until_ready(settings: Settings, dags: set[str]) -> None:
    """Wait until all parts are healthy and `dags` are known.

    Raises ProcessError where a part ends, a Dag can't be read, or it takes too long.
    """
    deadline = time.monotonic() + START_SECONDS
    airflow = client(settings)
    while time.monotonic() < deadline:
        _raise_for_ended_parts(settings)
        if airflow.is_healthy() and dags <= airflow.dags():
            airflow.ensure_pool(POOL, 1, POOL_PURPOSE)
            return
        time.sleep(POLL_SECONDS)
    reason = airflow.import_errors() if airflow.is_healthy() else "not every part is healthy"
    raise processes.ProcessError(
        f"Airflow was not ready after {START_SECONDS:.0f} seconds: {reason}. Logs: {settings.home / 'logs'}."
    )


def stop(settings: Settings) -> int:
    """Stop all parts and the tasks that run; returns the number of processes. Killed tasks run again after a start."""
    return processes.stop(settings.home, *PARTS)


def _configure(settings: Settings) -> None:
    airflow_config.ensure_secrets(settings)
    remembered = settings.secrets.get("airflow_url", "http://:8080").rsplit(":", 1)[-1]
    port = free_port((int(remembered), 8080))
    settings.save_secrets(airflow_url=f"http://{HOST}:{port}")
    airflow_config.write(settings, port)


def _migrate(settings: Settings) -> None:
    """Bring Airflow's database up to date, unless this version has done so."""
    stamp = airflow_config.airflow_home(settings) / "migrated-by"
    version = importlib.metadata.version("apache-airflow")
    with psycopg.connect(settings.database_url("airflow_database", "airflow")) as connection:
        filled = connection.execute("select to_regclass('alembic_version')").fetchone() != (None,)
    if filled and stamp.exists() and stamp.read_text() == version:
        return
    log = processes.open_log(settings.home, "airflow-migration")
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=airflow_config.environment(settings),
            cwd=settings.home,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:
        raise processes.ProcessError(f"Airflow's database could not be migrated; see {log}.")
    stamp.write_text(version)


def _raise_for_ended_parts(settings: Settings) -> None:
    for part in PARTS:
        if processes.leader(settings.home, part) is None:
            log = processes.log_file(settings.home, part)
            last = processes.last_lines(settings.home, part)
            raise processes.ProcessError(f"Airflow's {part} has ended. {log} ends with:\n{last}")
