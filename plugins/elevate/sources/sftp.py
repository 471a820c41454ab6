"""An SFTP drop: key authentication, the server's host key checked."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import asyncssh

from elevate.contracts import Feed
from elevate.sources.errors import NotDelivered, SourceError
from elevate.sources.paths import folder_of, name_pattern

CONNECT_SECONDS = 20


def fetch(address: dict[str, Any], feed: Feed, night: date, into: Path) -> list[Path]:
    """Download the matching files; see `elevate.sources.fetch`."""
    try:
        return asyncio.run(_fetch(address, feed, night, into))
    except (OSError, asyncssh.Error, ValueError) as error:
        where = f"{address.get('host')}:{address.get('port', 22)}"
        raise SourceError(
            f"{feed.id}, night {night}: the SFTP server {where} could not be used "
            f"({type(error).__name__}: {error}). Check that it runs, and host key and client key in sources.yaml."
        ) from error


async def _fetch(address: dict[str, Any], feed: Feed, night: date, into: Path) -> list[Path]:
    folder, pattern = folder_of(feed, night), name_pattern(feed)
    async with (
        asyncssh.connect(
            address["host"],
            port=int(address.get("port", 22)),
            username=address["username"],
            client_keys=[address["client_key"]],
            known_hosts=address["known_hosts"],
            connect_timeout=CONNECT_SECONDS,
            config=None,
        ) as connection,
        connection.start_sftp_client() as sftp,
    ):
        try:
            names = [str(name) for name in await sftp.listdir(folder)]
        except asyncssh.SFTPNoSuchFile:
            names = []
        found = sorted(name for name in names if pattern.match(name))
        if not found:
            raise NotDelivered(f"{feed.id}, night {night}: no file {feed.location} on the server.")
        for name in found:
            await sftp.get(f"{folder}/{name}", str(into / name))
    return [into / name for name in found]
