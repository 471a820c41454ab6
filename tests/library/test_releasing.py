"""Released: what a steward decides, and what becomes of the rows."""

from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from elevate import batches, refreshes, releasing
from elevate.landing import LandingError
from elevate.releasing import Decision, DecisionError
from elevate.rim.stewardship import as_markdown
from elevate.settings import PROJECT
from elevate.warehouse import connect
from tests.library.district import NIGHT, RUN, District, column, contract, query_rule

NEXT = NIGHT + timedelta(days=1)
STEWARD, WHY = "Steward Ann", "The school is new, its code is right."
GOOD = "student_id,grade,born_on,days\n100000001,K,2012-01-01,10\n"
CODE = "100000002,9,2012-01-01,10\n"  # grade is none of the enumerated
TYPE = "100000003,9,x,10\n"  # no date, on top
TWINS = "100000004,1,,1\n100000004,9,,2\n"
WAIVED = ["enum:grade"]
LENIENT = {"loadMode": "snapshot", "required": True, "tolerance": 0.5}


def release(district: District, batch_id: int, choice: Any = "release", reason: str = WHY) -> Decision:
    return releasing.decide(district.settings, district.feeds, batch_id, choice, reason, STEWARD, RUN)


def pins(district: District, night: date = NIGHT) -> list[tuple[int, int]]:
    with connect(district.settings) as connection:
        refresh_id = refreshes.open_refresh(connection, "marts", night, RUN, district.feeds)
    return district.rows("select batch_id, position from ops.refresh_batch where refresh_id = %s", refresh_id)


def ledger(district: District, batch_id: int) -> tuple[Any, ...]:
    columns = "verdict, rows_in, rows_accepted, rows_quarantined"
    return district.rows(f"select {columns} from ops.batch where batch_id = %s", batch_id)[0]


def in_raw(district: District, batch_id: int) -> list[str]:
    query = "select student_id from raw.sis__students where _batch_id = %s order by _line"
    return [row[0] for row in district.rows(query, batch_id)]


def test_rows_of_a_green_batch_are_released_beside_it(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9, minimum_rows=3), query_rule("whole", "select 1 from {batch} limit 0"))
    assert district.take(feed, GOOD + CODE + TYPE + TWINS).verdict == "green"
    assert in_raw(district, 1) == ["100000001"]
    made = release(district, 1)
    assert (made.verdict, list(made.waived), made.release_batch_id) == ("green", WAIVED, 2)
    assert ledger(district, 2) == ("green", 4, 1, 3), "type and key hold for released rows too"
    assert in_raw(district, 2) == ["100000002"]
    assert district.value("select _line from raw.sis__students where _batch_id = 2") == 3, "the record's own number"
    assert sorted(pins(district)) == [(1, 1), (2, 1)], "at the position of the batch that it came with"
    assert district.rows("select batch_id, decision, reason, decided_by, waived_rules, release_batch_id"
                         " from ops.decision") == [(1, "release", WHY, STEWARD, WAIVED, 2)]  # fmt: skip


def test_the_same_file_after_a_release_is_unchanged_from_the_first(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9))
    district.take(feed, GOOD + CODE)
    release(district, 1)
    assert district.take(feed, GOOD + CODE).verdict == "unchanged"
    assert district.value("select unchanged_from from ops.batch where batch_id = 3") == 1
    assert sorted(batch for batch, _ in pins(district)) == [1, 2]


def test_a_red_batch_is_released_whole_and_stands_in_its_place(district: District) -> None:
    rule = query_rule("few_days", "select 1 from {batch} where days = 10")
    feed = district.feed(contract(minimum_rows=5), rule)
    assert district.take(feed, GOOD + CODE).verdict == "red"
    with pytest.raises(refreshes.RefreshError):
        pins(district)
    made = release(district, 1)
    assert (made.verdict, list(made.waived)) == ("green", [*WAIVED, "few_days", "row_count"])
    assert ledger(district, 2) == ("green", 2, 2, 0)
    assert [batch for batch, _ in pins(district)] == [2]
    results = "select rule, verdict from ops.gate_result where batch_id = 2 and verdict <> 'pass' order by 1"
    assert [rule for rule, _ in district.rows(results)] == ["enum:grade", "few_days", "follows"]
    assert district.take(feed, GOOD + CODE).verdict == "unchanged", "and the night can be run again"
    assert [batch for batch, _ in pins(district)] == [2]


def test_a_rule_that_no_steward_waives_holds(district: District) -> None:
    feed = district.feed()
    assert district.take(feed, GOOD + CODE + TYPE).verdict == "red"
    made = release(district, 1)
    assert (made.verdict, ledger(district, 2)) == ("red", ("red", 3, 0, 3))
    assert "1 of 3 rows are bad" in made.message, "the type; the waived rule's row does not count"


