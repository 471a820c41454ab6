"""The warehouse database: `connection` opens it, `migration` brings its schema up to date."""

from elevate.warehouse.connection import connect, sqlalchemy_url

__all__ = ["connect", "sqlalchemy_url"]
