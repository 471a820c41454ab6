"""How Airflow is set up on one machine: `airflow.cfg` and the environment of its processes.

Secrets stand in `airflow.cfg`, which only its owner can read, so that they are in
no process listing and `AIRFLOW_HOME` is all that a command needs.
"""

import base64
import configparser
import json
import os
import secrets as random_secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from elevate.local import district
from elevate.local.ports import HOST
from elevate.settings import PROJECT, Settings
from elevate.warehouse.connection import sqlalchemy_url

LOGINS = {"engineer": "admin", "viewer": "viewer"}
"""Name of a login in Airflow's pages to its role there."""


def airflow_home(settings: Settings) -> Path:
    """Airflow's own folder."""
    return settings.home / "airflow"


def ensure_secrets(settings: Settings) -> None:
    """Make up Airflow's keys, and the password of the viewer."""
    missing = {
        "airflow_fernet_key": base64.urlsafe_b64encode(random_secrets.token_bytes(32)).decode(),
        "airflow_jwt_secret": random_secrets.token_urlsafe(64),
        "password_airflow_viewer": random_secrets.token_urlsafe(12),
    }
    settings.save_secrets(**{name: value for name, value in missing.items() if name not in settings.secrets})


def passwords(settings: Settings) -> dict[str, str]:
    """Password of each of LOGINS."""
    known = settings.secrets
    return {"engineer": known["password_airflow_login"], "viewer": known["password_airflow_viewer"]}


def write(settings: Settings, port: int) -> None:
    """Write airflow.cfg and the passwords file, readable by their owner alone."""
    home = airflow_home(settings)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Airflow reads the file with interpolation, where a lone percent sign is an error.
    config = configparser.RawConfigParser()
    config.read_dict({s: {k: v.replace("%", "%%") for k, v in o.items()} for s, o in _options(settings, port).items()})
    with _private(home / "airflow.cfg").open("w") as file:
        config.write(file)
    with _private(home / "passwords.json").open("w") as file:
        json.dump(passwords(settings), file)


def environment(settings: Settings) -> dict[str, str]:
    """The environment for Airflow's commands: the caller's, without what would override airflow.cfg."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AIRFLOW_") and name != "ELEVATE_DATABASE_URL"
    }
    if district.is_ours(settings):
        kept.setdefault("ELEVATE_LAST_NIGHT", district.LAST_NIGHT)
    return kept | {
        "AIRFLOW_HOME": str(airflow_home(settings)),
        "ELEVATE_HOME": str(settings.home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # Airflow's parts talk to each other on this machine, whatever proxy leads out of it.
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }


def _private(path: Path) -> Path:
    path.touch(mode=0o600)
    return path


# A killed task runs again within a minute; the defaults take five. Shorter still, and a
# machine under load would be taken for dead.
SCHEDULER = {
    "scheduler_idle_sleep_time": "0.5",
    "scheduler_heartbeat_sec": "3",
    "scheduler_health_check_threshold": "30",
    "orphaned_tasks_check_interval": "15",
    "task_instance_heartbeat_sec": "5",
    "task_instance_heartbeat_timeout": "60",
    "task_instance_heartbeat_timeout_detection_interval": "10",
}


def _options(settings: Settings, port: int) -> Mapping[str, Mapping[str, str]]:
    home = airflow_home(settings)
    database = settings.database_url("airflow_database", "airflow")
    url = f"http://{HOST}:{port}"
    return {
        "core": {
            "dags_folder": str(PROJECT / "dags"),
            "plugins_folder": str(PROJECT / "plugins"),
            "executor": "LocalExecutor",
            "parallelism": str(max(4, min(8, os.cpu_count() or 1))),
            "load_examples": "False",
            "dags_are_paused_at_creation": "False",
            "fernet_key": settings.secrets["airflow_fernet_key"],
            "execution_api_server_url": f"{url}/execution/",
            "simple_auth_manager_users": ",".join(f"{name}:{role}" for name, role in LOGINS.items()),
            "simple_auth_manager_passwords_file": str(home / "passwords.json"),
            # The default asks a name server, which may be far or none.
            "hostname_callable": "socket.gethostname",
            "killed_task_cleanup_time": "10",
        },
        "database": {
            "sql_alchemy_conn": database.replace("postgresql://", "postgresql+psycopg2://", 1),
            # asyncpg is the default, and is not installed.
            "sql_alchemy_conn_async": sqlalchemy_url(database),
        },
        "api": {"host": HOST, "port": str(port), "base_url": url, "workers": "1", "instance_name": "Elevate"}
        | {"secret_key": settings.secrets["airflow_jwt_secret"], "expose_config": "False"},
        "api_auth": {"jwt_secret": settings.secrets["airflow_jwt_secret"]},
        "logging": {"base_log_folder": str(home / "logs"), "colored_console_log": "False"},
        # A slot notices the end of its task at the next heartbeat: a third of the tasks would hold it 5 s longer.
        "workers": {"min_heartbeat_interval": "1"},
        "dag_processor": {"parsing_processes": "1", "refresh_interval": "30"},
        "scheduler": SCHEDULER,
    }
