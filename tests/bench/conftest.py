"""Benchmarks run only when they are asked for: `make bench`, or `pytest -m bench tests/bench`."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "bench: measures and reports; minutes on a quiet machine")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "bench" in config.option.markexpr:
        return
    asleep = [item for item in items if item.get_closest_marker("bench")]
    config.hook.pytest_deselected(items=asleep)
    items[:] = [item for item in items if item not in asleep]
