from collections.abc import Iterator
from pathlib import Path

import pytest

from elevate.settings import Settings
from tests.library.sources.places import Drop, Fetcher, object_store, sftp_server


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    """An SFTP server."""
    with sftp_server(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    """An object store."""
    with object_store(tmp_path_factory.mktemp("store")) as server:
        yield server


@pytest.fixture
def local(tmp_path: Path) -> Drop:
    """A folder of this machine."""
    root = tmp_path / "source"
    root.mkdir()
    return Drop(root, {"type": "folder", "path": str(root), "pause_seconds": 0})


@pytest.fixture(params=["local", "drop", "store"])
def anywhere(request: pytest.FixtureRequest) -> Drop:
    """A place of each protocol in turn, with a folder of its own for the test."""
    place: Drop = request.getfixturevalue(request.param)
    night = place.root / "sis" / "2019-02-11"
    for file in night.iterdir() if night.exists() else []:
        file.unlink()
    return place


@pytest.fixture
def fetch(tmp_path: Path) -> Fetcher:
    return Fetcher(Settings(tmp_path / "home"), tmp_path)
