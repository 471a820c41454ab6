"""A small district for each test of the library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from elevate.settings import Settings
from tests.library.district import District


@pytest.fixture
def district(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[District]:
    """A district with a warehouse of its own."""
    own = _district(settings, tmp_path / "district", monkeypatch)
    yield own
    own.close()


@pytest.fixture(scope="module")
def module_district(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """The same, shared by the tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        own = _district(module_settings, tmp_path_factory.mktemp("district"), patch)
        yield own
        own.close()


def _district(settings: Settings, root: Path, patch: pytest.MonkeyPatch) -> District:
    patch.setenv("ELEVATE_FEEDS", str(root / "feeds"))
    patch.setenv("ELEVATE_EXPECTATIONS", str(root / "expectations"))
    return District(settings, root)
