"""Sources of a test: a folder, an SFTP server and an object store, each over its real protocol."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import asyncssh
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem
from upath import UPath

from elevate import sources
from elevate.contracts import Feed, read_contract
from elevate.settings import Settings
from elevate.sources import Fetched
from tests.library.district import NIGHT, STUDENTS, column, contract


@dataclass(frozen=True)
class Drop:
    """A place of files: its root, and its address as sources.yaml has it."""

    root: Any
    address: dict[str, Any]

    def put(self, place: str, content: str | bytes = "student_id\n") -> Any:
        """Leave a file there."""
        file = self.root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def mark(self, *names: str, since: str | None = None, night: date = NIGHT, **wrong: Any) -> None:
        """Leave the marker of a complete upload, over files that are there; `wrong` things it says of each."""
        files = {}
        for name in names:
            content = (self.root / f"sis/{night}/{name}").read_bytes()
            files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} | wrong
        self.put(f"sis/{night}/_complete.json", json.dumps({"since": since, "files": files}))


@contextmanager
def sftp_server(folder: Path) -> Iterator[Drop]:
    """A server on loopback with keys of its own."""
    root = folder / "root"
    root.mkdir()
    keys = {name: asyncssh.generate_private_key("ssh-ed25519") for name in ("host", "client", "stranger")}
    for name, key in keys.items():
        key.write_private_key(folder / name)
        key.write_public_key(folder / f"{name}.pub")
    loop = asyncio.new_event_loop()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[keys["host"]],
            authorized_client_keys=str(folder / "client.pub"),
            sftp_factory=lambda chan: asyncssh.SFTPServer(chan, chroot=str(root).encode()),
        )

    server = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = server.get_port()
    for known, key in {"known_hosts": "host", "other_hosts": "stranger"}.items():
        (folder / known).write_text(f"[127.0.0.1]:{port} {(folder / f'{key}.pub').read_text()}")
    address = {
        "type": "sftp",
        "host": "127.0.0.1",
        "port": port,
        "username": "elevate",
        "client_key": str(folder / "client"),
        "known_hosts": str(folder / "known_hosts"),
        "pause_seconds": 0,
    }
    yield Drop(root, address)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@contextmanager
def object_store(folder: Path) -> Iterator[Drop]:
    """A server on loopback that speaks S3, with one bucket; the secret lies in a file."""
    # A client is kept for the life of a process, and would go on with the address of a server that has ended.
    S3FileSystem.clear_instance_cache()
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    (folder / "s3_secret").write_text("made up\n")
    # The servers of a process have their buckets in common.
    endpoint, bucket = f"http://{host}:{port}", f"district-{port}"
    options = {"key": "elevate", "secret": "made up", "endpoint_url": endpoint, "use_listings_cache": False}
    root = UPath(f"s3://{bucket}/drop", **options)
    root.fs.mkdir(bucket)
    address = {
        "type": "s3",
        "url": str(root),
        "endpoint_url": endpoint,
        "key": "elevate",
        "secret": str(folder / "s3_secret"),
        "pause_seconds": 0,
    }
    yield Drop(root, address)
    server.stop()


@dataclass
class Fetcher:
    """Fetches a feed of source `sis` from a given address; `last` is what came of it."""

    settings: Settings
    root: Path
    last: Fetched = field(default_factory=lambda: Fetched([]))

    def __call__(
        self, address: Any, feed: Feed | None = None, night: date = NIGHT, state: dict[str, Any] | None = None
    ) -> dict[str, str]:
        self.settings.home.mkdir(exist_ok=True)
        self.settings.sources_file.write_text(address if isinstance(address, str) else json.dumps({"sis": address}))
        into = self.root / "into"
        into.mkdir(exist_ok=True)
        self.last = sources.fetch(self.settings, feed or self.feed(), night, into, state)
        assert [file.parent for file in self.last.files] == [into] * len(self.last.files)
        return {file.name: file.read_text() for file in self.last.files}

    def feed(self, location: str = "sis/{night}/students.csv", *from_path: str, **given: Any) -> Feed:
        """A feed of files at this location; `given` are properties of its contract."""
        marked: dict[str, Any] = {"customProperties": [{"property": "fromPath", "value": True}]}
        columns = [*STUDENTS, *(column(name, **marked) for name in from_path)]
        return self.of(contract(columns=columns, server={"path": location}, **given))

    def of(self, content: dict[str, Any]) -> Feed:
        """The feed of a contract."""
        file = self.root / "sis" / "students.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(content))
        return read_contract(file)
