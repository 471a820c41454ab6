"""What one pull of an Ed-Fi resource gathers, on disk, until it is known which of it counts.

The server's identity of an item is its id, that of a row the feed's key, which may be
coarser: a code that is corrected is a new item, and the old one is deleted. Only ids
and hashes of keys are held in memory.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from elevate.contracts import Feed
from elevate.sources.errors import SourceError
from elevate.sources.jsonl import CHANGE_TYPE, DELETE, UPSERT, JsonLinesError, cell

Item = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where the latest content of an item stands, the row's key, and how new it is."""

    offset: int
    key: bytes
    rank: tuple[int, str, str]


class Pull:
    """Items and deletes in the order in which they were pulled; `rounds` later ones win."""

    def __init__(self, feed: Feed, draft: Path) -> None:
        self._feed, self._path = feed, draft
        self._draft = draft.open("w+b")
        self._items: dict[str, Place] = {}
        self._gone: dict[bytes, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._draft.close()
        self._path.unlink()

    @property
    def count(self) -> int:
        """Items that the server has, as far as this pull has seen."""
        return len(self._items)

    def add(self, round_: int, items: Iterable[Item]) -> None:
        """Keep items; one that came before is replaced."""
        for item in items:
            number = str(item.get("id"))
            rank = (round_, str(item.get("_lastModifiedDate", "")), number)
            line = item | {CHANGE_TYPE: UPSERT}
            self._items[number] = Place(self._write(line), self._key(line), rank)

    def remove(self, records: Iterable[Item]) -> None:
        """Records of `/deletes`: the item is gone."""
        for record in records:
            self._items.pop(str(record.get("id")), None)
            self._leave(record.get("keyValues"))

    def rename(self, records: Iterable[Item]) -> None:
        """Records of `/keyChanges`: the item has another key, and the row of the old one is gone."""
        for record in records:
            self._leave(record.get("oldKeyValues"))

    def lone_deletes(self) -> Iterator[Item]:
        """The deletes whose row no item of this pull has."""
        held = {place.key for place in self._items.values()}
        for key, offset in list(self._gone.items()):
            if key not in held:
                yield self._read(offset)

    def write(self, file: Path, with_deletes: bool) -> None:
        """One line a row: the newest item of its key; then the deletes of rows that no item has."""
        newest: dict[bytes, Place] = {}
        for place in self._items.values():
            if place.key not in newest or newest[place.key].rank < place.rank:
                newest[place.key] = place
        gone = [offset for key, offset in self._gone.items() if key not in newest] if with_deletes else []
        self._draft.flush()
        with file.open("wb") as out:
            for offset in [*sorted(place.offset for place in newest.values()), *sorted(gone)]:
                self._draft.seek(offset)
                out.write(self._draft.readline())

    def _leave(self, key_values: Any) -> None:
        if not isinstance(key_values, dict):
            raise SourceError("a delete without its natural key: the server must be an ODS/API 6.1 or later.")
        line = key_values | {CHANGE_TYPE: DELETE}
        self._gone[self._key(line)] = self._write(line)

    def _key(self, line: Item) -> bytes:
        parts = []
        for name in self._feed.key:
            column = self._feed.by_name[name]
            try:
                parts.append(cell(line, column))
            except JsonLinesError as error:
                raise SourceError(str(error)) from None
            if parts[-1] is None:
                raise SourceError(
                    f"{line[CHANGE_TYPE]}s of {self._feed.location} have no {column.header!r}, which is part of the "
                    f"feed's key: see {self._feed.place(name)}."
                )
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).digest()

    def _write(self, line: Item) -> int:
        offset = self._draft.seek(0, 2)
        self._draft.write(json.dumps(line).encode() + b"\n")
        return offset

    def _read(self, offset: int) -> Item:
        self._draft.seek(offset)
        found: Item = json.loads(self._draft.readline())
        return found
