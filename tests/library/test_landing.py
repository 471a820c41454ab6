import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from elevate import landing, sources
from elevate.contracts import Feed, read_contract
from elevate.settings import Settings
from tests.library.district import NIGHT, District, column, contract

HEADER = "student_id,grade,born_on,days\n"


@pytest.fixture
def district(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> District:
    """Landing needs no warehouse."""
    root = tmp_path / "district"
    monkeypatch.setenv("ELEVATE_FEEDS", str(root / "feeds"))
    own = District(Settings(tmp_path / "home"), root)
    own.settings.home.mkdir()
    address = {"type": "folder", "path": str(own.drop), "pause_seconds": 0}
    own.settings.sources_file.write_text(json.dumps({"sis": address}))
    return own


@pytest.fixture
def feed(district: District) -> Feed:
    return feed_of(district)


def feed_of(district: District, path: str = "sis/{night}/students.csv", *from_path: str) -> Feed:
    marked = {"customProperties": [{"property": "fromPath", "value": True}]}
    columns = [column("student_id", key=1), *(column(name, **marked) for name in from_path)]
    return read_contract(district.write_contract(contract(columns=columns, server={"path": path})))


def deliveries(district: District) -> list[Path]:
    home = district.settings.landing / "sis" / "students" / NIGHT.isoformat()
    return sorted(home.iterdir()) if home.exists() else []


def test_a_delivery_is_kept_as_it_came(district: District, feed: Feed) -> None:
    district.deliver(feed, b"\xef\xbb\xbf" + HEADER.encode() + b"1\r\n\xff")
    landed = landing.land(district.settings, feed, NIGHT)
    (file,) = landed.files
    kept = district.settings.landing / file.path
    assert kept.read_bytes() == b"\xef\xbb\xbf" + HEADER.encode() + b"1\r\n\xff"
    assert file.path.startswith(f"sis/students/2019-02-11/{landed.identity[:12]}/")
    assert (file.name, file.bytes) == ("students.csv", kept.stat().st_size)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o440, "personal data is not for everybody on the machine"
    manifest = json.loads((kept.parent / "manifest.json").read_text())
    assert (manifest["feed"], manifest["night"], manifest["contract"]) == ("sis.students", "2019-02-11", "1.0.0")
    assert manifest["identity"] == landed.identity
    assert manifest["files"] == [{"name": file.name, "path": file.path, "sha256": file.sha256, "bytes": file.bytes}]


def test_the_same_delivery_lands_once(district: District, feed: Feed) -> None:
    district.deliver(feed, HEADER)
    first = landing.land(district.settings, feed, NIGHT)
    before = (deliveries(district)[0] / "manifest.json").stat().st_mtime_ns
    assert landing.land(district.settings, feed, NIGHT) == first
    (kept,) = deliveries(district)
    assert (kept / "manifest.json").stat().st_mtime_ns == before, "what has landed is never written again"


def test_a_correction_lands_beside_what_it_corrects(district: District, feed: Feed) -> None:
    identities = []
    for text in ("a", "b", "a"):
        district.deliver(feed, HEADER + text)
        identities.append(landing.land(district.settings, feed, NIGHT).identity)
    assert identities[0] == identities[2] != identities[1]
    assert {path.name for path in deliveries(district)} == {identity[:12] for identity in identities}


def test_a_delivery_is_known_by_names_and_contents_of_all_its_files(district: District) -> None:
    feed = feed_of(district, "sis/{night}/students_{part}.csv", "part")
    seen = set()
    for files in ({"a": "x", "b": "y"}, {"a": "y", "b": "x"}, {"a": "x"}, {"b": "x"}, {"a": "x", "b": "y", "c": ""}):
        folder = district.drop / "sis" / NIGHT.isoformat()
        for old in folder.glob("*"):
            old.unlink()
        for part, text in files.items():
            district.deliver(feed, text, name=f"students_{part}.csv")
        landed = landing.land(district.settings, feed, NIGHT)
        assert [file.name for file in landed.files] == [f"students_{part}.csv" for part in sorted(files)]
        seen.add(landed.identity)
    assert len(seen) == 5


def test_the_same_file_on_another_night_is_another_delivery(district: District, feed: Feed) -> None:
    for night in (NIGHT, NIGHT + timedelta(days=1)):
        district.deliver(feed, HEADER, night)
        (file,) = landing.land(district.settings, feed, night).files
        assert f"/{night}/" in file.path


def test_a_crash_leaves_nothing_that_looks_like_a_delivery(
    district: District, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    district.deliver(feed, HEADER)
    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            landing.land(district.settings, feed, NIGHT)
    assert not [path for path in deliveries(district) if not path.name.startswith(".")]
    assert landing.land(district.settings, feed, NIGHT).files


def test_what_was_not_delivered_lands_nothing(district: District, feed: Feed) -> None:
    district.drop.mkdir()
    with pytest.raises(sources.NotDelivered):
        landing.land(district.settings, feed, NIGHT)
    assert deliveries(district) == []
