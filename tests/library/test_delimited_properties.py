"""Headers and rows as any program may write them: what is read is what was meant, or the batch is red."""

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elevate.contracts import Feed, read_contract
from elevate.delimited import BYTE_ORDER_MARK, StructureError, chunks, count_records, read_header
from tests.library.district import column, contract

# The function-scoped folder is written anew by each example.
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
COLUMNS = ("student_id", "school_id", "absence_date")
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
STRANGERS = st.lists(NAMES.filter(lambda name: name.strip().lower() not in {"", *COLUMNS}), max_size=5)
Change = Callable[[str], str]
WHERE = "sis.attendance, file attendance.csv"


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    """A feed with three required columns."""
    file = tmp_path / "sis" / "attendance.yaml"
    file.parent.mkdir()
    columns = [column(name, key=place) for place, name in enumerate(COLUMNS, 1)]
    file.write_text(json.dumps(contract("sis.attendance", columns)))
    return read_contract(file)


def written(folder: Path, content: bytes) -> Path:
    file = folder / "attendance.csv"
    file.write_bytes(content)
    return file


@MANY
@given(
    strangers=STRANGERS,
    order=st.randoms(use_true_random=False),
    change=st.sampled_from([str.upper, str.title, str.lower]),
    spaces=st.sampled_from(["", " ", "  "]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from([b"", BYTE_ORDER_MARK]),
)
def test_columns_are_found_in_any_order_case_and_form(
    tmp_path: Path,
    feed: Feed,
    strangers: list[str],
    order: random.Random,
    change: Change,
    spaces: str,
    quoting: Literal[0, 1],
    end: str,
    mark: bytes,
) -> None:
    strangers = list({name.strip().lower(): name for name in strangers}.values())
    names = [f"{spaces}{change(name)}{spaces}" for name in COLUMNS] + strangers
    order.shuffle(names)
    target = io.StringIO(newline="")
    csv.writer(target, quoting=quoting, lineterminator=end).writerow(names)
    header = read_header(feed, WHERE, written(tmp_path, mark + target.getvalue().encode()))
    assert {name: header.names[place].strip().lower() for name, place in header.positions.items()} == {
        name: name for name in COLUMNS
    }
    assert sorted(header.extra) == sorted(strangers)


@MANY
@given(first=st.binary(max_size=300))
def test_whatever_the_first_bytes_are_the_answer_is_a_header_or_a_reason(
    tmp_path: Path, feed: Feed, first: bytes
) -> None:
    file = written(tmp_path, first)
    try:
        header = read_header(feed, WHERE, file)
    except StructureError as error:
        reason = str(error)
    else:
        reason = f"{WHERE}, line 1: it was read"
        assert set(header.positions) == set(COLUMNS)
    assert reason.startswith(f"{WHERE}, line 1: ")


@MANY
@given(lost=st.sampled_from(COLUMNS), strangers=STRANGERS)
def test_a_required_column_that_is_missing_is_named(
    tmp_path: Path, feed: Feed, lost: str, strangers: list[str]
) -> None:
    names = [name for name in COLUMNS if name != lost] + list({s.strip().lower(): s for s in strangers}.values())
    target = io.StringIO(newline="")
    csv.writer(target).writerow(names)
    with pytest.raises(StructureError, match=f"required column '{lost}' is missing"):
        read_header(feed, WHERE, written(tmp_path, target.getvalue().encode()))


@MANY
@given(twice=st.sampled_from(COLUMNS), change=st.sampled_from([str.upper, str.title, str.strip]))
def test_a_name_that_stands_twice_is_refused(tmp_path: Path, feed: Feed, twice: str, change: Change) -> None:
    line = ",".join([*COLUMNS, change(twice)])
    with pytest.raises(StructureError, match="stands twice"):
        read_header(feed, WHERE, written(tmp_path, line.encode()))


@MANY
@given(values=st.lists(st.from_regex(r"[0-9]{9}", fullmatch=True), min_size=2, max_size=6))
def test_a_first_line_of_values_is_never_quoted(tmp_path: Path, feed: Feed, values: list[str]) -> None:
    with pytest.raises(StructureError) as refused:
        read_header(feed, WHERE, written(tmp_path, ",".join(values).encode()))
    assert not [value for value in values if value in str(refused.value)]


@MANY
@given(content=st.binary(max_size=400), mark=st.booleans())
def test_only_a_byte_order_mark_is_taken_away(tmp_path: Path, content: bytes, mark: bool) -> None:
    given_bytes = (BYTE_ORDER_MARK if mark else b"") + content
    assert b"".join(chunks(written(tmp_path, given_bytes))) == given_bytes.removeprefix(BYTE_ORDER_MARK)


@MANY
@given(rows=st.integers(0, 50), ended=st.booleans())
def test_records_of_a_broken_file_are_its_lines_after_the_header(
    tmp_path: Path, feed: Feed, rows: int, ended: bool
) -> None:
    content = "\n".join([",".join(COLUMNS), *["1,2,3"] * rows]) + ("\n" if ended else "")
    assert count_records(feed, written(tmp_path, content.encode())) == rows
