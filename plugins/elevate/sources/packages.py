"""Feeds that come packed: a ZIP, or one by the rules of 1EdTech's OneRoster CSV (1.0 to 1.2).

A package is made elsewhere: nothing in it is believed before it is checked. Problems are
told by file, member and line, never by content.
"""

import csv
import io
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from elevate.contracts import Feed
from elevate.sources.errors import Damaged, NotDelivered
from elevate.sources.fetched import Fetched
from elevate.sources.paths import member_of

LARGEST_BYTES = 20 * 1024**3
"""Of all members together, unpacked."""
LARGEST_RATIO = 200
"""Of all members' bytes to the package's; tables of text come to 5 to 30, a bomb to 1000."""
SMALL_BYTES = 10 * 1024**2
"""A package that unpacks to less may have any ratio."""
ONEROSTER_VERSIONS = ("1.0", "1.1", "1.2")
MANIFEST, LARGEST_MANIFEST = "manifest.csv", 1024**2
CHANGE_COLUMNS = ("status", "dateLastModified")
STANDING = ("", "active", "inactive")
"""The status of a record that is there; before 1.2 some producers write it into bulk files too."""


NOT_SAID = (None, "")


class Announced(NamedTuple):
    """What a manifest says of a member: whether it is bulk, and the version of the standard."""

    is_full: bool
    version: str


def unpack(feed: Feed, night: date, fetched: Fetched, into: Path) -> Fetched:
    """Put the feed's member of the one package fetched in the package's place.

    For a OneRoster package `is_full` is what its manifest says of the member. Raises
    NotDelivered where the package comes without the member, Damaged where it can't be used.
    """
    (package,), member = fetched.files, member_of(feed)
    where = f"{feed.id}, night {night}: {package.name}"
    target, announced = into / PurePosixPath(member).name, None
    with _opened(where, member, package) as archive:
        _check_members(where, archive, package.stat().st_size)
        if feed.package == "oneroster":
            announced = _announced(where, archive, member)
            if feed.load_mode == "snapshot" and not announced.is_full:
                raise Damaged(f"{where} brings {member} as delta, expected bulk: the contract's load mode is snapshot.")
        if member not in archive.namelist():
            # A plain package may come without it; a roster's manifest has just said that it is there.
            kind = Damaged if feed.package == "oneroster" else NotDelivered
            raise kind(f"{where} holds no {member}.")
        with archive.open(member) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file)
    if announced:
        _check_lines(f"{where}, {member}", target, feed.delimiter, announced)
    package.unlink()
    return replace(fetched, files=[target], is_full=announced.is_full if announced else fetched.is_full)


@contextmanager
def _opened(where: str, member: str, package: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(package) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise Damaged(f"{where} can't be unpacked, reading {member}: {type(error).__name__}.") from None


def _check_members(where: str, archive: zipfile.ZipFile, packed_bytes: int) -> None:
    members = archive.infolist()
    for info in members:
        problem = _problem(info)
        if problem:
            raise Damaged(f"{where}, {info.orig_filename!r}: {problem}.")
    twice = [name for name, count in Counter(info.filename for info in members).items() if count > 1]
    if twice:
        raise Damaged(f"{where}, {twice[0]!r}: stands there twice.")
    total = sum(info.file_size for info in members)
    if total > LARGEST_BYTES or total > max(SMALL_BYTES, LARGEST_RATIO * packed_bytes):
        largest = max(members, key=lambda info: info.file_size).filename
        raise Damaged(
            f"{where}, {largest!r}: {packed_bytes} bytes would unpack to {total}, more than {LARGEST_BYTES} "
            f"or than {LARGEST_RATIO} times as many."
        )


def _problem(info: zipfile.ZipInfo) -> str | None:
    name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
    if not name or name.startswith("/") or any(char in name for char in "\\:\0") or ".." in name.split("/"):
        return "the path leads out of the package"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device, expected a file"
    return "is encrypted" if info.flag_bits & 1 else None


def _announced(where: str, archive: zipfile.ZipFile, member: str) -> Announced:
    properties, stem = _manifest(where, archive), PurePosixPath(member).stem
    version, place = properties.get("oneroster.version", NOT_SAID)
    if version not in ONEROSTER_VERSIONS:
        raise Damaged(
            f"{where}, {MANIFEST}{place}: oneroster.version is {version!r}, "
            f"expected one of {', '.join(ONEROSTER_VERSIONS)}."
        )
    announced, place = properties.get(f"file.{stem}", NOT_SAID)
    if announced == "absent" and member in archive.namelist():
        raise Damaged(f"{where}, {MANIFEST}{place}: file.{stem} is absent, but the package holds {member}.")
    if announced == "absent":
        raise NotDelivered(f"{where} says that {member} is absent.")
    if announced not in ("bulk", "delta"):
        raise Damaged(f"{where}, {MANIFEST}{place}: file.{stem} is {announced!r}, expected absent, bulk or delta.")
    return Announced(announced == "bulk", version)


def _manifest(where: str, archive: zipfile.ZipFile) -> dict[str, tuple[str | None, str]]:
    """Property to its value, and where it stands as ` line 3`."""
    if MANIFEST not in archive.namelist():
        raise Damaged(f"{where} has no {MANIFEST}.")
    if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise Damaged(f"{where}, {MANIFEST}: is larger than {LARGEST_MANIFEST} bytes.")
    try:
        reader = csv.reader(io.StringIO(archive.read(MANIFEST).decode("utf-8-sig"), newline=""))
        header = next(reader)
        properties: dict[str, tuple[str | None, str]] = {}
        for row in filter(None, reader):
            name, value = row
            properties[name] = (value.strip(), f" line {reader.line_num}")
    except (ValueError, csv.Error, StopIteration):
        header, properties = [], {}
    if header != ["propertyName", "value"]:
        raise Damaged(f"{where}, {MANIFEST}: expected UTF-8 text with the two columns propertyName and value.")
    return properties


def _check_lines(where: str, file: Path, delimiter: str, announced: Announced) -> None:
    """A whole file says nothing of changes, a file of changes says it on every line."""
    # What is not UTF-8 is for the gate to judge; here it only counts whether a cell is blank.
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter)
        try:
            header = [name.strip().lower() for name in next(reader, [])]
            places = {name: header.index(name.lower()) for name in CHANGE_COLUMNS if name.lower() in header}
            missing = [name for name in CHANGE_COLUMNS if name not in places]
            if missing:
                raise Damaged(f"{where}, line 1: no column {' and no column '.join(missing)}.")
            line = reader.line_num + 1
            for row in reader:
                for name, place in places.items():
                    cell = row[place].strip() if place < len(row) else ""
                    wrong = _wrong(name, cell, announced) if row else None
                    if wrong:
                        raise Damaged(f"{where}, line {line}: {name} must be {wrong} file.")
                line = reader.line_num + 1
        except csv.Error:
            raise Damaged(f"{where}, line {reader.line_num}: is no CSV.") from None


def _wrong(name: str, cell: str, announced: Announced) -> str | None:
    """What a cell of CHANGE_COLUMNS should have been; None where it is."""
    if not announced.is_full:
        return None if cell else "filled in a delta"
    if announced.version == "1.2":
        return "blank in a bulk" if cell else None
    return "blank, active or inactive in a bulk" if name == "status" and cell.lower() not in STANDING else None
