"""The Ed-Fi server over HTTP: what a client of version 7.3 relies on, and each fault."""

import base64
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.district import District
from simulator.edfi_api import Api
from simulator.edfi_items import CATEGORIES, advance, store
from simulator.edfi_server import client_secret, running
from simulator.schools import Schools

EVENTS = "ed-fi/studentSchoolAttendanceEvents"
ENROLLED = "studentSchoolAssociations"
NIGHT, LATER = date(2019, 2, 11), date(2019, 2, 14)
SMALL = District(Schools(4, seed=1))


@dataclass
class Client:
    api: Api
    url: str

    def token(self, secret: str | None = None) -> httpx.Response:
        login = (self.api.client_id, secret or self.api.secret)
        return httpx.post(f"{self.url}/oauth/token", auth=login, data={"grant_type": "client_credentials"})

    def __post_init__(self) -> None:
        self.session = httpx.Client(base_url=self.url)
        self.renew()

    def renew(self) -> None:
        self.session.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"

    def get(self, path: str = EVENTS, **query: Any) -> httpx.Response:
        return self.session.get(f"/data/v3/{path}", params=query)

    def newest(self) -> int:
        return int(self.session.get("/changeQueries/v1/availableChangeVersions").json()["newestChangeVersion"])


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    api = Api(store(SMALL, NIGHT), client_secret(tmp_path))
    with running(tmp_path, api) as url:
        yield Client(api, url)


def test_discovery_leads_to_all_addresses(client: Client) -> None:
    found = httpx.get(client.url).json()
    assert found["version"] == "7.3"
    assert found["urls"]["dataManagementApi"] == f"{client.url}/data/v3/"
    assert found["urls"]["changeQueries"].startswith(client.url)


def test_only_who_knows_the_secret_gets_a_token(client: Client) -> None:
    assert client.token().json()["token_type"] == "bearer"
    assert client.token("guess").status_code == 401
    assert httpx.get(f"{client.url}/data/v3/{EVENTS}").status_code == 401


def test_resources_hold_what_the_district_knows(client: Client) -> None:
    for name, resource in client.api.store.resources.items():
        count = client.get(f"ed-fi/{name}", limit=0, totalCount="true")
        assert (count.json(), int(count.headers["Total-Count"])) == ([], len(resource.items))
        (item,) = client.get(f"ed-fi/{name}", limit=1).json()
        assert {"id", "_etag", "_lastModifiedDate"} < set(item)
    event = client.get(limit=1).json()[0]
    code = event["attendanceEventCategoryDescriptor"].removeprefix("uri://ed-fi.org/AttendanceEventCategoryDescriptor#")
    assert code in CATEGORIES.values()
    assert client.get("ed-fi/nothing").status_code == 404


def test_offset_and_cursor_lead_to_the_same_items(client: Client) -> None:
    pages = [client.get(offset=offset, limit=500).json() for offset in range(0, 30_000, 500)]
    by_offset = [item["id"] for page in pages for item in page]
    by_cursor: list[str] = []
    answer = client.get(pageSize=500)
    while token := answer.headers.get("Next-Page-Token"):
        by_cursor += [item["id"] for item in answer.json()]
        answer = client.get(pageSize=500, pageToken=token)
    assert by_offset == by_cursor
    assert len(set(by_offset)) == len(client.api.store.resources["studentSchoolAttendanceEvents"].items)
    assert len(client.get().json()) == 25


@pytest.mark.parametrize("query", [{"limit": 501}, {"pageSize": 501}, {"pageSize": 5, "offset": 0}])
def test_what_the_api_refuses(client: Client, query: dict[str, int]) -> None:
    assert client.get(**query).status_code == 400


def test_without_cursor_paging_its_parameters_mean_nothing(client: Client) -> None:
    client.api.faults.cursor = False
    answer = client.get(pageSize=500)
    assert len(answer.json()) == 25
    assert "Next-Page-Token" not in answer.headers


