"""What happened: the platform's state as the command line, scripts and people ask for it."""

from datetime import date
from typing import Any

from elevate.contracts import Feed
from elevate.warehouse.connection import Connection

# An unchanged delivery has the verdict and the rows of the batch that it repeats.
NEWEST_BATCHES = """
    select distinct on (b.source, b.feed)
        b.source || '.' || b.feed as id,
        coalesce(twin.verdict, b.verdict) as verdict,
        coalesce(twin.rows_in, b.rows_in) as rows_in,
        coalesce(twin.rows_accepted, b.rows_accepted) as rows_accepted,
        coalesce(twin.rows_quarantined, b.rows_quarantined) as rows_quarantined,
        case when twin.batch_id is not null then 'unchanged since batch ' || twin.batch_id
             else b.message end as message
    from ops.batch as b
    left join ops.batch as twin on twin.batch_id = b.unchanged_from
    where b.night = %s and b.verdict <> 'abandoned'
    order by b.source, b.feed, b.batch_id desc
"""
NOTHING = {"rows_in": 0, "rows_accepted": 0, "rows_quarantined": 0, "message": None}


def last_night(connection: Connection) -> date | None:
    """The latest night of which anything was delivered or found missing."""
    row = connection.execute("select max(night) as night from ops.batch").fetchone()
    return row["night"] if row else None


def status(connection: Connection, feeds: dict[str, Feed], night: date | None = None) -> dict[str, Any]:
    """The state of `night` (by default the last one), ready for JSON.

    Keys: night; published and evaluation (id, night, at, content_hash, or null);
    feeds (source, feed, night, verdict, rows_in, rows_accepted, rows_quarantined,
    required, message); marts (schema, table, rows); refreshes and alerts of the night.
    """
    night = night or last_night(connection)
    return {
        "night": night.isoformat() if night else None,
        "published": _publication(connection, "marts"),
        "evaluation": _publication(connection, "evaluation"),
        "feeds": _feeds(connection, feeds, night),
        "marts": _marts(connection),
        "refreshes": _rows(
            connection,
            "select kind, verdict, message from ops.refresh where night = %s order by refresh_id",
            night,
        ),
        "alerts": _rows(
            connection, "select dag, task, message from ops.alert where night = %s order by alert_id", night
        ),
    }


def _publication(connection: Connection, kind: str) -> dict[str, Any] | None:
    row = connection.execute(
        """select publication_id as id, night, published_at as at, content_hash from ops.publication
           where kind = %s order by publication_id desc limit 1""",
        (kind,),
    ).fetchone()
    return row and row | {"night": row["night"].isoformat(), "at": row["at"].isoformat(timespec="seconds")}


def _feeds(connection: Connection, feeds: dict[str, Feed], night: date | None) -> list[dict[str, Any]]:
    batches = {row.pop("id"): row for row in connection.execute(NEWEST_BATCHES, (night,)).fetchall()}
    return [
        {"source": feed.source, "feed": feed.name, "night": night.isoformat() if night else None}
        | batches.get(feed.id, {"verdict": "missing" if feed.required else "not delivered"} | NOTHING)
        | {"required": feed.required}
        for feed in sorted(feeds.values(), key=lambda feed: feed.id)
    ]


def _marts(connection: Connection) -> list[dict[str, Any]]:
    return connection.execute(
        """select table_schema as schema, table_name as "table", rows from ops.publication_table
           where publication_id in (select max(publication_id) from ops.publication group by kind)
           order by table_schema = 'evaluation', table_schema, table_name"""
    ).fetchall()


def _rows(connection: Connection, query: str, night: date | None) -> list[dict[str, Any]]:
    return connection.execute(query.encode(), (night,)).fetchall()
