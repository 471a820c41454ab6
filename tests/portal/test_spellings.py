"""The portal serves the same data in several spellings; each gives the same rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elevate.settings import Settings
from tests.portal.building import NIGHT, table
from tests.support import night as nights

FEED = "portal.school_progress_report"
SCHOOLS = 600
HEADER = (
    "School_ID,Short_Name,School_Type,Primary_Category,Progress_Report_Year,Student_Attendance_Year_1_Pct,"
    "Student_Attendance_Year_2_Pct,Growth_Reading_Grades_Tested_Pct_ES,Growth_Math_Grades_Tested_Pct_ES,"
    "Attainment_Reading_Pct_ES,Attainment_Math_Pct_ES,Freshmen_On_Track_School_Pct_Year_1,"
    "Freshmen_On_Track_School_Pct_Year_2,Suspensions_Per_100_Students_Year_1_Pct"
)


def lines(school_id: Callable[[int], str] = str) -> list[str]:
    """A header and 600 schools, some of whose cells are missing in the portal's ways."""
    missing = ("", "NO DATA AVAILABLE", "NOT ENOUGH DATA", "NOT RATED", "Coming Soon", "INCOMPLETE DATA")
    rows = [
        f'{school_id(609000 + n)},"SCHOOL, {n}",Neighborhood,ES,{school_id(2017)},95,95.1,'
        f"{missing[n] if n < len(missing) else 50},40,30,20,80,81.5,{missing[n] if n < len(missing) else 1.5}"
        for n in range(SCHOOLS)
    ]
    return [HEADER, *rows]


def grouped(number: int) -> str:
    return f'"{number:,}"'


SPELLINGS = {
    "as it is": "\n".join([*lines(), ""]).encode(),
    "with a byte order mark": ("\ufeff" + "\r\n".join([*lines(), ""])).encode(),
    "with carriage returns alone": "\r".join([*lines(), ""]).encode(),
    "with thousands separators": "\n".join([*lines(grouped), ""]).encode(),
    "in another order of rows": "\n".join([HEADER, *reversed(lines()[1:])]).encode(),
}


def loaded(settings: Settings, folder: Path, content: bytes) -> list[dict[str, Any]]:
    """Accepted rows of the newest delivery, by school."""
    (folder / "progress_report_sy1718.csv").write_bytes(content)
    settings.sources_file.write_text(f"portal: {{type: folder, path: '{folder}'}}\n")
    verdict = nights.extract_feed(settings, FEED, NIGHT)
    assert verdict.verdict in ("green", "unchanged"), verdict.message
    return table(
        settings,
        """select to_jsonb(feed) - '_batch_id' - '_line' as row from raw.portal__school_progress_report as feed
           where _batch_id = (select max(_batch_id) from raw.portal__school_progress_report) order by school_id""",
    )


@pytest.mark.parametrize("spelling", list(SPELLINGS)[1:])
def test_each_spelling_gives_the_same_rows(module_settings: Settings, tmp_path: Path, spelling: str) -> None:
    plain = loaded(module_settings, tmp_path, SPELLINGS["as it is"])
    assert len(plain) == SCHOOLS
    assert loaded(module_settings, tmp_path, SPELLINGS[spelling]) == plain


def test_missing_is_null_however_it_is_spelt(module_settings: Settings, tmp_path: Path) -> None:
    rows = [row["row"] for row in loaded(module_settings, tmp_path, SPELLINGS["as it is"])]
    assert [row["growth_reading_pct_es"] for row in rows[:7]] == [None] * 6 + [50]


def test_columns_that_no_contract_names_are_kept_as_they_came(module_settings: Settings, tmp_path: Path) -> None:
    rows = [row["row"] for row in loaded(module_settings, tmp_path, SPELLINGS["as it is"])]
    assert rows[1]["_extra"] == {"Suspensions_Per_100_Students_Year_1_Pct": "NO DATA AVAILABLE"}
    assert rows[-1]["_extra"] == {"Suspensions_Per_100_Students_Year_1_Pct": "1.5"}
