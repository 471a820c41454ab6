"""Deliveries as they really are: the same again, corrected, on top of a gap, drifted, empty."""

from datetime import date, timedelta

import pytest

from elevate import batches, refreshes, releasing
from elevate.gates import batch_gate
from elevate.warehouse import connect
from tests.library.district import NIGHT, RUN, District, column, contract, of_values, query_rule

NEXT, LATER = NIGHT + timedelta(days=1), NIGHT + timedelta(days=2)
CHANGE = column("change", enum=of_values("upsert", "delete"))
COLUMNS = [column("id", key=1), column("n", "numeric"), column("on", "date")]
GOOD = "id,n,on\na,1200,2019-02-11\nb,0.5,\n"
OTHER = "id,n,on\na,1200,2019-02-12\n"


def delta(name: str, **custom: object) -> dict[str, object]:
    columns = [column("id", key=1), column("n", "integer"), CHANGE]
    return contract(f"sis.{name}", columns, minimum_rows=0, loadMode="delta", changeColumn="change", **custom)


def pins(district: District, night: date, known_on: date | None = None) -> list[tuple[int, int]]:
    """What a refresh reads, as (batch, position)."""
    with connect(district.settings) as connection:
        if known_on:
            refresh_id = refreshes.open_replay(connection, night, district.feeds, known_on)
        else:
            refresh_id = refreshes.open_refresh(connection, "marts", night, RUN, district.feeds)
    return district.rows(
        "select batch_id, position from ops.refresh_batch where refresh_id = %s order by 1", refresh_id
    )


def current(district: District, table: str, night: date) -> dict[str, int]:
    """Key to value of a delta feed, resolved as the models resolve it."""
    pinned = pins(district, night)
    values = {}
    for batch_id, _ in sorted(pinned, key=lambda pair: pair[1]):
        query = f"select id, n, change from raw.{table} where _batch_id = %s order by _line"
        for key, n, change in district.rows(query, batch_id):
            values.pop(key, None) if change == "delete" else values.update({key: n})
    return values


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("another order of rows", "id,n,on\nb,0.5,\na,1200,2019-02-11\n"),
        ("another order of columns", "on,n,id\n2019-02-11,1200,a\n,0.5,b\n"),
        ("a byte order mark", "\ufeff" + GOOD),
        ("CRLF", GOOD.replace("\n", "\r\n")),
        ("CR alone", GOOD.replace("\n", "\r")),
        ("thousands separators", GOOD.replace("1200", '"1,200"')),
        ("decimals", GOOD.replace("1200", "1200.00")),
        ("quotes", 'id,n,on\n"a","1200","2019-02-11"\n"b","0.5",\n'),
        ("no line end", GOOD.rstrip("\n")),
    ],
)
@pytest.mark.parametrize("night", [NIGHT, NEXT])
def test_the_same_content_in_another_form_is_unchanged(district: District, form: str, text: str, night: date) -> None:
    feed = district.feed(contract("sis.things", COLUMNS))
    assert district.take(feed, GOOD).verdict == "green"
    assert district.take(feed, text, night).verdict == "unchanged", form
    assert district.value("select count(*) from raw.sis__things") == 2
    assert [batch for batch, _ in pins(district, night)] == [1]
    assert district.take(feed, OTHER, night).verdict == "green", "and what differs is not"


def test_a_snapshot_ends_with_what_came_last_for_its_night(district: District) -> None:
    feed = district.feed(contract("sis.things", COLUMNS))
    verdicts = [district.take(feed, text).verdict for text in (GOOD, OTHER, GOOD)]
    assert verdicts == ["green", "green", "green"], "A, B, A ends at A"
    assert [batch for batch, _ in pins(district, NIGHT)] == [3]
    assert district.take(feed, GOOD, NEXT).verdict == "unchanged"
    assert district.take(feed, OTHER).verdict == "green", "a correction of the night before"
    assert [batch for batch, _ in pins(district, NEXT)] == [3], "which the next night had said again"
    assert [batch for batch, _ in pins(district, NIGHT)] == [5]


def test_what_was_known_on_a_night_can_be_asked(district: District) -> None:
    feed = district.feed(contract("sis.things", COLUMNS))
    district.take(feed, GOOD)
    district.take(feed, GOOD, NEXT)
    district.take(feed, OTHER)
    assert [batch for batch, _ in pins(district, NIGHT)] == [3]
    assert [batch for batch, _ in pins(district, NIGHT, known_on=NIGHT)] == [1]


