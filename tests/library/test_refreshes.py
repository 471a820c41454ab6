"""Which batches a refresh is built from."""

from datetime import date, timedelta
from typing import Any

import pytest

from elevate import refreshes
from elevate.contracts import Feed
from elevate.refreshes import RefreshError, close_red, open_refresh, sources_delivered
from elevate.warehouse import connect
from tests.library.district import NIGHT, RUN, District, column, contract, of_values

TONIGHT, LAST_NIGHT, NEXT_NIGHT = NIGHT, NIGHT - timedelta(days=1), NIGHT + timedelta(days=1)


@pytest.fixture(scope="module")
def feeds(module_district: District) -> District:
    """A required snapshot and a delta, an optional snapshot by term."""
    change = column("change", required=True, enum=of_values("upsert", "delete"))
    module_district.feed(contract("sis.schools", [column("id", key=1)]))
    module_district.feed(
        contract("sis.absences", [column("id", key=1), change], minimum_rows=0, loadMode="delta", changeColumn="change")
    )
    module_district.feed(
        contract("map.results", [column("id", key=1), column("term")], snapshotScope=["term"], required=False)
    )
    return module_district


@pytest.fixture
def pinning(feeds: District) -> District:
    """The same, with nothing delivered yet."""
    tables = ", ".join(f"raw.{feed.table}" for feed in feeds.feeds.values())
    feeds.session("elevate_owner").execute(
        f"truncate ops.batch, ops.refresh, quarantine.rejected_row, {tables} restart identity cascade".encode()
    )
    return feeds


def batch(district: District, feed_id: str, night: date, verdict: str = "green", identity: str = "x") -> int:
    """A closed batch, without the work."""
    source, feed = feed_id.split(".")
    return int(
        district.value(
            """insert into ops.batch (source, feed, night, known_on, run, contract_version, content_identity, verdict,
                                      unchanged_from, closed_at)
               values (%s, %s, %s, %s, 'test', '1.0.0', %s, %s::text,
                       case when %s::text = 'unchanged' then (select max(batch_id) from ops.batch) end, now())
               returning batch_id""",
            source, feed, night, night, identity, verdict, verdict,
        )
    )  # fmt: skip


def refresh(district: District, night: date = TONIGHT, kind: Any = "marts") -> tuple[int, list[int]]:
    """Open a refresh; its id and the batches that it pins."""
    with connect(district.settings) as connection:
        refresh_id = open_refresh(connection, kind, night, RUN, district.feeds)
    rows = district.rows("select batch_id from ops.refresh_batch where refresh_id = %s order by 1", refresh_id)
    return refresh_id, [batch_id for (batch_id,) in rows]


def verdicts(district: District) -> list[str]:
    return [verdict for (verdict,) in district.rows("select verdict from ops.refresh order by refresh_id")]


def test_a_snapshot_is_pinned_by_its_newest_and_a_delta_by_all(pinning: District) -> None:
    batch(pinning, "sis.schools", LAST_NIGHT)
    first = batch(pinning, "sis.absences", LAST_NIGHT)
    schools = batch(pinning, "sis.schools", TONIGHT)
    second = batch(pinning, "sis.absences", TONIGHT)
    assert refresh(pinning)[1] == [first, schools, second]


def test_a_snapshot_by_scope_is_pinned_whole(pinning: District) -> None:
    needed = [batch(pinning, feed, TONIGHT) for feed in ("sis.schools", "sis.absences")]
    terms = [batch(pinning, "map.results", night) for night in (LAST_NIGHT, TONIGHT)]
    assert refresh(pinning)[1] == [*needed, *terms]


def test_nothing_of_a_later_night_and_nothing_unaccepted_is_pinned(pinning: District) -> None:
    needed = [batch(pinning, feed, TONIGHT) for feed in ("sis.schools", "sis.absences")]
    for verdict in ("red", "open", "loaded", "missing", "abandoned"):
        batch(pinning, "map.results", TONIGHT, verdict)
        batch(pinning, "sis.absences", LAST_NIGHT, verdict)
    for feed in pinning.feeds:
        batch(pinning, feed, NEXT_NIGHT)
    assert refresh(pinning)[1] == needed