def test_a_release_of_nothing_is_red_and_can_be_decided_again(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9))
    district.take(feed, GOOD + TYPE + TWINS)
    made = release(district, 1)
    assert (made.verdict, ledger(district, 2)) == ("red", ("red", 3, 0, 3))
    assert "Nothing can be released" in made.message
    assert [batch for batch, _ in pins(district)] == [1], "the night goes on without them"
    assert release(district, 1, "discard").decision == "discard"
    assert in_raw(district, 1) == ["100000001"]


def test_what_breaks_the_structure_is_red_again(district: District) -> None:
    feed = district.feed()
    with pytest.raises(ValueError, match="line 3"):
        district.take(feed, GOOD + "1,2\n")
    assert release(district, 1).verdict == "red"
    assert ledger(district, 2) == ("red", 2, 0, 2)


def test_a_file_that_is_gone_makes_the_release_red(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9))
    district.take(feed, GOOD + CODE)
    next(iter(district.settings.landing.rglob("students.csv"))).unlink()
    made = release(district, 1)
    assert made.verdict == "red"
    assert "gone from the landing" in made.message


def test_a_discarded_red_batch_no_longer_stops_its_night(district: District) -> None:
    feed = district.feed()
    district.take(feed, GOOD)
    district.take(feed, GOOD + TYPE)
    assert release(district, 2).verdict == "red"
    with pytest.raises(refreshes.RefreshError):
        pins(district)
    assert release(district, 2, "discard").release_batch_id is None
    assert [batch for batch, _ in pins(district)] == [1]


@pytest.mark.parametrize("rule", ["stop", "last_good"])
def test_a_discarded_batch_alone_counts_as_not_delivered(district: District, rule: str) -> None:
    feed = district.feed(contract(whenMissing=rule))
    district.take(feed, GOOD)
    assert district.take(feed, GOOD + TYPE, NEXT).verdict == "red"
    with pytest.raises(refreshes.RefreshError):
        pins(district, NEXT)
    release(district, 2, "discard")
    if rule == "stop":
        with pytest.raises(refreshes.RefreshError):
            pins(district, NEXT)
        return
    assert [batch for batch, _ in pins(district, NEXT)] == [1], "the night goes on with the last good delivery"
    assert district.rows("select data_as_of, verdict from ops.refresh_feed") == [(NIGHT, "discarded")]
    assert district.take(feed, GOOD + CODE, NEXT).verdict == "red"
    with pytest.raises(refreshes.RefreshError):
        pins(district, NEXT)


def test_a_discarded_first_delivery_has_nothing_to_go_on_with(district: District) -> None:
    feed = district.feed(contract(whenMissing="last_good"))
    district.take(feed, GOOD + TYPE)
    release(district, 1, "discard")
    with pytest.raises(refreshes.RefreshError):
        pins(district)


def test_a_decision_stands(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9))
    district.take(feed, GOOD + CODE)
    release(district, 1, "fix at source")
    assert release(district, 1).release_batch_id == 2
    assert release(district, 1).verdict == "green", "a repeated task is the same decision"
    assert district.value("select count(*) from ops.decision") == 2
    for choice, reason in (("discard", WHY), ("release", "Another reason.")):
        with pytest.raises(DecisionError, match=f"decided on already: release, by {STEWARD}"):
            release(district, 1, choice, reason)


def test_a_repeated_task_goes_on_where_it_was_cut_off(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = district.feed(contract(tolerance=0.9))
    district.take(feed, GOOD + CODE)
    with monkeypatch.context() as patch:
        patch.setattr(releasing.batch_gate, "judge", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            release(district, 1)
    assert release(district, 1).verdict == "green"
    assert ledger(district, 2) == ("green", 1, 1, 0)


@pytest.mark.parametrize("correction", [GOOD, GOOD + TYPE])
def test_after_a_newer_delivery_nothing_older_is_released(district: District, correction: str) -> None:
    feed = district.feed()
    district.take(feed, GOOD + CODE)
    district.take(feed, correction)
    with pytest.raises(DecisionError, match="a newer delivery of this feed and night has come, batch 2"):
        release(district, 1)


def test_what_there_is_nothing_to_decide_on_is_refused(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9))
    district.take(feed, GOOD)
    with pytest.raises(DecisionError, match="nothing to decide"):
        releasing.case(district.settings, district.feeds, 1)
    with pytest.raises(DecisionError, match="no batch 77"):
        releasing.case(district.settings, district.feeds, 77)
    district.take(feed, GOOD + CODE + TYPE)
    assert release(district, 2).verdict == "green"
    with pytest.raises(DecisionError, match="itself a release of batch 2"):
        release(district, 3)
    with connect(district.settings) as connection:
        batches.record_missing(connection, feed, NIGHT, RUN, "not usable", "red")
    with pytest.raises(DecisionError, match="has no file"):
        release(district, 4)


@pytest.mark.parametrize(("choice", "reason"), [("release", " "), ("discard", ""), ("forget", WHY)])
def test_a_decision_has_a_reason(district: District, choice: str, reason: str) -> None:
    feed = district.feed(contract(tolerance=0.9))
    district.take(feed, GOOD + CODE)
    with pytest.raises(DecisionError, match="for a reason"):
        release(district, 1, choice, reason)
    assert district.rows("select * from ops.decision") == []


def test_a_reference_within_the_feed_holds_for_a_released_row(district: District) -> None:
    relation = [{"type": "foreignKey", "to": "students.student_id"}]
    columns = [*contract()["schema"][0]["properties"], column("sibling", relationships=relation)]
    feed = district.feed(contract(columns=columns, tolerance=0.9))
    district.take(feed, "student_id,grade,sibling\n100000001,K,\n100000002,9,100000001\n")
    release(district, 1)
    assert in_raw(district, 2) == ["100000002"]


def test_a_case_says_where_and_why_and_nothing_of_a_row(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9))
    district.take(feed, GOOD + CODE + TYPE.replace("x", "Quidditch"))
    found = releasing.case(district.settings, district.feeds, 1)
    assert (found.feed_id, found.night, found.verdict, found.rows_quarantined) == ("sis.students", NIGHT, "green", 2)
    said = {(r.rule, r.column, r.rows, r.file, r.line, r.waivable) for r in found.refusals}
    assert said == {
        ("enum:grade", "grade", 1, "students.csv", 3, True),
        ("type", "born_on", 1, "students.csv", 4, False),
    }
    for text in (repr(found), as_markdown(found)):
        assert "enum:grade" in text
        assert not [value for value in ("100000002", "100000003", "Quidditch", "2012") if value in text]


