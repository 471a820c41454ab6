"""Benchmarks run only when they are asked for: `make bench`, or `pytest -m bench tests/bench`."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from elevate.local import databases, postgres
from elevate.settings import Settings
from elevate.warehouse.migration import migrate


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "bench: measures and reports; minutes on a quiet machine")
    config.addinivalue_line(
        "markers", "overnight: of these, one that takes an hour or so, and is asked for by its file"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "bench" in config.option.markexpr:
        return
    asleep = [item for item in items if item.get_closest_marker("bench")]
    config.hook.pytest_deselected(items=asleep)
    items[:] = [item for item in items if item not in asleep]


@pytest.fixture
def settings_of_its_own() -> Iterator[Settings]:
    """A fresh installation with the settings of a real one, removed at the end."""
    settings = Settings(Path(tempfile.mkdtemp(prefix="elevate-bench-")).resolve())
    try:
        databases.ensure(settings)
        migrate(settings)
        yield settings
    finally:
        postgres.stop(settings)
        shutil.rmtree(settings.home, ignore_errors=True)
