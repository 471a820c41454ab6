"""A OneRoster source: packages over SFTP, a bulk one and two of changes, through gate 1 to the current rows."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator import district as synthetic
from simulator.oneroster import Producer, write_packages
from simulator.oneroster_records import Record, Records, records
from simulator.schools import Schools
from tests.library.district import District, column, contract, of_values
from tests.library.sources.places import sftp_server
from tests.support import night as nights
from tests.support.current import current_rows, write_project

BULK, DELTA, QUIET = date(2018, 5, 1), date(2018, 6, 19), date(2018, 6, 20)
"""In the second an enrolment is taken back, and a school with its principal closes. In the third no school changes."""
SYNTHETIC = synthetic.District(Schools(12, seed=7))
PRODUCERS = {
    "1.2 by the standard": Producer(),
    "1.2 quoted, in lower case, with a byte order mark": Producer(
        heading=str.lower, quoting=csv.QUOTE_ALL, starts="\ufeff"
    ),
    "1.1 filled in bulk, local times, columns in another order": Producer(
        "1.1", moment="%Y-%m-%d %H:%M:%S", arrange=sorted, fills_bulk=True
    ),
    "1.1 with dates alone, in upper case": Producer("1.1", moment="%Y-%m-%d", heading=str.upper),
}
CHANGED = {"%Y-%m-%d": "2018-06-19", "%Y-%m-%d %H:%M:%S": "2018-06-19 23:30:00"}
"""Text of the warehouse for the time of a change; by default half past eleven in Greenwich, in summer."""
GUID = {"logicalTypeOptions": {"pattern": "^[0-9A-Za-z./@_-]{1,255}$"}}
ROLES = ("student", "teacher", "principal", "siteAdministrator")
OLD_ROLES = ("student", "teacher", "administrator")
Columns = dict[str, dict[str, Any]]


def columns_of(producer: Producer) -> dict[str, Columns]:
    """File to the columns of its contract: header to what is said of it."""
    is_old = producer.version == "1.1"
    status = of_values("active", *(["inactive"] if is_old else []), "tobedeleted")
    first: Columns = {
        "sourcedId": {"key": 1} | GUID,
        "status": {
            "required": True,
            "enum": status,
            "customProperties": [{"property": "mapping", "value": {"": "active"}}],
        },
        "dateLastModified": {"kind": "date" if producer.moment == "%Y-%m-%d" else "timestamp"},
    }
    of_user: Columns = {"role": {"enum": of_values(*OLD_ROLES)}, "orgSourcedIds": {"required": True}}
    of_org: Columns = {"parentSourcedId": GUID, "metadata.classification": {}}
    files: dict[str, Columns] = {
        "orgs": {"name": {"required": True}, "type": {"enum": of_values("school", "district")}} | of_org,
        "users": {"enabledUser": {"kind": "boolean"}, "familyName": {}, "grades": {}}
        | (of_user if is_old else {"primaryOrgSourcedId": GUID}),
        "roles": {"userSourcedId": GUID, "roleType": {"enum": of_values("primary", "secondary")},
                  "role": {"enum": of_values(*ROLES)}, "orgSourcedId": GUID},
        "enrollments": {"classSourcedId": GUID, "userSourcedId": GUID,
                        "role": {"enum": of_values("student", "teacher")},
                        "primary": {"kind": "boolean"}, "beginDate": {"kind": "date"}, "endDate": {"kind": "date"}},
    }  # fmt: skip
    return {name: first | own for name, own in files.items() if name != "roles" or not is_old}


def contracts_of(producer: Producer) -> Iterator[dict[str, Any]]:
    """The contracts of this source, all of feeds of changes: a bulk file of one holds all that there is."""
    for name, columns in columns_of(producer).items():
        properties = [
            column(f"c{place}_{header.rpartition('.')[2].lower()}", said.get("kind", "text"), physicalName=header,
                   **{key: value for key, value in said.items() if key != "kind"})
            for place, (header, said) in enumerate(columns.items())
        ]  # fmt: skip
        server = {"type": "sftp", "location": f"roster/{{night}}/oneroster.zip#{name}.csv"}
        content = contract(
            f"roster.{name}", properties, server, minimum_rows=0, loadMode="delta", package="oneroster",
            changeColumn="c1_status", deleteValue="tobedeleted", whenMissing="last_good",
        )  # fmt: skip
        del content["servers"][0]["path"]
        yield content


@dataclass
class Roster:
    """A platform that reads one producer's packages; `columns` are those of its contracts."""

    district: District
    columns: dict[str, Columns]

    def take(self, night: date) -> dict[str, str]:
        """Land, load and judge what came; file to verdict."""
        found = nights.extract(self.district.settings, "roster", night)
        return {feed.removeprefix("roster."): verdict.verdict for feed, verdict in found.items()}

    def current(self, night: date) -> dict[str, dict[str, Record]]:
        """The current rows as the models of a refresh read them: file to sourcedId to header to text."""
        rows = current_rows(self.district.settings, night)
        return {name: _by_id(list(columns), rows[f"roster.{name}"]) for name, columns in self.columns.items()}


