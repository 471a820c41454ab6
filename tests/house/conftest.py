"""What the conventions are checked on: the Dag folder as Airflow reads it, the contracts, the tracked files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elevate.contracts import Feed, load_feeds
from elevate.settings import PROJECT

ReadDags = Callable[[Path], dict[str, Any]]


def environment() -> dict[str, str]:
    """The environment of a program that shall see this checkout of the library and no other."""
    return os.environ | {"PYTHONPATH": str(PROJECT / "plugins")}


@pytest.fixture(scope="session")
def read_dags(tmp_path_factory: pytest.TempPathFactory) -> ReadDags:
    """Reads a Dag folder in a process of its own; see `read_dags.py`."""

    def read(folder: Path) -> dict[str, Any]:
        out = tmp_path_factory.mktemp("dags") / "dags.json"
        program = [sys.executable, str(Path(__file__).with_name("read_dags.py")), str(folder), str(out)]
        done = subprocess.run(program, env=environment(), capture_output=True, text=True, cwd=out.parent, timeout=120)
        assert out.exists(), f"The Dag folder {folder} could not be read:\n{done.stderr[-3000:]}"
        return dict(json.loads(out.read_text()))

    return read


@pytest.fixture(scope="session")
def folder(read_dags: ReadDags) -> dict[str, Any]:
    """`dags/`: files, import errors, Dags."""
    return read_dags(PROJECT / "dags")


@pytest.fixture(scope="session")
def dags(folder: dict[str, Any]) -> dict[str, Any]:
    """The Dags by id."""
    return dict(folder["dags"])


@pytest.fixture(scope="session")
def feeds() -> dict[str, Feed]:
    """The contracts by feed id."""
    return load_feeds(PROJECT / "feeds")


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Files under version control, relative to the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    files = [Path(name) for name in listed.stdout.split("\0") if name and (PROJECT / name).is_file()]
    assert len(files) > 50, "git lists hardly any file: run the tests in a clone of the repository"
    return files