def test_a_refused_row_is_kept_as_it_stood_in_the_file(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9))
    text = 'Bus,DAYS,student_id,grade\r\n"12, late",010,100000001,K\r\n"7, ""x""",007,100000002,9\r\n'
    assert district.take(feed, text).verdict == "green"
    kept = district.value("select row_as_it_came from quarantine.rejected_row")
    assert kept == {"Bus": '7, "x"', "DAYS": "007", "student_id": "100000002", "grade": "9"}


def test_rows_that_go_astray_stop_the_batch(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9))
    batch_id = district.load(feed, GOOD + CODE)
    district.run(
        "create function raw.lose() returns trigger language plpgsql as 'begin return null; end'",
        "create trigger lose before insert on raw.sis__students for each row execute function raw.lose()",
    )
    with pytest.raises(RuntimeError, match="2 rows were delivered, but 0 are accepted and 1 in quarantine"):
        releasing.batch_gate.judge(district.settings, feed, batch_id)
    assert district.batch(batch_id).verdict == "loaded"


def test_the_landed_file_must_be_there_to_set_rows_aside(district: District) -> None:
    feed = district.feed(contract(tolerance=0.9))
    batch_id = district.load(feed, GOOD + CODE)
    next(iter(district.settings.landing.rglob("students.csv"))).unlink()
    with pytest.raises(LandingError):
        releasing.batch_gate.judge(district.settings, feed, batch_id)


ROSTER = [f"{number:09},Ann,Baker,2010-01-02,F,{'?' if number < 4 else 'White'}" for number in range(1, 401)]
ROSTER_HEADER = "StudentID,FirstName,LastName,BirthDate,Gender,RaceEthnicity"


def test_released_rows_are_no_delivery_that_the_next_one_is_compared_with(district: District) -> None:
    """The students' own contract and suite: half a roster is red, though three rows came last."""
    content = yaml.safe_load((PROJECT / "feeds" / "sis" / "students.yaml").read_text())
    content["servers"] = [{"server": "sis", "type": "local", "path": "sis/{night}/students.csv", "format": "csv"}]
    content["customProperties"] = [{"property": p, "value": v} for p, v in LENIENT.items()]
    suite = yaml.safe_load((PROJECT / "expectations" / "sis" / "students.yaml").read_text())
    feed = district.feed(content, *suite["rules"])
    assert district.take(feed, "\n".join([ROSTER_HEADER, *ROSTER])).verdict == "green"
    assert release(district, 1).verdict == "green"
    for number, night, expected in ((1, NIGHT - timedelta(days=1), []), (2, NIGHT, [1, 2]), (3, NEXT, [1, 2])):
        found = district.value(f"select ops.newest_delivery('sis', 'students', date '{night}')")
        assert sorted(found) == expected, number
    assert district.value(f"select ops.deliveries('sis', 'students', date '{NEXT}')") == [1]
    halved = district.take(feed, "\n".join([ROSTER_HEADER, *ROSTER[:200]]), NEXT)
    assert halved.verdict == "red"
    assert "nobody_vanishes" in halved.message
    assert district.take(feed, "\n".join([ROSTER_HEADER, *ROSTER[3:]]), NEXT).verdict == "green", "three are few"
    assert district.value(f"select ops.newest_delivery('sis', 'students', date '{NEXT}')") == [4]
    assert sorted(district.value(f"select ops.newest_delivery('sis', 'students', date '{NIGHT}')")) == [1, 2]
