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
    """One delivery. `identity` is a SHA-256 over names and contents of its files."""

    identity: str
    files: tuple[LandedFile, ...]


def land(settings: Settings, feed: Feed, night: date) -> Landed:
    """Fetch `feed` for `night` and keep it under its identity.

    Raises sources.NotDelivered where there is no file, sources.SourceError where
    the source can't be asked.
    """
    home = settings.landing / feed.source / feed.name / night.isoformat()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".draft-") as draft_name:
        draft = Path(draft_name) / "files"
        draft.mkdir()
        fetched = sources.fetch(settings, feed, night, draft)
        hashes = {file.name: _sha256(file) for file in fetched}
        identity = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
        final = home / identity[:12]
        files = tuple(
            LandedFile(
                file.name,
                str((final / file.name).relative_to(settings.landing)),
                hashes[file.name],
                file.stat().st_size,
            )
            for file in sorted(fetched)
        )
        _keep(draft, final, feed, night, Landed(identity, files))
    return Landed(identity, files)


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
