"""What people are told of a night."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from elevate import batches, ops
from elevate.warehouse import connect
from tests.library.district import NIGHT, RUN, District, column, contract

LAST_NIGHT, NEXT_NIGHT = NIGHT - timedelta(days=1), NIGHT + timedelta(days=1)


@pytest.fixture
def three(district: District) -> District:
    """Two required feeds and an optional one."""
    district.feed(contract("sis.students"))
    district.feed(contract("sis.schools", [column("id", key=1)], tolerance=0.5))
    district.feed(contract("portal.profile", [column("id", key=1)], required=False))
    return district


def status(district: District, night: date | None = NIGHT) -> dict[str, Any]:
    with connect(district.settings) as connection:
        found = ops.status(connection, district.feeds, night)
    assert json.loads(json.dumps(found)) == found, "as JSON"
    return found


def feeds(district: District, night: date | None = NIGHT) -> dict[str, tuple[Any, ...]]:
    """Feed to verdict and rows in, accepted and quarantined."""
    return {
        f"{row['source']}.{row['feed']}": (
            row["verdict"], row["rows_in"], row["rows_accepted"], row["rows_quarantined"],
        )
        for row in status(district, night)["feeds"]
    }  # fmt: skip


def test_before_anything_happened_all_is_missing(three: District) -> None:
    found = status(three, None)
    assert (found["night"], found["published"], found["evaluation"]) == (None, None, None)
    assert (found["marts"], found["refreshes"], found["alerts"]) == ([], [], [])
    assert [(row["feed"], row["verdict"], row["required"]) for row in found["feeds"]] == [
        ("profile", "not delivered", False),
        ("schools", "missing", True),
        ("students", "missing", True),
    ]


def test_a_night_is_told_by_the_newest_batch_of_each_feed(three: District) -> None:
    schools = three.feeds["sis.schools"]
    three.take(schools, "id\n1\n2\n1\n")
    assert feeds(three)["sis.schools"] == ("red", 3, 0, 3)
    three.take(schools, "id\n1\n2\n3\n4\n5\n")
    assert feeds(three)["sis.schools"] == ("green", 5, 5, 0)
    three.take(schools, "id\n1\n2\n3\n4\n5\n")
    (told,) = [row for row in status(three)["feeds"] if row["feed"] == "schools"]
    assert (told["verdict"], told["rows_in"], told["message"]) == ("green", 5, "unchanged since batch 2")
    assert feeds(three)["sis.students"] == ("missing", 0, 0, 0)


def test_an_abandoned_batch_is_not_told_of(three: District) -> None:
    students = three.feeds["sis.students"]
    three.load(students, "student_id\n100000001\n")
    assert feeds(three)["sis.students"][0] == "loaded"
    three.load(students, "student_id\n100000002\n")
    with connect(three.settings) as connection:
        batches.record_missing(connection, students, NIGHT, RUN, "no file")
    assert feeds(three)["sis.students"][0] == "missing"
    every = three.rows("select verdict from ops.batch order by 1")
    assert every == [("abandoned",), ("abandoned",), ("missing",)]
    three.run("update ops.batch set verdict = 'abandoned' where batch_id = 3")
    assert feeds(three)["sis.students"] == ("missing", 0, 0, 0), "as if nothing had been delivered"
    three.take(students, "student_id\n100000001\n")
    newest = three.load(students, "student_id\n100000002\n")
    three.run(f"update ops.batch set verdict = 'abandoned' where batch_id = {newest}")
    assert feeds(three)["sis.students"] == ("green", 1, 1, 0)


def test_nights_are_told_apart(three: District) -> None:
    for night, rows in ((LAST_NIGHT, "1\n"), (NIGHT, "1\n2\n"), (NEXT_NIGHT, "1\n2\n3\n")):
        three.take(three.feeds["sis.schools"], f"id\n{rows}", night)
    assert [feeds(three, night)["sis.schools"][1] for night in (LAST_NIGHT, NIGHT, NEXT_NIGHT)] == [1, 2, 3]
    assert status(three, None)["night"] == NEXT_NIGHT.isoformat(), "by default the last one"
    three.run(
        f"insert into ops.alert (dag, task, run, night, message) values ('d', 't', 'r', '{NIGHT}', 'tonight')",
        f"insert into ops.alert (dag, task, run, night, message) values ('d', 't', 'r', '{LAST_NIGHT}', 'before')",
        f"insert into ops.refresh (kind, night, run, verdict, message) values ('marts', '{NIGHT}', 'r', 'red', 'why')",
    )
    assert status(three)["alerts"] == [{"dag": "d", "task": "t", "message": "tonight"}]
    assert status(three)["refreshes"] == [{"kind": "marts", "verdict": "red", "message": "why"}]


def test_what_readers_see_is_told_whatever_the_night_asked_for(three: District) -> None:
    for number, (kind, night) in enumerate([("marts", LAST_NIGHT), ("marts", NIGHT), ("evaluation", LAST_NIGHT)], 1):
        schema = "marts" if kind == "marts" else "evaluation"
        three.run(
            f"insert into ops.refresh (kind, night, run) values ('{kind}', '{night}', 'r')",
            f"""insert into ops.publication (refresh_id, kind, night, content_hash)
                values ({number}, '{kind}', '{night}', 'hash{number}')""",
            f"insert into ops.publication_table values ({number}, '{schema}', 't{number}', {number}, 0, 0, 'x')",
        )
    found = status(three, LAST_NIGHT)
    assert (found["published"]["night"], found["published"]["content_hash"]) == (NIGHT.isoformat(), "hash2")
    assert (found["evaluation"]["night"], found["evaluation"]["id"]) == (LAST_NIGHT.isoformat(), 3)
    assert found["marts"] == [
        {"schema": "marts", "table": "t2", "rows": 2},
        {"schema": "evaluation", "table": "t3", "rows": 3},
    ]


def test_an_unknown_batch_is_named(three: District) -> None:
    with connect(three.settings) as connection, pytest.raises(LookupError, match="No batch 4711"):
        batches.get(connection, 4711)
