"""Files in a local folder, such as a download of the district's public files."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

from elevate.contracts import Feed
from elevate.sources.errors import NotDelivered, SourceError
from elevate.sources.paths import folder_of, name_pattern


def fetch(address: dict[str, Any], feed: Feed, night: date, into: Path) -> list[Path]:
    """Copy the matching files; see `elevate.sources.fetch`."""
    root = Path(address["path"])
    if not root.is_dir():
        raise SourceError(f"{feed.id}: the folder {root} of source {feed.source} does not exist.")
    folder, pattern = root / folder_of(feed, night), name_pattern(feed)
    found = sorted(p for p in folder.glob("*") if p.is_file() and pattern.match(p.name))
    if not found:
        raise NotDelivered(f"{feed.id}, night {night}: no file {feed.location} in {root}.")
    return [Path(shutil.copyfile(file, into / file.name)) for file in found]
