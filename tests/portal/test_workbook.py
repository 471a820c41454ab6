"""Workbooks melted: what is read, what is left out, what is refused."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elevate.sources.workbook import HEADERS, WorkbookError, melt_workbook

Cells = Sequence[Sequence[Any]]


def workbook(path: Path, merged: Sequence[str] = (), **sheets: Cells) -> Path:
    """Write an .xlsx with these sheets; `merged` ranges apply to the last of them."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(path)
    return path


def melt(path: Path) -> list[dict[str, str]]:
    out = path.with_suffix(".csv")
    rows = melt_workbook(path, out)
    with out.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        found = list(reader)
        assert tuple(reader.fieldnames or ()) == HEADERS
    assert len(found) == rows
    return found


def values(rows: list[dict[str, str]]) -> dict[tuple[str, str], str]:
    return {(row["school_id"], row["indicator"]): row["value"] for row in rows}


SQRP: list[list[Any]] = [
    ["SQRP results", None, None, "Growth", None, "Other", None],
    ["School ID", "School Name", "Network ", "Reading", None, "Attendance\n Rate ", None],
    [None, None, None, "Score ", "Points", "Score", "Points"],
    [610012, "JENNER", "Network 6", 42.5, 3, 95.1, 4],
    [610101, "OGDEN", "Network 6", None, None, "*", 4],
]
SQRP_MERGED = ["A1:C1", "D1:E1", "F1:G1", "D2:E2", "F2:G2", "A2:A3", "B2:B3", "C2:C3"]


def test_labels_are_joined_from_group_to_measure(tmp_path: Path) -> None:
    rows = melt(workbook(tmp_path / "w.xlsx", SQRP_MERGED, Elem=SQRP))
    assert values(rows) == {
        ("610012", "Network"): "Network 6",
        ("610012", "Growth > Reading > Score"): "42.5",
        ("610012", "Growth > Reading > Points"): "3",
        ("610012", "Other > Attendance Rate > Score"): "95.1",
        ("610012", "Other > Attendance Rate > Points"): "4",
        ("610101", "Network"): "Network 6",
        ("610101", "Other > Attendance Rate > Score"): "*",
        ("610101", "Other > Attendance Rate > Points"): "4",
    }
    first = rows[0]
    assert (first["sheet"], first["row_number"], first["school_name"], first["occurrence"]) == (
        "Elem",
        "4",
        "JENNER",
        "1",
    )


def test_cells_that_were_not_merged_carry_their_label_over_their_measures(tmp_path: Path) -> None:
    rows = values(melt(workbook(tmp_path / "w.xlsx", Elem=SQRP)))
    assert rows["610012", "Reading > Points"] == "3"
    assert rows["610012", "Attendance Rate > Points"] == "4"


def test_order_of_columns_and_rows_does_not_matter(tmp_path: Path) -> None:
    cells: Cells = [
        ["Other", None, "Growth", None, None, None, None],
        ["Attendance Rate", None, "Reading", None, "Network", "School Name", "School ID"],
        ["Points", "Score", "Points", "Score", None, None, None],
        SQRP[4][::-1],
        SQRP[3][::-1],
    ]
    merged = ["A1:B1", "C1:D1", "A2:B2", "C2:D2", "E2:E3", "F2:F3", "G2:G3"]
    turned = melt(workbook(tmp_path / "turned.xlsx", merged, Elem=cells))
    assert values(turned) == values(melt(workbook(tmp_path / "w.xlsx", SQRP_MERGED, Elem=SQRP)))


def test_columns_with_the_same_labels_are_counted(tmp_path: Path) -> None:
    cells: Cells = [["School ID", "Rate", "Rate"], [610012, 1, 2]]
    rows = melt(workbook(tmp_path / "w.xlsx", Elem=cells))
    found = [(row["indicator"], row["occurrence"], row["value"]) for row in rows]
    assert found == [("Rate", "1", "1"), ("Rate", "2", "2")]


