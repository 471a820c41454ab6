"""Research keys: how a student is called by everybody who may not know the student.

HMAC-SHA-256 over the district's student number, under a key that never enters the
warehouse. The same number gives the same research key for as long as the key lives.
"""

import hashlib
import hmac

from psycopg import sql

from elevate.contracts import Feed
from elevate.settings import Settings
from elevate.warehouse.connection import Connection

KEY_DIGITS = 24


def research_key(secret: str, student_id: str) -> str:
    """The research key of one district student number: 24 hexadecimal digits (96 bits)."""
    return hmac.new(secret.encode(), student_id.encode(), hashlib.sha256).hexdigest()[:KEY_DIGITS]


def add_research_keys(connection: Connection, settings: Settings, feed: Feed, table: sql.Identifier) -> None:
    """Give a research key to each student number in `table` that has none yet."""
    for column in feed.columns:
        if column.identifies != "student":
            continue
        rows = connection.execute(
            sql.SQL("""select distinct t.{column} as student_id from {table} as t
                       left join identity.student_key as k on k.student_id = t.{column}
                       where k.student_id is null and t.{column} is not null""").format(
                column=sql.Identifier(column.name), table=table
            )
        ).fetchall()
        secret = settings.secrets["research_key"]
        connection.execute("create temp table if not exists new_key (student_id text, student_key text)")
        connection.execute("truncate pg_temp.new_key")
        with connection.cursor() as cursor, cursor.copy("copy pg_temp.new_key from stdin") as copy:
            for row in rows:
                copy.write_row((row["student_id"], research_key(secret, row["student_id"])))
        # Two feeds may bring the same new students at the same moment: in one order, so that they can't deadlock.
        connection.execute(
            "insert into identity.student_key select * from pg_temp.new_key order by student_id on conflict do nothing"
        )
        if rows:
            connection.execute("analyze identity.student_key")
