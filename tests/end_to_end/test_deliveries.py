"""Deliveries as they really come, under a real scheduler. The tests are one story and run in their order.

On the first night the Ed-Fi server is pulled whole, on the second for what changed; then, of four
files, one is late, one never comes and is done without, one never comes and stops the night, one is red.
Of all that, no student's value is in Airflow's database, nor in any log.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date

import psycopg
import pytest

from elevate.local.airflow_api import AirflowError, Run
from simulator.edfi_store import Resource
from tests.end_to_end.conftest import Installation
from tests.end_to_end.deliveries.warehouse import ALWAYS, Warehouse, build, until_now
from tests.library.sources.edfi import ENROLLED
from tests.support.airflow import Person, wait_until

pytestmark = pytest.mark.timeout(600)

FIRST, SECOND = date(2019, 2, 11), date(2019, 2, 14)
FAULTS = {"cursor": False, "expire_after": 6, "drop": 2, "busy": 1, "error": 1, "calm": 5}
STRUCK = ("drop", "busy", "error", "shift", "vanish")
WHY = "The school pilots the programme outside the draw."
TYPING_ERROR = "The day is a typing error; what came before is right."
NUMBER, NO_NUMBER, NO_DAY = "918273645", "Quillfeather", "Zephyrsday"
"""A student's cells: a good one, one that breaks a pattern, one of another type."""
KEYS = {
    "attendance": ("student_id, school_id, absence_date", ("studentUniqueId", "schoolId", "eventDate")),
    "enrollments": ("student_id, school_id, entry_date", ("studentUniqueId", "schoolId", "entryDate")),
}
Keys = set[tuple[str, ...]]


@pytest.fixture(scope="module")
def warehouse(installation: Installation) -> Iterator[Warehouse]:
    """The platform, up, with a small warehouse of its own."""
    root = installation.home / "small"
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in ("feeds", "expectations", "dbt_project"):
            patch.setenv(f"ELEVATE_{name.upper()}", str(root / name))
        patch.setenv("ELEVATE_LAST_NIGHT", "2019-06-30")
        own = build(installation, FIRST, stack)
        up = installation.elevate("up")
        assert up.returncode == 0, up.stdout + up.stderr
        own.airflow.pause("refresh_evaluation")
        yield own


@pytest.fixture(scope="module")
def runs(warehouse: Warehouse) -> dict[str, Run]:
    """The runs of the second night by source."""
    return {}


def keys_of_server(resource: Resource, names: tuple[str, ...]) -> Keys:
    keys = {tuple(str(stored.key[name]) for name in names) for stored in resource.items.values()}
    assert len(keys) == len(resource.items)
    return keys


def keys_of(warehouse: Warehouse, table: str, columns: str) -> Keys:
    rows = warehouse.rows(f"select {columns} from {table}")
    keys = {tuple(map(str, row)) for row in rows}
    assert len(keys) == len(rows)
    return keys


def spoil(warehouse: Warehouse, pages: int) -> None:
    """From now on the server loses connections and tokens; after so many pages a row changes and another one goes."""
    warehouse.server.api.faults.tell({**FAULTS, "shift": pages, "vanish": pages})


def check_struck(warehouse: Warehouse, tokens: int) -> None:
    left = vars(warehouse.server.api.faults)
    assert {name: left[name] for name in STRUCK} == dict.fromkeys(STRUCK, 0)
    assert warehouse.server.api.tokens.issued > tokens + 2, "one a feed, and then renewed"


def test_a_whole_pull_from_a_server_that_fails_and_goes_on_is_complete(warehouse: Warehouse) -> None:
    """Connection, token and the order of pages are lost; rows change and go: all is there, at the first try."""
    server, airflow = warehouse.server, warehouse.airflow
    warehouse.deliver("supports.visits", FIRST, "1,610012", "2,610012")
    warehouse.deliver("supports.devices", FIRST, "a,610012,30")
    spoil(warehouse, pages=5)
    before = server.store.newest
    pull, files = airflow.trigger("extract_sis", FIRST), airflow.trigger("extract_supports", FIRST)
    assert airflow.finished(pull) == "success"
    check_struck(warehouse, 0)
    assert server.store.newest >= before + 10, "it went on while it was read"
    assert airflow.tries(pull) == 1, "the pull itself got over all that, no second try of the task"
    for feed, resource in (("attendance", server.events), ("enrollments", server.store.resources[ENROLLED])):
        columns, names = KEYS[feed]
        assert keys_of(warehouse, f"raw.sis__{feed}", columns) == keys_of_server(resource, names)
        ledger = "select verdict, rows_in, rows_accepted from ops.batch where source = 'sis' and feed = %s"
        assert warehouse.rows(ledger, feed) == [("green", len(resource.items), len(resource.items))]
    assert airflow.announced(pull) == [("sis", "2019-02-11")]
    assert airflow.finished(files) == "success"


