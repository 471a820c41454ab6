"""The marker of a complete drop: which files it has, and which drop it follows."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

NAME = "_complete.json"
"""Made last, so that who finds it finds all of the drop."""


def write_marker(folder: Path, since: date | None) -> None:
    """Write the marker over the files that are in `folder`; `since` is the night of the drop before (None: no such)."""
    files = {file.name: _told(file) for file in sorted(folder.iterdir()) if file.name != NAME}
    content = {"since": since and since.isoformat(), "files": files}
    (folder / NAME).write_text(json.dumps(content, indent=1))


def since_of(folder: Path) -> date | None:
    """The night that the drop in `folder` follows, as its marker says."""
    since = json.loads((folder / NAME).read_text())["since"]
    return date.fromisoformat(since) if since else None


def _told(file: Path) -> dict[str, Any]:
    """Bytes, SHA-256, and rows: the lines below the header, as no cell holds a line break."""
    content = file.read_bytes()
    return {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "rows": max(len(content.splitlines()) - 1, 0),
    }
