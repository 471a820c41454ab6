"""P3: a past night, built again from landing, has the content that its publication recorded."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from elevate.cli import app
from elevate.contracts import load_feeds
from elevate.landing import LandingError
from elevate.local import databases
from elevate.replaying import Replay, ReplayError, replay
from elevate.settings import Settings
from elevate.warehouse import connect
from tests.support import night as nights
from tests.support.district import SOURCES, District, serving

pytestmark = pytest.mark.timeout(900)

FIRST, SECOND, NEVER = date(2019, 2, 11), date(2019, 2, 13), date(2019, 2, 14)


@pytest.fixture(scope="module")
def district(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """A small district, two nights of which are published."""
    with serving(tmp_path_factory.mktemp("district"), module_settings, 4) as district:
        for night in (FIRST, SECOND):
            for source in SOURCES:
                stopped = [v for v in nights.extract(module_settings, source, night).values() if not v.lets_through]
                assert stopped == []
            nights.refresh(module_settings, "marts", night)
        yield district


@pytest.fixture(scope="module")
def settings(module_settings: Settings, district: District) -> Settings:
    """The platform that published them."""
    return module_settings


def built_again(settings: Settings, night: date, known_on: date | None = None) -> Replay:
    with databases.scratch(settings, "replay_test", keep=False) as scratch:
        return replay(settings, scratch, load_feeds(settings.feeds), night, known_on)


@pytest.mark.parametrize("night", [FIRST, SECOND])
def test_a_night_built_again_is_what_was_published(settings: Settings, night: date) -> None:
    outcome = built_again(settings, night)
    assert {table.name for table in outcome.tables if table.content_hash != table.recorded} == set()
    assert outcome.proven
    assert sum(table.rows for table in outcome.tables) > 1000


def command(*arguments: object) -> Result:
    """`elevate replay` of the first night."""
    return CliRunner().invoke(app, ["replay", "--night", str(FIRST), *map(str, arguments)], catch_exceptions=False)


def test_after_a_correction_each_state_that_was_published_is_proven(settings: Settings, district: District) -> None:
    """The first night was published, a correction of it came with the second, and it was published again."""
    district.correct(FIRST, "supports", "devices.csv", "chromebook", "tablet")
    assert nights.extract_feed(settings, "supports.devices", FIRST).verdict == "green"
    unpublished = command("--as-known-on", SECOND)
    assert (unpublished.exit_code, "was never published" in unpublished.stdout) == (1, True), unpublished.output
    changed = nights.refresh(settings, "marts", FIRST).tables
    assert "fct_device_deployment" in {change.table for change in changed if change.added}
    for arguments, publication in ((["--as-known-on", FIRST], 1), (["--as-known-on", SECOND], 3), ([], 3)):
        shown = command(*arguments)
        assert shown.exit_code == 0, shown.output
        assert f"the content of publication {publication}." in shown.stdout


def test_what_was_changed_in_landing_is_not_built_upon(settings: Settings) -> None:
    file = next(Path(str(settings.landing)).glob(f"sis/students/{FIRST}/*/students.csv"))
    content = file.read_bytes()
    file.chmod(0o640)
    file.write_bytes(content.replace(b"1", b"2", 1))
    with pytest.raises(LandingError, match="landing was changed"):
        built_again(settings, FIRST)
    file.write_bytes(content)


def test_a_night_that_was_never_published_says_so(settings: Settings) -> None:
    with pytest.raises(ReplayError, match="never published"):
        built_again(settings, NEVER)
    with connect(settings, "elevate_owner") as connection:
        rows = connection.execute("select datname from pg_database where datname like 'replay%%'").fetchall()
    assert rows == [], "and nothing is left behind"
