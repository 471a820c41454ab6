"""All items of a window of change versions, page by page, from a server that goes on working.

A row that is updated while pages are read leaves the window; by plain offset all rows
behind it move up, and one slips over the edge of a page unseen. So pages are asked for
by cursor, or from the last one to the first: then rows move to where they were read
already, and come twice at worst. Updated rows are in a later window.
"""

from collections.abc import Iterator
from typing import Any

from elevate.sources.edfi_client import Client
from elevate.sources.errors import SourceError

WINDOW = 50_000
"""Change versions: so that no offset gets deep."""

Items = list[dict[str, Any]]


def count(client: Client, resource: str, low: int | None = None, high: int | None = None) -> int:
    """How many items, or records of changes, the server has in the window."""
    _, headers = client.items(resource, limit=0, totalCount="true", minChangeVersion=low, maxChangeVersion=high)
    try:
        return int(headers["Total-Count"])
    except (KeyError, ValueError):
        raise SourceError(f"the answer for {resource} has no Total-Count.") from None


def pages(client: Client, resource: str, low: int | None, high: int) -> Iterator[Items]:
    """Pages of the items whose latest change lies within `low` (None: the first) and `high`."""
    window = {"minChangeVersion": low, "maxChangeVersion": high}
    expected = count(client, resource, low, high)
    first, headers = client.items(resource, pageSize=client.page, **window)
    token = headers.get("Next-Page-Token")
    if token is None and len(first) < expected:
        # A server before 7.3 does not know `pageSize` and gives its usual page.
        yield from by_offset(client, resource, low, high)
        return
    page = first
    while page:
        yield page
        if token is None:
            return
        page, headers = client.items(resource, pageSize=client.page, pageToken=token, **window)
        token = headers.get("Next-Page-Token")


def by_offset(client: Client, resource: str, low: int | None, high: int) -> Iterator[Items]:
    """The same from the last page to the first; also for `/deletes` and `/keyChanges`, which have no cursor."""
    for start, end in _windows(low, high):
        window = {"minChangeVersion": start, "maxChangeVersion": end}
        total = count(client, resource, start, end)
        for offset in range((total - 1) // client.page * client.page, -1, -client.page):
            yield client.items(resource, offset=offset, limit=client.page, **window)[0]


def _windows(low: int | None, high: int) -> Iterator[tuple[int | None, int]]:
    # Items from before the server counted changes have no version: the first window has no lower end.
    start = low
    for first in range(low or 0, high + 1, WINDOW):
        end = min(first + WINDOW - 1, high)
        yield start, end
        start = end + 1
