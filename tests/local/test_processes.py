"""Processes that are started are found and ended again, whatever became of their parents; others never."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from elevate.local import processes

SLEEP = "import time; time.sleep(60)"
# A child in a process group of its own, as Airflow makes one for each task.
PARENT = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEP!r}], process_group=0)
print("ready", flush=True)
time.sleep(60)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
RENAMED = """
import setproctitle, time
setproctitle.setproctitle("a name that is longer than what was there before " * 9)
print("ready", flush=True)
time.sleep(60)
"""


def test_stopping_a_service_leaves_nothing(tmp_path: Path) -> None:
    _start(tmp_path, PARENT)
    assert len(processes.find(tmp_path, "sleeper")) == 2
    assert processes.stop(tmp_path, "sleeper") == 2
    assert processes.find(tmp_path) == []


def test_the_children_of_a_killed_parent_are_found(tmp_path: Path) -> None:
    parent = _start(tmp_path, PARENT)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert processes.leader(tmp_path, "sleeper") is None
    assert len(processes.find(tmp_path, "sleeper")) == 1
    processes.stop(tmp_path)
    assert processes.find(tmp_path) == []


def test_what_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LEADER_SECONDS", 0.5)
    monkeypatch.setattr(processes, "CHILD_SECONDS", 0.5)
    _start(tmp_path, DEAF)
    assert processes.stop(tmp_path) == 1
    assert processes.find(tmp_path) == []


def test_a_process_that_renames_itself_is_still_found(tmp_path: Path) -> None:
    _start(tmp_path, RENAMED)
    found = processes.leader(tmp_path, "sleeper")
    assert found is not None
    assert "a name that is longer" in found.cmdline()[0]
    processes.stop(tmp_path)


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    """Not the person's own shell, with ELEVATE_HOME set in it, nor another installation's."""
    mine = subprocess.Popen([sys.executable, "-c", SLEEP], env=os.environ | {"ELEVATE_HOME": str(tmp_path)})
    _start(tmp_path / "other", PARENT)
    try:
        assert processes.stop(tmp_path) == 0
        assert mine.poll() is None
        assert len(processes.find(tmp_path / "other")) == 2
    finally:
        mine.kill()
        mine.wait()
        processes.stop(tmp_path / "other")


def test_a_zombie_does_not_count(tmp_path: Path) -> None:
    child = processes.start(tmp_path, "sleeper", [sys.executable, "-c", "pass"], os.environ)
    time.sleep(1)  # it has ended, and nobody has waited for it
    assert processes.find(tmp_path) == []
    child.wait()


def test_one_at_a_time_starts_and_stops(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from elevate.local.processes import exclusive
with exclusive(Path({str(tmp_path)!r})):
    print("in", flush=True)
"""
    with processes.exclusive(tmp_path):
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1)
    assert other.communicate(timeout=20)[0] == b"in\n"


def _start(home: Path, code: str) -> "subprocess.Popen[bytes]":
    home.mkdir(exist_ok=True)
    process = processes.start(home, "sleeper", [sys.executable, "-c", code], os.environ)
    deadline = time.monotonic() + 20
    while "ready" not in processes.last_lines(home, "sleeper"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process