def test_another_night_is_a_window_of_changes(client: Client) -> None:
    before = client.newest()
    advance(client.api.store, SMALL, LATER)
    changed = client.get(minChangeVersion=before + 1, maxChangeVersion=client.newest(), limit=500).json()
    gone = client.get(f"{EVENTS}/deletes", minChangeVersion=before + 1).json()
    assert changed
    assert {len(one["id"]) for one in gone} == {32}
    assert set(gone[0]["keyValues"]) == {
        "attendanceEventCategoryDescriptor", "eventDate", "schoolId", "schoolYear", "sessionName", "studentUniqueId"
    }  # fmt: skip
    assert client.get(f"{EVENTS}/deletes", maxChangeVersion=before).json() == []
    as_if_new = store(SMALL, LATER).resources["studentSchoolAttendanceEvents"]
    assert client.api.store.resources["studentSchoolAttendanceEvents"].items.keys() == as_if_new.items.keys()


def test_a_key_change_keeps_the_id(client: Client) -> None:
    resource = client.api.store.resources[ENROLLED]
    key, stored = next(iter(resource.items.items()))
    client.api.store.change_key(ENROLLED, key, stored.item | {"entryDate": "2014-09-09"})
    (told,) = client.get(f"ed-fi/{ENROLLED}/keyChanges").json()
    assert (told["id"], told["newKeyValues"]["entryDate"]) == (stored.id, "2014-09-09")
    assert told["oldKeyValues"]["entryDate"] == key[0]
    assert client.get(f"ed-fi/{ENROLLED}", limit=1).json()[0]["id"] == stored.id


def test_faults_strike_as_often_as_told(client: Client) -> None:
    told = {"drop": 1, "busy": 1, "error": 1, "calm": 0}
    assert httpx.post(f"{client.url}/simulator/faults", json=told).json()["drop"] == 1
    with pytest.raises(httpx.RemoteProtocolError):
        client.get()
    busy = client.get()
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "1")
    assert [client.get().status_code for _ in range(2)] == [500, 200]
    assert httpx.post(f"{client.url}/simulator/faults", json={"flood": 1}).status_code == 400


def test_a_token_ends(client: Client) -> None:
    client.api.faults.expire_after = 2
    assert [client.get().status_code for _ in range(3)] == [200, 200, 401]
    client.renew()
    assert client.get().status_code == 200
    client.api.tokens.seconds = -1
    client.renew()
    assert client.get().status_code == 401


def test_a_row_that_changes_while_pages_are_read_moves_the_others_up(client: Client) -> None:
    """The trap: whoever pages forwards misses the row that moved up over the edge of the page."""
    newest, resource = client.newest(), client.api.store.resources["studentSchoolAttendanceEvents"]
    client.api.faults.shift = 1
    seen = {item["id"] for item in client.get(offset=0, limit=10, maxChangeVersion=newest).json()}
    seen |= {item["id"] for item in client.get(offset=10, limit=10, maxChangeVersion=newest).json()}
    first = [stored.id for stored in resource.items.values()][:20]
    assert set(first) - seen == {first[10]}
    client.api.faults.vanish = 1
    client.get()
    assert len(resource.deletes) == 1


def test_the_command_serves_until_it_is_ended(tmp_path: Path) -> None:
    command = ["edfi", "--folder", str(tmp_path), "--schools", "4", "--night", "2019-02-11"]
    process = subprocess.Popen([sys.executable, "-m", "simulator", *command], stdout=subprocess.DEVNULL)
    try:
        file = tmp_path / "edfi.json"
        for _ in range(200):
            if file.exists():
                break
            time.sleep(0.1)
        address = json.loads(file.read_text())
        secret = Path(address["secret"])
        assert (secret.stat().st_mode & 0o777, address["type"]) == (0o600, "api")
        assert secret.read_text() not in file.read_text()
        login = base64.b64encode(f"{address['client_id']}:{secret.read_text()}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"}
        form = {"grant_type": "client_credentials"}
        assert httpx.post(f"{address['url']}/oauth/token", headers=headers, data=form).status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    assert not (tmp_path / "edfi.json").exists()
