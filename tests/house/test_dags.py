"""Conventions of Dags. Each message names who breaks one and what to do."""

from pathlib import Path
from typing import Any

import pytest

from elevate.contracts import Feed, feeds_of, sources_of
from elevate.rim.conventions import ANNOUNCEMENTS
from elevate.settings import PROJECT
from tests.house.conftest import ReadDags

Dags = dict[str, Any]

ALERT = "elevate.rim.alerts.alert"
REFRESHES = {"refresh_marts": "gate_2", "refresh_evaluation": "gate_3"}
FOR_PEOPLE = {"release"}
"""Dags that wait for a person: each run is about a batch of its own, and they announce nothing."""


def tasks_of(dags: Dags) -> dict[str, Any]:
    """Every task of every Dag, as `dag.task`."""
    return {f"{dag_id}.{task_id}": task for dag_id, dag in dags.items() for task_id, task in dag["tasks"].items()}


# What a Dag needs, and why.
OF_A_DAG = {
    "doc": "add doc_md: what it reads, writes and announces, and what to do when it is red",
    "description": "add a description, one sentence for the list of Dags",
    "tags": "add tags, by which engineers filter the list",
    "start": "add a start_date: Airflow runs no partition before it",
}
# What a task needs, and why.
OF_A_TASK = {
    "doc": "add doc_md: what it does, and what to do when it is red",
    "retries": "give it retries (TASK_DEFAULTS): networks fail for a moment",
    "seconds": "give it an execution_timeout (TASK_DEFAULTS): a task that hangs must fail",
}


def test_folder_is_read_without_error_network_or_database(folder: dict[str, Any]) -> None:
    assert folder["errors"] == {}, "mend these Dag files; what needs network or database belongs into a task"


def test_reading_the_folder_waits_for_no_heavy_library(folder: dict[str, Any]) -> None:
    assert folder["heavy"] == [], "import these in the task's own body: every look at a Dag file pays for them"


def test_no_dag_file_is_empty(folder: dict[str, Any]) -> None:
    files = {file.name for file in (PROJECT / "dags").glob("*.py")}
    assert files, "dags/ holds no file: these tests would pass over nothing"
    assert files == {dag["file"] for dag in folder["dags"].values()}, (
        "each file in dags/ makes Dags, and all come from it"
    )


REACHING_OUT = {
    "connecting": "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
    "looking_up": "import socket; socket.gethostbyname('localhost')",
    "querying": "import psycopg; psycopg.connect('host=/nowhere')",
    "querying_as_airflow": "import psycopg2; psycopg2.connect('host=/nowhere')",
    "opening": "import sqlite3; sqlite3.connect(':memory:')",
}


def test_a_dag_file_that_reaches_out_is_found(read_dags: ReadDags, tmp_path: Path) -> None:
    for name, body in REACHING_OUT.items():
        (tmp_path / f"{name}.py").write_text(f"from airflow.sdk import DAG\n{body}\nDAG({name!r})\n")
    read = read_dags(tmp_path)
    found = {file.removesuffix(".py") for file, error in read["errors"].items() if "do it in a task" in error}
    assert found == set(REACHING_OUT)
    assert read["dags"] == {}


def test_no_file_is_taken_for_a_dbt_plugin() -> None:
    named = [file.name for file in (PROJECT / "dags").rglob("dbt_*")]
    assert not named, f"rename {named}: dbt imports every module on the path that is named dbt_* as a plugin of its own"


@pytest.mark.parametrize("field", OF_A_DAG)
def test_each_dag_has(dags: Dags, field: str) -> None:
    without = [dag_id for dag_id, dag in dags.items() if not dag[field]]
    assert not without, f"{without}: {OF_A_DAG[field]}"


def test_each_dag_and_task_has_an_owner(dags: Dags) -> None:
    nobodys = [name for name, task in tasks_of(dags).items() if task["owner"] in ("", "airflow")]
    assert not nobodys, f"{nobodys}: name the owner, the team whom a red task is for"


def test_no_dag_runs_twice_at_once(dags: Dags) -> None:
    several = [dag_id for dag_id, dag in dags.items() if dag["max_active_runs"] != 1 and dag_id not in FOR_PEOPLE]
    assert not several, f"{several}: set max_active_runs=1; two runs would build the same candidate or batch"


def test_no_dag_catches_up_by_itself(dags: Dags) -> None:
    eager = [dag_id for dag_id, dag in dags.items() if dag["catchup"]]
    assert not eager, f"{eager}: set catchup=False; past nights are asked for by backfill"


