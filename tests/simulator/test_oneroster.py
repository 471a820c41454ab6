"""OneRoster packages: what the standard asks of manifest, files and lines, and that records refer to each other."""

import csv
import io
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest

from simulator.__main__ import main
from simulator.district import District
from simulator.oneroster import OF_VERSION, Version
from simulator.oneroster_records import records

NIGHTS = ("2018-05-01", "2018-06-19")
CLOSED = "610012"
"""A school that is gone by the second night; who was there in the year is not."""
REFERENCES = {
    "parentSourcedId": "orgs", "orgSourcedId": "orgs", "schoolSourcedId": "orgs", "orgSourcedIds": "orgs",
    "primaryOrgSourcedId": "orgs", "userSourcedId": "users", "classSourcedId": "classes", "courseSourcedId": "courses",
    "termSourcedIds": "academicSessions",
}  # fmt: skip


def unpacked(file: Path) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(file) as archive:
        texts = {name.removesuffix(".csv"): archive.read(name).decode() for name in archive.namelist()}
    return {name: list(csv.DictReader(io.StringIO(text, newline=""))) for name, text in texts.items()}


@pytest.mark.parametrize("version", OF_VERSION)
def test_packages_are_as_the_standard_asks(tmp_path: Path, version: Version) -> None:
    options = ["--schools", "12", "--seed", "7", "--version", version, "--out", str(tmp_path)]
    assert main(["oneroster", "--night", *NIGHTS, *options]) == 0
    bulk, delta = (unpacked(tmp_path / night / "oneroster.zip") for night in NIGHTS)
    for kind, files in (("bulk", bulk), ("delta", delta)):
        said = {row["propertyName"]: row["value"] for row in files.pop("manifest")}
        assert said["oneroster.version"] == version
        announced = {name.removeprefix("file."): value for name, value in said.items() if name.startswith("file.")}
        assert len(announced) == {"1.1": 13, "1.2": 21}[version]
        assert {name for name, value in announced.items() if value == kind} == files.keys()
        assert {value for name, value in announced.items() if name not in files} == {"absent"}
    assert bulk.keys() == OF_VERSION[version].keys()
    assert "academicSessions" not in delta
    lines = [row for rows in bulk.values() for row in rows]
    assert {(row["status"], row["dateLastModified"]) for row in lines} == {("", "")}
    changes = [row for rows in delta.values() for row in rows]
    assert {row["status"] for row in changes} == {"active", "tobedeleted"} | (
        {"inactive"} if version == "1.1" else set()
    )
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["dateLastModified"]) for row in changes)
    assert all(re.fullmatch(r"[0-9A-Za-z./@_-]{1,255}", row["sourcedId"]) for row in [*lines, *changes])


def test_records_refer_to_each_other(district: District) -> None:
    held = records(district, date(2018, 6, 19))
    for rows in held.values():
        for record in rows.values():
            for header, file in REFERENCES.items():
                if record.get(header):
                    assert set(record[header].split(",")) <= held[file].keys() | {CLOSED}, header
    primary = [
        (one["userSourcedId"], one["orgSourcedId"]) for one in held["roles"].values() if one["roleType"] == "primary"
    ]
    assert len(primary) == len(set(primary)), "one primary role a person and school"
