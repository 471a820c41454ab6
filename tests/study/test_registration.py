"""The registration by its own contract and suite: a good record passes, a spoilt one is red, a changed one is kept."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from elevate import refreshes
from elevate.contracts import load_feeds
from elevate.gates.batch_gate import Verdict
from elevate.gates.rules import read_suite
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from simulator.district import District
from simulator.drops import DropFolder
from simulator.marker import write_marker
from simulator.schools import Schools
from tests.portal.judging import verdicts
from tests.support import night as nights

FEED = "study.registration"
FIRST, SECOND, THIRD = (date(2019, 2, day) for day in (11, 12, 13))
GOOD = """
    (title, study, doi, status, investigators, unit_of_randomization, registered_on, starts_on, ends_on)
    values ('A trial', 'AEARCTR-0009097', '10.1257/rct.9097-1.0', 'on_going', 'A; B', 'school', '2022-03-15',
        '2017-07-06', '2024-09-01')"""
SPOILT = [
    ("one_study_a_file", f"{GOOD}, {GOOD.rpartition('values')[2]}", ""),
    ("a_trial_ends_after_it_starts", GOOD, "ends_on = '2017-07-05'"),
    ("doi_is_of_the_study", GOOD, "doi = '10.1257/rct.90970-1.0'"),
    ("day_of_registration_stays", GOOD, "registered_on = '2017-07-01'"),
]
Deliver = Callable[[date, str, str], Verdict]


@pytest.fixture(scope="module", name="deliver")
def deliveries_of_the_study(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Deliver:
    """The study's drops, with one text of the registration put in another's place; the first night is accepted."""
    folder: Path = tmp_path_factory.mktemp("drops")
    drops = DropFolder(folder, District(Schools(8, seed=1)))
    module_settings.sources_file.write_text(yaml.safe_dump({"study": {"type": "folder", "path": str(folder)}}))

    def deliver(night: date, old: str, new: str) -> Verdict:
        drops.make(night)
        file = drops.folder("study", night) / "registration.md"
        before = file.read_text()
        file.write_text(before.replace(old, new))
        write_marker(file.parent, None)
        verdict = nights.extract(module_settings, "study", night)[FEED]
        file.write_text(before)
        return verdict

    assert deliver(FIRST, "", "").verdict == "green"
    return deliver


def test_a_good_record_passes(deliver: Deliver, module_settings: Settings) -> None:
    assert set(verdicts(module_settings, FEED, GOOD).values()) == {"pass"}


@pytest.mark.parametrize(("rule", "rows", "spoil"), SPOILT)
def test_a_spoilt_record_fails_its_rule(
    deliver: Deliver, module_settings: Settings, rule: str, rows: str, spoil: str
) -> None:
    assert verdicts(module_settings, FEED, rows, spoil)[rule] == "fail"


def test_every_rule_is_seen_failing() -> None:
    suite = read_suite(PROJECT / "expectations" / "study" / "registration.yaml")
    assert {rule for rule, _, _ in SPOILT} == {rule.name for rule in suite.rules}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("AEARCTR-0009097", "AEARCTR-0009098", "study.study_assignment has no such study"),
        ("AEARCTR-0009097", "NCT00000001", "expected the pattern"),
        ("status: on_going", "status: paused", "expected one of in_development, on_going"),
        ("2017-07-06", "July 2017", "column start_date: expected a date"),
        ("rct_id:", "id:", "required column 'rct_id' is missing (feeds/study/registration.yaml line"),
        ("---\ntitle", "title", "line 1: expected '---'"),
    ],
)
def test_a_record_that_is_not_as_contracted_is_red(deliver: Deliver, old: str, new: str, says: str) -> None:
    verdict = deliver(SECOND, old, new)
    assert (verdict.verdict, says in verdict.message) == ("red", True), verdict.message
    assert f"{FEED}, night {SECOND}" in verdict.message


def test_a_changed_record_stands_beside_the_one_before(deliver: Deliver, module_settings: Settings) -> None:
    """The registry's own spelling of a status is read; the refresh reads the history, not the last word alone."""
    assert deliver(SECOND, "", "").verdict in ("green", "unchanged")
    assert deliver(THIRD, "status: on_going", "status: Completed").verdict == "green"
    feeds = {FEED: load_feeds(module_settings.feeds)[FEED]}
    with connect(module_settings) as connection:
        refresh = refreshes.open_refresh(connection, "marts", THIRD, "test", feeds)
        rows = connection.execute(
            """select batch.night, status, investigators, registered_on from raw.study__registration
               join ops.refresh_batch as pin on pin.batch_id = _batch_id join ops.batch on batch.batch_id = _batch_id
               where pin.refresh_id = %s order by batch.night""",
            (refresh,),
        ).fetchall()
    assert [(row["night"], row["status"]) for row in rows if row["night"] != SECOND] == [
        (FIRST, "on_going"),
        (THIRD, "completed"),
    ]
    assert {row["investigators"] for row in rows} == {
        "Principal Investigator (synthetic); Second Investigator (synthetic)"
    }
    assert {row["registered_on"] for row in rows} == {date(2022, 3, 15)}
