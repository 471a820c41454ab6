"""The embedded server, started, killed and started again for real."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import psycopg
import pytest

from elevate.local import databases, postgres
from elevate.local.ports import HOST
from elevate.settings import Settings, SettingsError


def test_keeps_its_data_and_its_port_through_a_restart(own_server: Settings) -> None:
    postgres.start(own_server)
    _query(own_server, "create table kept as select 1 as n")
    port = own_server.secrets["database_port"]
    assert postgres.stop(own_server)
    assert not postgres.is_running(own_server)
    postgres.start(own_server)
    assert _query(own_server, "select n from kept") == 1
    assert own_server.secrets["database_port"] == port


def test_starting_twice_and_stopping_twice_is_harmless(own_server: Settings) -> None:
    postgres.start(own_server)
    first = _postmaster(own_server)
    postgres.start(own_server)
    assert _postmaster(own_server) == first
    assert postgres.stop(own_server)
    assert not postgres.stop(own_server)


def test_recovers_from_being_killed(own_server: Settings) -> None:
    postgres.start(own_server)
    _query(own_server, "create table kept as select 1 as n")
    _kill(own_server)
    postgres.start(own_server)
    assert _query(own_server, "select n from kept") == 1


def test_waits_for_the_sessions_of_a_killed_server(own_server: Settings) -> None:
    """A session deep in a query notices late; nothing may touch the data beside it."""
    postgres.start(own_server)
    address = own_server.database_url("elevate_owner", "postgres")
    query = "select count(*) from generate_series(1, 30000000)"
    code = f"import psycopg; psycopg.connect({address!r}).execute({query!r})"
    client = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    _until(lambda: _query(own_server, f"select count(*) from pg_stat_activity where query = '{query}'") == 1)
    _kill(own_server)
    postgres.start(own_server)
    client.wait(30)
    assert _query(own_server, "select 1") == 1
    assert "pre-existing shared memory block" in (own_server.home / "logs" / "postgres.log").read_text()


def test_takes_over_the_lock_of_a_number_that_somebody_else_has_now(own_server: Settings) -> None:
    postgres.start(own_server)
    _kill(own_server)
    lock = postgres.data_folder(own_server) / "postmaster.pid"
    _, *rest = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *rest]) + "\n")
    postgres.start(own_server)
    assert _postmaster(own_server) != os.getpid()


def test_an_interrupted_first_start_is_begun_anew(own_server: Settings) -> None:
    half = own_server.home / "postgres.draft"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    postgres.start(own_server)
    assert _query(own_server, "select 1") == 1


def test_moves_when_its_port_is_taken(own_server: Settings) -> None:
    postgres.start(own_server)
    postgres.stop(own_server)
    taken = int(own_server.secrets["database_port"])
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, taken))
        other.listen()
        postgres.start(own_server)
    assert int(own_server.secrets["database_port"]) != taken
    assert _query(own_server, "select 1") == 1


def test_refuses_a_wrong_password(own_server: Settings) -> None:
    postgres.start(own_server)
    right = own_server.database_url("elevate_owner", "postgres")
    user, place = right.removeprefix("postgresql://").split(":")[0], right.split("@")[1]
    for wrong in (f"postgresql://{user}:wrong@{place}", f"postgresql://{user}@{place}"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(wrong)
    rules = _query(own_server, "select string_agg(distinct auth_method, ' ') from pg_hba_file_rules")
    assert rules == "scram-sha-256"


def test_says_so_when_the_secrets_are_not_those_of_the_data(own_server: Settings) -> None:
    postgres.start(own_server)
    kept = own_server.secrets["password_elevate_owner"]
    own_server.save_secrets(password_elevate_owner="another")
    with pytest.raises(SettingsError, match="other passwords than those in"):
        postgres.start(own_server)
    own_server.save_secrets(password_elevate_owner=kept)


def test_listens_on_the_loopback_address_alone(own_server: Settings) -> None:
    postgres.start(own_server)
    server = psutil.Process(_postmaster(own_server))
    listening = [
        c.laddr for c in server.net_connections("all") if c.status == psutil.CONN_LISTEN or c.family == socket.AF_UNIX
    ]
    assert [tuple(address) for address in listening] == [(HOST, int(own_server.secrets["database_port"]))]


def test_no_password_is_an_argument_of_a_process(own_server: Settings) -> None:
    databases.ensure(own_server)
    secrets = [value for name, value in own_server.secrets.items() if name.startswith("password_")]
    arguments = " ".join(psutil.Process(_postmaster(own_server)).cmdline())
    assert not [secret for secret in secrets if secret in arguments]
    log = (own_server.home / "logs" / "postgres.log").read_text()
    assert not [secret for secret in secrets if secret in log]


def test_files_are_for_the_owner_alone(own_server: Settings) -> None:
    postgres.start(own_server)
    for path in (own_server.secrets_file, postgres.data_folder(own_server), own_server.home / "logs"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a user to give up")
def test_the_server_of_root_runs_as_an_ordinary_user(own_server: Settings) -> None:
    postgres.start(own_server)
    assert psutil.Process(_postmaster(own_server)).uids().real != 0


def _query(settings: Settings, query: str) -> object:
    with psycopg.connect(settings.database_url("elevate_owner", "postgres")) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def _postmaster(settings: Settings) -> int:
    return int((postgres.data_folder(settings) / "postmaster.pid").read_text().split()[0])


def _kill(settings: Settings) -> None:
    number = _postmaster(settings)
    os.kill(number, signal.SIGKILL)
    _until(lambda: not postgres.is_running(settings))


def _until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
