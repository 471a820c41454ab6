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


@needs_public_data
def test_whom_the_schools_teach_is_there_of_the_year_that_the_file_names_inside(built: Settings) -> None:
    """Jenner had 243 students, 220 of low income, in its last profile; the file of 1819 holds SY19-20."""
    rows = table(
        built,
        """select metric, school_year, vintage, value from candidate_marts.fct_public_school_metric
           where source_feed = 'school_profile' and school_id = '610012' and metric ~ '^students$|low_income'
           order by metric""",
    )
    found = [(row["metric"], row["school_year"], row["vintage"], float(row["value"])) for row in rows]
    assert found == [
        ("share_low_income", 2017, "1617", 90.535),
        ("students", 2017, "1617", 243),
        ("students_low_income", 2017, "1617", 220),
    ]
    rows = table(
        built,
        """select vintage, school_year, sum(value) as students from candidate_marts.fct_public_school_metric
           where metric = 'students' group by vintage, school_year order by vintage""",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("1617", 2017, 369504),
        ("1718", 2018, 361134),
        ("1819", 2020, 353387),
    ]


@needs_public_data
def test_every_school_of_a_profile_is_on_the_roster_with_its_newest_network(built: Settings) -> None:
    rows = table(
        built,
        """select count(*) filter (where school.school_id is null) as unlisted,
                  count(distinct school.network) as networks
           from candidate_marts.fct_public_school_metric left join candidate_marts.dim_public_school as school
           using (school_id) where source_feed = 'school_profile'""",
    )
    assert rows == [{"unlisted": 0, "networks": 22}]
