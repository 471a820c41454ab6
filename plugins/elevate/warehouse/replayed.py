"""Databases of replays: beside the warehouse, and gone at the end, unless they were kept or the replay was killed."""

from datetime import date

import psycopg
from psycopg import sql

from elevate.settings import Settings

PREFIX = "replay_"


def name(night: date) -> str:
    """The database in which a night is built again."""
    return f"{PREFIX}{night:%Y%m%d}"


def drop_left_over(settings: Settings) -> int:
    """Drop each of them, also from under whoever uses it; returns how many there were.

    Raises psycopg.Error where the server does not let the owner do so.
    """
    with psycopg.connect(settings.database_url("elevate_owner"), autocommit=True, connect_timeout=10) as connection:
        found = connection.execute(
            """select datname from pg_database
               where starts_with(datname, %s) and pg_get_userbyid(datdba) = current_user order by datname""",
            (PREFIX,),
        ).fetchall()
        for (database,) in found:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))
    return len(found)
