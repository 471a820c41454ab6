"""The SFTP server. A client that asks for a night causes its drop to be made.

It binds to 127.0.0.1, lets in one user by key alone, and nobody can write.
"""

import asyncio
import json
import os
import posixpath
import signal
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import asyncssh

from simulator import misbehaviour
from simulator.calendar import covers
from simulator.district import District
from simulator.drops import DropFolder
from simulator.feeds import SOURCES
from simulator.programme import truth

HOST, USERNAME = "127.0.0.1", "elevate"
NOTHING = ".nothing"
"""An empty folder, shown for nights on which there is no district."""


class Served:
    """What clients see of a simulator's folder."""

    def __init__(self, folder: Path, district: District) -> None:
        self.folder = folder
        self.drops = DropFolder(folder / "drops", district)
        self._lock = asyncio.Lock()
        for name in (NOTHING, *SOURCES):
            (self.drops.root / name).mkdir(exist_ok=True)

    async def prepare(self, path: bytes) -> None:
        """Make what the path asks for; one drop at a time."""
        source, night, _ = _parts(path)
        if source and night and covers(night):
            async with self._lock:
                await asyncio.to_thread(self._prepare, source, night)

    def local(self, path: bytes) -> Path:
        """The local file or folder behind a path. Raises SFTPNoSuchFile for what nobody may see."""
        source, night, rest = _parts(path)
        if source is None or night is None:
            return self.drops.root / (source or "")
        if not covers(night):
            return (self.drops.root / NOTHING).joinpath(*rest)
        drop = self.drops.folder(source, night)
        return (misbehaviour.spoilt(self.folder, drop, source, night) or drop).joinpath(*rest)

    def _prepare(self, source: str, night: date) -> None:
        self.drops.make(night)
        misbehaviour.spoil(self.folder, self.drops.folder(source, night), source, night)


def _parts(path: bytes) -> tuple[str | None, date | None, list[str]]:
    """Source, night and the rest of a path; the root has neither."""
    names = [name for name in posixpath.normpath("/" + path.decode()).split("/") if name]
    if not names:
        return None, None, []
    try:
        night = date.fromisoformat(names[1]) if len(names) > 1 else None
    except ValueError:
        raise asyncssh.SFTPNoSuchFile("A source has one folder a night, named YYYY-MM-DD") from None
    if names[0] not in SOURCES:
        raise asyncssh.SFTPNoSuchFile(f"The sources are {', '.join(SOURCES)}")
    return names[0], night, names[2:]


def _refuse(*_args: object) -> NoReturn:
    raise asyncssh.SFTPPermissionDenied("The drops can only be read")


READ_ONLY: Any = _refuse


class Drops(asyncssh.SFTPServer):
    """Read-only SFTP over what is served."""

    def __init__(self, chan: "asyncssh.SSHServerChannel[bytes]", served: Served) -> None:
        super().__init__(chan)
        self.served = served

    def map_path(self, path: bytes) -> bytes:
        """Local path of a path."""
        return str(self.served.local(path)).encode()

    def realpath(self, path: bytes) -> bytes:
        """The path without dots."""
        return posixpath.normpath(b"/" + path).replace(b"//", b"/")

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """Names in a folder; what begins with a dot is nobody's business."""
        await self.served.prepare(path)
        async for name in super().scandir(path):
            if name.filename in (b".", b"..") or not os.fsencode(name.filename).startswith(b"."):
                yield name

    async def stat(self, path: bytes) -> Any:
        """Attributes of a file."""
        await self.served.prepare(path)
        return super().stat(path)

    async def lstat(self, path: bytes) -> Any:
        """Attributes of a file."""
        await self.served.prepare(path)
        return super().lstat(path)

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a file for reading."""
        if pflags & ~asyncssh.FXF_READ:
            _refuse()
        await self.served.prepare(path)
        return super().open(path, pflags, attrs)

    open56 = write = setstat = lsetstat = fsetstat = remove = mkdir = READ_ONLY
    rmdir = rename = posix_rename = symlink = link = readlink = statvfs = READ_ONLY


class Door(asyncssh.SSHServer):
    """Lets in one user with one key."""

    def __init__(self, key: asyncssh.SSHKey) -> None:
        self.key = key

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether user and key are the ones."""
        return username == USERNAME and key == self.key

    def public_key_auth_supported(self) -> bool:
        """Keys are the only way in."""
        return True


async def start(folder: Path, district: District, port: int = 0) -> asyncssh.SSHAcceptor:
    """Start serving; writes address.json once it answers, and truth.json.

    `port` 0 takes a free one. Raises DropError where the folder holds another district.
    """
    served = Served(folder, district)
    (folder / "truth.json").write_text(json.dumps(truth(district.schools, district.effects), indent=1))
    host_key, client_key = _key(folder / "host_key"), _key(folder / "client_key")
    acceptor = await asyncssh.listen(
        HOST,
        port,
        server_factory=lambda: Door(client_key.convert_to_public()),
        server_host_keys=[host_key],
        sftp_factory=lambda chan: Drops(chan, served),
        password_auth=False,
        kbdint_auth=False,
    )
    _write_address(folder, acceptor.get_port(), host_key)
    return acceptor


async def serve(folder: Path, district: District, port: int = 0) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    acceptor = await start(folder, district, port)
    await stop.wait()
    acceptor.close()
    (folder / "address.json").unlink(missing_ok=True)


def _key(file: Path) -> asyncssh.SSHKey:
    """The private key in a file, made on first use and readable by its owner alone."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    return asyncssh.read_private_key(file)


def _write_address(folder: Path, port: int, host_key: asyncssh.SSHKey) -> None:
    known_hosts = folder / "known_hosts"
    known_hosts.write_text(f"[{HOST}]:{port} {host_key.export_public_key().decode()}")
    address = {
        "host": HOST,
        "port": port,
        "username": USERNAME,
        "client_key": str((folder / "client_key").resolve()),
        "known_hosts": str(known_hosts.resolve()),
    }
    draft = folder / "address.json.draft"
    draft.write_text(json.dumps(address, indent=1))
    draft.replace(folder / "address.json")
