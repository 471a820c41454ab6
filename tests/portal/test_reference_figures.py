"""From the district's real files to the published reference figures, through loader, gate and dbt."""

import pytest

from elevate.settings import Settings
from tests.portal.building import NIGHT, build, table
from tests.portal.public_data import COLUMNS, FOLDER, assert_reference_figures, needs_public_data
from tests.support import night as nights


@pytest.fixture(scope="module", name="built")
def built_from_public_files(module_settings: Settings) -> Settings:
    module_settings.sources_file.write_text(f"portal: {{type: folder, path: '{FOLDER}'}}\n")
    verdicts = nights.extract(module_settings, "portal", NIGHT)
    assert {feed: verdict.verdict for feed, verdict in verdicts.items()} == dict.fromkeys(verdicts, "green")
    build(module_settings)
    return module_settings


@needs_public_data
def test_no_row_of_the_real_files_is_quarantined(built: Settings) -> None:
    rows = table(built, "select sum(rows_in) as delivered, sum(rows_accepted) as accepted from ops.batch")
    assert rows[0]["delivered"] == rows[0]["accepted"] > 100_000


@needs_public_data
def test_reference_figures(built: Settings) -> None:
    rows = table(built, "select * from evaluation.eval_public_did")
    assert tuple(rows[0])[: len(COLUMNS)] == COLUMNS
    assert_reference_figures(rows)


@needs_public_data
def test_every_figure_stands_beside_its_placebo_or_says_that_there_is_none(built: Settings) -> None:
    rows = table(built, "select * from evaluation.eval_public_did where kind <> 'placebo'")
    assert len(rows) == 22
    for row in rows:
        assert row["placebo_did"] is not None or "no placebo" in row["warning"]
        assert row["n_treated"] > 2 or "n = 2" in row["warning"]


@needs_public_data
def test_the_roster_outlives_the_files(built: Settings) -> None:
    """Jenner closed in 2018 and is in no file named after 2017, but its results of 2018 are."""
    rows = table(built, "select * from candidate_marts.dim_public_school where school_id = '610012'")
    assert (rows[0]["cohort"], rows[0]["first_school_year"], rows[0]["last_school_year"]) == ("I", 2015, 2018)


@needs_public_data
def test_every_vintage_is_kept_and_one_is_current(built: Settings) -> None:
    rows = table(
        built,
        """select school_year, count(distinct vintage) as vintages from candidate_marts.fct_public_school_metric
           where metric = 'attendance_pr' group by school_year order by school_year""",
    )
    assert [tuple(row.values()) for row in rows] == [(2014, 1), (2015, 2), (2016, 2), (2017, 2), (2018, 1)]
