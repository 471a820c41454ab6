"""The two databases of an installation, on the embedded server or on an existing one."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from elevate.local import postgres
from elevate.settings import Settings, SettingsError
from elevate.warehouse.migration import migrate

OLDEST_VERSION = 170000

# Any login may otherwise hold a lock that the pipeline waits for, and fill the disk with large objects. The
# functions belong to the server, so only its superuser can take them away; with another administrator they stay.
RESERVED_FUNCTIONS = """
    do $$
    declare reserved regprocedure;
    begin
        for reserved in
            select oid from pg_proc
            where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(lo_|lo(read|write)$|pg_(try_)?advisory_)'
                and has_function_privilege('public', oid, 'execute')
        loop
            execute format('revoke execute on function %s from public', reserved);
        end loop;
        grant execute on function pg_advisory_xact_lock(bigint) to elevate_owner with grant option;
    end $$
"""


def ensure(settings: Settings) -> None:
    """Make what is missing: the embedded server, the owner's logins, `warehouse` and `airflow`.

    With ELEVATE_DATABASE_URL set, that server's administrator makes the logins and
    databases there and nothing is started. Raises SettingsError with what to do.
    """
    url = settings.external_database_url
    if url is None:
        postgres.start(settings)
        url = settings.database_url("elevate_owner", "postgres")
    else:
        settings.ensure_secrets()
    with _connect(url) as connection:
        if connection.info.server_version < OLDEST_VERSION:
            raise SettingsError(f"PostgreSQL 17 or newer is needed; {connection.info.host} has an older one.")
        settings.save_secrets(database_host=connection.info.host, database_port=str(connection.info.port))
        _ensure_login(connection, settings, "elevate_owner", "createrole")
        if connection.info.user != "elevate_owner":
            # The owner makes the readers' roles and hands tables over to them.
            connection.execute("alter role elevate_owner set createrole_self_grant = 'set, inherit'")
        _ensure_login(connection, settings, "airflow_database", "")
        _ensure_database(connection, "warehouse", "elevate_owner")
        _ensure_database(connection, "airflow", "airflow_database")
        if settings.external_database_url is None:
            connection.execute("revoke connect on database postgres, template1 from public")
    with _connect(make_conninfo(url, dbname="warehouse")) as connection:
        connection.execute(RESERVED_FUNCTIONS)


@contextmanager
def scratch(settings: Settings, name: str, keep: bool) -> Iterator[Settings]:
    """A fresh, migrated database beside the warehouse, dropped at the end unless it is to be kept."""
    url = settings.external_database_url or settings.database_url("elevate_owner", "postgres")
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with _connect(url) as connection:
        connection.execute(drop)
        _ensure_database(connection, name, "elevate_owner")
    own = Settings(settings.home, name)
    try:
        migrate(own)
        yield own
    finally:
        if not keep:
            with _connect(url) as connection:
                connection.execute(drop)


def _connect(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        address = conninfo_to_dict(url)
        raise SettingsError(
            f"The database server at {address.get('host')}:{address.get('port', 5432)} did not let "
            f"{address.get('user')} in: {error}"
        ) from None


def _ensure_login(connection: psycopg.Connection, settings: Settings, name: str, attributes: str) -> None:
    if name == connection.info.user:
        return
    if connection.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone() is None:
        connection.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
    password = settings.secrets[f"password_{name}"]
    # Hashed here, so that no password stands in the server's log.
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    statement = sql.SQL("alter role {} login {} password {}")
    connection.execute(statement.format(sql.Identifier(name), sql.SQL(attributes), sql.Literal(verifier.decode())))


def _ensure_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    if connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
        return
    identifiers = {"name": sql.Identifier(name), "owner": sql.Identifier(owner)}
    if owner != connection.info.user:
        # An administrator who is no superuser must be a member to hand a database over.
        connection.execute(sql.SQL("grant {owner} to current_user").format(**identifiers))
    # The database's own collation: sorting must not change with the operating system.
    connection.execute(
        sql.SQL(
            "create database {name} owner {owner} template template0 encoding 'UTF8' "
            "locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'"
        ).format(**identifiers)
    )
    connection.execute(sql.SQL("revoke all on database {name} from public").format(**identifiers))
