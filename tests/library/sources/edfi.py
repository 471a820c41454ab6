"""A synthetic Ed-Fi server for tests, and what a pull from it must hold."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from elevate import sources
from elevate.contracts import Feed, read_contract
from elevate.settings import Settings
from elevate.sources import Fetched
from simulator import district as synthetic
from simulator import edfi_items
from simulator.edfi_api import Api
from simulator.edfi_server import client_secret, running
from simulator.edfi_store import Item, Resource, Store
from simulator.schools import Schools
from tests.library.district import NIGHT, column, contract, of_values

EVENTS, ENROLLED = "studentSchoolAttendanceEvents", "studentSchoolAssociations"
SMALL = synthetic.District(Schools(4, seed=1))
CHANGE = column("change_type", required=True, enum=of_values("upsert", "delete"))
DELTA = {"loadMode": "delta", "changeColumn": "change_type"}


def api_contract(name: str, resource: str, *columns: dict[str, Any], **custom: Any) -> dict[str, Any]:
    """A contract of source `sis` for a resource of the API."""
    server = {"type": "api", "path": f"ed-fi/{resource}", "format": "json"}
    return contract(f"sis.{name}", columns, server, minimum_rows=0 if custom else 1, **custom)


def at(name: str, path: str, **given: Any) -> dict[str, Any]:
    """A column at a path of the item."""
    return column(name, physicalName=path, **given)


ENROLLMENTS = api_contract(
    "enrollments",
    ENROLLED,
    at("student_id", "studentReference.studentUniqueId", key=1),
    at("school_id", "schoolReference.schoolId", key=2),
    at("entry_date", "entryDate", physicalType="date", key=3),
    CHANGE,
    **DELTA,
)


@dataclass
class Source:
    """One server, and pulls from it into folders of their own."""

    settings: Settings
    root: Path
    api: Api
    address: dict[str, Any]
    pulls: list[Path] = field(default_factory=list)

    def feed(self, content: dict[str, Any]) -> Feed:
        """The feed of a contract."""
        file = self.root / "sis" / f"{content['name']}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(content))
        return read_contract(file)

    @property
    def store(self) -> Store:
        """The server's data."""
        return self.api.store

    @property
    def events(self) -> Resource:
        """The attendance events."""
        return self.store.resources[EVENTS]

    def pull(self, feed: Feed, state: dict[str, Any] | None = None, **address: Any) -> Fetched:
        """Pull the feed."""
        self.settings.home.mkdir(exist_ok=True)
        self.settings.sources_file.write_text(json.dumps({feed.source: self.address | address}))
        self.pulls.append(self.root / f"pull{len(self.pulls)}")
        self.pulls[-1].mkdir()
        return sources.fetch(self.settings, feed, NIGHT, self.pulls[-1], state)

    def to(self, night: date) -> None:
        """The source goes on to another night."""
        edfi_items.advance(self.store, SMALL, night)


@contextmanager
def serving(settings: Settings, root: Path, store: Store) -> Iterator[Source]:
    """A server with this data."""
    api = Api(store, client_secret(root))
    with running(root, api):
        yield Source(settings, root, api, json.loads((root / "edfi.json").read_text()))


def lines(fetched: Fetched) -> list[Item]:
    """What was written."""
    (file,) = fetched.files
    return [json.loads(line) for line in file.read_text().splitlines()]


def upserts(fetched: Fetched) -> list[Item]:
    """The items, as the server gave them."""
    return [{k: v for k, v in item.items() if k != "change_type"} for item in lines(fetched) if "id" in item]


def deletes(fetched: Fetched) -> list[Item]:
    """The natural keys of what is gone."""
    return [item for item in lines(fetched) if item["change_type"] == "delete"]


def held(resource: Resource) -> list[Item]:
    """What the server holds."""
    return [stored.shown() for stored in resource.items.values()]


def by_id(items: list[Item]) -> dict[str, Item]:
    """Items by the server's id, each once."""
    assert len({item["id"] for item in items}) == len(items), "an item came twice"
    return {item["id"]: item for item in items}