def test_corrections_of_a_delta_win_by_arrival(district: District) -> None:
    feed = district.feed(delta("marks"))
    district.take(feed, "id,n,change\na,1,upsert\nb,1,upsert\n")
    district.take(feed, "id,n,change\na,2,upsert\n", NEXT)
    assert district.take(feed, "id,n,change\nb,1,upsert\na,1,upsert\n").verdict == "unchanged"
    assert current(district, "sis__marks", NEXT) == {"a": 2, "b": 1}, "the same again changes nothing"
    district.take(feed, "id,n,change\na,3,upsert\n")
    assert current(district, "sis__marks", NEXT) == {"a": 3, "b": 1}, "a correction supersedes by arrival"
    district.take(feed, "id,n,change\nb,1,delete\n", LATER)
    assert current(district, "sis__marks", LATER) == {"a": 3}


def test_a_full_delivery_of_a_delta_feed_ends_what_it_does_not_hold(district: District) -> None:
    feed = district.feed(delta("marks"))
    district.take(feed, "id,n,change\na,1,upsert\nb,1,upsert\n")
    district.take(feed, "id,n,change\nb,2,\n", NEXT)
    district.run("update ops.batch set is_full = true where batch_id = 2")
    assert current(district, "sis__marks", NEXT) == {"b": 2}
    assert current(district, "sis__marks", NIGHT) == {"a": 1, "b": 1}


def test_a_delta_on_top_of_a_gap_is_refused_by_its_name(district: District) -> None:
    content = delta("marks")
    content["slaProperties"] = [*content["slaProperties"], {"property": "frequency", "value": 1, "unit": "d"}]  # type: ignore[misc]
    feed = district.feed(content)
    district.take(feed, "id,n,change\na,1,upsert\n")
    refused = district.take(feed, "id,n,change\na,2,upsert\n", LATER)
    assert refused.verdict == "red"
    assert f"no delta was accepted for the nights {NEXT} to {NEXT} before it came" in refused.message
    assert district.take(feed, "id,n,change\nb,2,upsert\n", NEXT).verdict == "green"
    assert district.take(feed, "id,n,change\na,2,upsert\n", LATER).verdict == "green"


def test_a_delta_whose_source_names_its_base_is_refused_without_it(district: District) -> None:
    feed = district.feed(delta("marks"))
    district.take(feed, "id,n,change\na,1,upsert\n")
    batch_id = district.load(feed, "id,n,change\na,2,upsert\n", LATER)
    district.run(f"update ops.batch set follows = '{NEXT}' where batch_id = {batch_id}")
    assert (
        f"the delta builds on night {NEXT}, which was not accepted"
        in batch_gate.judge(district.settings, feed, batch_id).message
    )


@pytest.mark.parametrize("names_its_base", [True, False])
def test_a_delta_that_overtook_its_base_is_refused(district: District, names_its_base: bool) -> None:
    """Two nights side by side: the later one is landed first, and by arrival the older one would win."""
    content = delta("marks")
    content["slaProperties"] = [*content["slaProperties"], {"property": "frequency", "value": 1, "unit": "d"}]  # type: ignore[misc]
    feed = district.feed(content)
    later = "id,n,change\na,2,upsert\n"
    batch_id = district.load(feed, later, NEXT)
    if names_its_base:
        district.run(f"update ops.batch set follows = '{NIGHT}' where batch_id = {batch_id}")
    district.take(feed, "id,n,change\na,1,upsert\n")
    refused = batch_gate.judge(district.settings, feed, batch_id)
    assert refused.verdict == "red"
    assert f"night {NIGHT}, which was not" in refused.message or f"the nights {NIGHT} to {NIGHT}" in refused.message
    assert district.take(feed, later, NEXT).verdict == "green", "run again it comes after its base"
    assert current(district, "sis__marks", NEXT) == {"a": 2}


def test_a_suites_query_speaks_on_an_empty_batch_and_knows_the_night(district: District) -> None:
    query = "select 1 where not exists (select from {batch}) and {night} = date '2019-02-12' and {batch_id} > 0"
    feed = district.feed(delta("marks"), query_rule("not_on_the_twelfth", query))
    assert district.take(feed, "id,n,change\n").verdict == "green"
    assert district.take(feed, "id,n,change\n", NEXT).verdict == "red"


