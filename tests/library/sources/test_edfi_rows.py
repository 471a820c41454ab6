"""One district, by two ways: attendance from the Ed-Fi API makes the rows that its SFTP files make."""

import copy
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from elevate import batches, landing, loading
from elevate.contracts import Feed
from elevate.gates import batch_gate
from elevate.settings import PROJECT
from elevate.warehouse import connect
from simulator import edfi_items
from simulator.drops import DropFolder
from tests.library.district import NIGHT, RUN, District
from tests.library.sources.edfi import SMALL, Source, serving

LATER = date(2019, 3, 4)
BY_FILE = PROJECT / "feeds" / "sis" / "attendance.yaml"
BY_API = Path(__file__).parent / "feeds" / "sis" / "attendance.yaml"
COLUMNS = "student_id, school_id, absence_date, absence_code, day_fraction, change_type"
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.fixture
def source(district: District, tmp_path: Path) -> Iterator[Source]:
    with serving(district.settings, tmp_path, edfi_items.store(SMALL, NIGHT)) as running:
        yield running


def contract_of(file: Path) -> dict[str, Any]:
    """The contract of a file, without its references to feeds that are not delivered here."""
    content: dict[str, Any] = copy.deepcopy(yaml.safe_load(file.read_text()))
    for column in content["schema"][0]["properties"]:
        column.pop("relationships", None)
    # One file is taken out of its drop, and the marker lists them all.
    content["customProperties"] = [one for one in content["customProperties"] if one["property"] != "marker"]
    return content


def by_files(district: District, drops: DropFolder, night: date) -> Rows:
    """What the night's file changes."""
    feed = district.feed(contract_of(BY_FILE))
    drops.make(night)
    batch_id = district.load(feed, (drops.folder("sis", night) / "attendance.csv").read_bytes(), night)
    return by_key(district.rows(f"select {COLUMNS} from incoming.b{batch_id}"))


def by_key(rows: list[tuple[Any, ...]]) -> Rows:
    assert len({row[:3] for row in rows}) == len(rows), "a key came twice"
    return {row[:3]: row[3:] for row in rows}


def land(district: District, source: Source, feed: Feed, night: date, state: Any) -> tuple[int, Any]:
    """Pull, land and load; the batch and where the pull ended."""
    district.settings.sources_file.write_text(json.dumps({"sis": source.address}))
    landed = landing.land(district.settings, feed, night, state)
    with connect(district.settings) as connection:
        batch_id = batches.open_batch(connection, feed, night, RUN, landed)
    loading.load(district.settings, feed, batch_id)
    return batch_id, landed.state


def current(rows: Rows, changes: Rows) -> Rows:
    """The rows after a delta."""
    return {key: values for key, values in (rows | changes).items() if values[-1] == "upsert"}


def test_both_ways_lead_to_the_same_rows(district: District, source: Source, tmp_path: Path) -> None:
    drops = DropFolder(tmp_path / "drops", SMALL)
    first, second = by_files(district, drops, NIGHT), by_files(district, drops, LATER)
    assert {values[-1] for values in second.values()} == {"upsert", "delete"}

    feed = district.feed(contract_of(BY_API))
    batch_id, state = land(district, source, feed, NIGHT, None)
    assert by_key(district.rows(f"select {COLUMNS} from incoming.b{batch_id}")) == first
    assert batch_gate.judge(district.settings, feed, batch_id).verdict == "green"

    source.to(LATER)
    batch_id, _ = land(district, source, feed, LATER, state)
    changes = by_key(district.rows(f"select {COLUMNS} from incoming.b{batch_id}"))
    assert current(first, changes) == current(first, second)
    assert 0 < len(changes) < len(first) / 2
    assert {values[-1] for values in changes.values()} == {"upsert", "delete"}
    assert batch_gate.judge(district.settings, feed, batch_id).verdict == "green"
    assert district.value("select count(*) from quarantine.rejected_row") == 0
    assert district.value(f"select count(*) from raw.{feed.table}") == len(first) + len(changes)


def test_the_contracts_have_the_same_columns() -> None:
    columns = [[c["name"] for c in contract_of(file)["schema"][0]["properties"]] for file in (BY_FILE, BY_API)]
    assert columns[0] == columns[1] == COLUMNS.split(", ")


def test_nothing_landed_holds_the_secret(district: District, source: Source) -> None:
    land(district, source, district.feed(contract_of(BY_API)), NIGHT, None)
    files = [file for file in district.settings.landing.rglob("*") if file.is_file()]
    assert sorted(file.name for file in files) == ["manifest.json", "studentSchoolAttendanceEvents.jsonl"]
    assert not any(source.api.secret in file.read_text() for file in files)