@pytest.mark.parametrize("field", OF_A_TASK)
def test_each_task_has(dags: Dags, field: str) -> None:
    without = [name for name, task in tasks_of(dags).items() if not task[field]]
    assert not without, f"{without}: {OF_A_TASK[field]}"


def test_each_failure_is_told_once(dags: Dags) -> None:
    silent = [name for name, task in tasks_of(dags).items() if task["on_failure"] != [ALERT]]
    assert not silent, f"{silent}: on_failure_callback must be {ALERT} alone (TASK_DEFAULTS)"
    twice = [dag_id for dag_id, dag in dags.items() if dag["on_failure"]]
    assert not twice, f"{twice}: take the callback off the Dag; its tasks tell already"


def test_each_source_has_its_dag_and_each_feed_its_tasks(dags: Dags, feeds: dict[str, Feed]) -> None:
    wanted = {
        f"extract_{source}": {f"{f.name}.{step}" for f in feeds_of(feeds, source) for step in ("land", "load")}
        for source in sources_of(feeds.values())
    }
    found = {dag_id: {t for t in dag["tasks"] if "." in t} for dag_id, dag in dags.items() if "extract" in dag["tags"]}
    assert found == wanted, "dags/extract.py must make one Dag a source, and a land and a load task a feed"


def test_every_night_of_every_required_source_is_waited_for(dags: Dags, feeds: dict[str, Feed]) -> None:
    required = sources_of(feeds.values(), required_only=True)
    assert dags["refresh_marts"]["waits_for"] == required, "refresh_marts waits for all required sources and no others"
    assert dags["refresh_evaluation"]["waits_for"] == ["marts"], "refresh_evaluation waits for the published marts"
    for source in sources_of(feeds.values()):
        schedule = "CronPartitionTimetable" if source in required else "PartitionedAtRuntime"
        assert dags[f"extract_{source}"]["schedule"] == schedule, (
            f"extract_{source}: only required sources run by clock"
        )


def test_gate_1_judges_whatever_happened_before_it(dags: Dags, feeds: dict[str, Feed]) -> None:
    for source in sources_of(feeds.values()):
        gate = dags[f"extract_{source}"]["tasks"]["gate_1"]
        assert gate["trigger_rule"] == "all_done", f"extract_{source}: gate_1 must speak when a feed failed, too"
        loads = {f"{feed.name}.load" for feed in feeds_of(feeds, source)}
        assert loads <= set(gate["upstream"]), f"extract_{source}: gate_1 must wait for every load"
        assert gate["outlets"] == [], f"extract_{source}: gate_1 announces nothing, the task behind it does"


def test_only_what_is_behind_a_green_gate_is_announced(dags: Dags, feeds: dict[str, Feed]) -> None:
    last = {f"extract_{source}": ("announce", "gate_1", source) for source in sources_of(feeds.values())}
    last |= {dag_id: ("publish", gate, dag_id.removeprefix("refresh_")) for dag_id, gate in REFRESHES.items()}
    assert set(last) | FOR_PEOPLE == set(dags), (
        "a new kind of Dag: say here which of its tasks announces, behind which gate"
    )
    for dag_id, (task_id, gate, asset) in last.items():
        tasks = dags[dag_id]["tasks"]
        announcing = {name: task["outlets"] for name, task in tasks.items() if task["outlets"]}
        assert announcing == {task_id: [asset]}, f"{dag_id}: only {task_id} has an outlet, the asset {asset}"
        task = tasks[task_id]
        assert gate in task["upstream"], f"{dag_id}: {task_id} must come after {gate}"
        assert task["trigger_rule"] == "all_success", f"{dag_id}: {task_id} must not run behind a red or skipped {gate}"
        assert task["pool"] == ANNOUNCEMENTS, f"{dag_id}: {task_id} belongs into the pool {ANNOUNCEMENTS} of one slot"
    loud = [name for name, task in tasks_of(dags).items() if name.split(".")[0] in FOR_PEOPLE and task["outlets"]]
    assert not loud, f"{loud}: a decision announces no night; its source's Dag does, run again"


def test_the_candidate_is_built_before_it_is_judged(dags: Dags) -> None:
    for dag_id, gate in REFRESHES.items():
        tasks = dags[dag_id]["tasks"]
        builds = {name for name in tasks if name.startswith("build_")}
        seen, waiting = set[str](), [gate]
        while waiting:
            seen |= (above := set(tasks[waiting.pop()]["upstream"]) - seen)
            waiting += above
        assert builds, f"{dag_id} builds nothing"
        assert builds <= seen, f"{dag_id}: {gate} must come after every build task"
        lax = [name for name in (*builds, gate) if tasks[name]["trigger_rule"] != "all_success"]
        assert not lax, f"{dag_id}: {lax} must not run behind a failed build"
