"""Bringing a warehouse database to the schema of this version."""

from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from psycopg import sql

from elevate.settings import LOGIN_ROLES, Settings
from elevate.warehouse.connection import sqlalchemy_url

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(settings: Settings) -> None:
    """Apply what migrations are missing, as the owner, and set each login's password.

    Safe to call at every start; two at once wait for each other.
    """
    url = settings.database_url("elevate_owner")
    engine = sqlalchemy.create_engine(sqlalchemy_url(url))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        # Roles belong to the whole server, so the lock must too: advisory locks
        # are per database, which is enough for one warehouse a server.
        connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('elevate.migrate'))")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    _set_passwords(settings, url)


def _set_passwords(settings: Settings, url: str) -> None:
    with psycopg.connect(url) as connection:
        for role in LOGIN_ROLES:
            # Hashed here, so that no password stands in the server's log.
            verifier = connection.pgconn.encrypt_password(
                settings.secrets[f"password_{role}"].encode(), role.encode(), b"scram-sha-256"
            )
            connection.execute(
                sql.SQL("alter role {} login password {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
            )
