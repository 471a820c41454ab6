"""Prepares the database server and the state folder of a deployment; safe to run again.

Makes what is missing: logins, the two databases, the warehouse's schema, and the files in
`ELEVATE_HOME/airflow` and `…/superset` from which those read their secrets (see docker-compose.yml).
"""

import json
import os
from pathlib import Path
from urllib.parse import quote

from elevate.local import airflow_config, databases, superset_server
from elevate.settings import Settings
from elevate.warehouse.connection import sqlalchemy_url
from elevate.warehouse.migration import migrate

SECRETS = Path(os.environ.get("ELEVATE_DEPLOYMENT_SECRETS", "/run/secrets"))
DATABASE_SERVER = os.environ.get("ELEVATE_DATABASE_SERVER", "postgres@postgres:5432")


def main() -> None:
    """Prepare everything that comes before `airflow db migrate`."""
    administrator, address = DATABASE_SERVER.split("@")
    password = quote(_secret("postgres_password"), safe="")
    os.environ["ELEVATE_DATABASE_URL"] = f"postgresql://{administrator}:{password}@{address}/postgres"
    settings = Settings.load()
    databases.ensure(settings)
    migrate(settings)
    airflow_config.ensure_secrets(settings)
    for name, content in airflow_secrets(settings).items():
        _write_private(settings.home / "airflow" / name, content)
    superset_server.write_settings(settings)


def airflow_secrets(settings: Settings) -> dict[str, str]:
    """Name of a file to its content, without a line end: Airflow takes a file as it is."""
    known = settings.secrets
    database = settings.database_url("airflow_database", "airflow")
    return {
        "database": database.replace("postgresql://", "postgresql+psycopg2://", 1),
        "database_async": sqlalchemy_url(database),
        "broker": f"redis://:{quote(_secret('redis_password'), safe='')}@redis:6379/0",
        "fernet_key": known["airflow_fernet_key"],
        "jwt_secret": known["airflow_jwt_secret"],
        "passwords.json": json.dumps(airflow_config.passwords(settings)),
    }


def _secret(name: str) -> str:
    return (SECRETS / name).read_text().strip()


def _write_private(file: Path, content: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(content)
    draft.replace(file)


if __name__ == "__main__":
    main()