def _by_id(headers: list[str], rows: list[dict[str, Any]]) -> dict[str, Record]:
    texts = [[_text(value) for value in row.values()] for row in rows]
    return {row[0]: dict(zip(headers, row, strict=True)) for row in texts}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


@pytest.fixture(params=list(PRODUCERS.values()), ids=list(PRODUCERS))
def producer(request: pytest.FixtureRequest) -> Producer:
    made: Producer = request.param
    return made


@pytest.fixture
def roster(district: District, producer: Producer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Roster]:
    """The producer's packages on an SFTP server, contracts, and a model a feed that shows the current rows."""
    for content in contracts_of(producer):
        district.feed(content)
    columns = columns_of(producer)
    write_project(district.settings, tmp_path / "dbt_project")
    monkeypatch.setenv("ELEVATE_DBT_PROJECT", str(tmp_path / "dbt_project"))
    with ExitStack() as servers:
        drop = servers.enter_context(sftp_server(tmp_path))
        write_packages(SYNTHETIC, (BULK, DELTA, QUIET), producer, drop.root / "roster")
        district.settings.sources_file.write_text(yaml.safe_dump({"roster": drop.address}))
        yield Roster(district, columns)


def held(producer: Producer, night: date, name: str) -> dict[str, Record]:
    """What the district's records of a night are in the columns of a contract, but for what says when they changed."""
    headers = [header for header in columns_of(producer)[name] if header not in ("status", "dateLastModified")]
    return {
        number: {header: record.get(header, "") for header in headers}
        for number, record in records(SYNTHETIC, night)[name].items()
    }


def without_changes(rows: dict[str, Record]) -> dict[str, Record]:
    return {
        number: {header: text for header, text in row.items() if header not in ("status", "dateLastModified")}
        for number, row in rows.items()
    }


def differing(name: str, before: Records, after: Records) -> set[str]:
    """The records of a file that are new or changed."""
    return {number for number, record in after[name].items() if before[name].get(number) != record}


def test_two_nights_of_packages_end_in_the_current_roster(roster: Roster, producer: Producer) -> None:
    names = set(roster.columns)
    assert roster.take(BULK) == dict.fromkeys(names, "green")
    assert roster.take(DELTA) == dict.fromkeys(names, "green")
    found = roster.current(DELTA)
    before, after = records(SYNTHETIC, BULK), records(SYNTHETIC, DELTA)
    at = CHANGED.get(producer.moment, "2018-06-19 18:30:00")
    for name, rows in found.items():
        assert without_changes(rows) == held(producer, DELTA, name), name
        assert {number for number, row in rows.items() if row["dateLastModified"] == at} == differing(
            name, before, after
        ), "what has not changed stands as it came in bulk"
        assert before[name].keys() - after[name].keys(), "something was taken back"
    inactive = {number for number, row in found["users"].items() if row["status"] == "inactive"}
    left = {number for number in differing("users", before, after) if after["users"][number]["enabledUser"] == "false"}
    assert left, "somebody left"
    assert inactive >= left if producer.version == "1.1" else not inactive


@pytest.mark.parametrize("producer", [Producer()], ids=["1.2"])
def test_what_is_absent_leaves_what_stands_and_what_no_contract_names_is_kept(
    roster: Roster, producer: Producer
) -> None:
    for night in (BULK, DELTA):
        roster.take(night)
    assert roster.take(QUIET) == {"orgs": "missing", "users": "missing", "roles": "missing", "enrollments": "missing"}
    assert without_changes(roster.current(QUIET)["orgs"]) == held(producer, QUIET, "orgs")
    assert without_changes(roster.current(BULK)["orgs"]) == held(producer, BULK, "orgs"), "and the past stands too"
    kept = dict(roster.district.rows("select c0_sourcedid, _extra ->> 'metadata.network' from raw.roster__orgs"))
    networks = {number: record.get("metadata.network") for number, record in records(SYNTHETIC, BULK)["orgs"].items()}
    assert kept == networks
