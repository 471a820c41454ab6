"""Reads a Dag folder as Airflow does and writes what the tests ask about, as JSON.

A program of its own, so that Airflow is set up by this environment and no other: with a
home that is thrown away, no database, and no network. Whoever connects while a Dag file
is read gets an exception, which becomes that file's import error.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

HEAVY = {"dbt", "diff_diff", "great_expectations", "scipy.stats"}
"""Imports of seconds each, for the task that needs them."""
NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "sqlite3.connect"}


class Unreachable(RuntimeError):
    """A Dag file that reaches out while it is read."""


def forbid(event: str, _arguments: Any) -> None:
    """An audit hook: no name look-up, no connection, no database file."""
    if event in NETWORK:
        raise Unreachable(f"{event} while a Dag file is read: do it in a task")


def refuse(*_arguments: Any, **_options: Any) -> NoReturn:
    """Stands in for the connect functions of the PostgreSQL drivers, which open sockets unseen by Python."""
    raise Unreachable("a database connection while a Dag file is read: do it in a task")


def describe_task(task: Any) -> dict[str, Any]:
    """What the conventions are about, of one task."""
    return {
        "doc": task.doc_md,
        "owner": task.owner,
        "retries": task.retries,
        "seconds": task.execution_timeout and task.execution_timeout.total_seconds(),
        "on_failure": [f"{call.__module__}.{call.__qualname__}" for call in task.on_failure_callback or []],
        "trigger_rule": task.trigger_rule.value,
        "pool": task.pool,
        "outlets": sorted(outlet.name for outlet in task.outlets),
        "upstream": sorted(task.upstream_task_ids),
    }


def describe(dag: Any, as_scheduled: Any) -> dict[str, Any]:
    """What the conventions are about, of one Dag."""
    condition = getattr(as_scheduled.timetable, "asset_condition", None)
    return {
        "file": Path(dag.fileloc).name,
        "doc": dag.doc_md,
        "description": dag.description,
        "owner": dag.owner,
        "tags": sorted(dag.tags),
        "start": dag.start_date and dag.start_date.isoformat(),
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "on_failure": bool(dag.on_failure_callback),
        "schedule": type(dag.timetable).__name__,
        "waits_for": sorted(key.name for key, _ in condition.iter_assets()) if condition else [],
        "tasks": {task.task_id: describe_task(task) for task in dag.tasks},
    }


def main(folder: str, out: str) -> None:
    """Write files, import errors and Dags of `folder` to the file `out`."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/none.db",
            "ELEVATE_HOME": f"{home}/elevate",
        }
        import psycopg
        import psycopg2
        from airflow.dag_processing.dagbag import DagBag
        from airflow.serialization.serialized_objects import DagSerialization

        psycopg.connect = psycopg.Connection.connect = psycopg2.connect = refuse  # type: ignore[method-assign]
        sys.addaudithook(forbid)
        bag = DagBag(folder, safe_mode=False)
        # The scheduler sees a Dag as it comes out of the database.
        as_scheduled = {
            dag_id: DagSerialization.from_dict(DagSerialization.to_dict(d)) for dag_id, d in bag.dags.items()
        }
        found = {
            "files": sorted(Path(file).name for file in bag.file_last_changed),
            "heavy": sorted(HEAVY & set(sys.modules)),
            "errors": {Path(file).name: error for file, error in bag.import_errors.items()},
            "dags": {dag_id: describe(dag, as_scheduled[dag_id]) for dag_id, dag in bag.dags.items()},
        }
        Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
