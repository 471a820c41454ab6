"""Tables that are rebuilt by school year have the content of a full rebuild, whatever happened in between."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from elevate import refreshes, transforming
from elevate.contracts import Feed, load_feeds
from elevate.publishing import content_hash
from elevate.settings import Settings
from elevate.transforming import Build, build_layer, run_dbt
from elevate.warehouse import connect
from tests.support import night as nights
from tests.support.district import serving

pytestmark = pytest.mark.timeout(1200)

NIGHTS = [date(2019, 2, 11) + timedelta(days=day) for day in range(10)]
SILENT = NIGHTS[-1]
"""A night on which one school's absences are not in the file."""
SMALL = "{school_gap_usual_absences: 5}"
"""A school of the small district is usually missing five, a real one thirty."""
YEARS = {2015, 2016, 2017, 2018, 2019}
LAYERS = {
    "school years of batches": "+stg_ops__batch_school_year",
    "rebuilt by school year, and marts of it": "+config.incremental_strategy:by_school_year +fct_attendance_day"
    " +fct_assessment_result +fct_enrollment +agg_student_year_attendance +agg_school_month_attendance",
}


@pytest.fixture(scope="module")
def settings(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Ten accepted nights of a small district, one by one, with the tables built after each."""
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(tmp_path_factory.mktemp("district"), module_settings, 8) as district,
    ):
        district.misbehave(SILENT, "sis.attendance", "silent_school")
        patch.setitem(transforming.LAYERS, "marts", LAYERS)
        patch.setattr(transforming, "run_dbt", of_small_schools)
        for night in NIGHTS:
            for source in ("sis", "assessment"):
                stopped = [
                    v.message for v in nights.extract(module_settings, source, night).values() if not v.lets_through
                ]
                assert stopped == []
            build(module_settings, night)
        yield module_settings


def of_small_schools(settings: Settings, feeds: dict[str, Feed], arguments: list[str], *rest: Any, **named: Any) -> Any:
    return run_dbt(settings, feeds, [*arguments, "--vars", SMALL], *rest, **named)


def build(settings: Settings, night: date) -> None:
    """The tables and what they are made from, as a refresh of this night builds them."""
    feeds = load_feeds(settings.feeds)
    with connect(settings) as connection:
        refresh = refreshes.open_replay(connection, night, feeds, None)
    for layer in LAYERS:
        build_layer(settings, feeds, Build("marts", refresh, night), layer)


def tables(settings: Settings) -> dict[str, tuple[int, str]]:
    """Rows and content hash of each table that is rebuilt by school year, and of each mart."""
    with connect(settings) as connection:
        names = connection.execute(
            """select distinct schema_name, model from intermediate.built_school_year where school_year is not null
               union select 'candidate_marts', tablename from pg_tables where schemaname = 'candidate_marts'"""
        ).fetchall()
        return {row["model"]: content_hash(connection, row["schema_name"], row["model"]) for row in names}


def inputs(settings: Settings) -> dict[str, dict[int, str]]:
    """What each school year of each table was built from."""
    found: dict[str, dict[int, str]] = {}
    with connect(settings) as connection:
        for row in connection.execute("select * from intermediate.built_school_year where school_year is not null"):
            found.setdefault(row["model"], {})[row["school_year"]] = row["inputs"]
    return found


def build_anew(settings: Settings, night: date) -> None:
    """The same from nothing."""
    with connect(settings) as connection:
        connection.execute("update intermediate.built_school_year set code = 'of another version'")
    build(settings, night)


def test_the_nights_brought_late_rows_corrections_and_deletes(settings: Settings) -> None:
    """Else the next test would prove little."""
    query = """
        select count(*) filter (where change_type = 'delete') as deletes,
            count(*) filter (where night - absence_date > 3) as late,
            count(*) - count(distinct (student_id, school_id, absence_date)) as corrections
        from raw.sis__attendance join ops.batch on batch_id = _batch_id where night > %s"""
    with connect(settings) as connection:
        row = connection.execute(query, (NIGHTS[0],)).fetchone()
    assert row is not None
    assert min(row.values()) > 0, row


def test_a_school_that_sent_nothing_is_unknown_on_that_day(settings: Settings) -> None:
    """Not present: all its members, and of no school that sent something."""
    query = """
        select school_id, array_agg(distinct attendance_status) as said, count(*) as students
        from candidate_marts.fct_attendance_day where attendance_date = %s group by school_id"""
    build(settings, SILENT)
    with connect(settings) as connection:
        schools = connection.execute(query, (SILENT,)).fetchall()
    silent = [row for row in schools if row["said"] == ["unknown"]]
    assert len(silent) == 1
    assert silent[0]["students"] > 30
    assert all(row["said"] == ["absent"] for row in schools if row not in silent)


def test_ten_nights_end_like_a_full_rebuild(settings: Settings) -> None:
    """After ten nights, and after the return to the third of them."""
    for night in (NIGHTS[-1], NIGHTS[2], NIGHTS[-1]):
        build(settings, night)
        by_year = tables(settings)
        build_anew(settings, night)
        assert tables(settings) == by_year
        assert all(rows for rows, _ in by_year.values()), by_year


def test_what_did_not_change_is_not_built_again(settings: Settings) -> None:
    """A night of the winter changes its own school year; a purged row its own."""
    build(settings, NIGHTS[-2])
    before = inputs(settings)
    build(settings, NIGHTS[-1])
    after = inputs(settings)
    assert set(after["int_absence_reported"]) == YEARS
    assert changed(before, after, "int_absence_reported") == {2019}
    with connect(settings) as connection:
        connection.execute(
            """update ops.batch set rows_purged = rows_purged + 1 where batch_id in (
                   select _batch_id from raw.assessment__map_results where term_name = 'Fall 2015-2016')"""
        )
    build(settings, NIGHTS[-1])
    assert changed(after, inputs(settings), "int_absence_reported") == set()
    assert 2016 in changed(after, inputs(settings), "int_map_result_attributed")


def changed(before: dict[str, dict[int, str]], after: dict[str, dict[int, str]], model: str) -> set[int]:
    return {year for year, built in after[model].items() if before[model].get(year) != built}
