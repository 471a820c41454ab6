"""A small district, dropped on a few nights, and what its contracts say."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.district import District
from simulator.drops import DropFolder
from simulator.schools import Schools

FEEDS = Path(__file__).parents[2] / "feeds"
NIGHTS = tuple(date.fromisoformat(night) for night in ("2019-02-11", "2019-02-13", "2019-02-14", "2019-03-04"))
Read = Callable[[str, str, date], list[dict[str, str]]]


@pytest.fixture(scope="session")
def district() -> District:
    return District(Schools(12, seed=7))


@pytest.fixture(scope="session")
def drops(district: District, tmp_path_factory: pytest.TempPathFactory) -> DropFolder:
    folder = DropFolder(tmp_path_factory.mktemp("drops"), district)
    for night in NIGHTS:
        folder.make(night)
    return folder


@pytest.fixture(scope="session")
def nights() -> tuple[date, ...]:
    return NIGHTS


@pytest.fixture(scope="session")
def contracts() -> dict[str, dict[str, Any]]:
    """The contracts of the four sources by feed id, as their YAML says."""
    files = [file for file in FEEDS.glob("*/*.yaml") if file.parent.name in ("sis", "assessment", "supports", "study")]
    return {f"{file.parent.name}.{file.stem}": yaml.safe_load(file.read_text()) for file in files}


@pytest.fixture(scope="session")
def read(drops: DropFolder) -> Read:
    """Rows of one file of a drop, by header; of a file in Markdown the one record in its front matter."""

    def rows(source: str, file: str, night: date) -> list[dict[str, str]]:
        if file.endswith(".md"):
            head = (drops.folder(source, night) / file).read_text().split("---\n")[1]
            record = yaml.safe_load(head)
            return [{key: "; ".join(text) if isinstance(text, list) else str(text) for key, text in record.items()}]
        with (drops.folder(source, night) / file).open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    return rows
