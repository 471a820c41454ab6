"""Removals in an object store, from files that can't be read, and by the command line."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from elevate import landing
from elevate.cli import app
from elevate.contracts import Feed, read_contract
from elevate.landing_purge import expire_files, purge_files
from elevate.local import databases
from elevate.purging import PurgeError, purge_student
from elevate.settings import Settings
from elevate.warehouse import replayed
from elevate.withholding import copy_without
from tests.library.district import NIGHT, District, column, contract
from tests.library.sources.places import Drop, object_store

IDENTIFIES = [{"property": "identifies", "value": "student"}]
STUDENTS = contract(columns=[column("student_id", key=1, customProperties=IDENTIFIES), column("name")])
GONE, STAYS = "123456789", "987654321"
TEXT = f"student_id,name\n{GONE},Unmistakable\n{STAYS},N\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    with object_store(tmp_path_factory.mktemp("store")) as server:
        yield server


@pytest.fixture
def remote(store: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[District, Feed]:
    """A district that lands in an object store and has no warehouse."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", store.address["endpoint_url"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "elevate")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made up")
    monkeypatch.setenv("ELEVATE_LANDING", str(store.root.parent / "landing"))
    district = District(Settings(tmp_path / "home"), tmp_path / "district")
    district.settings.home.mkdir()
    address = {"type": "folder", "path": str(district.drop), "pause_seconds": 0}
    district.settings.sources_file.write_text(json.dumps({"sis": address}))
    return district, read_contract(district.write_contract(STUDENTS))


def test_files_in_an_object_store_are_purged_and_expire(remote: tuple[District, Feed]) -> None:
    district, feed = remote
    district.deliver(feed, TEXT)
    landed = landing.land(district.settings, feed, NIGHT)
    purged = purge_files(district.settings, feed, lambda value: value == GONE)
    assert purged.records == 1
    (file,) = [one.file for one in purged.files]
    with landing.open_local(district.settings, file.path, file.sha256) as local:
        assert local.read_text() == TEXT.replace(f"{GONE},Unmistakable\n", "")
    assert landing.land(district.settings, feed, NIGHT).files == (file,) != landed.files
    again = purge_files(district.settings, feed, lambda value: value == GONE)
    assert (again.records, again.files) == (0, purged.files)
    assert expire_files(district.settings, feed, NIGHT) == 0
    assert expire_files(district.settings, feed, NIGHT + timedelta(days=1)) == 1
    assert expire_files(district.settings, feed, NIGHT + timedelta(days=1)) == 0
    assert purge_files(district.settings, feed, lambda value: value == GONE).files == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f'student_id,name\n{STAYS},"N\n{GONE},Un\n', f'student_id,name\n{STAYS},"N\n'),
        (f'student_id,name\n"{STAYS}","N\n"{GONE}","Un"\n', f'student_id,name\n"{STAYS}","N\n'),
        (f"student_id,name\n{STAYS},N,1\nUn,{GONE},2\n", f"student_id,name\n{STAYS},N,1\n"),
        (f"{GONE},Un\n{STAYS},N\n", f"{STAYS},N\n"),
        (f"id;name\n{GONE};Un\n{STAYS};N\n", f"id;name\n{STAYS};N\n"),
    ],
)
@pytest.mark.parametrize("everywhere", [True, False])
def test_a_file_that_cannot_be_read_loses_the_lines_with_the_number(
    tmp_path: Path, text: str, kept: str, everywhere: bool
) -> None:
    feed = read_contract(District(Settings(tmp_path), tmp_path).write_contract(STUDENTS))
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(text)
    assert len(copy_without(feed, source, out, lambda value: value == GONE, everywhere)) == 1
    assert out.read_text() == kept


def test_the_commands_tell_what_went_and_never_whose_it_was(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELEVATE_HOME", str(district.settings.home))
    feed = district.feed(STUDENTS)
    district.take(feed, TEXT)
    told = ["--reason", "request 17", "--requested-by", "privacy officer"]
    result = CliRunner().invoke(app, ["purge", "--kind", "erasure", *told], input=f"{GONE}\n")
    assert result.exit_code == 0, result.output
    assert "raw.sis__students: 1" in result.output
    assert "refresh" in result.output
    assert GONE not in result.output
    assert district.value("select count(*) from raw.sis__students") == 1
    refused = CliRunner().invoke(app, ["purge", "--kind", "retention", *told], input=f"{GONE}\n")
    assert refused.exit_code == 2
    expired = CliRunner().invoke(app, ["expire", "--night", "2040-01-01"])
    assert expired.exit_code == 0, expired.output
    assert "landing sis.students: 1" in expired.output
    assert district.value("select count(*) from raw.sis__students") == 1, "the current record stays"
    assert district.rows("select kind, requested_by from ops.purge order by 1") == [
        ("erasure", "privacy officer"),
        ("retention", "retention"),
    ]


def test_what_a_replay_has_left_goes_too(district: District) -> None:
    """A replay that was kept or killed leaves a database with rows as they came; also while somebody reads in it."""
    feed = district.feed(STUDENTS)
    asked = ({feed.id: feed}, GONE, "erasure", "request 17", "privacy officer")
    left = "select datname from pg_database where datname like 'replay%%'"
    with databases.scratch(district.settings, replayed.name(NIGHT), keep=True) as kept:
        pass
    with psycopg.connect(kept.database_url("elevate_owner")) as reader:
        receipt = purge_student(district.settings, *asked)
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            reader.execute("select 1")
    assert receipt.removed == {"databases of replays": 1}
    assert district.rows(left) == []
    assert purge_student(district.settings, *asked).removed == {}


def test_a_database_that_cannot_be_dropped_is_told(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = district.feed(STUDENTS)
    district.take(feed, TEXT)

    def refuse(_settings: Settings) -> int:
        raise psycopg.errors.InsufficientPrivilege("must be owner of database replay_20190211")

    monkeypatch.setattr(replayed, "drop_left_over", refuse)
    with pytest.raises(PurgeError, match="must be owner of database replay_20190211.*nothing else was removed"):
        purge_student(district.settings, {feed.id: feed}, GONE, "erasure", "request 17", "privacy officer")
    assert district.value("select count(*) from raw.sis__students") == 2
