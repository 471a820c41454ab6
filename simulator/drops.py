"""A folder of drops: one night of all sources at a time, each made once.

What a drop of a delta feed holds depends on the last night dropped before it.
That is remembered beside the drops, so that a drop made again has the same bytes.
"""

import json
import shutil
from dataclasses import asdict
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from simulator.calendar import covers, day
from simulator.district import District
from simulator.feeds import FEEDS, SOURCES
from simulator.marker import NAME as MARKER
from simulator.marker import write_marker
from simulator.tables import write, write_record


class DropError(ValueError):
    """The folder can't hold these drops; the message says what to do."""


class DropFolder:
    """Drops below `root`, as `<source>/<night>/<file>`."""

    def __init__(self, root: Path, district: District) -> None:
        self.root, self.district = root, district
        self._lock = Lock()
        root.mkdir(parents=True, exist_ok=True)
        self._check_district()

    def folder(self, source: str, night: date) -> Path:
        """Where a drop is, or will be."""
        return self.root / source / night.isoformat()

    def make(self, night: date) -> None:
        """Make the drop of a night unless it is there. Raises DropError outside the calendar."""
        if not covers(night):
            raise DropError(f"There is no drop of {night}: the district lives from 2014-09-02 to 2019-06-30.")
        with self._lock:
            if not all((self.folder(source, night) / MARKER).exists() for source in SOURCES):
                self._make(night, self._base(night))

    def _make(self, night: date, base: date | None) -> None:
        draft = self.root / ".making" / night.isoformat()
        shutil.rmtree(draft, ignore_errors=True)
        since = None if base is None else day(base)
        for feed in FEEDS:
            folder = draft / feed.source
            folder.mkdir(parents=True, exist_ok=True)
            rows = feed.rows(self.district, since, day(night))
            if feed.layout == "markdown":
                write_record(folder / feed.file_name, rows)
            else:
                write(folder / feed.file_name, feed.header, rows, feed.quoted)
        for source in SOURCES:
            write_marker(draft / source, base)
            target = self.folder(source, night)
            target.parent.mkdir(exist_ok=True)
            if target.is_dir():  # made again, the bytes are the same
                (draft / source / MARKER).replace(target / MARKER)
            else:
                (draft / source).rename(target)
        shutil.rmtree(draft)

    def _base(self, night: date) -> date | None:
        """The latest night dropped before this one; remembered from the first time on."""
        record = self._record()
        nights: dict[str, str | None] = record["nights"]
        if night.isoformat() not in nights:
            nights[night.isoformat()] = max((n for n in nights if n < night.isoformat()), default=None)
            self._remember(record)
        base = nights[night.isoformat()]
        return None if base is None else date.fromisoformat(base)

    def _record(self) -> dict[str, Any]:
        file = self.root / ".made.json"
        if file.exists():
            return dict(json.loads(file.read_text()))
        return {"district": self._identity(), "nights": {}}

    def _remember(self, record: dict[str, Any]) -> None:
        draft = self.root / ".made.json.draft"
        draft.write_text(json.dumps(record, indent=1))
        draft.replace(self.root / ".made.json")

    def _identity(self) -> dict[str, Any]:
        schools = self.district.schools
        return {"schools": schools.count, "seed": schools.seed, **asdict(self.district.effects)}

    def _check_district(self) -> None:
        known = self._record()["district"]
        if known != self._identity():
            raise DropError(
                f"{self.root} holds drops of another district ({known}): choose another folder or the same district."
            )
