"""The real SQRP workbooks: all of each sheet comes out, counted in another way."""

import csv
from collections import Counter
from pathlib import Path

import pytest
import xlrd

from elevate.sources.workbook import melt_workbook
from tests.portal.public_data import FOLDER, needs_public_data

pytestmark = needs_public_data

ROWS = {"2017_18": 36_309, "2018_19": 37_887, "2019_20": 38_866}
SCHOOLS = {
    "2017_18": {"Elem": 473, "High": 116, "Comb": 26, "Opti": 44},
    "2018_19": {"Elem": 473, "High": 116, "Comb": 27, "Opti": 40},
    "2019_20": {"Elem": 473, "High": 113, "Comb": 27, "Opti": 40},
}


def melted(vintage: str, tmp_path: Path) -> list[dict[str, str]]:
    out = tmp_path / "out.csv"
    assert melt_workbook(FOLDER / f"sqrp_ratings_{vintage}.xls", out) == ROWS[vintage]
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("vintage", ROWS)
def test_every_filled_cell_beside_number_and_name_is_a_row(vintage: str, tmp_path: Path) -> None:
    counted = Counter(row["sheet"] for row in melted(vintage, tmp_path))
    for sheet in xlrd.open_workbook(FOLDER / f"sqrp_ratings_{vintage}.xls").sheets()[1:]:
        cells = sum(
            str(value).strip() != ""
            for row in range(sheet.nrows)
            if isinstance(sheet.cell_value(row, 0), float)
            for value in sheet.row_values(row)[2:]
        )
        assert counted[sheet.name] == cells, sheet.name


@pytest.mark.parametrize("vintage", ROWS)
def test_every_school_of_every_sheet_is_there_once(vintage: str, tmp_path: Path) -> None:
    rows = melted(vintage, tmp_path)
    schools = {(row["sheet"][:4], row["school_id"]) for row in rows}
    assert Counter(sheet for sheet, _ in schools) == SCHOOLS[vintage]
    keys = Counter((row["sheet"], row["school_id"], row["indicator"], row["occurrence"]) for row in rows)
    assert set(keys.values()) == {1}


def test_a_combined_school_carries_attendance_twice(tmp_path: Path) -> None:
    labels = {row["indicator"] for row in melted("2018_19", tmp_path) if row["sheet"].startswith("Combo")}
    assert {label for label in labels if "Daily Attendance" in label and label.endswith("Score")} == {
        "Other Elementary Indicators > Average Daily Attendance Rate (Grades K-8) > Score",
        "Other High School Indicators > Average Daily Attendance Rate > Score",
    }


def test_values_as_the_workbook_shows_them(tmp_path: Path) -> None:
    shown = {
        row["indicator"].rsplit(" > ", 2)[-2]: row["value"]
        for row in melted("2017_18", tmp_path)
        if row["school_id"] == "400009" and row["indicator"].endswith("> Score")
    }
    assert shown["National School Growth Percentile - Reading"] == "94"
    assert shown["Percent of Students Meeting/Exceeding National Average Growth Norms"] == "65.9"
