"""Rotation of the research key: every student is called by another key from one moment on.

Keys of before can't be joined with keys of after. Nothing keeps which key became which:
that would be the old key's life prolonged.
"""

import secrets

from psycopg import sql

from elevate.identity import fingerprint, research_key, secret_in_use, student_tables
from elevate.refreshes import PUBLISHED_SCHEMAS
from elevate.settings import Settings
from elevate.warehouse import replayed
from elevate.warehouse.connection import Connection, connect

NEXT = "research_key_next"
PUBLISHED = {schema for schemas in PUBLISHED_SCHEMAS.values() for schema in schemas}


def rotate(settings: Settings) -> int:
    """Give every student a new research key, made with a new secret; returns how many students have one.

    The warehouse changes in one transaction. The new secret is in the secrets file before, and takes the old one's
    place after it: a rotation that was cut off is ended by the next call. What a build had begun is abandoned, and
    tables between feeds and readers are emptied; published ones get the new keys with the next publication of the
    marts and of the evaluation. Raises SettingsError where the secret was changed by hand.
    """
    if settings.secrets.get(NEXT) in (None, settings.secrets["research_key"]):
        settings.save_secrets(**{NEXT: secrets.token_urlsafe(24)})
    new = settings.secrets[NEXT]
    replayed.drop_left_over(settings)  # they have keys of before, and can be built again from landing
    with connect(settings) as connection:
        students = _rotated(connection, new)
        if students is None:
            students = _rotate(connection, settings, new)
    settings.save_secrets(research_key=new)
    return students


def _rotated(connection: Connection, new: str) -> int | None:
    """How many have keys of the new secret already, where the last call came as far as that."""
    row = connection.execute(
        """select (select count(*) from identity.student_key) as students from identity.secret_in_use
           where name = 'research_key' and fingerprint = %s""",
        (fingerprint(new),),
    ).fetchone()
    return int(row["students"]) if row else None


def _rotate(connection: Connection, settings: Settings, new: str) -> int:
    # Nobody adds keys meanwhile: who does holds this row until the end of the transaction.
    connection.execute("select from identity.secret_in_use where name = 'research_key' for update")
    secret_in_use(connection, settings)
    numbers = connection.execute("select student_id from identity.student_key order by student_id").fetchall()
    connection.execute("create temp table rekeyed (student_id text, student_key text) on commit drop")
    with connection.cursor() as cursor, cursor.copy("copy pg_temp.rekeyed from stdin") as copy:
        for row in numbers:
            copy.write_row((row["student_id"], research_key(new, row["student_id"])))
    connection.execute(
        """update identity.student_key as known set student_key = rekeyed.student_key from pg_temp.rekeyed
           where known.student_id = rekeyed.student_id"""
    )
    connection.execute(
        "update identity.secret_in_use set fingerprint = %s, rotated_at = now() where name = 'research_key'",
        (fingerprint(new),),
    )
    connection.execute(
        """update ops.refresh set verdict = 'abandoned', closed_at = now(),
               message = 'The research keys were rotated while it was built.'
           where verdict = 'open'"""
    )
    for schema, table in student_tables(connection):
        if schema not in PUBLISHED:
            connection.execute(sql.SQL("truncate {}").format(sql.Identifier(schema, table)))
    return len(numbers)
