"""Downloads from a real SFTP server whose connections break."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from elevate.sources import NotDelivered, SourceError, sftp
from tests.library.sources.places import Drop, Fetcher

FILE = "sis/2019-02-11/students.csv"
CHUNK = 100_000
CONTENT = "".join(f"{number:09}\n" for number in range(100_000))
READ = asyncssh.SFTPServer.read


class Breaking:
    """Lets the server's connection break, `times` times, once `after` bytes of a download were read."""

    def __init__(self) -> None:
        self.times, self.after = 0, 3 * CHUNK
        self.offsets: list[int] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def read(self, server: Any, file: Any, offset: int, size: int) -> Any:
        if self.times and offset >= self.after:
            self.times -= 1
            self.meanwhile()
            server.channel.get_connection().abort()
            raise asyncssh.SFTPConnectionLost("gone")
        self.offsets.append(offset)
        return READ(server, file, offset, size)


@pytest.fixture
def breaking(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Breaking]:
    drop.put(FILE, CONTENT)
    own = Breaking()
    monkeypatch.setattr(asyncssh.SFTPServer, "read", lambda *args: own.read(*args))
    monkeypatch.setattr(sftp, "CHUNK_BYTES", CHUNK)
    return own


def test_a_download_goes_on_where_the_connection_was_lost(fetch: Fetcher, drop: Drop, breaking: Breaking) -> None:
    breaking.times = 1
    assert fetch(drop.address) == {"students.csv": CONTENT}
    assert breaking.times == 0, "the connection was lost"
    assert breaking.offsets.count(0) == 1, "what was there is not asked for again"


def test_a_server_that_always_breaks_is_given_up(
    fetch: Fetcher, drop: Drop, breaking: Breaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    breaking.times = 1000
    with pytest.raises(SourceError, match=r"sis.students, night 2019-02-11: the SFTP server .*could not be used"):
        fetch(drop.address)
    assert 1000 - breaking.times >= sftp.TRIES


def test_what_changed_while_the_connection_was_lost_is_not_glued_together(
    fetch: Fetcher, drop: Drop, breaking: Breaking
) -> None:
    breaking.times = 1
    breaking.meanwhile = lambda: drop.put(FILE, CONTENT[: len(CONTENT) // 2])
    with pytest.raises(NotDelivered, match="students.csv was written to while it was read"):
        fetch(drop.address)


def test_a_host_that_changed_its_key_meanwhile_is_not_trusted(
    fetch: Fetcher, drop: Drop, breaking: Breaking, tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(Path(drop.address["known_hosts"]).read_text())
    stranger = Path(drop.address["known_hosts"]).with_name("other_hosts").read_text()
    breaking.times = 1
    breaking.meanwhile = lambda: known.write_text(stranger)
    with pytest.raises(SourceError, match="HostKeyNotVerifiable"):
        fetch(drop.address | {"known_hosts": str(known)})
