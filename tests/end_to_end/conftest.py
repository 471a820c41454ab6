"""A platform of its own, started and stopped by the command line as a person would."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from elevate.local.ports import HOST, free_port
from elevate.settings import PROJECT, Settings

SCHOOLS = "8"


@dataclass(frozen=True)
class Installation:
    """One installation in a folder of its own."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        return os.environ | {"ELEVATE_HOME": str(self.home), "ELEVATE_DISTRICT_SCHOOLS": SCHOOLS}

    @property
    def settings(self) -> Settings:
        """The library's view of it."""
        return Settings(self.home)

    def elevate(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `elevate …` to its end."""
        return subprocess.run(
            [str(Path(sys.executable).with_name("elevate")), *arguments],
            cwd=PROJECT, env=self.environment, text=True, capture_output=True, check=False, timeout=900,
        )  # fmt: skip

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `elevate …` and go on."""
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("elevate")), *arguments],
            cwd=PROJECT, env=self.environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def status(self) -> dict[str, Any]:
        """What `elevate status --json` says."""
        answer = self.elevate("status", "--json")
        assert answer.returncode == 0, answer.stderr
        return dict(json.loads(answer.stdout))

    def processes(self) -> list[psutil.Process]:
        """Whatever runs for this installation."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def _owns(self, process: psutil.Process) -> bool:
        try:
            mine = process.environ().get("ELEVATE_HOME") == str(self.home)
            return (mine or str(self.home) in " ".join(process.cmdline())) and process.pid != os.getpid()
        except psutil.Error:
            return False


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """A fresh installation, stopped and removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="elevate-e2e-")).resolve()
    own = Installation(home)
    # Two that start at once would both find Airflow's usual port free, and then share one Airflow.
    own.settings.save_secrets(airflow_url=f"http://{HOST}:{free_port([8100 + os.getpid() % 1000])}")
    try:
        yield own
    finally:
        own.elevate("down")
        shutil.rmtree(home, ignore_errors=True)
