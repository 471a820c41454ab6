"""Fetching from a folder and from a real SFTP server."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from elevate import sources
from elevate.contracts import Feed, read_contract
from elevate.settings import Settings
from elevate.sources import NotDelivered, SourceError
from tests.library.district import NIGHT, STUDENTS, column, contract


@dataclass(frozen=True)
class Drop:
    """An SFTP server: the folder that it serves, and the address as sources.yaml has it."""

    root: Path
    address: dict[str, Any]


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    folder = tmp_path_factory.mktemp("sftp")
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
    }
    yield Drop(root, address)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@dataclass
class Fetcher:
    """Fetches a feed of source `sis` from a given address."""

    settings: Settings
    root: Path

    def __call__(self, address: Any, feed: Feed | None = None, night: date = NIGHT) -> dict[str, str]:
        self.settings.home.mkdir(exist_ok=True)
        text = address if isinstance(address, str) else json.dumps({"sis": address})
        self.settings.sources_file.write_text(text)
        into = self.root / "into"
        into.mkdir(exist_ok=True)
        found = sources.fetch(self.settings, feed or self.feed(), night, into)
        assert [file.parent for file in found] == [into] * len(found)
        return {file.name: file.read_text() for file in found}

    def feed(self, location: str = "sis/{night}/students.csv", *from_path: str) -> Feed:
        """A feed of files at this location."""
        marked: dict[str, Any] = {"customProperties": [{"property": "fromPath", "value": True}]}
        columns = [*STUDENTS, *(column(name, **marked) for name in from_path)]
        file = self.root / "sis" / "students.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(contract(columns=columns, server={"path": location})))
        return read_contract(file)


@pytest.fixture
def fetch(tmp_path: Path) -> Fetcher:
    return Fetcher(Settings(tmp_path / "home"), tmp_path)


def put(root: Path, place: str, text: str = "student_id\n") -> None:
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture(params=["folder", "sftp"])
def anywhere(request: pytest.FixtureRequest, drop: Drop, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A source of each protocol: the folder behind it, and its address."""
    if request.param == "sftp":
        return drop.root, drop.address
    root = tmp_path / "source"
    root.mkdir()
    return root, {"type": "folder", "path": str(root)}


def test_the_file_of_the_night_is_fetched(fetch: Fetcher, anywhere: tuple[Path, dict[str, Any]]) -> None:
    root, address = anywhere
    put(root, "sis/2019-02-11/students.csv", "tonight")
    put(root, "sis/2019-02-10/students.csv", "last night")
    put(root, "sis/2019-02-11/students.csv.part", "half")
    assert fetch(address) == {"students.csv": "tonight"}
    assert fetch(address, night=date(2019, 2, 10)) == {"students.csv": "last night"}


def test_all_files_of_a_placeholder_are_fetched(fetch: Fetcher, anywhere: tuple[Path, dict[str, Any]]) -> None:
    root, address = anywhere
    for vintage in ("1617", "1718"):
        put(root, f"pub/profile_sy{vintage}.csv", vintage)
    put(root, "pub/other.csv")
    found = fetch(address, fetch.feed("pub/profile_sy{vintage}.csv", "vintage"))
    assert found == {"profile_sy1617.csv": "1617", "profile_sy1718.csv": "1718"}


@pytest.mark.parametrize("folder_is_there", [True, False])
def test_what_is_not_there_was_not_delivered(
    fetch: Fetcher, anywhere: tuple[Path, dict[str, Any]], folder_is_there: bool
) -> None:
    root, address = anywhere
    night = date(2019, 3, 1 + folder_is_there)
    if folder_is_there:
        put(root, f"sis/{night}/other.csv")
    with pytest.raises(NotDelivered, match=rf"sis.students, night {night}: no file .*students.csv"):
        fetch(address, night=night)


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "wrong host key": ({"known_hosts": "other_hosts"}, "HostKeyNotVerifiable"),
    "no list of host keys": ({"known_hosts": "gone"}, "FileNotFoundError"),
    "key of somebody else": ({"client_key": "stranger"}, "PermissionDenied"),
    "no client key": ({"client_key": "gone"}, "FileNotFoundError"),
    "client key that is none": ({"client_key": "host.pub"}, "KeyImportError"),
    "nobody at the port": ({"port": 1}, "ConnectionRefusedError"),
    "no such host": ({"host": "nowhere.invalid"}, "gaierror"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_server_that_cannot_be_used_is_no_missing_delivery(fetch: Fetcher, drop: Drop, case: str) -> None:
    changes, reason = SPOILT[case]
    keys = Path(drop.address["client_key"]).parent
    given = {
        key: str(keys / value) if key in ("known_hosts", "client_key") else value for key, value in changes.items()
    }
    put(drop.root, "sis/2019-02-11/students.csv")
    with pytest.raises(SourceError, match=rf"sis.students, night 2019-02-11: the SFTP server .*\({reason}") as raised:
        fetch(drop.address | given)
    assert "PRIVATE KEY" not in str(raised.value)


@pytest.mark.parametrize("key", ["host", "username", "client_key", "known_hosts"])
@pytest.mark.parametrize("value", ["absent", None])
def test_an_address_without_one_of_its_parts_is_refused(
    fetch: Fetcher, drop: Drop, key: str, value: str | None
) -> None:
    """Above all `known_hosts`: without it the library would trust any server."""
    put(drop.root, "sis/2019-02-11/students.csv")
    address = drop.address | {key: None}
    if value == "absent":
        del address[key]
    with pytest.raises(SourceError, match=f"source sis has no {key!r}"):
        fetch(address)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ({"type": "ftp"}, "type 'ftp', expected one of sftp, folder"),
        ({"path": "/"}, "type None, expected one of"),
        ({"type": "folder"}, "source sis has no 'path'"),
        ({"type": "folder", "path": "/nowhere/at/all"}, "/nowhere/at/all of source sis does not exist"),
        ("", "No address for source sis: add it to .*sources.yaml"),
        ("hr: {type: folder}", "No address for source sis"),
        ("sis:", "No address for source sis"),
        ("- sis", "No address for source sis"),
        ("sis: [", "sources.yaml can't be read as YAML"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(fetch: Fetcher, address: Any, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        fetch(address)


def test_an_installation_without_addresses_says_where_to_add_them(fetch: Fetcher) -> None:
    with pytest.raises(SourceError, match=r"No address for source sis: add it to .*home/sources.yaml"):
        sources.fetch(fetch.settings, fetch.feed(), NIGHT, fetch.root)


def test_a_server_that_dies_in_mid_transfer_is_no_delivery(fetch: Fetcher, drop: Drop) -> None:
    """Nothing is returned, so nothing is landed."""

    class Dying(asyncssh.SFTPServer):
        def read(self, file_obj: object, offset: int, size: int) -> bytes:
            if offset:
                raise asyncssh.SFTPConnectionLost("gone")
            return b"x" * min(size, 1000)

    put(drop.root, "sis/2019-02-11/students.csv", "x" * 5_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncssh.SFTPServer, "read", Dying.read)
        with pytest.raises(SourceError, match="could not be used"):
            fetch(drop.address)
