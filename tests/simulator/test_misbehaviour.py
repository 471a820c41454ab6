import csv
import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from simulator.feeds import BY_ID
from simulator.misbehaviour import CLEAR, KINDS, MisbehaviourError, spoil, spoil_text, spoilt, tell

NIGHT = date(2019, 2, 13)
ABSENCES = BY_ID["sis.attendance"]
TEXT = "StudentID,SchoolID,AbsenceDate,AbsenceCode,DayFraction,ChangeType\n" + "".join(
    f"00000000{i},609791,2019-02-13,UX,1.0,upsert\n" for i in range(5)
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_each_kind_breaks_what_it_says():
    assert len(spoil_text(TEXT, ABSENCES, "truncated")) < len(TEXT)
    assert rows(spoil_text(TEXT, ABSENCES, "wrong_type"))[0]["DayFraction"] == "n/a"
    assert "DayFraction_New" in spoil_text(TEXT, ABSENCES, "renamed_column").splitlines()[0]
    assert len({row["StudentID"] for row in rows(spoil_text(TEXT, ABSENCES, "duplicate_key"))}) == 5
    assert len(rows(spoil_text(TEXT, ABSENCES, "duplicate_key"))) == 6
    assert rows(spoil_text(TEXT, ABSENCES, "unknown_code"))[0]["AbsenceCode"] == "ZZ"
    assert rows(spoil_text(TEXT, ABSENCES, "unknown_school"))[0]["SchoolID"] == "999999"
    others = TEXT + "000000009,610001,2019-02-13,UX,1.0,upsert\n"
    assert [row["SchoolID"] for row in rows(spoil_text(others, ABSENCES, "silent_school"))] == ["610001"]


@pytest.mark.parametrize("feed", BY_ID.values(), ids=lambda feed: feed.id)
def test_every_feed_misbehaves_in_every_way_it_has_a_column_for(feed, drops, nights):
    text = (drops.folder(feed.source, nights[0]) / feed.file_name).read_text()
    for kind in set(KINDS) - {"missing", "no_marker"}:
        missing = {"unknown_code": feed.coded, "unknown_school": feed.school, "silent_school": feed.school}.get(
            kind, True
        )
        if missing:
            assert spoil_text(text, feed, kind) != text
        else:
            with pytest.raises(MisbehaviourError, match="no column"):
                tell(drops.root, nights[0], feed.id, kind)


def test_only_the_night_told_is_spoilt_and_clearing_takes_it_back(drops, tmp_path):
    drop = drops.folder("sis", NIGHT)
    tell(tmp_path, NIGHT, "sis.attendance", "missing")
    tell(tmp_path, NIGHT, "sis.students", "truncated")
    spoil(tmp_path, drop, "sis", NIGHT)
    copy = spoilt(tmp_path, drop, "sis", NIGHT)
    assert copy is not None
    assert not (copy / "attendance.csv").exists()
    assert (copy / "students.csv").stat().st_size < (drop / "students.csv").stat().st_size
    assert (copy / "schools.csv").read_bytes() == (drop / "schools.csv").read_bytes()
    assert spoilt(tmp_path, drop, "sis", date(2019, 2, 14)) is None
    assert spoilt(tmp_path, drop, "study", NIGHT) is None
    tell(tmp_path, NIGHT, "sis.students", CLEAR)
    assert json.loads((tmp_path / "misbehave.json").read_text()) == {
        "2019-02-13": [{"feed": "sis.attendance", "kind": "missing"}]
    }
    tell(tmp_path, NIGHT, None, CLEAR)
    assert spoilt(tmp_path, drop, "sis", NIGHT) is None


def marker_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "_complete.json").read_text()))


def test_a_source_does_not_see_its_own_mistakes(drops, tmp_path):
    """The marker of a spoilt drop is of the spoilt files."""
    drop = drops.folder("sis", NIGHT)
    tell(tmp_path, NIGHT, "sis.attendance", "missing")
    tell(tmp_path, NIGHT, "sis.students", "truncated")
    spoil(tmp_path, drop, "sis", NIGHT)
    copy = spoilt(tmp_path, drop, "sis", NIGHT)
    marker = marker_of(copy)
    assert marker["since"] == marker_of(drop)["since"]
    assert set(marker["files"]) == {file.name for file in copy.iterdir()} - {"_complete.json"}
    assert marker["files"]["students.csv"]["bytes"] == (copy / "students.csv").stat().st_size


def test_an_upload_that_was_cut_off_is_shorter_than_its_marker_says(drops, tmp_path):
    drop = drops.folder("sis", NIGHT)
    for feed, kind in {"sis.students": "cut_off", "sis.schools": "duplicate_key"}.items():
        tell(tmp_path, NIGHT, feed, kind)
    spoil(tmp_path, drop, "sis", NIGHT)
    copy = spoilt(tmp_path, drop, "sis", NIGHT)
    told, whole = marker_of(copy)["files"], marker_of(drop)["files"]
    assert told["students.csv"] == whole["students.csv"]
    assert (copy / "students.csv").stat().st_size < told["students.csv"]["bytes"]
    assert (copy / "schools.csv").stat().st_size == told["schools.csv"]["bytes"] != whole["schools.csv"]["bytes"]


def test_an_upload_without_its_marker_has_all_files(drops, tmp_path):
    drop = drops.folder("sis", NIGHT)
    tell(tmp_path, NIGHT, "sis.students", "no_marker")
    spoil(tmp_path, drop, "sis", NIGHT)
    copy = spoilt(tmp_path, drop, "sis", NIGHT)
    assert {file.name for file in drop.iterdir()} - {file.name for file in copy.iterdir()} == {"_complete.json"}


def test_what_does_not_exist_is_refused(tmp_path):
    with pytest.raises(MisbehaviourError, match="No feed"):
        tell(tmp_path, NIGHT, "sis.nothing", "missing")
    with pytest.raises(MisbehaviourError, match="No kind"):
        tell(tmp_path, NIGHT, "sis.students", "grumpy")
