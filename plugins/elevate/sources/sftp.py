"""An SFTP drop: key authentication, the server's host key checked, downloads resumed."""

import asyncio
import re
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import asyncssh
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from elevate.contracts import Feed
from elevate.sources.completeness import PAUSE_SECONDS, Seen, collect
from elevate.sources.errors import NotDelivered, SourceError
from elevate.sources.fetched import Fetched

CONNECT_SECONDS = 20
ALIVE_SECONDS = 15
"""How often a silent server is asked whether it is there; the third time without an answer it is lost."""
TRIES = 4
CHUNK_BYTES = 4 * 1024 * 1024
"""What is asked for at once; a lost connection loses no more than this."""
LOST = (asyncssh.ConnectionLost, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, ConnectionError)


def fetch(address: dict[str, Any], feed: Feed, night: date, into: Path, _state: dict[str, Any] | None) -> Fetched:
    """Download the matching files; see `elevate.sources.fetch`."""
    try:
        with Server(address) as server:
            return collect(server, feed, night, into, float(address.get("pause_seconds", PAUSE_SECONDS)))
    except (OSError, asyncssh.Error, ValueError) as error:
        where = f"{address.get('host')}:{address.get('port', 22)}"
        raise SourceError(
            f"{feed.id}, night {night}: the SFTP server {where} could not be used "
            f"({type(error).__name__}: {error}). Check that it runs, and host key and client key in sources.yaml."
        ) from error


class Server:
    """The server's files, as a `Place`. Connected while it is used as a context."""

    def __init__(self, address: dict[str, Any]) -> None:
        self.address = address
        self._loop = asyncio.Runner()

    def __enter__(self) -> Self:
        self._loop.__enter__()
        try:
            self._loop.run(self._connect())
        except BaseException:
            self._loop.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.run(self._hang_up())
        self._loop.close()

    def look(self, folder: str, names: re.Pattern[str]) -> dict[str, Seen]:
        """See `Place`."""
        return self._loop.run(self._look(folder, names))

    def read(self, path: str) -> bytes | None:
        """See `Place`."""
        return self._loop.run(self._read(path))

    def download(self, path: str, seen: Seen, to: Path) -> None:
        """See `Place`; after a lost connection it goes on where it was."""
        to.write_bytes(b"")
        again = Retrying(
            retry=retry_if_exception_type(LOST),
            stop=stop_after_attempt(TRIES),
            wait=wait_exponential(multiplier=0.25, max=5),
            reraise=True,
        )
        for attempt in again:
            with attempt:
                if attempt.retry_state.attempt_number > 1:
                    self._loop.run(self._hang_up())
                    self._loop.run(self._connect())
                self._loop.run(self._download(path, seen, to))

    async def _connect(self) -> None:
        self._connection = await asyncssh.connect(
            self.address["host"],
            port=int(self.address.get("port", 22)),
            username=self.address["username"],
            client_keys=[self.address["client_key"]],
            known_hosts=self.address["known_hosts"],
            connect_timeout=CONNECT_SECONDS,
            keepalive_interval=ALIVE_SECONDS,
            config=None,
        )
        self._sftp = await self._connection.start_sftp_client()

    async def _hang_up(self) -> None:
        self._connection.close()
        await self._connection.wait_closed()

    async def _look(self, folder: str, names: re.Pattern[str]) -> dict[str, Seen]:
        try:
            listed = [str(name) for name in await self._sftp.listdir(folder)]
            return {name: await self._seen(f"{folder}/{name}") for name in listed if names.match(name)}
        except asyncssh.SFTPNoSuchFile:
            return {}

    async def _seen(self, path: str) -> Seen:
        attributes = await self._sftp.stat(path)
        return Seen(attributes.size or 0, attributes.mtime)

    async def _read(self, path: str) -> bytes | None:
        try:
            async with self._sftp.open(path, "rb") as file:
                return cast(bytes, await file.read())
        except asyncssh.SFTPNoSuchFile:
            return None

    async def _download(self, path: str, seen: Seen, to: Path) -> None:
        if await self._seen(path) != seen:
            raise NotDelivered(f"{path} was written to while it was read: the upload is not complete yet.")
        async with self._sftp.open(path, "rb") as remote:
            with to.open("ab") as local:
                while chunk := await remote.read(CHUNK_BYTES, local.tell()):
                    local.write(cast(bytes, chunk))
                    local.flush()
