"""Imports run one way: the contracts of [tool.importlinter] in pyproject.toml, as a test."""

import subprocess
import sys
from pathlib import Path

from elevate.settings import PROJECT
from tests.house.conftest import environment


def test_imports_run_one_way() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(program), "--no-logo"], cwd=PROJECT, env=environment(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"an import runs against the layers:\n{done.stdout}{done.stderr}"
