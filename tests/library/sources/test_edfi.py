"""Pulling from an Ed-Fi API over HTTP: whole under every fault, and what changed since."""

import copy
import json
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import tenacity

from elevate.contracts import Feed, read_contract
from elevate.settings import Settings
from elevate.sources import SourceError, edfi, edfi_client, edfi_paging
from simulator import edfi_items
from simulator.edfi_store import Store
from tests.library.district import NIGHT, column
from tests.library.sources.edfi import (
    ENROLLED,
    ENROLLMENTS,
    EVENTS,
    SMALL,
    Source,
    api_contract,
    at,
    by_id,
    deletes,
    held,
    lines,
    serving,
    upserts,
)  # fmt: skip

LATER = date(2019, 2, 14)
ATTENDANCE = Path(__file__).parent / "feeds" / "sis" / "attendance.yaml"
FAULTS: dict[str, dict[str, Any]] = {
    "none": {},
    "the token ends in mid-pull": {"expire_after": 4},
    "an answer breaks off": {"drop": 2, "calm": 3},
    "too many requests": {"busy": 1, "calm": 3},
    "an error of the server": {"error": 2, "calm": 3},
    "rows change while they are pulled": {"shift": 30},
    "rows go while they are pulled": {"vanish": 5},
}
FAULTS["all together"] = {name: value for fault in FAULTS.values() for name, value in fault.items()}


@pytest.fixture(scope="module")
def made() -> Store:
    return edfi_items.store(SMALL, NIGHT)


