import csv
import hashlib
import json
import shutil
from datetime import date

import pytest

from simulator.district import District
from simulator.drops import DropError, DropFolder
from simulator.feeds import BY_ID
from simulator.programme import Effects
from simulator.schools import Schools

DELTAS = [feed for feed in BY_ID.values() if feed.mode == "delta"]


def key_of(contract):
    return [p.get("physicalName", p["name"]) for p in contract["schema"][0]["properties"] if p.get("primaryKey")]


@pytest.mark.parametrize("feed", DELTAS, ids=lambda feed: feed.id)
def test_the_first_drop_and_the_deltas_after_it_give_the_state_of_the_last_night(
    feed, contracts, read, nights, district, tmp_path
):
    key, known = key_of(contracts[feed.id]), {}
    for night in nights:
        for row in read(feed.source, feed.file_name, night):
            identity = tuple(row[name] for name in key)
            if row.pop(feed.change) == "delete":
                del known[identity]
            else:
                known[identity] = row
    at_once = DropFolder(tmp_path, district)
    at_once.make(nights[-1])
    lines = (at_once.folder(feed.source, nights[-1]) / feed.file_name).read_text().splitlines()
    assert sorted(",".join([*row.values(), "upsert"]) for row in known.values()) == sorted(lines[1:])


def test_deltas_hold_new_changed_and_deleted_rows(read, nights):
    history = read("sis", "attendance.csv", nights[0])
    later = read("sis", "attendance.csv", nights[-1])
    keys = [
        {(row["StudentID"], row["SchoolID"], row["AbsenceDate"]) for row in rows if row["ChangeType"] == change}
        for rows, change in ((history, "upsert"), (later, "upsert"), (later, "delete"))
    ]
    assert keys[1] - keys[0], "new"
    assert keys[1] & keys[0], "corrected"
    assert keys[2], "deleted"
    assert all(row["ChangeType"] == "upsert" for row in history)


def test_absences_lie_within_a_spell_on_instructional_days(read, nights):
    night = nights[0]
    spells: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in read("sis", "enrollments.csv", night):
        spell = row["EntryDate"], row["ExitDate"] or "9999"
        spells.setdefault((row["StudentID"], row["SchoolID"]), []).append(spell)
    school_days = {
        row["CalendarDate"] for row in read("sis", "calendar.csv", night) if row["IsInstructional"] == "true"
    }
    for row in read("sis", "attendance.csv", night):
        day = row["AbsenceDate"]
        assert day in school_days
        assert day <= night.isoformat()
        assert any(entry <= day < end for entry, end in spells[row["StudentID"], row["SchoolID"]])


def test_later_drops_hold_the_current_test_term_only(read, nights):
    first, later = ({row["TermName"] for row in read("assessment", "AssessmentResults.csv", n)} for n in nights[:2])
    assert len(first) == 14
    assert later == {"Winter 2018-2019"}


def test_a_term_that_ended_between_two_drops_is_delivered_to_its_end(district, tmp_path):
    folder = DropFolder(tmp_path, district)
    for night in (date(2018, 10, 1), date(2019, 2, 11)):
        folder.make(night)
    text = (folder.folder("assessment", date(2019, 2, 11)) / "AssessmentResults.csv").read_text()
    assert '"Fall 2018-2019"' in text
    assert '"Winter 2018-2019"' in text
    assert '"Spring 2017-2018"' not in text


def test_a_drop_made_again_has_the_same_bytes(drops, nights, district):
    again = DropFolder(drops.root, district)
    folder = drops.folder("sis", nights[1])
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    shutil.rmtree(folder)
    again.make(nights[1])
    assert before == {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_night_before_the_first_drop_is_history(drops, district, tmp_path):
    early, folder = date(2016, 10, 3), DropFolder(tmp_path, district)
    for night in (date(2016, 10, 5), early):
        folder.make(night)
    lines = (folder.folder("sis", early) / "attendance.csv").read_text().splitlines()
    assert min(line.split(",")[2] for line in lines[1:]).startswith("2014-09")


def test_nights_outside_the_calendar_are_refused(drops):
    with pytest.raises(DropError, match="2014-09-02"):
        drops.make(date(2020, 1, 1))


def test_a_folder_keeps_to_its_district(drops):
    with pytest.raises(DropError, match="another district"):
        DropFolder(drops.root, District(Schools(12, seed=8)))
    with pytest.raises(DropError, match="another district"):
        DropFolder(drops.root, District(Schools(12, seed=7), Effects(0, 0)))


def test_a_drop_says_what_is_in_it_and_what_it_follows(drops, nights):
    before = None
    for night in nights:
        for source in ("sis", "assessment", "supports", "study"):
            folder = drops.folder(source, night)
            marker = json.loads((folder / "_complete.json").read_text())
            assert marker["since"] == before
            assert set(marker["files"]) == {file.name for file in folder.iterdir()} - {"_complete.json"}
            for name, told in marker["files"].items():
                content = (folder / name).read_bytes()
                assert told["bytes"] == len(content)
                assert told["sha256"] == hashlib.sha256(content).hexdigest()
                assert told["rows"] == len(list(csv.reader(content.decode().splitlines()))) - 1
        before = night.isoformat()


def test_a_drop_without_marker_is_given_one(district, tmp_path):
    """Folders of earlier versions have none."""
    night, folder = date(2018, 9, 4), DropFolder(tmp_path, district)
    folder.make(night)
    marker = folder.folder("sis", night) / "_complete.json"
    content = marker.read_bytes()
    marker.unlink()
    folder.make(night)
    assert marker.read_bytes() == content
