import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from simulator.__main__ import main
from simulator.district import District
from simulator.feeds import BY_ID
from simulator.schools import Schools
from simulator.server import start

PROJECT = Path(__file__).parents[2]
NIGHT = "2019-02-11"
DISTRICT = District(Schools(4, seed=2))


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[dict[str, Any]]:
    acceptor = await start(folder, DISTRICT)
    try:
        yield json.loads((folder / "address.json").read_text())
    finally:
        acceptor.close()
        await acceptor.wait_closed()


@asynccontextmanager
async def client(address: dict[str, Any], **changes: Any) -> AsyncIterator[asyncssh.SFTPClient]:
    options = {
        "username": address["username"],
        "client_keys": [address["client_key"]],
        "known_hosts": address["known_hosts"],
        "config": None,
        "agent_path": None,
    } | changes
    async with (
        asyncssh.connect(address["host"], address["port"], **options) as connection,
        connection.start_sftp_client() as sftp,
    ):
        yield sftp


def with_client(folder: Path, use: Callable[[asyncssh.SFTPClient], Awaitable[None]], **changes: Any) -> None:
    async def run() -> None:
        async with served(folder) as address, client(address, **changes) as sftp:
            await use(sftp)

    asyncio.run(run())


def test_listing_a_night_makes_its_drop(tmp_path):
    async def use(sftp: asyncssh.SFTPClient) -> None:
        assert sorted(set(await sftp.listdir("/")) - {".", ".."}) == ["assessment", "sis", "study", "supports"]
        names = set(await sftp.listdir(f"sis/{NIGHT}")) - {".", ".."}
        assert names == {"_complete.json", *(f"{feed.name}.csv" for feed in BY_ID.values() if feed.source == "sis")}
        await sftp.get(f"/sis/{NIGHT}/schools.csv", str(tmp_path / "got.csv"))

    with_client(tmp_path, use)
    assert (tmp_path / "got.csv").read_text().startswith("SchoolID,")


def test_opening_a_file_is_enough(tmp_path):
    async def use(sftp: asyncssh.SFTPClient) -> None:
        await asyncio.gather(*(sftp.stat(f"/study/{NIGHT}/study_assignment.csv") for _ in range(4)))
        async with sftp.open(f"/study/{NIGHT}/study_assignment.csv") as file:
            assert (await file.read()).startswith("roster_version,")

    with_client(tmp_path, use)


@pytest.mark.parametrize("changes", [{"client_keys": None, "password": "guess"}, {"username": "root"}])
def test_without_the_key_or_as_another_user_nobody_gets_in(tmp_path, changes):
    async def use(_: asyncssh.SFTPClient) -> None:
        raise AssertionError("was let in")

    with pytest.raises(asyncssh.PermissionDenied):
        with_client(tmp_path, use, **changes)
    with pytest.raises(asyncssh.PermissionDenied):
        with_client(tmp_path, use, client_keys=[asyncssh.generate_private_key("ssh-ed25519")])


def test_nothing_can_be_written_and_nothing_else_read(tmp_path):
    async def use(sftp: asyncssh.SFTPClient) -> None:
        await sftp.listdir(f"/study/{NIGHT}")
        for attempt in (
            sftp.remove(f"/study/{NIGHT}/study_assignment.csv"),
            sftp.mkdir("/sis/new"),
            sftp.open(f"/study/{NIGHT}/study_assignment.csv", "wb"),
        ):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await attempt
        for path in ("/truth.json", "/../truth.json", "/sis/../../truth.json", "/.made.json", "/sis/notes"):
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await sftp.stat(path)
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await sftp.stat(f"/sis/{NIGHT}/other.csv")

    with_client(tmp_path, use)


def test_a_night_outside_the_calendar_is_empty(tmp_path):
    async def use(sftp: asyncssh.SFTPClient) -> None:
        assert set(await sftp.listdir("/sis/2020-01-01")) <= {".", ".."}

    with_client(tmp_path, use)


def test_a_misbehaviour_takes_effect_after_the_drop_was_made_and_clearing_gives_it_back(tmp_path):
    path = f"/sis/{NIGHT}/attendance.csv"
    night = ["misbehave", "--folder", str(tmp_path), "--night", NIGHT, "--feed", "sis.attendance", "--kind"]

    async def use(sftp: asyncssh.SFTPClient) -> None:
        async def content() -> bytes:
            async with sftp.open(path, "rb") as file:
                return await file.read()

        before = await content()
        assert main([*night, "unknown_code"]) == 0
        assert b",ZZ," in await content()
        assert main([*night, "missing"]) == 0
        assert "attendance.csv" not in await sftp.listdir(f"/sis/{NIGHT}")
        assert main([*night, "clear"]) == 0
        assert await content() == before

    with_client(tmp_path, use)


def test_the_truth_is_written_down_and_secrets_are_their_owners(tmp_path):
    async def use(_: asyncssh.SFTPClient) -> None:
        return None

    with_client(tmp_path, use)
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert truth["effect_per_year_since_launch"] == {"attendance_points": 0.5, "map_rit_points": 1.0}
    assert all((tmp_path / key).stat().st_mode & 0o077 == 0 for key in ("host_key", "client_key"))


def test_the_command_line_drops_and_refuses_with_a_reason(tmp_path, capsys):
    out = ["--out", str(tmp_path / "out"), "--schools", "4"]
    assert main(["drop", "--night", NIGHT, "2019-02-13", *out]) == 0
    assert (tmp_path / "out" / "sis" / "2019-02-13" / "attendance.csv").exists()
    assert main(["drop", "--night", "2030-01-01", *out]) == 1
    assert "2019-06-30" in capsys.readouterr().err


def test_the_served_process_ends_when_asked(tmp_path):
    command = [sys.executable, "-m", "simulator", "serve", "--folder", str(tmp_path), "--schools", "4"]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if (tmp_path / "address.json").exists():
                break
            asyncio.run(asyncio.sleep(0.1))
        assert (tmp_path / "address.json").exists()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
        assert not (tmp_path / "address.json").exists()
    finally:
        process.kill()
