"""Under which user the embedded PostgreSQL runs. It refuses to run as root."""

import os
import pwd
import stat
import subprocess
from pathlib import Path

from elevate.local.saying import say
from elevate.settings import SettingsError

NAME = "elevate-postgres"


def server_user() -> pwd.struct_passwd | None:
    """The unprivileged system user of the server, made where it is missing.

    None where the caller isn't root: then the server runs as the caller.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        _create()
        return pwd.getpwnam(NAME)


def _create() -> None:
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", NAME]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or str(error)
        raise SettingsError(
            f"PostgreSQL does not run as root, and its system user could not be made ({reason.strip()}). "
            f"Make a user named {NAME}, or run this as an ordinary user."
        ) from None
    say(f"Made the system user {NAME}: PostgreSQL does not run as root.")


def let_through(path: Path, user: pwd.struct_passwd) -> None:
    """Make `path` reachable for `user`: others may pass (not list) each folder above it that bars the way."""
    barred = [folder for folder in reversed(path.resolve().parents) if not _may_pass(folder, user)]
    for folder in barred:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)
    if barred:
        names = ", ".join(str(folder) for folder in barred)
        say(f"Allowed other users to pass through {names}: the database server ({user.pw_name}) must.")


def _may_pass(folder: Path, user: pwd.struct_passwd) -> bool:
    facts = folder.stat()
    if facts.st_uid == user.pw_uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == user.pw_gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)