def test_footnotes_covers_and_blank_rows_are_left_out(tmp_path: Path) -> None:
    cells: Cells = [["School ID", "Rate"], [610012, 1], [None, None], ["* not considered for option schools", None]]
    path = workbook(tmp_path / "w.xlsx", Overview=[["About SQRP"], ["This document holds results."]], Elem=cells)
    assert [row["school_id"] for row in melt(path)] == ["610012"]


def test_a_row_with_values_and_no_number_is_kept_for_the_gate(tmp_path: Path) -> None:
    cells: Cells = [["School ID", "Rate"], [None, "Score"], [None, 7], [610012, 8]]
    rows = melt(workbook(tmp_path / "w.xlsx", ["A1:A2"], Elem=cells))
    found = [(row["row_number"], row["school_id"], row["value"]) for row in rows]
    assert found == [("3", "", "7"), ("4", "610012", "8")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>Service unavailable</html>", "is HTML or XML"),
        (b"<?xml version='1.0'?><Workbook/>", "is HTML or XML"),
        (b"School ID,Rate\n610012,1\n", "neither an .xls nor an .xlsx"),
        (b"", "neither an .xls nor an .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "can't be read as a workbook"),
        (b"PK\x03\x04 cut short", "can't be read as a workbook"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "sqrp_ratings_2018_19.xls"
    path.write_bytes(content)
    with pytest.raises(WorkbookError, match=says) as refusal:
        melt_workbook(path, tmp_path / "out.csv")
    assert path.name in str(refusal.value)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([["Number", "Rate"], [610012, 1]], "sheet 'Elem': no cell reads 'School ID'"),
        ([["School ID", "Rate"]], "no school below it"),
        ([["School ID", "Rate"], [None, "Score"]], "no school below it"),
        ([["School ID", "Rate", None], [610012, 1, 2]], "column 3 has values but no label"),
    ],
)
def test_a_table_that_can_not_be_understood_is_refused(tmp_path: Path, cells: Cells, says: str) -> None:
    path = workbook(tmp_path / "w.xlsx", Elem=cells)
    with pytest.raises(WorkbookError, match=says):
        melt_workbook(path, tmp_path / "out.csv")


def test_a_workbook_of_covers_alone_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "w.xlsx", Overview=[["About SQRP"]])
    with pytest.raises(WorkbookError, match="no sheet holds a table"):
        melt_workbook(path, tmp_path / "out.csv")


def test_an_error_never_quotes_a_value(tmp_path: Path) -> None:
    path = workbook(tmp_path / "w.xlsx", Elem=[["School ID", "Rate", None], [610012, 1, "do not show"]])
    with pytest.raises(WorkbookError) as refusal:
        melt_workbook(path, tmp_path / "out.csv")
    assert "do not show" not in str(refusal.value)


numbers = st.integers(-99, 999) | st.decimals(0, 100, places=1).map(float)
filled = st.none() | numbers | st.sampled_from(["*", "Level 1+"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(filled, min_size=width, max_size=width), min_size=1, max_size=6)
    ),
    blank_rows_above=st.integers(0, 3),
    blank_columns_before=st.integers(0, 2),
)
def test_every_filled_cell_comes_out_once(
    tmp_path: Path, table: list[list[Any]], blank_rows_above: int, blank_columns_before: int
) -> None:
    """Wherever the table stands on its sheet and whatever is blank in it."""
    before = [None] * blank_columns_before
    cells: list[list[Any]] = [[] for _ in range(blank_rows_above)]
    cells.append([*before, "School ID", *(f"Label {i}" for i in range(len(table[0])))])
    cells += [[*before, 600000 + number, *row] for number, row in enumerate(table)]
    path = workbook(tmp_path / "w.xlsx", Elem=cells)
    expected = {
        (str(600000 + number), f"Label {i}"): str(cell).removesuffix(".0")
        for number, row in enumerate(table)
        for i, cell in enumerate(row)
        if cell is not None
    }
    if expected:
        rows = melt(path)
        assert values(rows) == expected
        assert len(rows) == len(expected)
    else:
        with pytest.raises(WorkbookError, match="no school below it|no sheet holds a table"):
            melt_workbook(path, tmp_path / "out.csv")
