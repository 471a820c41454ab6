"""Fetching from a folder, an SFTP server and an object store."""

from datetime import date
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from elevate import sources
from elevate.sources import NotDelivered, SourceError
from tests.library.district import NIGHT
from tests.library.sources.places import Drop, Fetcher


def test_the_file_of_the_night_is_fetched(fetch: Fetcher, anywhere: Drop) -> None:
    anywhere.put("sis/2019-02-11/students.csv", "tonight")
    anywhere.put("sis/2019-02-10/students.csv", "last night")
    anywhere.put("sis/2019-02-11/students.csv.part", "half")
    assert fetch(anywhere.address) == {"students.csv": "tonight"}
    assert fetch(anywhere.address, night=date(2019, 2, 10)) == {"students.csv": "last night"}


def test_all_files_of_a_placeholder_are_fetched(fetch: Fetcher, anywhere: Drop) -> None:
    for vintage in ("1617", "1718"):
        anywhere.put(f"pub/profile_sy{vintage}.csv", vintage)
    anywhere.put("pub/other.csv")
    found = fetch(anywhere.address, fetch.feed("pub/profile_sy{vintage}.csv", "vintage"))
    assert found == {"profile_sy1617.csv": "1617", "profile_sy1718.csv": "1718"}


@pytest.mark.parametrize("folder_is_there", [True, False])
def test_what_is_not_there_was_not_delivered(fetch: Fetcher, anywhere: Drop, folder_is_there: bool) -> None:
    night = date(2019, 3, 1 + folder_is_there)
    if folder_is_there:
        anywhere.put(f"sis/{night}/other.csv")
    with pytest.raises(NotDelivered, match=rf"sis.students, night {night}: no file .*students.csv"):
        fetch(anywhere.address, night=night)


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
    drop.put("sis/2019-02-11/students.csv")
    with pytest.raises(SourceError, match=rf"sis.students, night 2019-02-11: the SFTP server .*\({reason}") as raised:
        fetch(drop.address | given)
    assert "PRIVATE KEY" not in str(raised.value)


@pytest.mark.parametrize("key", ["host", "username", "client_key", "known_hosts"])
@pytest.mark.parametrize("value", ["absent", None])
def test_an_address_without_one_of_its_parts_is_refused(
    fetch: Fetcher, drop: Drop, key: str, value: str | None
) -> None:
    """Above all `known_hosts`: without it the library would trust any server."""
    drop.put("sis/2019-02-11/students.csv")
    address = drop.address | {key: None}
    if value == "absent":
        del address[key]
    with pytest.raises(SourceError, match=f"source sis has no {key!r}"):
        fetch(address)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ({"type": "ftp"}, "type 'ftp', expected one of sftp, folder, s3"),
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

    drop.put("sis/2019-02-11/students.csv", "x" * 5_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncssh.SFTPServer, "read", Dying.read)
        with pytest.raises(SourceError, match="could not be used"):
            fetch(drop.address)


def test_an_object_store_that_cannot_be_used_is_no_missing_delivery(
    fetch: Fetcher, store: Drop, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("hidden")
    for changes in ({"url": "s3://nobody/drop"}, {"endpoint_url": "http://127.0.0.1:1"}):
        with pytest.raises(SourceError, match="sis.students, night 2019-02-11: the object store at s3://") as raised:
            fetch(store.address | changes | {"secret": str(tmp_path / "secret")})
        assert "hidden" not in str(raised.value)
    with pytest.raises(SourceError, match="source sis has no 'url'"):
        fetch({"type": "s3"})
