"""A contract's location, `sis/{night}/schools.csv` or `profile_sy{vintage}.csv`, as a pattern.

In a package the file stands after a `#`: `roster/{night}/oneroster.zip#users.csv`.
"""

import re
from datetime import date
from pathlib import PurePosixPath

from elevate.contracts import Feed


def of_night(path: str, night: date) -> str:
    """A path with `{night}` in it, for one night."""
    return path.replace("{night}", night.isoformat())


def folder_of(feed: Feed, night: date) -> str:
    """The folder that the feed's files of `night` stand in, relative to the source's root."""
    return str(PurePosixPath(of_night(_outer(feed), night)).parent)


def name_pattern(feed: Feed) -> re.Pattern[str]:
    """Matches the feed's file names, or its package's; each placeholder is a named group."""
    name = PurePosixPath(_outer(feed)).name
    parts = re.split(r"\{(\w+)\}", name)
    return re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>[^/]+?)" for i, p in enumerate(parts)) + r"\Z")


def member_of(feed: Feed) -> str:
    """The feed's file in its package; blank for a feed without one."""
    return feed.location.partition("#")[2] if feed.package else ""


def values_in_path(feed: Feed, file_name: str) -> dict[str, str]:
    """Placeholder to value, for a file name that matches; empty for one that doesn't."""
    match = name_pattern(feed).match(file_name)
    return match.groupdict() if match else {}


def _outer(feed: Feed) -> str:
    return feed.location.partition("#")[0] if feed.package else feed.location
