import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from elevate.contracts import Feed, read_contract
from elevate.sources.paths import folder_of, name_pattern, values_in_path
from tests.library.district import NIGHT, STUDENTS, column, contract


def feed_at(tmp_path: Path, location: str, *from_path: str) -> Feed:
    marked: dict[str, Any] = {"customProperties": [{"property": "fromPath", "value": True}]}
    columns = [*STUDENTS, *(column(name, **marked) for name in from_path)]
    file = tmp_path / "sis" / "students.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(contract(columns=columns, server={"path": location})))
    return read_contract(file)


@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ("sis/{night}/students.csv", "sis/2019-02-11"),
        ("drop/{night}/{night}/students.csv", "drop/2019-02-11/2019-02-11"),
        ("students.csv", "."),
    ],
)
def test_the_folder_is_the_nights(tmp_path: Path, location: str, folder: str) -> None:
    assert folder_of(feed_at(tmp_path, location), NIGHT) == folder


def test_a_name_without_placeholders_matches_itself_alone(tmp_path: Path) -> None:
    pattern = name_pattern(feed_at(tmp_path, "sis/{night}/students.csv"))
    assert pattern.match("students.csv")
    for other in ("students.csv.bak", "xstudents.csv", "studentsXcsv", "Students.csv", "students.csv\n"):
        assert not pattern.match(other), other


def test_placeholders_become_values(tmp_path: Path) -> None:
    feed = feed_at(tmp_path, "profile_sy{vintage}_v{edition}.csv", "vintage", "edition")
    assert values_in_path(feed, "profile_sy1617_v2.csv") == {"vintage": "1617", "edition": "2"}
    assert values_in_path(feed, "profile_sy1617.csv") == {}
    assert values_in_path(feed, "profile_sy_v2.csv") == {}, "a placeholder stands for something"


@pytest.fixture(scope="module")
def by_vintage(tmp_path_factory: pytest.TempPathFactory) -> Feed:
    return feed_at(tmp_path_factory.mktemp("feeds"), "{vintage}-(report)+sy.csv", "vintage")


@given(value=st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), min_size=1))
def test_what_was_put_into_a_name_is_found_in_it(by_vintage: Feed, value: str) -> None:
    assume("/" not in value)
    assert values_in_path(by_vintage, f"{value}-(report)+sy.csv") == {"vintage": value}


@given(name=st.text())
def test_a_name_of_another_form_gives_nothing(by_vintage: Feed, name: str) -> None:
    assume(not name.endswith("-(report)+sy.csv"))
    assert values_in_path(by_vintage, name) == {}


@given(folder=st.text("abc", min_size=1))
def test_no_placeholder_reaches_into_another_folder(by_vintage: Feed, folder: str) -> None:
    assert not name_pattern(by_vintage).match(f"../{folder}-(report)+sy.csv")


@given(night=st.dates())
def test_every_night_has_a_folder_of_its_own(by_vintage: Feed, night: date) -> None:
    assert folder_of(by_vintage, night) == "."
