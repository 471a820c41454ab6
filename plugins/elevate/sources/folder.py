"""Files in a folder of this machine or in an object store, which are read alike."""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from upath import UPath

from elevate.contracts import Feed
from elevate.sources.completeness import PAUSE_SECONDS, Seen, collect
from elevate.sources.errors import SourceError
from elevate.sources.fetched import Fetched

Address = dict[str, Any]


def fetch(address: Address, feed: Feed, night: date, into: Path, _state: dict[str, Any] | None) -> Fetched:
    """Copy the matching files; see `elevate.sources.fetch`."""
    root = UPath(address["path"])
    if not root.is_dir():
        raise SourceError(f"{feed.id}: the folder {root} of source {feed.source} does not exist.")
    return collect(Folder(root), feed, night, into, _pause(address))


def fetch_s3(address: Address, feed: Feed, night: date, into: Path, _state: dict[str, Any] | None) -> Fetched:
    """Copy the matching objects; see `elevate.sources.fetch`.

    Without `key` and `secret` the machine's own AWS identity is used.
    """
    options = {name: address[name] for name in ("key", "secret", "endpoint_url") if address.get(name)}
    try:
        # Nothing is remembered between two looks.
        root = UPath(address["url"], **options, use_listings_cache=False, skip_instance_cache=True)
        # A bucket that does not exist looks like an empty one in a listing; this raises.
        bucket, _, prefix = root.path.partition("/")
        root.fs.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=1)
        return collect(Folder(root), feed, night, into, _pause(address))
    except (OSError, BotoCoreError, ClientError, ValueError) as error:
        raise SourceError(
            f"{feed.id}, night {night}: the object store at {address['url']} could not be used "
            f"({type(error).__name__}: {error}). Check url, endpoint_url, key and secret in sources.yaml."
        ) from error


def _pause(address: Address) -> float:
    return float(address.get("pause_seconds", PAUSE_SECONDS))


class Folder:
    """The files below a root, as a `Place`."""

    def __init__(self, root: UPath) -> None:
        self.root = root

    def look(self, folder: str, names: re.Pattern[str]) -> dict[str, Seen]:
        """See `Place`."""
        try:
            found = [path for path in (self.root / folder).iterdir() if names.match(path.name) and path.is_file()]
            stats = {path.name: path.stat() for path in found}
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return {name: Seen(stat.st_size, stat.st_mtime) for name, stat in stats.items()}

    def read(self, path: str) -> bytes | None:
        """See `Place`."""
        try:
            return bytes((self.root / path).read_bytes())
        except FileNotFoundError:
            return None

    def download(self, path: str, _seen: Seen, to: Path) -> None:
        """See `Place`; what changes meanwhile shows in the checksum or in the second look."""
        with (self.root / path).open("rb") as source, to.open("wb") as target:
            shutil.copyfileobj(source, target)
