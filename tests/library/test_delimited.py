"""The header of a file, matched to a contract's columns."""

import json
from pathlib import Path

import pytest

from elevate.contracts import Feed, read_contract
from elevate.delimited import StructureError, likely_rename, read_header
from tests.library.district import column, contract

COLUMNS = (
    column("student_id", key=1, customProperties=[{"property": "aliases", "value": ["StudentNumber", "Stu_ID"]}]),
    column("grade"),
)


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    file = tmp_path / "sis" / "students.yaml"
    file.parent.mkdir()
    file.write_text(json.dumps(contract("sis.students", COLUMNS)))
    return read_contract(file)


@pytest.mark.parametrize(
    ("header", "places"),
    [
        ("student_id,grade", {"student_id": 0, "grade": 1}),
        ("grade,studentnumber", {"student_id": 1, "grade": 0}),
        ("grade,STU_ID", {"student_id": 1, "grade": 0}),
        ("Stu_ID,grade,student_id", {"student_id": 2, "grade": 1}),
        ("Stu_ID,StudentNumber", {"student_id": 1}),
    ],
)
def test_a_column_is_known_by_its_own_name_first_and_then_by_others(
    feed: Feed, tmp_path: Path, header: str, places: dict[str, int]
) -> None:
    (tmp_path / "file.csv").write_text(f"{header}\n")
    found = read_header(feed, "here", tmp_path / "file.csv")
    assert found.positions == places
    assert len(found.extra) == header.count(",") + 1 - len(places)


def test_a_column_with_no_known_name_is_missing(feed: Feed, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("Stud_Number,grade\n")
    with pytest.raises(StructureError, match="required column 'student_id' is missing"):
        read_header(feed, "here", tmp_path / "file.csv")


@pytest.mark.parametrize(
    ("header", "renamed"),
    [
        ("BirthDate", "DateOfBirth"),
        ("ExitDate", "date_of_exit"),
        ("StudentID", "StudentNumber"),
        ("Notes", "NOTE"),
        ("ExitDate", None),
        ("Gender", None),
    ],
)
def test_the_likely_new_name_of_a_column(header: str, renamed: str | None) -> None:
    strangers = ["HomeRoom", "Cafeteria", *filter(None, [renamed])]
    assert likely_rename(header, strangers) == renamed
