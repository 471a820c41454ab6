"""Apache Superset on one machine: the dashboards of `deploy/superset/assets`, read with the BI login.

Superset lives in an environment of its own, made by `make bi`, and is only ever run as
another program: nothing here imports it.
"""

import json
import os
import secrets as random_secrets
import subprocess
import time

import httpx

from elevate.local import databases, processes
from elevate.local.ports import HOST, free_port
from elevate.local.saying import say
from elevate.settings import PROJECT, Settings, SettingsError
from elevate.warehouse import connect
from elevate.warehouse.migration import migrate

SERVICE = "superset"
ADMINISTRATOR = "admin"
DASHBOARDS = ("programme-reach-and-supports", "outcomes-by-cohort")
PROGRAMS = PROJECT / ".venv-bi" / "bin"
FILES = PROJECT / "deploy" / "superset"
SERVER = ("superset.app:create_app()", "--worker-class=gthread", "--workers=1", "--threads=8", "--timeout=120")
START_SECONDS = 240.0
POLL_SECONDS = 0.5


def start(settings: Settings) -> str:
    """Start Superset, and the database where it does not run; returns Superset's address.

    Where Superset runs already, nothing is done. Raises SettingsError where its environment
    is missing or no night was published, ProcessError where it does not start.
    """
    with processes.exclusive(settings.home):
        if not (PROGRAMS / "gunicorn").exists():
            raise SettingsError("Superset is not installed: run `make bi`.")
        databases.ensure(settings)
        migrate(settings)
        with connect(settings, "bi_reader") as connection:
            if connection.execute("select 1 from ops.data_as_of where kind = 'marts'").fetchone() is None:
                raise SettingsError("No night has been published yet: run `make nightly` first.")
        if processes.leader(settings.home, SERVICE) is None:
            processes.stop(settings.home, SERVICE)  # what a killed one has left behind
            _start(settings)
    return settings.secrets["superset_url"]


def password(settings: Settings) -> str:
    """Of the administrator's login in Superset's pages."""
    return settings.secrets["password_superset_login"]


def write_settings(settings: Settings) -> None:
    """Write what `superset_config.py` reads, for its owner alone; secrets are made up once."""
    made = {
        "superset_secret_key": random_secrets.token_urlsafe(48),
        "password_superset_login": random_secrets.token_urlsafe(12),
    }
    settings.save_secrets(**{name: value for name, value in made.items() if name not in settings.secrets})
    known = {
        "secret_key": settings.secrets["superset_secret_key"],
        "admin_password": password(settings),
        "warehouse": settings.database_url("bi_reader"),
    }
    folder = settings.home / "superset"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / "settings.draft"
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(known, indent=1))
    draft.replace(folder / "settings.json")


def _start(settings: Settings) -> None:
    write_settings(settings)
    say("Preparing Superset and its dashboards; the first time takes a minute or two.")
    _prepare(settings)
    remembered = settings.secrets.get("superset_url", "http://:8088").rsplit(":", 1)[-1]
    port = free_port((int(remembered), 8088))
    settings.save_secrets(superset_url=f"http://{HOST}:{port}")
    command = [str(PROGRAMS / "gunicorn"), *SERVER, f"--bind={HOST}:{port}"]
    processes.start(settings.home, SERVICE, command, _environment(settings))
    _wait_until_ready(settings)


def _prepare(settings: Settings) -> None:
    log = processes.open_log(settings.home, "superset-preparation")
    with log.open("wb") as output:
        done = subprocess.run(
            [str(PROGRAMS / "python"), str(FILES / "prepare.py")],
            env=_environment(settings),
            cwd=settings.home,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:
        last = processes.last_lines(settings.home, "superset-preparation")
        raise processes.ProcessError(f"Superset could not be prepared. {log} ends with:\n{last}")


def _wait_until_ready(settings: Settings) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if processes.leader(settings.home, SERVICE) is None:
            break
        try:
            if httpx.get(f"{settings.secrets['superset_url']}/health", trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(POLL_SECONDS)
    log = processes.log_file(settings.home, SERVICE)
    last = processes.last_lines(settings.home, SERVICE)
    raise processes.ProcessError(f"Superset does not answer. {log} ends with:\n{last}")


def _environment(settings: Settings) -> dict[str, str]:
    """The caller's, without what would set up Python or Superset otherwise."""
    others = ("PYTHON", "FLASK_", "SUPERSET_", "ELEVATE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return kept | {
        "SUPERSET_HOME": str(settings.home / "superset"),
        "SUPERSET_CONFIG_PATH": str(FILES / "superset_config.py"),
        "PYTHONUNBUFFERED": "1",
    }
