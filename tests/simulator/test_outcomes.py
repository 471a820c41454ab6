"""Incidents, marks and survey answers: who has them, how they change, and what a drop in summer holds."""

from collections import Counter
from datetime import date

import numpy as np
import pytest

from simulator.calendar import day
from simulator.drops import DropFolder
from simulator.feeds import BY_ID


@pytest.fixture(scope="module", name="grades")
def grades_by_student_school_and_year(read, nights):
    rows = read("sis", "enrollments.csv", nights[0])
    return {(row["StudentID"], row["SchoolID"], row["SchoolYear"]): row["GradeLevel"] for row in rows}


def test_incidents_lie_within_a_spell_and_no_young_child_is_suspended(read, nights, grades):
    night = nights[0]
    spells: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for row in read("sis", "enrollments.csv", night):
        spell = row["EntryDate"], row["ExitDate"] or "9999", row["GradeLevel"]
        spells.setdefault((row["StudentID"], row["SchoolID"]), []).append(spell)
    rows = read("sis", "behavior_incidents.csv", night)
    suspended = 0
    for row in rows:
        when = row["IncidentDate"]
        found = [g for entry, end, g in spells[row["StudentID"], row["SchoolID"]] if entry <= when < end]
        assert found
        assert row["BehaviorCode"].split("-")[0] == row["ConductGroup"]
        days = int(row["InSchoolSuspensionDays"]) + int(row["OutOfSchoolSuspensionDays"])
        # A grade that is corrected later may be one too low on the night.
        assert not days or found[0] not in ("PK", "K", "1")
        suspended += days > 0
    assert 0.05 < suspended / len(rows) < 0.5
    together = Counter(row["IncidentID"] for row in rows)
    assert max(together.values()) > 1


def test_marks_are_of_the_grades_that_are_sent(read, nights, grades):
    rows = read("sis", "course_marks.csv", nights[0])
    by_level: dict[bool, set[str]] = {True: set(), False: set()}
    for row in rows:
        high = row["Credits"] == "0.5"
        by_level[high].add(grades[row["StudentID"], row["SchoolID"], row["SchoolYear"]])
    assert by_level[True] <= {"8", "9"}  # 8: a wrong grade, corrected later
    assert by_level[False] - {"2"} == {"3", "4", "5", "6", "7", "8"}
    courses = Counter((row["StudentID"], row["SchoolYear"], row["Term"], row["Credits"]) for row in rows)
    assert {count for (*_, credits_), count in courses.items() if credits_ == "0.5"} <= {6, 7}
    share = Counter(row["Mark"] for row in rows)
    assert 0.005 < share["F"] / len(rows) < 0.1
    assert share["I"]


@pytest.mark.parametrize(
    ("feed", "key"), [("sis.behavior_incidents", 2), ("sis.course_marks", 5), ("assessment.survey_responses", 2)]
)
def test_deltas_hold_late_corrected_and_deleted_rows(district, feed, key):
    def rows(since, until):
        for part in BY_ID[feed].rows(district, since, until):
            texts = [column.kind.spell(column.values) for column in part.values()]
            yield from ((line[-1], line[:key]) for line in zip(*texts, strict=True))

    changes = set()
    for known in range(day(date(2016, 10, 1)), day(date(2018, 6, 1)), 40):
        night = known + 40
        history = {row for _, row in rows(None, known)}
        changes |= {(change, row in history) for change, row in rows(known, night)}
    corrected = {("upsert", True)} if feed.startswith("sis") else set()
    assert changes == {("upsert", False), ("delete", True)} | corrected


def test_a_wave_has_every_item_and_one_is_turned_around(read, nights):
    rows = read("assessment", "survey_responses.csv", nights[0])
    assert {row["Wave"] for row in rows} == {"Spring 2016", "Spring 2017", "Spring 2018"}
    answers: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        answers.setdefault((row["Wave"], row["StudentID"]), {})[row["Item"]] = row["Response"]
    assert {len(given) for given in answers.values()} == {8}
    for first, second, sign in (("TEAM1", "TEAM2", 1), ("GOAL1", "GOAL2", -1)):
        pairs = [(int(a[first]), int(a[second])) for a in answers.values() if a[first] and a[second]]
        assert sign * np.corrcoef(np.array(pairs).T)[0, 1] > 0.2
    assert any(row["Response"] == "" for row in rows)


@pytest.mark.parametrize("feed", [feed for feed in BY_ID.values() if feed.mode == "delta"], ids=lambda feed: feed.id)
def test_a_drop_in_summer_has_no_row_but_its_header(district, tmp_path, feed):
    folder = DropFolder(tmp_path, district)
    for night in (date(2018, 7, 10), date(2018, 7, 11)):
        folder.make(night)
    lines = (folder.folder(feed.source, date(2018, 7, 11)) / feed.file_name).read_text().splitlines()
    assert lines[0].endswith(feed.change)


def test_before_the_first_wave_there_is_a_header(district, tmp_path):
    folder = DropFolder(tmp_path, district)
    folder.make(date(2015, 3, 2))
    lines = (folder.folder("assessment", date(2015, 3, 2)) / "survey_responses.csv").read_text().splitlines()
    assert lines == [",".join(BY_ID["assessment.survey_responses"].header)]
