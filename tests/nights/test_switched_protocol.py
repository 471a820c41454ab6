"""A feed is a contract away from another protocol: the same rows, whichever way they come.

The district's schools, a snapshot, and its enrolments, a delta, are taken once as they come
today. Then they come by every way that the platform knows, with the contract changed in where
the rows are, what their columns are called there, and the words for their values.
"""

import csv
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from elevate import sources as library
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from simulator.district import District
from simulator.drops import DropFolder
from simulator.schools import Schools
from tests.support import night as nights
from tests.support.protocols import WAYS, Contract, Delivery, Row, Sources, columns_of, contract_of, own_headers

NIGHT, SWITCHED = date(2019, 2, 11), date(2019, 2, 12)
SWITCHED_PROPERTIES = {"marker", "package", "watermark", "overlap"}


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The student information system's drop of the night."""
    drops = DropFolder(tmp_path_factory.mktemp("drops"), District(Schools(4, seed=1)))
    drops.make(NIGHT)
    return drops.folder("sis", NIGHT)


@pytest.fixture(scope="module")
def settings(module_settings: Settings, drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A platform with contracts of its own, which has taken the night as it comes today."""
    feeds = tmp_path_factory.mktemp("contracts") / "feeds"
    shutil.copytree(PROJECT / "feeds" / "sis", feeds / "sis")
    address = {"type": "folder", "path": str(drop.parents[1]), "pause_seconds": 0}
    module_settings.sources_file.write_text(yaml.safe_dump({"sis": address}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELEVATE_FEEDS", str(feeds))
        for feed in ("schools", "students", "enrollments"):
            assert nights.extract_feed(module_settings, f"sis.{feed}", NIGHT).verdict == "green"
        yield module_settings


def rows_of(drop: Path, feed: str) -> list[Row]:
    """The rows of the feed's file, under the contract's column names."""
    names = {header: name for name, header in own_headers(feed).items()}
    with (drop / f"{feed}.csv").open() as file:
        return [{names[header]: text for header, text in row.items()} for row in csv.DictReader(file)]


def switched(feed: str, delivery: Delivery, version: str) -> Contract:
    """The contract, changed for this delivery."""
    content = deepcopy(contract_of(feed))
    content["version"] = version
    content["servers"] = [{"server": "sis"} | delivery.server]
    if delivery.table:
        content["schema"][0]["physicalName"] = delivery.table
    kept = [one for one in content["customProperties"] if one["property"] not in SWITCHED_PROPERTIES]
    content["customProperties"] = kept + [{"property": p, "value": v} for p, v in delivery.properties.items()]
    for column in columns_of(content):
        column["physicalName"] = delivery.headers.get(column["name"], column.get("physicalName", column["name"]))
        if column["name"] in delivery.words:
            mapping = {"property": "mapping", "value": delivery.words[column["name"]]}
            column["customProperties"] = [*column.get("customProperties", []), mapping]
    return content


def taken(settings: Settings, feed: str, night: date) -> tuple[str, list[tuple[Any, ...]], set[str]]:
    """The newest batch of a night: its content hash, its rows in raw, and what came beside the contract's columns."""
    names = ", ".join(own_headers(feed))
    with connect(settings) as connection:
        batch = connection.execute(
            "select batch_id, content_hash from ops.batch where feed = %s and night = %s and verdict = 'green'"
            " order by batch_id desc limit 1",
            (feed, night),
        ).fetchone()
        assert batch is not None
        query = f"select _extra, {names} from raw.sis__{feed} where _batch_id = %s"
        rows = [list(row.values()) for row in connection.execute(query.encode(), (batch["batch_id"],))]
    extra = {json.dumps(row[0], sort_keys=True) for row in rows}
    return batch["content_hash"], sorted((tuple(row[1:]) for row in rows), key=str), extra


@pytest.mark.parametrize("feed", ["schools", "enrollments"])
@pytest.mark.parametrize("way", WAYS)
def test_the_same_rows_come_by_another_protocol(
    settings: Settings, drop: Path, tmp_path: Path, way: str, feed: str
) -> None:
    with ExitStack() as servers:
        # Each switch is a version of the contract, under which equal rows are stored anew.
        version = f"{2 + list(WAYS).index(way)}.0.0"
        delivery = WAYS[way](Sources(settings, tmp_path, servers, SWITCHED), feed, rows_of(drop, feed))
        (settings.feeds / "sis" / f"{feed}.yaml").write_text(yaml.safe_dump(switched(feed, delivery, version)))
        settings.sources_file.write_text(yaml.safe_dump({"sis": [{"type": "other"}, delivery.address]}))
        verdict = nights.extract_feed(settings, f"sis.{feed}", SWITCHED)
    assert verdict.verdict == "green", verdict.message
    content, rows, _ = taken(settings, feed, NIGHT)
    new_content, new_rows, extra = taken(settings, feed, SWITCHED)
    assert new_rows == rows
    assert len(rows) == len(rows_of(drop, feed)) > 0
    if delivery.extra:
        # What no contract names is kept, and is content: it is not the same delivery, though its rows are.
        assert extra == {json.dumps(delivery.extra, sort_keys=True)}
    else:
        assert new_content == content


def test_no_protocol_is_left_out() -> None:
    assert {"api" if way == "edfi" else way for way in WAYS} - {"zip", "oneroster"} == set(library.PROTOCOLS)
