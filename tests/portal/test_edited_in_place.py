"""The portal edits files in place: who was on the roster stays on it, and figures are those of the files as they stand.

The real files, delivered once as they are, and a night later with two schools edited out of every progress report
and profile: Jenner, which the SQRP workbooks list, and a school that stands in no workbook.
"""

import csv
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from elevate.settings import Settings
from tests.portal.building import NIGHT, build, table
from tests.portal.public_data import FOLDER, needs_public_data
from tests.support import night as nights

pytestmark = needs_public_data

EDITED = NIGHT + timedelta(days=1)
JENNER = "610012"
Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the public files."""
    return Path(shutil.copytree(FOLDER, tmp_path_factory.mktemp("portal") / "files"))


def published(settings: Settings) -> tuple[Rows, set[tuple[str, ...]]]:
    """The roster, and school, metric, year and vintage of each figure."""
    schools = table(settings, "select * from candidate_marts.dim_public_school")
    figures = table(
        settings, "select school_id, metric, school_year, vintage from candidate_marts.fct_public_school_metric"
    )
    return {row["school_id"]: row for row in schools}, {tuple(map(str, row.values())) for row in figures}


def edit_out(file: Path, schools: set[str]) -> int:
    """Take the schools' rows out of the file; returns how many there were."""
    with file.open(encoding="utf-8-sig", newline="") as old:
        head, *rows = csv.reader(old)
    place = head.index("School_ID")
    kept = [row for row in rows if row[place].replace(",", "") not in schools]
    with file.open("w", encoding="utf-8", newline="") as new:
        csv.writer(new).writerows([head, *kept])
    return len(rows) - len(kept)


@pytest.fixture(scope="module", name="states")
def before_and_after(module_settings: Settings, portal: Path) -> list[Any]:
    """The school without a workbook, then roster and figures of both nights."""
    module_settings.sources_file.write_text(f"portal: {{type: folder, path: '{portal}', pause_seconds: 0}}\n")
    nights.extract(module_settings, "portal", NIGHT)
    build(module_settings, NIGHT)
    before = published(module_settings)
    gone = next(id_ for id_, row in sorted(before[0].items()) if row["vintages"] == "1516 1617 1718 1819")
    edited = [edit_out(file, {JENNER, gone}) for file in sorted(portal.glob("pro*_sy*.csv"))]
    assert min(edited) == 1 < max(edited)
    for feed in ("school_progress_report", "school_profile"):
        verdict = nights.extract_feed(module_settings, f"portal.{feed}", EDITED)
        assert verdict.verdict == "green", verdict.message
    build(module_settings, EDITED)
    return [gone, before, published(module_settings)]


def test_a_school_edited_out_of_every_file_stays_on_the_roster(states: list[Any]) -> None:
    gone, (before, _), (after, _) = states
    assert after.keys() == before.keys()
    assert {id_ for id_, row in after.items() if not row["is_listed"]} == {gone}
    assert all(row["is_listed"] for row in before.values())
    for id_, row in after.items():
        assert row | {"is_listed": True} == before[id_]
    # A workbook tells neither category nor type nor network: they are what reports and profiles last said.
    assert (after[JENNER]["cohort"], after[JENNER]["category"], after[JENNER]["is_listed"]) == ("I", "ES", True)


def test_its_figures_are_those_of_the_files_as_they_stand(states: list[Any]) -> None:
    gone, (_, before), (_, after) = states
    assert after < before
    lost = before - after
    assert {figure[0] for figure in lost} == {JENNER, gone}
    assert gone not in {figure[0] for figure in after}
    assert {figure[1] for figure in after if figure[0] == JENNER} == {
        figure[1] for figure in before if figure[0] == JENNER and "_" in figure[3]
    }
