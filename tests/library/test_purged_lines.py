"""After a purge the lines of quarantined rows are those of the landed files as they are then."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elevate import purging, raw, replaying
from elevate.contracts import Feed
from elevate.landing import LandedFile
from elevate.landing_purge import PurgedFile, Step
from elevate.local import databases
from elevate.warehouse import connect
from tests.library.district import NIGHT, District, column, contract
from tests.library.test_purging import GONE, NUMBER, OTHER, STAYS, THIRD, assert_ledger_balances, purge

LAST = "222222222"
TEXT = f"student_id,born_on\n{STAYS},2010-01-01\n{GONE},2010-01-02\n{OTHER},never\n{THIRD},2010-01-03\n{LAST},unknown\n"
RED = TEXT.replace("2010-01-03", "later").replace("2010-01-01", "before")


@pytest.fixture
def students(district: District) -> Feed:
    """A feed with two refused rows in its first batch, and with a whole batch refused."""
    feed = district.feed(contract("sis.students", [NUMBER, column("born_on", "date")], tolerance=0.5))
    assert [district.take(feed, text, NIGHT).verdict for text in (TEXT, RED)] == ["green", "red"]
    return feed


def assert_lines_are_true(district: District, batch_ids: tuple[int, ...] = (1, 2)) -> list[int]:
    """Each row that is kept stands in the landed file at its line; the lines of the quarantine."""
    lines = []
    for batch_id in batch_ids:
        path = district.value("select landed_at_path from ops.delivery where batch_id = %s", batch_id)
        with Path(str(district.settings.landing / path)).open() as file:
            records = list(csv.reader(file))
        query = (
            "select row_as_it_came ->> 'student_id', line from quarantine.rejected_row where batch_id = %s order by 2"
        )
        refused = district.rows(query, batch_id)
        lines += [line for _, line in refused]
        refused += district.rows("select student_id, _line from raw.sis__students where _batch_id = %s", batch_id)
        if district.value("select to_regclass(%s)", f"quarantine.b{batch_id}"):
            refused += district.rows(f"select student_id, _line from quarantine.b{batch_id}")
        assert len(refused) == len(records) - 1
        assert [records[line - 1][0] for _, line in refused] == [student for student, _ in refused]
    assert_ledger_balances(district)
    return lines


def test_lines_follow_their_rows(district: District, students: Feed) -> None:
    assert assert_lines_are_true(district) == [4, 6, 2, 4, 5, 6]
    purge(district, student=GONE)
    assert assert_lines_are_true(district) == [3, 5, 2, 3, 4, 5]
    purge(district, student=OTHER)
    assert assert_lines_are_true(district) == [4, 2, 3, 4]
    purge(district, student=GONE)
    assert assert_lines_are_true(district) == [4, 2, 3, 4], "a repeat moves nothing"


def test_a_purge_that_was_cut_off_is_made_up_for(
    district: District, students: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The landed files went on without the ledger: another student's purge comes first, then the repeat."""
    for student in (OTHER, STAYS):
        with monkeypatch.context() as patch:
            patch.setattr(purging, "_renew_deliveries", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                purge(district, student=student)
    purge(district, student=GONE)
    for student in (OTHER, STAYS):
        purge(district, student=student)
    assert assert_lines_are_true(district) == [3, 2, 3]


def test_a_purged_batch_is_loaded_again_without_what_was_refused(district: District, students: Feed) -> None:
    purge(district, student=GONE)
    query = "select student_id, born_on, _line from raw.sis__students order by 1"
    with databases.scratch(district.settings, "replay_purged", keep=False) as scratch:
        with connect(district.settings) as source, connect(scratch) as target:
            replaying._copy_ledger(source, target, None)
            raw.ensure_table(target, students)
        replaying._load_again(district.settings, scratch, students, 1)
        with connect(scratch) as target:
            again = [tuple(row.values()) for row in target.execute(query.encode())]
    assert again == district.rows(query)
    assert [student for student, *_ in again] == [THIRD, STAYS]


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(2, 30))
def test_steps_add_up_to_the_lines_that_went(data: st.DataObject, last: int) -> None:
    """Whatever goes in however many steps: counted as at the first, it is what is not left."""
    left, steps = list(range(2, last + 1)), []
    for number in range(data.draw(st.integers(1, 4))):
        places = data.draw(st.sets(st.integers(0, max(len(left) - 1, 0)), max_size=len(left)))
        steps.append(Step(str(number), [place + 2 for place in sorted(places)]))
        left = [line for place, line in enumerate(left) if place not in places]
    file = PurgedFile(LandedFile("a.csv", "a.csv", "now", 0), steps)
    assert file.gone_since("0") == sorted(set(range(2, last + 1)) - set(left))
    assert file.gone_since("now") == []
