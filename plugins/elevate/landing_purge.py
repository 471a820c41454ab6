"""Landing, where something must go: the one place that changes or removes what has landed."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from upath import UPath

from elevate.contracts import Feed
from elevate.landing import MANIFEST, LandedFile, LandingError, open_local
from elevate.settings import Settings
from elevate.sources.completeness import sha256_of
from elevate.withholding import IsGone, copy_without


@dataclass(frozen=True)
class Step:
    """One time that a file was purged: its SHA-256 before, and the lines that went from it as it was then."""

    sha256: str
    lines: list[int]


@dataclass(frozen=True)
class PurgedFile:
    """A file as it is now, and how it became so."""

    file: LandedFile
    steps: list[Step]

    def gone_since(self, sha256: str) -> list[int]:
        """The lines that went since the file had this SHA-256, as they were counted then."""
        gone: list[int] = []
        for step in self.steps[[*(step.sha256 for step in self.steps), sha256].index(sha256) :]:
            gone = sorted([*gone, *(_counted_before(line, gone) for line in step.lines)])
        return gone


@dataclass(frozen=True)
class Purged:
    """How many records went, and every file of the feed that was ever purged."""

    records: int
    files: list[PurgedFile]


def purge_files(settings: Settings, feed: Feed, is_gone: IsGone) -> Purged:
    """Take the records of students who are gone out of all landed files of a feed, and clear up after crashes.

    A manifest says of each file what went from it and when, as `purged`. Can be repeated
    after a crash. Raises LandingError where a file was changed by somebody else.
    """
    records, files = 0, list[PurgedFile]()
    home = settings.landing / feed.source / feed.name
    for draft in _glob(home, "*/.draft-*"):
        shutil.rmtree(draft)  # left by a landing that was killed, with files as they came
    for manifest in _glob(home, f"*/*/{MANIFEST}"):
        removed, content = _purge_folder(settings, feed, manifest, is_gone)
        records += removed
        steps: dict[str, list[dict[str, Any]]] = content.get("purged", {})
        purged = [file for file in content["files"] if file["name"] in steps]
        files += [PurgedFile(LandedFile(**file), [Step(**step) for step in steps[file["name"]]]) for file in purged]
    return Purged(records, files)


def expire_files(settings: Settings, feed: Feed, limit: date) -> int:
    """Remove the landed deliveries of nights before `limit`; returns how many folders of a night went."""
    expired = [
        folder
        for folder in _glob(settings.landing / feed.source / feed.name, "*")
        if str(folder.name) < limit.isoformat()
    ]
    for folder in expired:
        if isinstance(folder, Path):
            shutil.rmtree(folder)
        else:
            folder.fs.rm(folder.path, recursive=True)
    return len(expired)


def _counted_before(line: int, gone: list[int]) -> int:
    """A line's number before the lines of `gone`, which is in order, went."""
    for earlier in gone:
        line += earlier <= line
    return line


def _glob(home: Path | UPath, pattern: str) -> Iterator[Any]:
    return iter(sorted(home.glob(pattern), key=str) if home.exists() else [])


def _purge_folder(
    settings: Settings, feed: Feed, manifest: Path | UPath, is_gone: IsGone
) -> tuple[int, dict[str, Any]]:
    content: dict[str, Any] = json.loads(manifest.read_text())
    removed = 0
    # Beside the delivery, so that a rename takes a file there.
    beside = manifest.parent.parent if isinstance(manifest, Path) else None
    with tempfile.TemporaryDirectory(dir=beside, prefix=".draft-") as name:
        drafts = []
        for file in content["files"]:
            draft = Path(name) / file["name"]
            with open_local(settings, file["path"]) as landed:
                before, gone = sha256_of(landed), copy_without(feed, landed, draft, is_gone, everywhere=True)
            after = sha256_of(draft)
            if file["sha256"] not in (before, after):
                raise LandingError(f"{file['path']}: the landing was changed. Restore the file from a backup first.")
            if gone and file["sha256"] != after:  # else told by a purge that was cut off
                step = Step(before, gone)
                content.setdefault("purged", {}).setdefault(file["name"], []).append(asdict(step))
            file |= {"sha256": after, "bytes": draft.stat().st_size}
            removed += len(gone)
            drafts += [draft] if gone else []
        if drafts:
            # The manifest first: a repeat then finds files that become what it says already.
            draft = Path(name) / MANIFEST
            draft.write_text(json.dumps(content, indent=1))
            for changed in (draft, *drafts):
                _replace(changed, manifest.parent / changed.name)
    return removed, content


def _replace(draft: Path, target: Path | UPath) -> None:
    if isinstance(target, Path):
        draft.chmod(0o440)
        draft.replace(target)
    else:
        target.fs.put_file(str(draft), target.path)