@pytest.fixture
def source(tmp_path: Path, made: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    monkeypatch.setattr(edfi_client, "PATIENCE", tenacity.wait_none())
    with serving(Settings(tmp_path / "home"), tmp_path, copy.deepcopy(made)) as running:
        yield running


@pytest.fixture(scope="module")
def feed() -> Feed:
    return read_contract(ATTENDANCE)


@pytest.fixture
def enrollments(source: Source) -> Feed:
    return source.feed(ENROLLMENTS)


@pytest.mark.parametrize("cursor", [True, False], ids=["by cursor", "by offset"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_whole_pull_is_complete(source: Source, feed: Feed, fault: str, cursor: bool) -> None:
    source.api.faults.tell({"cursor": cursor, **FAULTS[fault]})
    before = source.store.newest
    fetched = source.pull(feed)
    assert by_id(upserts(fetched)) == by_id(held(source.events))
    assert (fetched.is_full, fetched.state) == (True, {"change_version": source.store.newest})
    assert deletes(fetched) == []
    assert [file.name for file in source.pulls[0].iterdir()] == [f"{EVENTS}.jsonl"]
    left = vars(source.api.faults)
    assert not any(left[name] for name in ("drop", "busy", "error", "vanish")), "each fault has struck"
    assert left["shift"] < FAULTS[fault].get("shift", 1)
    if "expire_after" in FAULTS[fault]:
        assert source.api.tokens.issued > 3
    changed = source.store.newest > before
    assert changed == any(name in FAULTS[fault] for name in ("shift", "vanish")), "the source went on"
    assert any("pageToken" in request for request in source.api.requests) == cursor


def test_windows_are_as_small_as_told(source: Source, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edfi_paging, "WINDOW", 1_000)
    source.api.faults.tell({"cursor": False, "shift": 30})
    assert by_id(upserts(source.pull(feed))) == by_id(held(source.events))
    asked = [dict(httpx.QueryParams(request.partition("?")[2])) for request in source.api.requests]
    assert max(int(query.get("offset", 0)) for query in asked) <= 1_000
    assert len({query["maxChangeVersion"] for query in asked if "offset" in query}) > 10


def test_the_next_pull_brings_what_changed(source: Source, feed: Feed) -> None:
    first = source.pull(feed)
    was = {stored.id: stored.version for stored in source.events.items.values()}
    source.to(LATER)
    second = source.pull(feed, first.state)
    now = source.events.items.values()
    assert set(by_id(upserts(second))) == {one.id for one in now if was.get(one.id) != one.version} != set()
    assert (second.is_full, second.state) == (False, {"change_version": source.store.newest})
    third = source.pull(feed, second.state)
    assert (lines(third), third.is_full, third.state) == ([], False, second.state)


def test_a_snapshot_is_pulled_whole_each_time(source: Source) -> None:
    schools = api_contract("schools", "schools", at("school_id", "schoolId", key=1))
    feed = source.feed(schools)
    again = source.pull(feed, source.pull(feed).state)
    assert (len(upserts(again)), again.is_full) == (4, True)


def event(source: Source, **values: Any) -> dict[str, Any]:
    """The first event of the server with other values, and not in its store."""
    return next(iter(source.events.items.values())).item | values


def test_a_corrected_code_is_an_upsert_alone(source: Source, feed: Feed) -> None:
    """Ed-Fi has the category in the key: a correction is a delete and an insert of the same row."""
    state = source.pull(feed).state
    key, stored = next(iter(source.events.items.items()))
    source.store.delete(EVENTS, key)
    source.store.upsert(EVENTS, stored.item | {"attendanceEventCategoryDescriptor": "uri://x/YDescriptor#Medical"})
    fetched = source.pull(feed, state)
    assert deletes(fetched) == []
    assert [item["attendanceEventCategoryDescriptor"] for item in upserts(fetched)] == ["uri://x/YDescriptor#Medical"]


def test_what_is_deleted_comes_as_its_key(source: Source, feed: Feed) -> None:
    state = source.pull(feed).state
    key, stored = list(source.events.items.items())[5]
    source.store.delete(EVENTS, key)
    fetched = source.pull(feed, state)
    assert lines(fetched) == [{**stored.key, "change_type": "delete"}]


def test_of_two_events_on_one_day_the_other_one_stays(source: Source, feed: Feed) -> None:
    """Both were pulled before; the one that is deleted does not take the row along."""
    key, stored = next(iter(source.events.items.items()))
    other = stored.item | {"attendanceEventCategoryDescriptor": "uri://x/YDescriptor#Medical"}
    source.store.upsert(EVENTS, other)
    first = source.pull(feed)
    assert len(lines(first)) == len(source.events.items) - 1, "two items, one row"
    source.store.delete(EVENTS, key)
    (line,) = lines(source.pull(feed, first.state))
    assert (line["change_type"], line["attendanceEventCategoryDescriptor"][-8:]) == ("upsert", "#Medical")


def test_the_newest_of_two_items_with_one_key_wins(source: Source, feed: Feed) -> None:
    state = source.pull(feed).state
    item = event(source)
    for code in ("Medical", "Suspension", "Excused Absence"):
        source.store.upsert(EVENTS, item | {"attendanceEventCategoryDescriptor": f"uri://x/YDescriptor#{code}"})
    (line,) = lines(source.pull(feed, state))
    assert line["attendanceEventCategoryDescriptor"] == "uri://x/YDescriptor#Excused Absence"


def test_a_changed_key_is_a_delete_of_the_old_one(source: Source, enrollments: Feed) -> None:
    state = source.pull(enrollments).state
    key, stored = next(iter(source.store.resources[ENROLLED].items.items()))
    source.store.change_key(ENROLLED, key, stored.item | {"entryDate": "2014-09-09"})
    fetched = source.pull(enrollments, state)
    assert [(item["id"], item["entryDate"]) for item in upserts(fetched)] == [(stored.id, "2014-09-09")]
    assert [item["entryDate"] for item in deletes(fetched)] == [key[0]]


def test_a_pull_that_is_not_complete_says_both_numbers(
    source: Source, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = len(source.events.items)
    monkeypatch.setattr(edfi, "pages", lambda *given: list(edfi_paging.pages(*given))[1:])
    with pytest.raises(SourceError, match=rf"sis.attendance, night {NIGHT}: {total - 500} items .* counts {total}"):
        source.pull(feed)


def test_a_server_that_was_set_back_is_told(source: Source, feed: Feed) -> None:
    with pytest.raises(SourceError, match=r"newest change version is \d+, but 99999999 was read"):
        source.pull(feed, {"change_version": 99_999_999})


def test_a_server_that_stays_down_is_an_error_without_a_secret_or_a_query(
    source: Source, feed: Feed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source.api.faults.tell({"error": 1000, "calm": 3})
    with pytest.raises(
        SourceError, match=rf"did not answer .*{EVENTS} in 8 attempts \(HTTPStatusError 500\)"
    ) as raised:
        source.pull(feed)
    assert "?" not in str(raised.value)
    assert source.api.secret not in repr(raised.value) + caplog.text
    assert "HTTP Request" not in caplog.text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"client_id": "stranger"}, r"gives this client no token \(401\). Check client_id and secret"),
        ({"secret": None}, "source sis has no 'secret'"),
        ({"url": "http://ods.example"}, "ods.example must begin with https://"),
        ({"url": "http://127.0.0.1:1"}, r"did not answer .* attempts \(ConnectError"),
    ],
)
def test_an_address_that_cannot_be_used(source: Source, feed: Feed, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message) as raised:
        source.pull(feed, **changes)
    assert source.api.secret not in str(raised.value)


def test_a_resource_that_the_server_lacks(source: Source) -> None:
    feed = source.feed(api_contract("x", "nothing", at("a", "a", key=1)))
    with pytest.raises(SourceError, match=r"sis.x, .*answered /data/v3/ed-fi/nothing with 404, expected 200"):
        source.pull(feed)


def test_a_key_that_the_items_lack_names_the_contract(source: Source) -> None:
    feed = source.feed(api_contract("x", "schools", column("a", key=1, physicalName="b.c")))
    with pytest.raises(SourceError, match=r"have no 'b.c', which is part of the feed's key: see feeds/sis/x.yaml"):
        source.pull(feed)


def test_the_secret_is_in_no_file(source: Source, feed: Feed) -> None:
    source.pull(feed)
    written = [source.settings.sources_file, *(file for pull in source.pulls for file in pull.iterdir())]
    assert len(written) == 2
    assert not any(source.api.secret in file.read_text() for file in written)


def test_the_feeds_of_a_process_share_a_token(source: Source, feed: Feed) -> None:
    for _ in range(20):
        source.pull(feed, {"change_version": source.store.newest})
    assert source.api.tokens.issued == 1


def test_a_client_with_too_many_tokens_is_told(source: Source, feed: Feed) -> None:
    for _ in range(15):
        source.api.tokens.issue()
    with pytest.raises(
        SourceError, match=r"HTTPStatusError 429\). Check that it runs; with 429 this client asks too much"
    ):
        source.pull(feed)


@pytest.mark.parametrize("cursor", [True, False], ids=["by cursor", "by offset"])
def test_a_server_with_small_pages_is_asked_for_such(source: Source, feed: Feed, cursor: bool) -> None:
    source.api.faults.tell({"cursor": cursor})
    source.api.largest_page = 100
    with pytest.raises(SourceError, match="may give fewer than 500 items at once: write its limit as page_size"):
        source.pull(feed)
    assert by_id(upserts(source.pull(feed, page_size=100))) == by_id(held(source.events))


def test_retry_after_is_kept_to() -> None:
    response = httpx.Response(429, headers={"Retry-After": "7"}, request=httpx.Request("GET", "http://x"))
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    outcome = tenacity.Future(1)
    outcome.set_exception(httpx.HTTPStatusError("x", request=response.request, response=response))
    state.outcome = outcome
    assert edfi_client._wait(state) == 7.0
    response.headers["Retry-After"] = "100000"
    assert edfi_client._wait(state) == edfi_client.LONGEST_WAIT


def test_numbers_of_the_file_are_those_of_the_server(source: Source, feed: Feed) -> None:
    (file,) = source.pull(feed).files
    assert isinstance(json.loads(file.read_text().splitlines()[0])["eventDuration"], float)
