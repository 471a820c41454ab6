"""What a piece of work costs: seconds, processor seconds and memory, of this process and of the database server."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

PAUSE_SECONDS = 0.05
END_SECONDS = 5.0
PROC = Path("/proc")


@dataclass
class Cost:
    """Seconds by the clock; processor seconds and most memory, in MB, of this process (`client`) and of the server.

    The client's memory is its peak since it began, imports included; the server's that of
    its largest session, without the buffers that all of them share.
    """

    seconds: float = 0.0
    client_seconds: float = 0.0
    server_seconds: float = 0.0
    client_mb: float = 0.0
    server_mb: float = 0.0


@contextmanager
def metered(postmaster: int) -> Iterator[Cost]:
    """Measure a block on Linux; `postmaster` is the server's first process, which runs on this machine."""
    cost, done, sessions = Cost(), threading.Event(), _sessions(postmaster)
    watch = threading.Thread(target=_watch_memory, args=(postmaster, cost, done))
    watch.start()
    server_began, client_began, began = _seconds_of(postmaster), time.thread_time(), time.perf_counter()
    try:
        yield cost
    finally:
        cost.seconds = time.perf_counter() - began
        cost.client_seconds = time.thread_time() - client_began
        cost.client_mb = _peak_mb()
        done.set()
        watch.join()
        # What a session has used is known to its parent once it has ended.
        until = time.monotonic() + END_SECONDS
        while _sessions(postmaster) - sessions and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
        cost.server_seconds = _seconds_of(postmaster) - server_began


def _peak_mb() -> float:
    # Not getrusage: its peak is inherited from the process that started this one.
    (peak,) = (line for line in (PROC / "self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


def _sessions(postmaster: int) -> set[int]:
    return {int(pid) for pid in (PROC / f"{postmaster}/task/{postmaster}/children").read_text().split()}


def _seconds_of(postmaster: int) -> float:
    """Processor seconds of the server and of all sessions that there are and were."""
    seconds = sum(psutil.Process(postmaster).cpu_times()[:4])
    for session in _sessions(postmaster):
        with suppress(psutil.Error):
            seconds += sum(psutil.Process(session).cpu_times()[:2])
    return seconds


def _watch_memory(postmaster: int, cost: Cost, done: threading.Event) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    while not done.wait(PAUSE_SECONDS):
        for session in _sessions(postmaster):
            with suppress(OSError):
                _, resident, shared, *_ = (PROC / f"{session}/statm").read_text().split()
                cost.server_mb = max(cost.server_mb, (int(resident) - int(shared)) * page / 2**20)
