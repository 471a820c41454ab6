"""Connections to the warehouse, always as a named role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from elevate.settings import Settings

# Text forms of values must not depend on the server's locale settings: content
# hashes are taken over them.
FIXED_SESSION = "-c datestyle=ISO,MDY -c timezone=UTC -c extra_float_digits=1 -c intervalstyle=iso_8601"

Row = dict[str, Any]
Connection = psycopg.Connection[Row]


@contextmanager
def connect(settings: Settings, role: str = "elevate_pipeline") -> Iterator[Connection]:
    """One transaction as `role`: committed at the end of the block, rolled back on an exception."""
    with psycopg.connect(
        settings.database_url(role),
        options=FIXED_SESSION,
        application_name="elevate",
        connect_timeout=10,
        row_factory=dict_row,
    ) as connection:
        yield connection


def sqlalchemy_url(libpq_url: str) -> str:
    """The same address for SQLAlchemy, with the driver named: 2.1 guesses it otherwise."""
    return libpq_url.replace("postgresql://", "postgresql+psycopg://", 1)