def test_feeds_that_are_late_rest_without_a_worker(warehouse: Warehouse, runs: dict[str, Run]) -> None:
    """Both wait; no slot of a worker is taken, and nothing is said of them yet."""
    warehouse.agree("supports.visits", ALWAYS)
    warehouse.agree("supports.devices", ALWAYS, whenMissing="last_good")
    runs["supports"] = warehouse.airflow.trigger("extract_supports", SECOND)
    resting = {"deferred": 2, "occupied": 0}
    wait_until(lambda: resting.items() <= warehouse.airflow.slots().items(), "both rest deferred")
    query = """select task_id, state, trigger.classpath from task_instance
               join trigger on trigger.id = trigger_id where run_id = %s order by task_id"""
    with psycopg.connect(warehouse.settings.database_url("airflow_database", "airflow")) as connection:
        rows = connection.execute(query, (runs["supports"].id,)).fetchall()
    assert [row[:2] for row in rows] == [("devices.land", "deferred"), ("visits.land", "deferred")]
    assert all("temporal" in row[2] for row in rows), "what waits is a trigger"
    assert warehouse.batches(SECOND) == {}
    # The one comes; the other one's hour has come, and when its source is asked again there is still nothing.
    warehouse.deliver("supports.visits", SECOND, "1,610012", "2,610012", "3,610012")
    warehouse.agree("supports.devices", until_now(SECOND), whenMissing="last_good")


def test_what_changed_is_pulled_whole_too(warehouse: Warehouse, runs: dict[str, Run]) -> None:
    """The same faults strike while the next night's changes are pulled."""
    server = warehouse.server
    server.to(SECOND)
    tokens = server.api.tokens.issued
    spoil(warehouse, pages=2)
    warehouse.deliver(
        "study.schools", SECOND, f"610012,treatment,{NUMBER}", f"610013,control,{NO_NUMBER}", "610014,pilot,"
    )
    runs["study"] = warehouse.airflow.trigger("extract_study", SECOND)
    runs["sis"] = warehouse.airflow.trigger("extract_sis", SECOND)
    assert warehouse.airflow.finished(runs["sis"]) == "success"
    check_struck(warehouse, tokens)
    assert warehouse.airflow.tries(runs["sis"]) == 1
    (attended,) = warehouse.rows("select rows_in from ops.batch where feed = 'attendance' and night = %s", SECOND)
    assert 0 < attended[0] < len(server.events.items) / 2, "the changes alone"


def test_what_never_comes_stops_the_night(warehouse: Warehouse, runs: dict[str, Run]) -> None:
    """A red file and a missing one: one message says both, somebody is told, nothing behind it runs."""
    assert warehouse.airflow.finished(runs["study"]) == "failed: blocks.land, gate_1"
    verdicts = warehouse.batches(SECOND)
    assert (verdicts["study.blocks"], verdicts["study.schools"]) == ("missing", "red")
    alerts = dict(warehouse.rows("select task, message from ops.alert where night = %s", SECOND))
    assert "no file study/{night}/blocks.csv" in alerts["blocks.land"]
    assert "Ask The Registrar" in alerts["gate_1"]
    assert "study.schools" in alerts["gate_1"]
    assert warehouse.airflow.announced(runs["study"]) == []
    assert warehouse.airflow.runs("refresh_marts", SECOND) == []


def test_a_late_feed_ends_green_and_one_is_done_without(warehouse: Warehouse, runs: dict[str, Run]) -> None:
    """What came is accepted, what did not is missing, and by its contract the night goes on."""
    assert warehouse.airflow.finished(runs["supports"]) == "success"
    verdicts = warehouse.batches(SECOND)
    assert (verdicts["supports.visits"], verdicts["supports.devices"]) == ("green", "missing")
    alerts = warehouse.rows("select dag, task from ops.alert where night = %s and dag = 'extract_supports'", SECOND)
    assert alerts == [("extract_supports", "devices.land")]
    assert warehouse.airflow.announced(runs["supports"]) == [("supports", "2019-02-14")]


