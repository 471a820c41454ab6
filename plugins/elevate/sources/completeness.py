"""Whether an upload is complete: one rule for every place that keeps files.

Best is a marker, which the source uploads last and which lists each file with its bytes
and its SHA-256, and its rows if it likes. Without one, a file counts that nobody writes
to between two looks. Its age says nothing: the server's clock may be another.
"""

import hashlib
import json
import re
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Protocol

from elevate.contracts import Feed
from elevate.sources.errors import Damaged, NotDelivered
from elevate.sources.fetched import Fetched
from elevate.sources.packages import unpack
from elevate.sources.paths import folder_of, name_pattern, of_night

CHUNK = 1 << 20
PAUSE_SECONDS = 2.0
"""Between the two looks; an address may set its own, as `pause_seconds`."""


class Seen(NamedTuple):
    """A file as listed: bytes, and seconds since 1970 at which it was last written (None: not told)."""

    size: int
    modified: float | None


class Place(Protocol):
    """Where files are kept. Paths are relative to its root, with slashes."""

    def look(self, folder: str, names: re.Pattern[str]) -> dict[str, Seen]:
        """Name to what is seen of the folder's files; empty where there is no such folder."""

    def read(self, path: str) -> bytes | None:
        """The content of a small file; None where there is none."""

    def download(self, path: str, seen: Seen, to: Path) -> None:
        """Copy a file. Raises NotDelivered where it is no longer as seen."""


class Listed(NamedTuple):
    """What a marker promises of a file; `rows` are those below the header, None where it does not say."""

    size: int
    sha256: str
    rows: int | None


@dataclass(frozen=True)
class Marker:
    """What a marker promises: its files by name; `since`, the delivery before, is None where this one is all."""

    since: date | None
    files: dict[str, Listed]


def collect(place: Place, feed: Feed, night: date, into: Path, pause: float = PAUSE_SECONDS) -> Fetched:
    """Copy the feed's files of `night` into the folder `into`.

    Raises NotDelivered where they are not there, not yet listed by the feed's marker or
    still being written, Damaged where they are not as the marker says. Of a package, only
    the feed's member is left there.
    """
    if feed.marker:
        fetched = _marked(place, feed, night, into, feed.marker)
    else:
        fetched = Fetched(_settled(place, feed, night, into, pause))
    return unpack(feed, night, fetched, into) if feed.package else fetched


def _marked(place: Place, feed: Feed, night: date, into: Path, marker_path: str) -> Fetched:
    where, path = f"{feed.id}, night {night}", of_night(marker_path, night)
    content = place.read(path)
    if content is None:
        raise NotDelivered(f"{where}: the upload is not complete yet, there is no {path}.")
    marker = _read_marker(f"{where}: {path}", content)
    folder, pattern = folder_of(feed, night), name_pattern(feed)
    listed = {name: promised for name, promised in sorted(marker.files.items()) if pattern.match(name)}
    if not listed:
        raise NotDelivered(f"{where}: {path} lists no file {feed.location}.")
    seen, files = place.look(folder, pattern), []
    for name, promised in listed.items():
        if name not in seen:
            raise Damaged(f"{where}: {path} lists {name} with {promised.size} bytes, but the file is not there.")
        if seen[name].size != promised.size:
            raise Damaged(f"{where}: {name} has {seen[name].size} bytes, expected {promised.size} by {path}.")
        place.download(f"{folder}/{name}", seen[name], into / name)
        files.append(into / name)
        _check_promise(f"{where}: {name}", feed, into / name, promised, path)
    # What builds on nothing holds everything: the first drop of all, or one that was asked for anew.
    return Fetched(files, is_full=True if marker.since is None else None, follows=marker.since)


def _check_promise(where: str, feed: Feed, file: Path, promised: Listed, path: str) -> None:
    found = sha256_of(file)
    if found != promised.sha256:
        raise Damaged(f"{where} has the SHA-256 {found}, expected {promised.sha256} by {path}.")
    # Of a package or a workbook nobody can tell what its maker counts as a row.
    if promised.rows is None or feed.package or feed.format != "csv":
        return
    rows = rows_of(file)
    if rows != promised.rows:
        raise Damaged(f"{where} has {rows} rows, expected {promised.rows} by {path}: the export was cut off or grew.")


def _settled(place: Place, feed: Feed, night: date, into: Path, pause: float) -> list[Path]:
    folder, pattern = folder_of(feed, night), name_pattern(feed)
    before = place.look(folder, pattern)
    if not before:
        raise NotDelivered(f"{feed.id}, night {night}: no file {feed.location} there.")
    for name, seen in sorted(before.items()):
        place.download(f"{folder}/{name}", seen, into / name)
    time.sleep(pause)
    after = place.look(folder, pattern)
    changed = sorted(name for name in before | after if before.get(name) != after.get(name))
    if changed:
        raise NotDelivered(f"{feed.id}, night {night}: {', '.join(changed)} is still being written.")
    return [into / name for name in sorted(before)]


def _read_marker(where: str, content: bytes) -> Marker:
    try:
        given = json.loads(content)
        since = date.fromisoformat(given["since"]) if given["since"] is not None else None
        files = {name: _listed(file) for name, file in given["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(
            f"{where} is no list of files ({type(error).__name__}), expected JSON with since and files, "
            "and bytes and sha256 for each file, rows being optional."
        ) from None
    strange = [name for name in files if PurePosixPath(name).name != name]
    if strange:
        raise Damaged(f"{where} lists files of other folders: {', '.join(map(repr, strange))}.")
    return Marker(since, files)


def _listed(file: dict[str, Any]) -> Listed:
    rows = file.get("rows")
    return Listed(int(file["bytes"]), str(file["sha256"]).lower(), None if rows is None else int(rows))


def rows_of(file: Path) -> int:
    """The rows of a CSV file below its header, whatever its line ends; a line break within quotes ends none.

    Each quote opens or closes; a doubled one within quotes closes and opens at once.
    """
    rows, is_open, last = 0, False, "\n"
    # Quotes and line ends are the same bytes in every encoding that can be loaded; Latin-1 reads them all.
    with file.open(encoding="latin-1") as text:
        while block := text.read(CHUNK):
            if '"' in block:
                *lines, rest = block.split("\n")
                for line in lines:
                    is_open ^= line.count('"') % 2 == 1
                    rows += not is_open
                is_open ^= rest.count('"') % 2 == 1
            elif not is_open:
                rows += block.count("\n")
            last = block[-1]
    return max(rows - 1 + (last != "\n" and not is_open), 0)


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
