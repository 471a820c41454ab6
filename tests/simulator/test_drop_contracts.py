"""A drop keeps what the contracts promise, but for the few rows that it breaks on purpose."""

import re
from datetime import date, datetime
from typing import Any

import pytest

from simulator.calendar import day
from simulator.feeds import BY_ID
from simulator.schools import Schools
from simulator.support_goods import edtech_usage

FORMATS = {None: "%Y-%m-%d", "MM/dd/yyyy": "%m/%d/%Y"}


def properties_of(contract: dict[str, Any]) -> list[dict[str, Any]]:
    return contract["schema"][0]["properties"]


def header(prop: dict[str, Any]) -> str:
    return prop.get("physicalName", prop["name"])


def breaks(prop: dict[str, Any], value: str) -> bool:
    """Whether a value breaks the contract of its column."""
    if value == "":
        return bool(prop.get("required"))
    options, kind = prop.get("logicalTypeOptions", {}), prop["logicalType"]
    if "enum" in prop and value not in [str(item["value"]) for item in prop["enum"]]:
        return True
    if kind == "date":
        datetime.strptime(value, FORMATS[options.get("format")])  # noqa: DTZ007
    if kind == "boolean":
        return value.lower() not in ("true", "false")
    if kind in ("integer", "number"):
        number = int(value) if kind == "integer" else float(value)
        return not options.get("minimum", number) <= number <= options.get("maximum", number)
    return "pattern" in options and not re.search(options["pattern"], value)


def test_every_contract_has_a_feed_and_every_feed_a_contract(contracts):
    assert set(contracts) == set(BY_ID)


@pytest.mark.parametrize("feed_id", BY_ID)
def test_the_contract_names_the_file_and_its_headers(feed_id, contracts, drops, nights, read):
    feed, contract = BY_ID[feed_id], contracts[feed_id]
    location = contract["servers"][0]["location"]
    assert location.endswith(f"{feed.source}/{{night}}/{feed.file_name}")
    for night in nights:
        wanted = [header(prop) for prop in properties_of(contract)]
        if feed.layout == "markdown":
            assert list(read(feed.source, feed.file_name, night)[0]) == wanted
            continue
        line = (drops.folder(feed.source, night) / feed.file_name).open().readline().strip()
        headers = [name.strip('"') for name in line.split(",")]
        assert set(wanted) <= set(headers) if feed.name == "map_results" else headers == wanted
        assert len(headers) == {"map_results": 143, "map_students": 16}.get(feed.name, len(wanted))


@pytest.mark.parametrize("feed_id", BY_ID)
def test_values_are_as_contracted(feed_id, contracts, read, nights):
    feed, contract = BY_ID[feed_id], contracts[feed_id]
    rows = read(feed.source, feed.file_name, nights[0])
    custom = {item["property"]: item["value"] for item in contract["customProperties"]}
    broken = {
        number for prop in properties_of(contract) for number, row in enumerate(rows) if breaks(prop, row[header(prop)])
    }
    assert len(rows) > 0
    assert len(broken) <= custom["tolerance"] * len(rows)
    assert feed.mode == custom["loadMode"]


@pytest.mark.parametrize("feed_id", BY_ID)
def test_keys_are_unique_and_references_hold(feed_id, contracts, read, nights):
    feed, contract = BY_ID[feed_id], contracts[feed_id]
    key = [header(prop) for prop in properties_of(contract) if prop.get("primaryKey")]
    for night in nights:
        rows = read(feed.source, feed.file_name, night)
        keys = [tuple(row[name] for name in key) for row in rows]
        assert len(set(keys)) == len(keys)
        for prop in properties_of(contract):
            for relation in prop.get("relationships", []):
                other, column = relation["to"].split(".")
                target = contracts[f"{feed.source}.{other}"]
                place = next(header(p) for p in properties_of(target) if p["name"] == column)
                known = {row[place] for row in read(feed.source, BY_ID[f"{feed.source}.{other}"].file_name, night)}
                assert {row[header(prop)] for row in rows} - {""} <= known


def test_vendor_files_quote_every_value(drops, nights):
    line = (drops.folder("assessment", nights[0]) / "AssessmentResults.csv").read_text().splitlines()[1]
    assert line.count('","') == 142
    assert line[0] == line[-1] == '"'


def test_garbled_usage_stays_below_the_tolerance_in_every_drop():
    ledger = edtech_usage(Schools(48, seed=1))
    first = day(date(2019, 2, 11))
    garbled = 0
    for night in range(first + 1, day(date(2019, 6, 30))):
        minutes = ledger.difference(night - 1, night, "change_type")["minutes"].values
        garbled += int((minutes < 0).sum())
        assert (minutes < 0).sum() <= 0.02 * len(minutes)
    history = ledger.state(first)["minutes"].values
    assert 0 < (history < 0).sum() <= 0.02 * len(history)
    assert garbled
