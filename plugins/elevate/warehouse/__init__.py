"""The warehouse database: connections, and its schema as migrations."""

from elevate.warehouse.connection import connect, sqlalchemy_url
from elevate.warehouse.migration import migrate

__all__ = ["connect", "migrate", "sqlalchemy_url"]
