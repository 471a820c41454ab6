"""Landing: a night's files of one feed, as they came, never changed afterwards.

`<source>/<feed>/<night>/<identity>/` below the landing root holds the files and
`manifest.json`. The identity is a hash of the contents, so the same delivery lands once.
A folder counts once its manifest is there. On this machine files and manifest appear
together, by a rename; an object store has none, and is given the manifest last.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from upath import UPath

from elevate import sources
from elevate.contracts import Feed
from elevate.settings import Settings
from elevate.sources.completeness import sha256_of

MANIFEST = "manifest.json"


class LandingError(RuntimeError):
    """A landed file is not as it landed."""


@dataclass(frozen=True)
class LandedFile:
    """One file: `path` is relative to the landing root."""

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


def land(
    settings: Settings,
    feed: Feed,
    night: date,
    state: dict[str, Any] | None = None,
    withhold: Callable[[Feed, Path], None] | None = None,
) -> Landed:
    """Fetch `feed` for `night` and keep it under its identity; `state` as in `sources.fetch`.

    `withhold` takes out of a file, in its place, what must not be kept. A delivery that is
    kept already stays as it is, and what is returned are its files as they are now.
    Raises sources.NotDelivered where there is no complete delivery, sources.SourceError
    where the source can't be asked.
    """
    home = settings.landing / feed.source / feed.name / night.isoformat()
    with _draft(home) as draft:
        fetched = sources.fetch(settings, feed, night, draft, state)
        for file in fetched.files:
            if withhold:
                withhold(feed, file)
        hashes = {file.name: sha256_of(file) for file in fetched.files}
        identity = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
        folder = f"{feed.source}/{feed.name}/{night}/{identity[:12]}"
        files = tuple(
            LandedFile(file.name, f"{folder}/{file.name}", hashes[file.name], file.stat().st_size)
            for file in sorted(fetched.files)
        )
        follows = fetched.follows.isoformat() if fetched.follows else None
        landed = Landed(identity, files, fetched.is_full, follows, fetched.state)
        manifest = {"feed": feed.id, "night": night.isoformat(), "contract": feed.version, **asdict(landed)}
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=1))
        _keep(draft, home / identity[:12])
    kept = json.loads((home / identity[:12] / MANIFEST).read_text())
    return replace(landed, files=tuple(LandedFile(**file) for file in kept["files"]))


@contextmanager
def open_local(settings: Settings, path: str, sha256: str | None = None) -> Iterator[Path]:
    """A landed file as a file of this machine; from an object store, as a copy that goes at the end.

    `path` is relative to the landing root. Raises LandingError where the file is gone or,
    with `sha256`, has another content than the one that landed.
    """
    landed = settings.landing / path
    with tempfile.TemporaryDirectory() as folder:
        file = landed if isinstance(landed, Path) else Path(folder) / landed.name
        try:
            if not isinstance(landed, Path):
                landed.fs.get_file(landed.path, str(file))
            found = sha256_of(file) if sha256 else None
        except FileNotFoundError:
            raise LandingError(f"{path}: the file is gone from the landing. Restore it from a backup.") from None
        if found != sha256:
            raise LandingError(
                f"{path}: the landing was changed, the file's SHA-256 is {found} and was {sha256} when it landed. "
                "Restore it from a backup, and find out who can write there."
            )
        yield file


@contextmanager
def _draft(home: Path | UPath) -> Iterator[Path]:
    """A folder for what is fetched; for a landing on this machine, one that a rename can take from there."""
    if isinstance(home, Path):
        home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home if isinstance(home, Path) else None, prefix=".draft-") as name:
        draft = Path(name) / "files"
        draft.mkdir()
        yield draft


def _keep(draft: Path, final: Path | UPath) -> None:
    if isinstance(final, Path):
        _rename(draft, final)
    elif not (final / MANIFEST).exists():
        for file in sorted(draft.iterdir(), key=lambda file: file.name == MANIFEST):
            final.fs.put_file(str(file), (final / file.name).path)


def _rename(draft: Path, final: Path) -> None:
    for file in draft.iterdir():
        file.chmod(0o440)
    try:
        draft.rename(final)
    except OSError:
        if not (final / MANIFEST).exists():
            raise
        shutil.rmtree(draft)  # the same delivery is here already