def test_a_past_night_is_pinned_as_it_was(pinning: District) -> None:
    past = [batch(pinning, feed, LAST_NIGHT) for feed in ("sis.schools", "sis.absences")]
    for feed in ("sis.schools", "sis.absences"):
        batch(pinning, feed, TONIGHT)
    assert refresh(pinning, LAST_NIGHT)[1] == past


def test_a_snapshot_of_an_older_night_that_arrives_late_does_not_replace_a_newer_one(pinning: District) -> None:
    absences, schools = (batch(pinning, feed, TONIGHT) for feed in ("sis.absences", "sis.schools"))
    batch(pinning, "sis.schools", LAST_NIGHT)
    assert refresh(pinning)[1] == [absences, schools]


@pytest.mark.parametrize("feed", ["sis.schools", "sis.absences"])
@pytest.mark.parametrize("tonight", [None, "red", "missing", "loaded", "abandoned"])
def test_a_required_feed_without_an_accepted_batch_of_this_night_refuses(
    pinning: District, feed: str, tonight: str | None
) -> None:
    """An older batch must not stand in for it."""
    for other in {"sis.schools", "sis.absences"} - {feed}:
        batch(pinning, other, TONIGHT)
    batch(pinning, feed, LAST_NIGHT)
    if tonight:
        batch(pinning, feed, TONIGHT, tonight)
    with pytest.raises(RefreshError, match=f"Night 2019-02-11: no accepted batch of {feed}. Run the extract Dags"):
        refresh(pinning)
    assert verdicts(pinning) == []


@pytest.mark.parametrize(
    ("deliveries", "accepted"),
    [
        ("green", True),
        ("green unchanged", True),
        ("green abandoned", True),
        ("green red", False),
        ("green missing", False),
        ("green red green", True),
        ("green missing green", True),
        ("red missing green abandoned", True),
    ],
)
def test_the_last_word_on_the_night_counts(pinning: District, deliveries: str, accepted: bool) -> None:
    """A correction that did not get through must not be passed over."""
    batch(pinning, "sis.absences", TONIGHT)
    for verdict in deliveries.split():
        batch(pinning, "sis.schools", TONIGHT, verdict)
    if accepted:
        assert refresh(pinning)
    else:
        with pytest.raises(RefreshError, match=r"no accepted batch of sis\.schools"):
            refresh(pinning)


def test_an_optional_feed_may_be_missing_or_old(pinning: District) -> None:
    needed = [batch(pinning, feed, TONIGHT) for feed in ("sis.schools", "sis.absences")]
    refresh_id, pinned = refresh(pinning)
    assert pinned == needed
    with connect(pinning.settings) as connection:
        assert sources_delivered(connection, refresh_id) == {"sis"}
    old = batch(pinning, "map.results", LAST_NIGHT)
    refresh_id, pinned = refresh(pinning)
    assert pinned == [*needed, old]
    with connect(pinning.settings) as connection:
        assert sources_delivered(connection, refresh_id) == {"sis", "map"}


def test_a_batch_accepted_after_the_opening_does_not_slip_in(pinning: District) -> None:
    needed = [batch(pinning, feed, TONIGHT) for feed in ("sis.schools", "sis.absences")]
    refresh_id, _ = refresh(pinning)
    batch(pinning, "sis.absences", TONIGHT)
    rows = "select batch_id from ops.refresh_batch where refresh_id = %s order by 1"
    assert [value for (value,) in pinning.rows(rows, refresh_id)] == needed


def publication(district: District, refresh_id: int) -> None:
    """A publication of the marts, without the work."""
    district.value(
        """insert into ops.publication (refresh_id, kind, night, content_hash)
           select refresh_id, kind, night, 'hash' from ops.refresh where refresh_id = %s returning publication_id""",
        refresh_id,
    )


