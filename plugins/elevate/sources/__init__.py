"""Source systems: where they are, and how a feed's files of one night are fetched.

`sources.yaml` maps each source name to its address. A protocol is one module
with one function, `fetch(address, feed, night, into)`.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from elevate.contracts import Feed
from elevate.settings import Settings
from elevate.sources import folder, sftp
from elevate.sources.errors import NotDelivered, SourceError

__all__ = ["NotDelivered", "SourceError", "fetch"]

Address = dict[str, Any]
PROTOCOLS: dict[str, Callable[[Address, Feed, date, Path], list[Path]]] = {
    "sftp": sftp.fetch,
    "folder": folder.fetch,
}
NEEDS = {"sftp": ("host", "username", "client_key", "known_hosts"), "folder": ("path",)}
"""What an address of each type must have."""


def fetch(settings: Settings, feed: Feed, night: date, into: Path) -> list[Path]:
    """Fetch the files of `feed` for `night` into the folder `into`.

    Returns the files, at least one. Raises NotDelivered where the source
    answers but has none, SourceError where it can't be asked.
    """
    address = _address(settings, feed.source)
    protocol = PROTOCOLS.get(str(address.get("type")))
    if protocol is None:
        raise SourceError(
            f"{settings.sources_file.name}: source {feed.source} has type {address.get('type')!r}, "
            f"expected one of {', '.join(PROTOCOLS)}."
        )
    # Given and filled: to its library an empty `known_hosts` means any server at all.
    missing = [key for key in NEEDS[address["type"]] if not address.get(key)]
    if missing:
        raise SourceError(f"{settings.sources_file.name}: source {feed.source} has no {', '.join(map(repr, missing))}.")
    return protocol(address, feed, night, into)


def _address(settings: Settings, source: str) -> Address:
    try:
        known = yaml.safe_load(settings.sources_file.read_text()) or {}
    except FileNotFoundError:
        known = {}
    except yaml.YAMLError as error:
        raise SourceError(f"{settings.sources_file} can't be read as YAML: {error}") from None
    address = known.get(source) if isinstance(known, dict) else None
    if not isinstance(address, dict):
        raise SourceError(f"No address for source {source}: add it to {settings.sources_file}.")
    return address