def test_a_steward_releases_a_red_batch(warehouse: Warehouse) -> None:
    """Asked, answered and recorded: who, when and why; a viewer can't; what is released goes through gate 1."""
    airflow, viewer = warehouse.airflow, Person(warehouse.settings, "viewer")
    (batch,) = warehouse.rows("select batch_id, closed_at from ops.batch where verdict = 'red'")
    run = airflow.release(batch[0])
    wait_until(lambda: airflow.state(run, "ask") == "awaiting_input", "the steward is asked")
    asked = airflow.asked(run, "ask")
    assert asked["options"] == ["Release", "Fix at source", "Discard"]
    assert "enum:arm" in asked["body"]
    assert [value for value in ("pilot", NUMBER, NO_NUMBER) if value in asked["body"]] == []
    with pytest.raises(AirflowError, match="403"):
        viewer.answer(run, "ask", "Release", WHY)
    time.sleep(2)  # the worker that has asked is let go first; no person is as fast
    airflow.answer(run, "ask", "Release", WHY)
    assert airflow.finished(run) == "success"
    query = """select decision, decided_by, reason, waived_rules, decided_at > %s, release_batch_id from ops.decision
               where batch_id = %s"""
    ((*decision, released),) = warehouse.rows(query, batch[1], batch[0])
    assert decision == ["release", "engineer", WHY, ["enum:arm", "pattern:speaker"], True]
    judged = "select count(*) > 0 from ops.gate_result where gate = 1 and batch_id = %s"
    assert warehouse.rows(judged, released) == [(True,)]
    ledger = "select verdict, released_from, rows_in, rows_accepted, run from ops.batch where batch_id = %s"
    assert warehouse.rows(ledger, released) == [("green", batch[0], 3, 3, run.id)]


def test_the_night_run_again_is_published(warehouse: Warehouse, runs: dict[str, Run]) -> None:
    """The released file is not judged red again, what was missing is there now, and readers get the night."""
    airflow, server = warehouse.airflow, warehouse.server
    warehouse.deliver("study.blocks", SECOND, "610012,A,2004-05-06")
    assert airflow.finished(airflow.trigger("extract_study", SECOND)) == "success"
    wait_until(lambda: bool(airflow.runs("refresh_marts", SECOND)), "refresh_marts follows by itself", 30)
    (refresh,) = airflow.runs("refresh_marts", SECOND)
    assert airflow.finished(refresh) == "success"
    assert airflow.announced(refresh) == [("marts", "2019-02-14")]
    assert ("marts", SECOND) in warehouse.rows("select kind, data_as_of from ops.data_as_of")
    assert keys_of(warehouse, "marts.fct_absence", KEYS["attendance"][0]) == keys_of_server(
        server.events, KEYS["attendance"][1]
    )
    assert ("610014", "pilot") in warehouse.rows("select school_id, arm from marts.fct_school")
    assert ("610012", 3, 30) in warehouse.rows("select school_id, visits, devices from bi.bi_school")
    older = "select source, feed, data_as_of from ops.data_as_of_feed where is_older"
    assert warehouse.rows(older) == [("supports", "devices", FIRST)]


def test_a_steward_discards_a_red_correction(warehouse: Warehouse) -> None:
    """What was accepted of the night before stands, and the night goes on with it."""
    airflow = warehouse.airflow
    warehouse.deliver("study.blocks", SECOND, f"610012,B,{NO_DAY}")
    assert airflow.finished(airflow.trigger("extract_study", SECOND)) == "failed: gate_1"
    (batch,) = warehouse.rows("select max(batch_id) from ops.batch where verdict = 'red'")
    run = airflow.release(batch[0])
    wait_until(lambda: airflow.state(run, "ask") == "awaiting_input", "the steward is asked")
    assert NO_DAY not in airflow.asked(run, "ask")["body"]
    time.sleep(2)
    airflow.answer(run, "ask", "Discard", TYPING_ERROR)
    assert airflow.finished(run) == "success"
    query = "select decision, decided_by, reason, release_batch_id from ops.decision where batch_id = %s"
    assert warehouse.rows(query, batch[0]) == [("discard", "engineer", TYPING_ERROR, None)]
    assert airflow.finished(airflow.trigger("refresh_marts", SECOND)) == "success"


def test_no_value_of_a_student_is_in_airflow_or_in_a_log(warehouse: Warehouse) -> None:
    """Not in XCom or any other table of Airflow, not in `ops`, not in the log of a task, a service or the database."""
    ((pulled,),) = warehouse.rows("select max(student_id) from raw.sis__attendance")
    planted = "select count(*) from quarantine.rejected_row where row_as_it_came::text like %s"
    assert all(warehouse.rows(planted, f"%{value}%") != [(0,)] for value in (NO_NUMBER, NO_DAY))
    assert warehouse.rows("select count(*) from raw.study__schools where speaker = %s", NUMBER) == [(1,)]
    told = warehouse.leaks(TYPING_ERROR, "study.blocks")
    assert {"airflow.hitl_detail", "airflow.xcom", "warehouse.decision"} <= told, "it finds what is there"
    assert any(name.endswith(".log") for name in told), told
    assert warehouse.leaks(NUMBER, NO_NUMBER, NO_DAY, pulled) == set()
