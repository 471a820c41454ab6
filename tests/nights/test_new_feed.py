"""A feed is added as docs/add_a_feed.md tells, and with the very files that stand there."""

import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from elevate import refreshes
from elevate.contracts import load_feeds
from elevate.raw import ensure_table
from elevate.settings import PROJECT, Settings
from elevate.transforming import Build, build_layer
from elevate.warehouse import connect
from simulator.district import District
from simulator.drops import DropFolder
from simulator.marker import since_of, write_marker
from simulator.schools import Schools
from tests.support import night as nights

pytestmark = pytest.mark.timeout(600)

NIGHT = date(2019, 2, 11)
FEED, STAGED = "supports.screenings", "stg_supports__screenings"
CONTRACT, DELIVERY = "feeds/supports/screenings.yaml", f"supports/{NIGHT}/screenings.csv"
FOLDERS = {"ELEVATE_FEEDS": "feeds", "ELEVATE_EXPECTATIONS": "expectations", "ELEVATE_DBT_PROJECT": "dbt_project"}
NAMED_BLOCK = re.compile(r"^`(\S+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_of_the_page() -> dict[str, str]:
    """Path to content of each file that the page shows."""
    return dict(NAMED_BLOCK.findall((PROJECT / "docs" / "add_a_feed.md").read_text()))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a feed is made of, with the page's files added."""
    copy = tmp_path_factory.mktemp("project")
    for folder in FOLDERS.values():
        shutil.copytree(PROJECT / folder, copy / folder, ignore=shutil.ignore_patterns("target", "logs", "sources"))
    for path, content in files_of_the_page().items():
        if path != DELIVERY:
            assert (copy / path).parent.is_dir(), f"{path}: the page names a folder that is not there"
            assert not (copy / path).exists(), f"{path}: the page adds a file, it changes none"
            (copy / path).write_text(content)
    return copy


@pytest.fixture(scope="module")
def drops(tmp_path_factory: pytest.TempPathFactory) -> DropFolder:
    return DropFolder(tmp_path_factory.mktemp("drops"), District(Schools(4, seed=1)))


@pytest.fixture(scope="module")
def settings(module_settings: Settings, project: Path, drops: DropFolder) -> Iterator[Settings]:
    """A platform on that copy, whose sources are folders."""
    address = {"type": "folder", "path": str(drops.root), "pause_seconds": 0}
    module_settings.sources_file.write_text(yaml.safe_dump(dict.fromkeys(("sis", "supports"), address)))
    with pytest.MonkeyPatch.context() as patch:
        for variable, folder in FOLDERS.items():
            patch.setenv(variable, str(project / folder))
        yield module_settings


def deliver(drops: DropFolder, night: date, content: str) -> None:
    """Leave the new feed's file in the source's drop, listed by its marker."""
    drops.make(night)
    folder = drops.folder("supports", night)
    (folder / "screenings.csv").write_text(content)
    write_marker(folder, since_of(folder))


def stage(settings: Settings, night: date) -> None:
    """Build the staging layer, tests included, on what was accepted."""
    feeds = load_feeds(settings.feeds)
    with connect(settings) as connection:
        for feed in feeds.values():
            ensure_table(connection, feed)
        refresh_id = refreshes.open_replay(connection, night, feeds, None)
    build_layer(settings, feeds, Build("marts", refresh_id, night), "staging")


def test_the_page_needs_no_python() -> None:
    assert list(files_of_the_page()) == [
        CONTRACT,
        "expectations/supports/screenings.yaml",
        f"dbt_project/models/staging/supports/{STAGED}.sql",
        f"dbt_project/models/staging/supports/{STAGED}.yml",
        DELIVERY,
    ]


def test_the_night_loads_the_new_feed(settings: Settings, drops: DropFolder) -> None:
    deliver(drops, NIGHT, files_of_the_page()[DELIVERY])
    # The supports' schools and days must be known, and that is all that is asked of another source.
    verdicts = {feed: nights.extract_feed(settings, feed, NIGHT) for feed in ("sis.schools", "sis.calendar")}
    verdicts |= nights.extract(settings, "supports", NIGHT)
    assert {feed: verdict.message for feed, verdict in verdicts.items() if verdict.verdict != "green"} == {}
    stage(settings, NIGHT)
    with connect(settings) as connection:
        raw = connection.execute(
            "select student_id, screened_on, kind, passed, referred_on, _line from raw.supports__screenings"
        ).fetchall()
        staged = connection.execute(f"select * from staging.{STAGED} order by kind, passed".encode()).fetchall()
        judged = connection.execute(
            "select rule from ops.gate_result join ops.batch using (batch_id) where feed = 'screenings'"
            " and gate_result.verdict = 'pass'"
        ).fetchall()
    day = date(2019, 2, 4)
    assert [tuple(row.values()) for row in raw] == [
        ("100000007", day, "vision", True, None, 2),
        ("100000007", day, "hearing", False, date(2019, 2, 6), 3),
        ("100000015", day, "vision", None, None, 4),
    ]
    keys = {row.pop("student_key") for row in staged}
    assert len(keys) == 2
    assert keys.isdisjoint(row["student_id"] for row in raw), "research keys, not the district's numbers"
    assert [tuple(row.values()) for row in staged] == [
        (day, "hearing", False, date(2019, 2, 6)),
        (day, "vision", True, None),
        (day, "vision", None, None),
    ]
    assert "referred_after_screened" in {row["rule"] for row in judged}


SPOILT = {
    "a word of no kind": ("hearing", "hearings", "column kind: expected one of vision, hearing", "kind"),
    "the day first": ("02/06/2019", "26/02/2019", "column referred_on: expected a date as MM/dd/yyyy", "referred_on"),
    "an order of dates": ("02/06/2019", "01/06/2019", "Rule referred_after_screened", None),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_bad_file_of_it_is_red_with_the_contracts_line(settings: Settings, drops: DropFolder, case: str) -> None:
    right, wrong, says, column = SPOILT[case]
    night = NIGHT + timedelta(days=1 + list(SPOILT).index(case))
    deliver(drops, night, files_of_the_page()[DELIVERY].replace(right, wrong))
    verdict = nights.extract_feed(settings, FEED, night)
    assert verdict.verdict == "red"
    assert f"{FEED}, night {night}" in verdict.message
    assert says in verdict.message
    if column:
        lines = files_of_the_page()[CONTRACT].splitlines()
        assert "screenings.csv line 3" in verdict.message
        assert f"({CONTRACT} line {lines.index(f'      - name: {column}') + 1})" in verdict.message
    assert "100000007" not in verdict.message
