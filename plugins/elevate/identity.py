"""Research keys: how a student is called by everybody who may not know the student.

HMAC-SHA-256 over the district's student number, under a secret that never enters the
warehouse. The same number gives the same research key until the secret is rotated (`rotating`).
A secret that was merely changed is refused: students would get second keys beside their first,
and who opted out would come back.
"""

import hashlib
import hmac

from psycopg import sql

from elevate.contracts import Feed
from elevate.settings import Settings, SettingsError
from elevate.warehouse.connection import Connection

KEY_DIGITS = 24

DERIVED = ("staging", "intermediate", "marts", "bi", "evaluation")
"""Schemas of tables made from the feeds; some have a `candidate_` twin."""


def research_key(secret: str, student_id: str) -> str:
    """The research key of one district student number: 24 hexadecimal digits (96 bits)."""
    return hmac.new(secret.encode(), student_id.encode(), hashlib.sha256).hexdigest()[:KEY_DIGITS]


def fingerprint(secret: str) -> str:
    """What the warehouse may know of a secret: enough to notice another one. No student number is this text."""
    return research_key(secret, "fingerprint of the secret itself")


def secret_in_use(connection: Connection, settings: Settings, name: str = "research_key") -> str:
    """The secret of this name, which must be the one that the warehouse's keys were made with.

    It is `research_key`, or `opt_out_key` for the marks of students who opted out. Its first use is recorded; no
    rotation comes between this and the end of the transaction. Raises SettingsError where it was changed.
    """
    secret = settings.secrets.get(name)
    if not secret:
        raise SettingsError(f"{settings.secrets_file} has no {name}: start the platform once with `elevate up`.")
    known = connection.execute(
        "select fingerprint from identity.secret_in_use where name = %s for share", (name,)
    ).fetchone()
    if known is None:
        _refuse_keys_of_another(connection, settings, name)
        connection.execute(
            "insert into identity.secret_in_use (name, fingerprint) values (%s, %s) on conflict do nothing",
            (name, fingerprint(secret)),
        )
        return secret_in_use(connection, settings, name)
    if known["fingerprint"] != fingerprint(secret):
        raise _changed(settings, name)
    return secret


def _refuse_keys_of_another(connection: Connection, settings: Settings, name: str) -> None:
    """Keys from before the warehouse knew its secrets tell by one of them."""
    one = connection.execute("select student_id, student_key from identity.student_key limit 1").fetchone()
    if name == "research_key" and one and one["student_key"] != research_key(settings.secrets[name], one["student_id"]):
        raise _changed(settings, name)


def _changed(settings: Settings, name: str) -> SettingsError:
    return SettingsError(
        f"{name} in {settings.secrets_file} is not the one that the keys in this warehouse were made with: put it "
        "back, from a backup of the file or from the server that still has it. To change the research key run "
        "`elevate rotate-key`, which gives every student a new one."
    )


def add_research_keys(connection: Connection, settings: Settings, feed: Feed, table: sql.Identifier) -> None:
    """Give a research key to each student number in `table` that has none yet.

    Raises SettingsError where the secret was changed.
    """
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
        secret = secret_in_use(connection, settings)
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


def with_old_keys(connection: Connection) -> list[str]:
    """The kinds of publication that readers see with research keys of before the last rotation."""
    rows = connection.execute(
        """select kind, opened_at < rotated_at as is_old from (
               select distinct on (kind) kind, refresh_id from ops.publication order by kind, publication_id desc
           ) as newest
           inner join ops.refresh using (kind, refresh_id)
           inner join identity.secret_in_use on name = 'research_key' order by kind desc"""
    )
    return [row["kind"] for row in rows if row["is_old"]]


def student_tables(connection: Connection) -> list[tuple[str, str]]:
    """Schema and name of every table made from the feeds that has a research key."""
    rows = connection.execute(
        """select nspname as schema, relname as table from pg_attribute
           join pg_class on pg_class.oid = attrelid join pg_namespace on pg_namespace.oid = relnamespace
           where attname = 'student_key' and relkind = 'r' and not attisdropped and nspname = any(%s)""",
        ([*DERIVED, *(f"candidate_{schema}" for schema in DERIVED)],),
    )
    return [(row["schema"], row["table"]) for row in rows]