def test_columns_beyond_the_contract_and_lost_ones_are_reported(district: District) -> None:
    feed = district.feed(contract("sis.things", COLUMNS))
    message = district.take(feed, "id,on,bus\na,2019-02-11,12\n").message
    assert "kept in _extra: ['bus']" in message
    assert f"has no 'n' ({feed.place('n')})" in message
    assert district.value("select _extra ->> 'bus' from raw.sis__things") == "12"


@pytest.mark.parametrize(
    ("header", "likely"),
    [
        ("id,on,number_n", None),  # neither the place nor the name
        ("id,bus,on", "bus"),  # the place
        ("id,on,bus,n_", "n_"),  # the name
        ("id,on,bus", None),
        ("id,on", None),
        ("N,id,on", None),
        ("id,count,on", None),  # stood there before
    ],
)
def test_an_optional_column_that_was_renamed_is_red(district: District, header: str, likely: str | None) -> None:
    """Its values would be lost without a word; a column that is merely gone is told and stops nothing."""
    feed = district.feed(contract("sis.things", COLUMNS))
    assert district.take(feed, "id,n,on,count\na,1,2019-02-11,7\n").verdict == "green"
    wide = header + ",count" * ("count" not in header)
    cells = ["a", *("2019-02-12" if name == "on" else "5" for name in wide.split(",")[1:])]
    cells[wide.lower().split(",").index("id")] = "a"
    if wide.startswith("N"):
        cells[0] = "5"
    found = district.take(feed, f"{wide}\n{','.join(cells)}\n", NEXT)
    if likely is None:
        assert found.verdict == "green", found.message
        return
    assert found.verdict == "red"
    assert f"things.csv has no 'n' ({feed.place('n')}) any more. Renamed to {likely!r}" in found.message


def test_a_column_that_the_file_did_not_have_was_not_renamed(district: District) -> None:
    feed = district.feed(contract("sis.things", COLUMNS))
    assert district.take(feed, "id,on\na,2019-02-11\n").verdict == "green"
    assert district.take(feed, "id,on,n_\na,2019-02-12,5\n", NEXT).verdict == "green"


def test_a_steward_may_release_what_only_looks_renamed(district: District) -> None:
    feed = district.feed(contract("sis.things", COLUMNS))
    district.take(feed, "id,n,on\na,1,2019-02-11\n")
    assert district.take(feed, "id,bus,on\na,5,2019-02-12\n", NEXT).verdict == "red"
    made = releasing.decide(district.settings, district.feeds, 2, "release", "a new column", "steward", RUN)
    assert made.verdict == "green", made.message
    assert district.take(feed, "id,bus,on\na,6,2019-02-13\n", LATER).verdict == "green", "and it is known from now on"


def test_a_retyped_column_is_told_as_one(district: District) -> None:
    feed = district.feed(contract("sis.things", COLUMNS))
    told = f"({feed.place('n')}). No value of the column is as contracted: retyped at the source?"
    assert told in district.take(feed, "id,n,on\na,low,2019-02-11\nb,high,\nc,,\n").message
    assert told not in district.take(feed, "id,n,on\na,low,2019-02-11\nb,high,\nc,1,\n").message
    assert told not in district.take(feed, "id,n,on\na,low,2019-02-11\nb,1,\n").message


@pytest.mark.parametrize("rule", ["stop", "last_good"])
def test_a_missing_feed_stops_the_night_or_not_as_its_contract_says(district: District, rule: str) -> None:
    feed = district.feed(contract("sis.things", COLUMNS, whenMissing=rule))
    district.take(feed, GOOD)
    with connect(district.settings) as connection:
        batches.record_missing(connection, feed, NEXT, RUN, "nothing came")
    if rule == "stop":
        with pytest.raises(refreshes.RefreshError):
            pins(district, NEXT)
        return
    assert [batch for batch, _ in pins(district, NEXT)] == [1]
    assert district.rows("select data_as_of, verdict from ops.refresh_feed") == [(NIGHT, "missing")]
    district.take(feed, "id,n\na,1\na,2\n", NEXT)
    with pytest.raises(refreshes.RefreshError):
        pins(district, NEXT)
