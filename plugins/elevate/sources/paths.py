"""A contract's location, `sis/{night}/schools.csv` or `profile_sy{vintage}.csv`, as a pattern."""

import re
from datetime import date
from pathlib import PurePosixPath

from elevate.contracts import Feed


def folder_of(feed: Feed, night: date) -> str:
    """The folder that the feed's files of `night` stand in, relative to the source's root."""
    return str(PurePosixPath(feed.location.replace("{night}", night.isoformat())).parent)


def name_pattern(feed: Feed) -> re.Pattern[str]:
    """Matches the feed's file names; each placeholder is a named group."""
    name = PurePosixPath(feed.location).name
    parts = re.split(r"\{(\w+)\}", name)
    return re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>[^/]+?)" for i, p in enumerate(parts)) + r"\Z")


def values_in_path(feed: Feed, file_name: str) -> dict[str, str]:
    """Placeholder to value, for a file name that matches; empty for one that doesn't."""
    match = name_pattern(feed).match(file_name)
    return match.groupdict() if match else {}
