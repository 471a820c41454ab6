"""The synthetic district as its own process, served by SFTP, and a platform that knows its address."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import yaml

from elevate.settings import PROJECT, Settings
from simulator.marker import since_of, write_marker

SOURCES = ("sis", "assessment", "supports", "study")
START_SECONDS = 60


class District:
    """A running district; `misbehave` spoils one feed of one night."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def misbehave(self, night: date, feed: str, kind: str) -> None:
        """Spoil a feed for a night, or give all back with the kind `clear`."""
        _simulator("misbehave", "--folder", self.folder, "--night", night, "--feed", feed, "--kind", kind)

    def correct(self, night: date, source: str, file: str, old: str, new: str) -> None:
        """Put a corrected file into a drop that was made before: the first `old` in it becomes `new`."""
        drop = self.folder / "drops" / source / night.isoformat()
        content = (drop / file).read_text()
        assert old in content
        (drop / file).write_text(content.replace(old, new, 1))
        write_marker(drop, since_of(drop))


@contextmanager
def serving(folder: Path, settings: Settings, schools: int) -> Iterator[District]:
    """Serve a district of `schools` schools, and write its address into `settings.sources_file`."""
    command = ["serve", "--folder", folder, "--schools", schools]
    process = subprocess.Popen(_command(*command), cwd=PROJECT, stdout=subprocess.DEVNULL)
    try:
        settings.sources_file.write_text(yaml.safe_dump(dict.fromkeys(SOURCES, _address(folder, process))))
        yield District(folder)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _address(folder: Path, process: "subprocess.Popen[bytes]") -> dict[str, object]:
    until = time.monotonic() + START_SECONDS
    while not (folder / "address.json").exists():
        assert process.poll() is None, "the district ended at once"
        assert time.monotonic() < until, "the district did not start in time"
        time.sleep(0.1)
    return {"type": "sftp"} | json.loads((folder / "address.json").read_text())


def _simulator(*arguments: object) -> None:
    subprocess.run(_command(*arguments), cwd=PROJECT, check=True)


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "simulator", *map(str, arguments)]
