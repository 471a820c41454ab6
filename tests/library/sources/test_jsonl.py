"""Lines of JSON as CSV under the contract's headers."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elevate.contracts import Feed, read_contract
from elevate.delimited import StructureError, as_csv, count_records, read_header
from elevate.sources.jsonl import JsonLinesError, read_item
from tests.library.district import column, contract, of_values

COLUMNS = (
    column("student_id", physicalName="studentReference.studentUniqueId", key=1),
    column("grade", physicalName="entryGradeLevelDescriptor", required=True),
    column("hours", "numeric", physicalName="hours", customProperties=[{"property": "aliases", "value": ["a.span"]}]),
    column("change_type", required=True, enum=of_values("upsert", "delete")),
)
ANN: dict[str, Any] = {
    "id": "0a", "_etag": "5", "_lastModifiedDate": "x", "link": {"rel": "self"}, "change_type": "upsert",
    "studentReference": {"studentUniqueId": "000000001", "link": {"href": "/"}},
    "entryGradeLevelDescriptor": "uri://ed-fi.org/GradeLevelDescriptor#Grade 01",
}  # fmt: skip


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    server = {"type": "api", "path": "ed-fi/things", "format": "json"}
    content = contract("sis.things", COLUMNS, server, loadMode="delta", changeColumn="change_type")
    file = tmp_path / "sis" / "things.yaml"
    file.parent.mkdir()
    file.write_text(json.dumps(content))
    return read_contract(file)


def table(feed: Feed, tmp_path: Path, *lines: Any) -> list[dict[str, str]]:
    landed = tmp_path / "things.jsonl"
    landed.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    with as_csv(feed, "here", landed) as file:
        read_header(feed, "here", file)
        with file.open(newline="") as handle:
            return list(csv.DictReader(handle))


def test_a_path_leads_to_a_value_and_a_descriptor_is_its_code(feed: Feed, tmp_path: Path) -> None:
    (row,) = table(feed, tmp_path, ANN)
    assert row == {
        "studentReference.studentUniqueId": "000000001",
        "entryGradeLevelDescriptor": "Grade 01",
        "change_type": "upsert",
    }  # fmt: skip


def test_a_delete_has_its_key_flattened(feed: Feed, tmp_path: Path) -> None:
    _, gone = table(feed, tmp_path, ANN, {"studentUniqueId": "000000002", "change_type": "delete"})
    assert (gone["studentReference.studentUniqueId"], gone["entryGradeLevelDescriptor"]) == ("000000002", "")
    (row,) = table(feed, tmp_path, {"studentUniqueId": "000000002", "change_type": "delete"})
    assert (row["studentReference.studentUniqueId"], row["hours"]) == ("000000002", "")


def test_an_upsert_is_not_looked_up_flattened(feed: Feed, tmp_path: Path) -> None:
    _, row = table(feed, tmp_path, ANN, {"studentUniqueId": "000000002", "change_type": "upsert"})
    assert row["studentReference.studentUniqueId"] == ""


def test_what_no_column_reads_is_kept_where_it_is_one_value(feed: Feed, tmp_path: Path) -> None:
    more = {"note": 'a, "b"\nc', "many": [1], "object": {"a": 1}, "flag": True, "size": 1.50, "none": None}
    first, second = table(feed, tmp_path, ANN | more, ANN)
    assert set(first) - set(second) == set()
    assert {name: first[name] for name in ("note", "flag", "size", "none")} == {
        "note": "a, \"b\"\nc", "flag": "true", "size": "1.5", "none": ""
    }  # fmt: skip
    assert not {"many", "object", "id", "_etag", "_lastModifiedDate", "link"} & set(first)
    assert second["note"] == ""


def test_numbers_are_the_texts_that_were_sent(feed: Feed, tmp_path: Path) -> None:
    line = json.dumps(ANN).removesuffix("}") + ', "hours": 1.50, "big": 12345678901234567890.10}'
    (row,) = table(feed, tmp_path, line)
    assert (row["hours"], row["big"]) == ("1.50", "12345678901234567890.10")


def test_another_name_of_a_column_is_read_under_its_own(feed: Feed, tmp_path: Path) -> None:
    (row,) = table(feed, tmp_path, ANN | {"a": {"span": 2}})
    assert row["hours"] == "2"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "here: line 2 is no JSON object; the file may be cut off."),
        ("[1]", "here: line 2 is no JSON object"),
        ("", "here: line 2 is no JSON object"),
        (
            ANN | {"hours": {"Secret": 1}},
            "here: line 2, column 'hours': expected one value, found a list or an object.",
        ),
        (ANN | {"note": "\ud800"}, "here: line 2: a value or a name can't be written as utf-8."),
    ],
)
def test_a_line_that_is_no_row_is_told_without_its_value(feed: Feed, tmp_path: Path, line: Any, message: str) -> None:
    with pytest.raises(StructureError, match=message) as raised:
        table(feed, tmp_path, ANN, line)
    assert "Secret" not in str(raised.value)


def test_a_property_that_no_item_has_any_more_is_a_missing_column(feed: Feed, tmp_path: Path) -> None:
    renamed = {name.replace("entryGradeLevel", "entryGradeLevels"): value for name, value in ANN.items()}
    with pytest.raises(StructureError, match=r"column 'entryGradeLevelDescriptor' is missing .* Renamed to"):
        table(feed, tmp_path, renamed)


def test_a_file_without_lines_has_all_columns_and_no_row(feed: Feed, tmp_path: Path) -> None:
    assert table(feed, tmp_path) == []


def test_lines_are_counted_where_a_file_is_broken(feed: Feed, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("{}\n{}\n{")
    assert count_records(feed, tmp_path / "broken.jsonl") == 3


def test_the_copy_is_gone_afterwards(feed: Feed, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").touch()
    with as_csv(feed, "here", tmp_path / "none.jsonl") as file:
        assert file.exists()
    assert not file.exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(item=st.dictionaries(st.text(), JSON, max_size=5))
def test_an_object_is_read_as_it_was_written_but_for_its_numbers(item: dict[str, Any]) -> None:
    def shown(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shown(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [shown(inner) for inner in value]
        return value if isinstance(value, bool | str | None) else json.dumps(value)

    assert read_item(json.dumps(item)) == shown(item)
    assert read_item(json.dumps(item, ensure_ascii=False).encode("utf-8", "surrogatepass")) == shown(item)


@given(line=st.text() | st.binary() | JSON.filter(lambda value: not isinstance(value, dict)).map(json.dumps))
def test_what_is_no_object_is_told_without_a_word_of_it(line: str | bytes) -> None:
    try:
        assert isinstance(read_item(line), dict)
    except JsonLinesError as error:
        assert str(error) in ("is no JSON object; the file may be cut off.", "has a name twice in one object.")  # noqa: PT017


@pytest.mark.parametrize("line", ['{"a": 1, "a": 1}', '{"b": {"a": 1, "a": 2}}', '[{"a": 1, "a": 2}]'])
def test_a_name_that_stands_twice_is_refused(line: str) -> None:
    with pytest.raises(JsonLinesError, match="has a name twice"):
        read_item(line)


@given(end=st.sampled_from(["", ":1", "]", "}", '"', "[" * 9]), depth=st.integers(1, 10_000))
def test_no_depth_is_too_deep_to_be_refused(end: str, depth: int) -> None:
    with pytest.raises(JsonLinesError):
        read_item('[{"a":' * depth + end)
