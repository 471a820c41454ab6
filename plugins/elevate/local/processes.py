"""The processes that an installation has started, and only those.

A process is known by a mark in its environment, which its children inherit and
which is still there when the parent was killed. Pid files would do neither:
Airflow's workers outlive their parents, and a number in a file may by now belong
to somebody else.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

MARK = "ELEVATE_STARTED_FOR"
SERVICE = "ELEVATE_SERVICE"
POLL_SECONDS = 0.05
LEADER_SECONDS = 15.0
CHILD_SECONDS = 3.0
KILL_SECONDS = 10.0


class ProcessError(RuntimeError):
    """A process could not be started or ended; the message names it and its log."""


def log_file(home: Path, service: str) -> Path:
    """Where a service writes what it prints."""
    return home / "logs" / f"{service}.log"


def open_log(home: Path, service: str) -> Path:
    """The same, with its folder made; only the owner can look into it."""
    log = log_file(home, service)
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return log


def start(home: Path, service: str, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, marked as a part of the installation in `home`."""
    log = open_log(home, service)
    # setproctitle would overwrite the environment that we look at, hence SPT_NOENV.
    marked = {**environment, MARK: str(home), SERVICE: service, "SPT_NOENV": "1"}
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=marked,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that has ended and waits for its parent to notice doesn't."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def find(home: Path, service: str | None = None) -> list[psutil.Process]:
    """All living processes started for `home`, or those of one service, children included."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except (psutil.Error, OSError):
            continue
        if environment.get(MARK) != str(home) or not is_alive(process):
            continue
        if service is None or environment.get(SERVICE) == service:
            found.append(process)
    return found


def leader(home: Path, service: str) -> psutil.Process | None:
    """The first process of a service, if it runs."""
    return next((process for process in find(home, service) if _leads(process)), None)


def stop(home: Path, *services: str) -> int:
    """End all processes of the services (all of `home` where none is named); returns how many.

    Leaders are asked first, so that they can end their children in order; what is
    left is asked, then killed. Raises ProcessError where something survives even that.
    """
    everything = _of(home, services)
    _end([process for process in everything if _leads(process)], signal.SIGTERM, LEADER_SECONDS)
    _end(_of(home, services), signal.SIGTERM, CHILD_SECONDS)
    deadline = time.monotonic() + KILL_SECONDS
    while left := _of(home, services):  # a parent may have started another while its children were killed
        if time.monotonic() > deadline:
            raise ProcessError(f"Could not end these processes: {', '.join(str(p.pid) for p in left)}.")
        _end(left, signal.SIGKILL, KILL_SECONDS)
    return len(everything)


def _of(home: Path, services: Sequence[str]) -> list[psutil.Process]:
    return [p for s in services for p in find(home, s)] if services else find(home)


def _leads(process: psutil.Process) -> bool:
    try:
        return os.getsid(process.pid) == process.pid
    except OSError:
        return False


def _end(those: Sequence[psutil.Process], number: signal.Signals, seconds: float) -> None:
    """Send the signal and wait until they have ended, or the time is over."""
    for process in those:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
    deadline = time.monotonic() + seconds
    while any(is_alive(process) for process in those) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def last_lines(home: Path, service: str, count: int = 5) -> str:
    """The end of a service's log, for an error message."""
    log = log_file(home, service)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-count:])


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the installation's lock: starting and stopping are done by one at a time."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
