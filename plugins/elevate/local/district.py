"""The synthetic district: its server, and the addresses of its source systems."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from elevate.contracts import load_feeds
from elevate.local import processes
from elevate.settings import PROJECT, Settings, SettingsError

SERVICE = "district"
# The synthetic calendar ends; by itself the clock starts no night after this one.
LAST_NIGHT = "2019-06-30"
PUBLIC_SOURCE = "portal"
USUAL = {"schools": "48", "seed": "1"}
OURS = "# Written by `elevate up` for the synthetic district. Take this line out to keep your own addresses.\n"
START_SECONDS = 60.0
POLL_SECONDS = 0.1


def is_ours(settings: Settings) -> bool:
    """Whether the sources are the synthetic district's: a person's own sources file is never touched."""
    file = settings.sources_file
    return not file.exists() or file.read_text().startswith(OURS)


def start(settings: Settings) -> None:
    """Start the district's server and write its address for every source of files by SFTP.

    Size and seed are ELEVATE_DISTRICT_SCHOOLS (48) and ELEVATE_DISTRICT_SEED (1), chosen
    at the first start. Does nothing where the sources file is a person's own. Raises
    SettingsError where another district is asked for than at the first start.
    """
    if not is_ours(settings):
        return
    choice = _choice(settings)
    address_file = settings.home / "district" / "address.json"
    if processes.leader(settings.home, SERVICE) is None:
        address_file.unlink(missing_ok=True)
        processes.start(settings.home, SERVICE, _command(address_file.parent, choice), _environment())
    address = {"type": "sftp"} | _wait_for(settings, address_file)
    feeds = load_feeds(settings.feeds).values()
    _write(settings, {feed.source: dict(address) for feed in feeds if feed.protocol == "sftp"})


def use_public_data(settings: Settings, folder: Path) -> None:
    """Let the district's public files be read from `folder`.

    Raises SettingsError where that is no folder, or the sources file a person's own.
    """
    if not folder.is_dir():
        raise SettingsError(f"{folder} is no folder: give the one that holds the district's public files.")
    address = {"type": "folder", "path": str(folder.resolve())}
    if is_ours(settings):
        _write(settings, {PUBLIC_SOURCE: address})
    elif (yaml.safe_load(settings.sources_file.read_text()) or {}).get(PUBLIC_SOURCE) != address:
        raise SettingsError(f"{settings.sources_file} is your own: add `{PUBLIC_SOURCE}: {json.dumps(address)}` to it.")


def stop(settings: Settings) -> int:
    """Stop the server; returns the number of processes."""
    return processes.stop(settings.home, SERVICE)


def _choice(settings: Settings) -> dict[str, str]:
    """Size and seed: those of the first start, which are kept beside the district's folder."""
    variables = {name: f"ELEVATE_DISTRICT_{name.upper()}" for name in USUAL}
    asked = {name: os.environ[variable] for name, variable in variables.items() if os.environ.get(variable)}
    file = settings.home / "district.json"
    if not file.exists():
        file.write_text(json.dumps(USUAL | asked))
    choice: dict[str, str] = json.loads(file.read_text())
    for name, value in asked.items():
        if choice[name] != value:
            raise SettingsError(
                f"{variables[name]} is {value}, but the district in {settings.home} was made with "
                f"{choice[name]}: leave the variable out, or take another folder by ELEVATE_HOME."
            )
    return choice


def _command(folder: Path, choice: dict[str, str]) -> list[str]:
    arguments = ["serve", "--folder", str(folder)]
    arguments += [text for name, value in choice.items() for text in (f"--{name}", value)]
    return [sys.executable, "-m", "simulator", *arguments]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ELEVATE_DATABASE_")}
    return kept | {"PYTHONPATH": str(PROJECT)}


def _wait_for(settings: Settings, address_file: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while not address_file.exists():
        ended = processes.leader(settings.home, SERVICE) is None
        if ended or time.monotonic() > deadline:
            log = processes.log_file(settings.home, SERVICE)
            last = processes.last_lines(settings.home, SERVICE)
            raise processes.ProcessError(f"The synthetic district does not answer. {log} ends with:\n{last}")
        time.sleep(POLL_SECONDS)
    return dict(json.loads(address_file.read_text()))


def _write(settings: Settings, addresses: dict[str, dict[str, Any]]) -> None:
    file = settings.sources_file
    known = (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
    draft = file.with_suffix(".draft")
    draft.write_text(OURS + yaml.safe_dump(known | addresses, sort_keys=True))
    draft.replace(file)
