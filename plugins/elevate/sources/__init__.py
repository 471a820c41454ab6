"""Source systems: where they are, and how a feed's files of one night are fetched.

`sources.yaml` maps each source name to its address, or to a list of addresses where its
feeds come by several protocols: then a contract's `servers.type` says which. A protocol
is one module with one function, `fetch(address, feed, night, into, state)`.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from elevate.contracts import Feed
from elevate.settings import Settings
from elevate.sources import database, edfi, folder, sftp
from elevate.sources.errors import Damaged, NotDelivered, SourceError
from elevate.sources.fetched import Fetched
from elevate.sources.secrets import reveal

__all__ = ["Damaged", "Fetched", "NotDelivered", "SourceError", "fetch"]

Address = dict[str, Any]
State = dict[str, Any] | None
PROTOCOLS: dict[str, Callable[[Address, Feed, date, Path, State], Fetched]] = {
    "sftp": sftp.fetch,
    "folder": folder.fetch,
    "s3": folder.fetch_s3,
    "postgres": database.fetch,
    "api": edfi.fetch,
}
NEEDS = {
    "sftp": ("host", "username", "client_key", "known_hosts"),
    "folder": ("path",),
    "s3": ("url",),
    "postgres": ("url", "password"),
    "api": ("url", "client_id", "secret"),
}
"""What an address of each type must have."""
STANDARD = {"local": "folder"}
"""What the contracts' standard calls otherwise than addresses do."""


def fetch(settings: Settings, feed: Feed, night: date, into: Path, state: State = None) -> Fetched:
    """Fetch the files of `feed` for `night` into the folder `into`.

    `state` is what the newest accepted delivery ended with (`Fetched.state`); None asks
    for everything. Raises NotDelivered where the source answers but has no complete
    delivery, SourceError where it can't be asked.
    """
    address = _address(settings, feed)
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
    return protocol(reveal(settings, feed.source, address), feed, night, into, state)


def _address(settings: Settings, feed: Feed) -> Address:
    try:
        known = yaml.safe_load(settings.sources_file.read_text()) or {}
    except FileNotFoundError:
        known = {}
    except yaml.YAMLError as error:
        raise SourceError(f"{settings.sources_file} can't be read as YAML: {error}") from None
    address = known.get(feed.source) if isinstance(known, dict) else None
    if isinstance(address, list):
        wanted = STANDARD.get(feed.protocol, feed.protocol)
        address = next((one for one in address if isinstance(one, dict) and one.get("type") == wanted), None)
    if not isinstance(address, dict):
        raise SourceError(f"No address for source {feed.source}: add it to {settings.sources_file}.")
    return address
