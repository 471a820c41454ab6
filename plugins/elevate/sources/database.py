"""A table or view of a PostgreSQL database, read as a CSV file.

A snapshot holds all rows. With a watermark, a column that says when a row last changed,
each pull holds what changed since the last one, up to the end of the night.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchTableError, SQLAlchemyError

from elevate.contracts import Column, Feed
from elevate.settings import TIME_ZONE
from elevate.sources.errors import SourceError
from elevate.sources.fetched import Fetched

CONNECT_SECONDS = 20
ROWS_AT_ONCE = 5000
Address = dict[str, Any]
State = dict[str, Any] | None
Found = dict[str, sa.ColumnClause[Any]]


def fetch(address: Address, feed: Feed, night: date, into: Path, state: State) -> Fetched:
    """Read the feed's rows into one file; see `elevate.sources.fetch`.

    The columns are the contract's, as far as the table has them: which are missing is for
    the gate to say. `state` is {"watermark": the newest one read, in ISO 8601}; one that
    another protocol has left says nothing here.
    """
    where = f"{feed.id}, night {night}"
    zone = ZoneInfo(address.get("timezone", TIME_ZONE))
    held: str | None = state.get("watermark") if state else None
    file = into / f"{feed.name}.csv"
    with _connected(where, address, zone) as connection:
        found = _columns(where, feed, connection)
        query = _query(where, feed, found, _bounds(feed, night, held, zone), connection)
        newest = _write(feed, connection.execute(query), file)
    if feed.watermark is None:
        return Fetched([file], is_full=True)
    newest = newest or held
    return Fetched([file], is_full=held is None, state={"watermark": newest} if newest else None)


@contextmanager
def _connected(where: str, address: Address, zone: ZoneInfo) -> Iterator[sa.Connection]:
    """One read-only transaction, so that all rows are of one moment."""
    options = f"-c datestyle=ISO,MDY -c timezone={zone.key} -c extra_float_digits=1"
    try:
        url = sa.make_url(address["url"])
        if url.password is not None:
            raise SourceError(f"{where}: the url in sources.yaml holds a password. Name it by `password` instead.")
        engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg", password=address["password"]),
            connect_args={"options": options, "connect_timeout": CONNECT_SECONDS, "application_name": "elevate"},
            poolclass=sa.NullPool,
        ).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with engine.connect() as connection:
            yield connection
    except ArgumentError:
        raise SourceError(
            f"{where}: the url in sources.yaml is none, expected postgresql://user@host/database."
        ) from None
    except SQLAlchemyError as error:
        # The text of a refused statement may quote values; that of a failed connection does not.
        cause = error.orig if isinstance(error, DBAPIError) else None
        code = getattr(cause, "sqlstate", None)
        reason = f"SQLSTATE {code}" if code or cause is None else str(cause)
        raise SourceError(
            f"{where}: the database could not be read ({type(error).__name__}, {reason}). "
            "Check url and password in sources.yaml, and that the login may read the table."
        ) from None


def _columns(where: str, feed: Feed, connection: sa.Connection) -> Found:
    """The table's columns by their names in lower case."""
    schema, _, table = feed.location.partition(".")
    try:
        columns = sa.inspect(connection).get_columns(table, schema)
    except NoSuchTableError:
        raise SourceError(f"{where}: the database shows no table {feed.location}.") from None
    return {column["name"].lower(): sa.column(column["name"], column["type"]) for column in columns}


def _bounds(feed: Feed, night: date, held: str | None, zone: ZoneInfo) -> tuple[datetime | None, datetime]:
    """The watermarks to read: after the first, where there is one, and before the second."""
    since = datetime.fromisoformat(held) - feed.overlap if held else None
    return since, datetime.combine(night + timedelta(days=1), time(), zone)


def _query(
    where: str, feed: Feed, found: Found, bounds: tuple[datetime | None, datetime], connection: sa.Connection
) -> sa.Select[*tuple[Any, ...]]:
    schema, _, table = feed.location.partition(".")
    source = sa.table(table, *found.values(), schema=schema)
    chosen = [(column, _find(found, column)) for column in feed.file_columns]
    shown = [sa.cast(own, sa.Text).label(column.header) for column, own in chosen if own is not None]
    key = [own for column, own in chosen if own is not None and column.name in feed.key]
    if feed.watermark is None:
        return sa.select(*shown, sa.null()).select_from(source).order_by(*key)
    mark = found.get(feed.watermark.lower())
    if mark is None or not isinstance(mark.type, sa.Date | sa.DateTime):
        raise SourceError(f"{where}: {feed.location} has no date or timestamp {feed.watermark}, the feed's watermark.")
    if connection.scalar(sa.select(sa.exists().where(mark.is_(None)).select_from(source))):
        raise SourceError(f"{where}: rows of {feed.location} have no {feed.watermark}, and would never be read.")
    since, end = (_as(mark, bound) for bound in bounds)
    query = sa.select(*shown, mark).select_from(source).where(mark < end).order_by(*key)
    return query if since is None else query.where(mark > since)


def _find(found: Found, column: Column) -> sa.ColumnClause[Any] | None:
    own = next((found[name] for name in column.headers if name in found), None)
    # With a time zone, a value is a moment: shown as the district's clock showed it.
    aware = own is not None and getattr(own.type, "timezone", False)
    return sa.cast(own, sa.DateTime()) if aware else own  # type: ignore[return-value]


def _as(mark: sa.ColumnClause[Any], bound: datetime | None) -> datetime | None:
    """A bound in the watermark's own terms: a moment, or what the clock shows."""
    if bound is None or getattr(mark.type, "timezone", False):
        return bound
    return bound.replace(tzinfo=None)


def _write(feed: Feed, rows: sa.CursorResult[*tuple[Any, ...]], file: Path) -> str | None:
    """Write the rows, all but their last column; returns the newest value of that in ISO 8601."""
    newest: Any = None
    with rows, file.open("w", encoding=feed.encoding, newline="") as text:
        writer = csv.writer(text, delimiter=feed.delimiter, lineterminator="\n")
        writer.writerow(list(rows.keys())[:-1])
        for row in rows.yield_per(ROWS_AT_ONCE):
            writer.writerow(row[:-1])
            newest = row[-1] if newest is None else max(newest, row[-1])
    return newest and str(newest.isoformat())