def test_the_evaluation_reads_the_published_marts_of_its_night_or_nothing(pinning: District) -> None:
    for feed in ("sis.schools", "sis.absences"):
        batch(pinning, feed, TONIGHT)
        batch(pinning, feed, NEXT_NIGHT)
    with pytest.raises(RefreshError, match="none are published. Run refresh_marts of this night first"):
        refresh(pinning, kind="evaluation")
    marts, _ = refresh(pinning)
    publication(pinning, marts)
    evaluation, pinned = refresh(pinning, kind="evaluation")
    assert pinned == [], "what it stands on is pinned by the marts"
    row = "select marts_refresh_id from ops.refresh where refresh_id = %s"
    assert pinning.value(row, evaluation) == marts
    with connect(pinning.settings) as connection:
        assert refreshes.sources_delivered(connection, evaluation) == {"sis"}
    publication(pinning, refresh(pinning, NEXT_NIGHT)[0])
    with pytest.raises(RefreshError, match="those of 2019-02-12 are published"):
        refresh(pinning, kind="evaluation")


def test_a_newer_refresh_of_the_same_kind_abandons_the_open_one(pinning: District) -> None:
    for feed in ("sis.schools", "sis.absences"):
        batch(pinning, feed, TONIGHT)
    first, _ = refresh(pinning)
    publication(pinning, first)
    refresh(pinning, kind="evaluation")
    assert verdicts(pinning) == ["open", "open"]
    refresh(pinning)
    assert verdicts(pinning) == ["abandoned", "open", "open"]
    with connect(pinning.settings) as connection:
        close_red(connection, first + 1, "a rule failed")
    refresh(pinning)
    assert verdicts(pinning) == ["abandoned", "red", "abandoned", "open"], "what is closed stays as it is"


def test_what_is_closed_does_not_become_red(pinning: District) -> None:
    """A gate that is run again after the publication, say."""
    for feed in ("sis.schools", "sis.absences"):
        batch(pinning, feed, TONIGHT)
    for verdict in ("published", "abandoned", "open"):
        refresh_id, _ = refresh(pinning)
        pinning.run(f"update ops.refresh set verdict = '{verdict}' where refresh_id = {refresh_id}")
        with connect(pinning.settings) as connection:
            close_red(connection, refresh_id, "a rule failed")
    assert verdicts(pinning) == ["published", "abandoned", "red"]


def deliver(district: District, feed: Feed, *rows: str, night: date = TONIGHT) -> str:
    header = ",".join(c.name for c in feed.columns)
    return district.take(feed, "".join(f"{row}\n" for row in (header, *rows)), night).verdict


def test_three_deliveries_of_a_night_pin_the_third(pinning: District) -> None:
    """A, then B, then A again: the source took its correction back."""
    schools, absences = pinning.feeds["sis.schools"], pinning.feeds["sis.absences"]
    assert deliver(pinning, absences, "1,upsert") == "green"
    found = []
    for rows in (("a",), ("b",), ("a",), ("a",)):
        verdict = deliver(pinning, schools, *rows)
        found.append((verdict, refresh(pinning)[1]))
    assert [verdict for verdict, _ in found] == ["green", "green", "green", "unchanged"]
    assert [pinned for _, pinned in found] == [[1, 2], [1, 3], [1, 4], [1, 4]]
    assert deliver(pinning, absences, "1,delete") == deliver(pinning, absences, "1,upsert") == "green"
    assert refresh(pinning)[1] == [1, 4, 6, 7], "and of a delta all, in the order of their arrival"


def test_a_red_correction_stops_the_night_until_another_delivery_is_accepted(pinning: District) -> None:
    schools, absences = pinning.feeds["sis.schools"], pinning.feeds["sis.absences"]
    deliver(pinning, absences, "1,upsert")
    deliver(pinning, schools, "a")
    assert deliver(pinning, schools, "b", "b") == "red"
    with pytest.raises(RefreshError):
        refresh(pinning)
    assert deliver(pinning, schools, "a") == "unchanged", "judged anew, and the rows are held already"
    assert refresh(pinning)[1] == [1, 2]


def test_what_is_published_is_said_once(pinning: District) -> None:
    """The candidate schemas of the two kinds are distinct."""
    every = [schema for schemas in refreshes.PUBLISHED_SCHEMAS.values() for schema in schemas]
    assert sorted(every) == ["bi", "evaluation", "marts"]
