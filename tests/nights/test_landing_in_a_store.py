"""A whole night that lands in an object store: extracted, published, released, built again from there, and purged."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from elevate import releasing
from elevate.contracts import load_feeds
from elevate.local import databases
from elevate.purging import purge_student
from elevate.replaying import replay
from elevate.settings import Settings
from elevate.warehouse import connect
from tests.library.sources.places import object_store
from tests.support import night as nights
from tests.support.district import SOURCES, serving

pytestmark = pytest.mark.timeout(900)

NIGHT = date(2019, 2, 11)
STEWARD, WHY = "Steward Ann", "The vendor says that the code is right."


@pytest.fixture(scope="module")
def settings(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A small district, and a store for what it delivers; the night has one red batch."""
    with (
        object_store(tmp_path_factory.mktemp("store")) as store,
        pytest.MonkeyPatch.context() as patch,
        serving(tmp_path_factory.mktemp("district"), module_settings, 4) as district,
    ):
        patch.setenv("AWS_ENDPOINT_URL", store.address["endpoint_url"])
        patch.setenv("AWS_ACCESS_KEY_ID", "elevate")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "made up")
        patch.setenv("ELEVATE_LANDING", str(store.root.parent / "landing"))
        district.misbehave(NIGHT, "supports.devices", "unknown_code")
        for source in SOURCES:
            verdicts = nights.extract(module_settings, source, NIGHT)
            stopped = {feed for feed, verdict in verdicts.items() if not verdict.lets_through}
            assert stopped == ({"supports.devices"} if source == "supports" else set())
        yield module_settings


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return [tuple(row.values()) for row in connection.execute(query.encode())]


def is_proven(settings: Settings) -> bool:
    with databases.scratch(settings, "replay_store", keep=False) as scratch:
        return replay(settings, scratch, load_feeds(settings.feeds), NIGHT).proven


def test_what_was_delivered_lies_in_the_store_alone(settings: Settings) -> None:
    landed = {path for (path,) in rows(settings, "select landed_at_path from ops.delivery")}
    assert len(landed) >= 20
    assert all((settings.landing / path).exists() for path in landed)
    assert not (settings.home / "landing").exists()


def test_a_released_night_is_published_and_built_again(settings: Settings) -> None:
    feeds = load_feeds(settings.feeds)
    ((batch_id,),) = rows(settings, "select batch_id from ops.batch where verdict = 'red'")
    made = releasing.decide(settings, feeds, batch_id, "release", WHY, STEWARD, nights.RUN)
    assert (made.verdict, list(made.waived)) == ("green", ["enum:device_type"]), made.message
    nights.refresh(settings, "marts", NIGHT)
    assert is_proven(settings)


def test_who_is_purged_is_gone_from_the_store(settings: Settings) -> None:
    ((number,),) = rows(settings, "select max(student_id) from raw.assessment__map_results")
    held = [file for file in settings.landing.glob("**/*") if file.is_file()]
    before = {str(file) for file in held if number.encode() in file.read_bytes()}
    assert len(before) > 4
    receipt = purge_student(settings, load_feeds(settings.feeds), number, "erasure", "request 17", "privacy officer")
    assert receipt.removed["landing assessment.map_results"] > 0
    assert {str(file) for file in held if number.encode() in file.read_bytes()} == set()
    nights.refresh(settings, "marts", NIGHT)
    assert is_proven(settings)
