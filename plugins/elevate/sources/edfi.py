"""An Ed-Fi ODS/API (Data Standard 4 and later, with change queries): one resource a feed.

What is pulled: everything the first time, later what changed since. The
order of questions is that of https://docs.ed-fi.org, "Using the Changed Record Queries".
"""

from datetime import date
from pathlib import Path
from typing import Any

from elevate.contracts import Feed
from elevate.sources.edfi_client import PAGE, Client
from elevate.sources.edfi_paging import by_offset, count, pages
from elevate.sources.edfi_pull import Pull
from elevate.sources.errors import SourceError
from elevate.sources.fetched import Fetched

ROUNDS = 20
"""So often is a source asked for what changed meanwhile."""
VERSION = "change_version"


def fetch(address: dict[str, Any], feed: Feed, night: date, into: Path, state: dict[str, Any] | None) -> Fetched:
    """Pull the resource `feed.location` into `<resource>.jsonl`; see `elevate.sources.fetch`.

    One object a line: an item as the server gives it with `change_type` upsert, or the
    natural key of a deleted one with `change_type` delete. A snapshot feed is pulled whole
    each time. Raises SourceError where a whole pull has not as many items as the server.
    """
    since = state.get(VERSION) if state and feed.load_mode != "snapshot" else None
    login = (str(address["url"]), str(address["client_id"]), str(address["secret"]))
    file = into / f"{feed.location.rpartition('/')[2]}.jsonl"
    try:
        with (
            Client(*login, int(address.get("page_size", PAGE))) as client,
            Pull(feed, into / ".draft") as pull,
        ):
            newest = _pull(client, feed, pull, None if since is None else int(since))
            pull.write(file, with_deletes=since is not None)
    except SourceError as error:
        raise SourceError(f"{feed.id}, night {night}: {error}") from None
    return Fetched([file], is_full=since is None, state={VERSION: newest})


def _pull(client: Client, feed: Feed, pull: Pull, since: int | None) -> int:
    """Pull until the source stands still; returns the change version up to which all is held."""
    held = since
    newest = client.newest_version()
    if held is not None and newest < held:
        raise SourceError(
            f"the server's newest change version is {newest}, but {held} was read already: it was restored from a "
            "backup or replaced. Pull the feed whole."
        )
    for round_ in range(ROUNDS):
        if newest == held:
            break
        _pull_window(client, feed, pull, round_, held, newest)
        held, newest = newest, client.newest_version()
    if since is None:
        _check_complete(client, feed, pull)
    else:
        _keep_what_shares_a_key(client, feed, pull)
    return newest if held is None else held


def _pull_window(client: Client, feed: Feed, pull: Pull, round_: int, held: int | None, newest: int) -> None:
    low = None if held is None else held + 1
    for page in pages(client, feed.location, low, newest):
        pull.add(round_, page)
    if low is None:
        return
    for page in by_offset(client, f"{feed.location}/keyChanges", low, newest):
        pull.rename(page)
    for page in by_offset(client, f"{feed.location}/deletes", low, newest):
        pull.remove(page)


def _keep_what_shares_a_key(client: Client, feed: Feed, pull: Pull) -> None:
    """Where a key of the feed stands for several items and one is deleted, the row is not gone but another's."""
    for deleted in pull.lone_deletes():
        names = [feed.by_name[name].header.rpartition(".")[2] for name in feed.key]
        if len(deleted) - 1 > len(names):
            items, _ = client.items(feed.location, **{name: deleted.get(name) for name in names})
            pull.add(ROUNDS, items)


def _check_complete(client: Client, feed: Feed, pull: Pull) -> None:
    total = count(client, feed.location)
    if pull.count != total:
        raise SourceError(
            f"{pull.count} items of {feed.location} were pulled, but the server counts {total}. "
            "Try again when fewer people write to it."
        )
