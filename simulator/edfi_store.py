"""What an Ed-Fi ODS keeps: the latest state of each item, and which change came when.

Every change of any resource takes the next change version. A changed item keeps its
place in the order of its resource; a deleted one leaves only its key.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]
Key = dict[str, Any]


@dataclass
class Stored:
    """One item: its place in its resource, its change version and its content."""

    place: int
    version: int
    id: str
    key: Key
    item: Item

    def shown(self) -> Item:
        """The item as the API gives it."""
        etag = {"_etag": str(self.version), "_lastModifiedDate": f"2019-01-01T00:00:00.{self.version:06d}Z"}
        return {"id": self.id, **self.item, **etag}


@dataclass
class Resource:
    """One resource: the living items by natural key, and what was deleted or got another key."""

    name: str
    key_of: Callable[[Item], Key]
    items: dict[tuple[Any, ...], Stored] = field(default_factory=dict)
    deletes: list[Item] = field(default_factory=list)
    key_changes: list[Item] = field(default_factory=list)

    def within(self, minimum: int | None, maximum: int | None) -> list[Stored]:
        """The items whose latest change lies within the versions, both included, in their order."""
        low, high = minimum or 0, float("inf") if maximum is None else maximum
        return [stored for stored in self.items.values() if low <= stored.version <= high]


class Store:
    """Resources and the change versions that they share."""

    def __init__(self, resources: dict[str, Callable[[Item], Key]]) -> None:
        self.resources = {name: Resource(name, key_of) for name, key_of in resources.items()}
        self.newest = 0
        self._places = 0

    def replace(self, name: str, items: Iterator[Item]) -> None:
        """Make `items` what the resource holds: new and changed ones are upserted, the others deleted."""
        resource = self.resources[name]
        wanted = {tuple(resource.key_of(item).values()): item for item in items}
        for key in [key for key in resource.items if key not in wanted]:
            self.delete(name, key)
        for key, item in wanted.items():
            known = resource.items.get(key)
            if known is None or known.item != item:
                self.upsert(name, item)

    def upsert(self, name: str, item: Item) -> None:
        """Insert the item, or change the one that has its natural key."""
        resource = self.resources[name]
        key = resource.key_of(item)
        known = resource.items.get(tuple(key.values()))
        if known:
            known.item, known.version = item, self._next()
            return
        self._places += 1
        version = self._next()
        number = hashlib.md5(f"{name}/{self._places}".encode(), usedforsecurity=False).hexdigest()
        resource.items[tuple(key.values())] = Stored(self._places, version, number, key, item)

    def touch(self, name: str, key: tuple[Any, ...]) -> None:
        """Write an item again as it is: it moves to a later change version."""
        self.resources[name].items[key].version = self._next()

    def delete(self, name: str, key: tuple[Any, ...]) -> None:
        """Delete the item of this natural key."""
        gone = self.resources[name].items.pop(key)
        record = {"id": gone.id, "changeVersion": self._next(), "keyValues": gone.key}
        self.resources[name].deletes.append(record)

    def change_key(self, name: str, key: tuple[Any, ...], item: Item) -> None:
        """Give the item of this natural key the content, and so the key, of `item`; it keeps its id and place."""
        resource = self.resources[name]
        stored = resource.items[key]
        old, stored.key = stored.key, resource.key_of(item)
        stored.item, stored.version = item, self._next()
        # The order of places is the order of the dictionary.
        resource.items = {tuple(one.key.values()): one for one in resource.items.values()}
        record = {"id": stored.id, "changeVersion": stored.version, "oldKeyValues": old, "newKeyValues": stored.key}
        resource.key_changes.append(record)

    def _next(self) -> int:
        self.newest += 1
        return self.newest
