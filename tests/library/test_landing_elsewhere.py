"""Landing in an object store, and landed files as files of this machine."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from elevate import landing, sources
from elevate.contracts import Feed, read_contract
from elevate.landing import LandingError, open_local
from elevate.settings import Settings
from tests.library.district import NIGHT, District, column, contract
from tests.library.sources.places import Drop, object_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    with object_store(tmp_path_factory.mktemp("store")) as server:
        yield server


@dataclass
class Landing:
    """A district that lands in this root."""

    district: District
    feed: Feed
    root: Any

    def land(self, text: str = "student_id\n1\n") -> landing.Landed:
        self.district.deliver(self.feed, text)
        return landing.land(self.district.settings, self.feed, NIGHT)

    def kept(self) -> list[str]:
        """The names of all that is kept."""
        return sorted(str(path.name) for path in self.root.glob("sis/students/*/*/*"))


@pytest.fixture(params=["local", "remote"])
def place(request: pytest.FixtureRequest, store: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Landing:
    root: Any = tmp_path / "landing"
    if request.param == "remote":
        root = store.root.parent / "landing"
        for file in root.glob("**/*"):
            file.unlink()
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.address["endpoint_url"])
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "elevate")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made up")
    monkeypatch.setenv("ELEVATE_LANDING", str(root))
    district = District(Settings(tmp_path / "home"), tmp_path / "district")
    district.settings.home.mkdir()
    address = {"type": "folder", "path": str(district.drop), "pause_seconds": 0}
    district.settings.sources_file.write_text(json.dumps({"sis": address}))
    feed = read_contract(district.write_contract(contract(columns=[column("student_id", key=1)])))
    return Landing(district, feed, root)


def test_a_delivery_lands_in_either_and_is_read_from_either(place: Landing) -> None:
    (file,) = place.land("student_id\n\xe4\n").files
    with open_local(place.district.settings, file.path, file.sha256) as local:
        assert local.name == "students.csv"
        assert local.read_text() == "student_id\n\xe4\n"
    assert place.kept() == ["manifest.json", "students.csv"]
    manifest = json.loads((place.root / file.path).with_name("manifest.json").read_text())
    assert manifest["files"][0]["path"] == file.path


def test_the_same_delivery_lands_once(place: Landing) -> None:
    first = place.land()
    manifest = (place.root / first.files[0].path).with_name("manifest.json")
    before = manifest.stat().st_mtime
    assert place.land() == first
    assert manifest.stat().st_mtime == before
    assert place.land("student_id\n2\n").identity != first.identity
    assert place.kept() == ["manifest.json", "manifest.json", "students.csv", "students.csv"]


def test_what_was_not_delivered_lands_nothing(place: Landing) -> None:
    place.district.drop.mkdir(parents=True)
    with pytest.raises(sources.NotDelivered):
        landing.land(place.district.settings, place.feed, NIGHT)
    assert place.kept() == []


def test_a_landing_that_was_changed_is_not_read(place: Landing) -> None:
    (file,) = place.land().files
    kept = place.root / file.path
    if isinstance(kept, Path):
        kept.chmod(0o640)
    kept.write_text("student_id\n7\n")
    with (
        pytest.raises(LandingError, match=rf"{file.path}: the landing was changed, .*{file.sha256}"),
        open_local(place.district.settings, file.path, file.sha256),
    ):
        pytest.fail("was read")
    kept.unlink()
    with (
        pytest.raises(LandingError, match=rf"{file.path}: the file is gone"),
        open_local(place.district.settings, file.path, file.sha256),
    ):
        pytest.fail("was read")


@pytest.mark.parametrize("place", ["remote"], indirect=True)
def test_a_crash_before_the_manifest_leaves_no_delivery(place: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next try writes what is missing, the manifest last."""
    store, order = place.district.settings.landing.fs, []
    put = store.put_file

    def dying(source: str, target: str) -> None:
        order.append(Path(target).name)
        if target.endswith("manifest.json"):
            raise KeyboardInterrupt
        put(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_file", dying)
        with pytest.raises(KeyboardInterrupt):
            place.land()
    assert order == ["students.csv", "manifest.json"]
    assert place.kept() == ["students.csv"]
    place.land()
    assert place.kept() == ["manifest.json", "students.csv"]


def test_a_copy_of_a_landed_file_goes_at_the_end(place: Landing) -> None:
    (file,) = place.land().files
    with open_local(place.district.settings, file.path) as local:
        assert local.exists()
    assert local.exists() == isinstance(place.root, Path)
