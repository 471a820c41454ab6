"""Which runs a night consists of: started, joined, waited for."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from elevate.local import closing, machine, nightly
from elevate.local.airflow_api import Run, Task
from elevate.settings import Settings
from elevate.warehouse import connect

NIGHT = date(2019, 2, 11)
MIDNIGHT = datetime(2019, 2, 12, tzinfo=UTC)
EXTRACTS = ["extract_a", "extract_b"]


@dataclass
class FakeAirflow:
    """Runs end at once: each `trigger` is a run with one task, whose state is in `outcome`."""

    outcome: dict[str, str] = field(default_factory=dict)
    existing: list[Run] = field(default_factory=list)
    triggered: list[str] = field(default_factory=list)
    follows: bool = True
    clock: datetime = MIDNIGHT

    def trigger(self, dag: str, night: date) -> Run:
        assert night == NIGHT
        self.triggered.append(dag)
        run = self._new(dag)
        self._follow()
        return run

    def runs(self, dag: str, night: date) -> list[Run]:
        return [run for run in self.existing if run.dag == dag]

    def run(self, dag: str, run_id: str) -> Run:
        (found,) = [run for run in self.existing if run.id == run_id]
        if not found.is_finished:
            self.existing.remove(found)
            found = Run(dag, run_id, "success", found.created)
            self.existing.append(found)
            self._follow()
        return found

    def _new(self, dag: str) -> Run:
        self.clock += timedelta(seconds=10)
        run = Run(dag, f"{dag}{len(self.existing)}", self.outcome.get(dag, "success"), self.clock)
        self.existing.append(run)
        return run

    def _follow(self) -> None:
        """The refreshes, once all extracts are there, as Airflow's assets make them."""
        newest = {run.dag: run for run in self.existing}
        extracts = [newest[dag] for dag in EXTRACTS if dag in newest and newest[dag].state == "success"]
        after = newest.get("refresh_marts")
        if not self.follows or len(extracts) < len(EXTRACTS):
            return
        if after is None or after.created < min(run.created for run in extracts):
            self._new("refresh_marts")
            self._new("refresh_evaluation")

    def tasks(self, run: Run) -> list[Task]:
        state = self.outcome.get(run.dag, "success")
        return [Task("only", state, 1, 1.0, run.created + timedelta(seconds=1))]

    def unfinished_nights(self, dag: str) -> set[date]:
        return {date(2019, 3, 4)} if dag == "extract_b" and self.existing else set()


class Silent:
    def show(self, dag: str, tasks: list[Task]) -> None:
        pass


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(nightly, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(machine, "extracts", lambda settings, **_: EXTRACTS)


def _night(airflow: FakeAirflow) -> nightly.Watch:
    watch = nightly.Watch(airflow, NIGHT, Silent())  # type: ignore[arg-type]
    nightly._run(Settings(Path("unused")), watch)
    return watch


def test_extracts_are_triggered_and_the_refreshes_followed() -> None:
    airflow = FakeAirflow()
    watch = _night(airflow)
    assert airflow.triggered == EXTRACTS
    assert [run.dag for run in airflow.existing] == [*EXTRACTS, "refresh_marts", "refresh_evaluation"]
    assert watch.failures == []


def test_a_failed_extract_ends_the_night_after_the_others() -> None:
    airflow = FakeAirflow(outcome={"extract_a": "failed"})
    watch = _night(airflow)
    assert [run.dag for run in airflow.existing] == EXTRACTS
    assert watch.failures == [("extract_a", "only")]


def test_a_refresh_that_does_not_follow_is_triggered() -> None:
    airflow = FakeAirflow(follows=False)
    _night(airflow)
    assert airflow.triggered == [*EXTRACTS, "refresh_marts", "refresh_evaluation"]


def test_a_refresh_from_before_the_extracts_had_ended_does_not_count() -> None:
    early = Run("refresh_marts", "early", "success", MIDNIGHT + timedelta(seconds=15))
    airflow = FakeAirflow(follows=False, existing=[early])
    _night(airflow)
    assert airflow.triggered == [*EXTRACTS, "refresh_marts", "refresh_evaluation"]


def test_a_finished_night_is_run_again_from_its_extracts() -> None:
    airflow = FakeAirflow()
    _night(airflow)
    _night(airflow)
    assert airflow.triggered == EXTRACTS * 2


def test_a_night_under_way_is_joined() -> None:
    """After a kill: what has succeeded isn't repeated, what runs is waited for."""
    done = Run("extract_a", "done", "success", MIDNIGHT)
    running = Run("extract_b", "running", "running", MIDNIGHT)
    airflow = FakeAirflow(existing=[done, running])
    _night(airflow)
    assert airflow.triggered == []


def test_of_a_night_under_way_what_failed_is_tried_again() -> None:
    failed = Run("extract_a", "failed", "failed", MIDNIGHT)
    running = Run("extract_b", "running", "running", MIDNIGHT)
    airflow = FakeAirflow(existing=[failed, running])
    _night(airflow)
    assert airflow.triggered == ["extract_a"]


def test_the_next_night(settings: Settings) -> None:
    assert nightly._next_night(settings, FakeAirflow()) == date(2019, 2, 11)  # type: ignore[arg-type]
    with connect(settings) as connection:
        connection.execute(
            """insert into ops.batch (source, feed, night, known_on, run, contract_version, verdict)
               values ('sis', 'schools', %s, %s, 'r', '1.0.0', 'missing')""",
            [NIGHT, NIGHT],
        )
    assert nightly._next_night(settings, FakeAirflow()) == date(2019, 2, 12)  # type: ignore[arg-type]
    under_way = FakeAirflow(existing=[Run("extract_b", "r", "running", MIDNIGHT)])
    assert nightly._next_night(settings, under_way) == date(2019, 3, 4)  # type: ignore[arg-type]


def test_green_is_every_required_feed_and_both_publications() -> None:
    feeds = [{"required": True, "verdict": "green"}, {"required": False, "verdict": "not delivered"}]
    of_the_night = {"night": "2019-02-11"}
    state = {"feeds": feeds, "published": of_the_night, "evaluation": of_the_night}
    assert closing.is_green(state, NIGHT)
    assert not closing.is_green(state | {"evaluation": None}, NIGHT)
    assert not closing.is_green(state | {"published": {"night": "2019-02-10"}}, NIGHT)
    assert not closing.is_green(state | {"feeds": [{"required": True, "verdict": "missing"}]}, NIGHT)
