"""Landing: a night's files of one feed, as they came, never changed afterwards.

`landing/<source>/<feed>/<night>/<identity>/` holds the files and `manifest.json`.
The identity is a hash of the contents, so the same delivery lands once, and a
crash between two files leaves only a draft folder that the next try replaces.
"""

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from elevate import sources
from elevate.contracts import Feed
from elevate.settings import Settings


@dataclass(frozen=True)
class LandedFile:
    """One file: `path` is relative to the landing folder."""

    name: str
    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Landed:
    """One delivery. `identity` is a SHA-256 over names and contents of its files; the rest as in Fetched."""

    identity: str
    files: tuple[LandedFile, ...]
    is_full: bool | None = None
    follows: str | None = None
    state: dict[str, Any] | None = None


def land(settings: Settings, feed: Feed, night: date, state: dict[str, Any] | None = None) -> Landed:
    """Fetch `feed` for `night` and keep it under its identity; `state` as in `sources.fetch`.

    Raises sources.NotDelivered where there is no file, sources.SourceError where
    the source can't be asked.
    """
    home = settings.landing / feed.source / feed.name / night.isoformat()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".draft-") as draft_name:
        draft = Path(draft_name) / "files"
        draft.mkdir()
        fetched = sources.fetch(settings, feed, night, draft, state)
        hashes = {file.name: _sha256(file) for file in fetched.files}
        identity = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
        final = home / identity[:12]
        files = tuple(
            LandedFile(
                file.name,
                str((final / file.name).relative_to(settings.landing)),
                hashes[file.name],
                file.stat().st_size,
            )
            for file in sorted(fetched.files)
        )
        follows = fetched.follows.isoformat() if fetched.follows else None
        landed = Landed(identity, files, fetched.is_full, follows, fetched.state)
        _keep(draft, final, feed, night, landed)
    return landed


def _keep(draft: Path, final: Path, feed: Feed, night: date, landed: Landed) -> None:
    manifest = {"feed": feed.id, "night": night.isoformat(), "contract": feed.version, **asdict(landed)}
    (draft / "manifest.json").write_text(json.dumps(manifest, indent=1))
    for file in draft.iterdir():
        file.chmod(0o440)
    try:
        draft.rename(final)
    except OSError:
        if not (final / "manifest.json").exists():
            raise
        shutil.rmtree(draft)  # the same delivery is here already


def _sha256(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
