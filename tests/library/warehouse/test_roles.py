"""What each login can see and do, tried by connecting as it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from elevate.settings import LOGIN_ROLES
from elevate.warehouse import connect
from elevate.warehouse.migration import migrate
from tests.library.district import District, column, contract, query_rule

READERS = ("analyst", "bi_reader", "elevate_steward")
VIEWS = {"ops.data_as_of", "ops.data_as_of_feed"}
OF_REVIEWERS = {"ops.publication_change", "ops.figure_history", "ops.published_file"}
PUBLISHED = {"marts.fct_attendance_day", "evaluation.eval_impact", "bi.bi_reach"}
EXPECTED = {
    "analyst": PUBLISHED | VIEWS | OF_REVIEWERS,
    "bi_reader": {"bi.bi_reach"} | VIEWS,
    "elevate_steward": PUBLISHED | {"quarantine.rejected_row", "quarantine.b2"},  # and all of ops
}
SECRET = "Montgomery"


@pytest.fixture(scope="module")
def filled(module_district: District) -> District:
    """A warehouse with something in each schema, made as the nights make it."""
    identifies = {"customProperties": [{"property": "identifies", "value": "student"}]}
    feed = module_district.feed(
        contract("sis.students", [column("student_id", key=1, **identifies), column("name")]),
        query_rule("no_brown", "select 1 from {batch} where name = 'Brown'"),
    )
    module_district.take(feed, f"student_id,name\n100000001,{SECRET}\n100000002,{SECRET}\n")
    module_district.take(feed, "student_id,name\n100000001,Brown\n")
    module_district.load(feed, "student_id,name\n100000003,White\n")
    schemas = ("marts", "evaluation", "bi")
    names = {name.split(".")[0]: name for name in PUBLISHED}
    candidates = [f"candidate_{schema}.{names[schema].split('.')[1]}" for schema in schemas]
    tables = [*PUBLISHED, *candidates, "staging.stg_sis__students", "intermediate.int_days"]
    for table in tables:
        module_district.run(f"create table {table} (id integer)", f"insert into {table} values (1)")
    module_district.run("create view staging.stg_view as select * from raw.sis__students", "analyze")
    return module_district


@contextmanager
def writing(district: District, role: str) -> Iterator[psycopg.Connection]:
    """A session that has set aside its default of reading only, as any session may."""
    with psycopg.connect(district.settings.database_url(role), autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        yield connection


def relations(district: District) -> list[str]:
    """All tables and views of the warehouse, as its owner sees them."""
    with connect(district.settings, "elevate_owner") as connection:
        rows = connection.execute(
            """select relnamespace::regnamespace || '.' || relname as name from pg_class
               where relkind in ('r', 'v', 'm', 'p', 'f')
                   and relnamespace::regnamespace::text !~ '^(pg_|information_schema)' order by 1"""
        )
        return [row["name"] for row in rows]


def readable(district: District, role: str) -> set[str]:
    found = set()
    with psycopg.connect(district.settings.database_url(role), autocommit=True) as connection:
        for name in relations(district):
            try:
                connection.execute(sql.SQL("select * from {}").format(sql.Identifier(*name.split("."))))
                found.add(name)
            except InsufficientPrivilege:
                continue
    return found


def test_there_is_something_of_everything_to_be_hidden(filled: District) -> None:
    schemas = {name.split(".")[0] for name in relations(filled)}
    assert schemas == {
        "raw", "incoming", "quarantine", "identity", "staging", "intermediate", "candidate_marts", "candidate_bi",
        "candidate_evaluation", "marts", "bi", "evaluation", "ops", "public",
    }  # fmt: skip


@pytest.mark.parametrize("role", READERS)
def test_a_reader_reads_what_is_published_and_nothing_else(filled: District, role: str) -> None:
    ops = {name for name in relations(filled) if name.startswith("ops.")} if role == "elevate_steward" else set()
    assert readable(filled, role) == EXPECTED[role] | ops


def test_the_pipeline_reads_everything_but_the_owners_notes(filled: District) -> None:
    assert set(relations(filled)) - readable(filled, "elevate_pipeline") == {"public.migration"}


@pytest.mark.parametrize("role", ["analyst", "bi_reader"])
def test_nobody_who_reads_marts_finds_a_name_or_number(filled: District, role: str) -> None:
    """Nor by what PostgreSQL tells of tables that one may not read: statistics, queries of others, large values."""
    with connect(filled.settings) as pipeline:
        pipeline.execute(f"select '{SECRET}'".encode())
        with psycopg.connect(filled.settings.database_url(role), autocommit=True) as connection:
            for source in ("pg_stats", "pg_stats_ext", "pg_stat_activity", "pg_prepared_statements", "pg_settings"):
                everything = str(connection.execute(f"select t::text from {source} as t".encode()).fetchall())
                assert SECRET not in everything, source
                assert "100000001" not in everything, source
    with connect(filled.settings) as pipeline:
        statistics = str(pipeline.execute("select t::text from pg_stats as t").fetchall())
        assert SECRET in statistics, "the pipeline does see it there, so there was something to find"


def test_a_table_published_later_is_read_by_those_whom_it_is_for(filled: District) -> None:
    later = {"marts.later", "evaluation.later", "bi.later"}
    for table in later:
        filled.run(f"create table {table} (id integer)")
    try:
        assert later & readable(filled, "analyst") == later
        assert later & readable(filled, "bi_reader") == {"bi.later"}
    finally:
        for table in later:
            filled.run(f"drop table {table}")


@pytest.mark.parametrize("role", READERS)
def test_a_reader_cannot_write(filled: District, role: str) -> None:
    with writing(filled, role) as connection:
        for name in set(relations(filled)) - VIEWS - OF_REVIEWERS:  # these take no rows from anybody
            table = sql.Identifier(*name.split("."))
            for statement in (
                "insert into {} select from generate_series(1, 1) where false",
                "delete from {}",
                "truncate {}",
                "drop table {}",
                "alter table {} add column more text",
                "lock table {} in access exclusive mode",
                "create view pg_temp.x as select * from {}",
            ):
                with pytest.raises(InsufficientPrivilege), connection.transaction():
                    connection.execute(sql.SQL(statement).format(table))


ATTEMPTS = {
    "table": "create table {schema}.x (id integer)",
    "temporary table": "create temporary table x (id integer)",
    "schema": "create schema x",
    "role": "create role x",
    "database": "create database x",
    "extension": "drop extension plpgsql",
    "other role": "set role elevate_pipeline",
    "other person": "set session authorization elevate_pipeline",
    "file": "copy (select 1) to '/tmp/x'",
    "file read": "select pg_read_file('/etc/passwd')",
    "folder": "select pg_ls_dir('/')",
    "program": "copy (select 1) to program 'true'",
    "server's settings": "alter system set work_mem = '1GB'",
    "rights": "grant usage on schema raw to public",
    "later rights": "alter default privileges for role elevate_pipeline grant select on tables to public",
    "end of others": "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'elevate_pipeline'",
    "rights of its own": "alter role {role} createrole",
    "bypassing its limits": "alter role {role} connection limit -1",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("role", READERS)
def test_a_reader_can_make_nothing_and_become_nobody(filled: District, role: str, attempt: str) -> None:
    schemas = (
        ("marts", "bi", "evaluation", "raw", "ops", "public", "quarantine")
        if "{schema}" in ATTEMPTS[attempt]
        else ("",)
    )
    with connect(filled.settings), writing(filled, role) as connection:
        for schema in schemas:
            with pytest.raises(InsufficientPrivilege):
                connection.execute(ATTEMPTS[attempt].format(schema=schema, role=role).encode())


@pytest.mark.parametrize("role", READERS)
def test_a_reader_cannot_pass_on_what_it_may_read(filled: District, role: str) -> None:
    rights = "select relacl::text from pg_class where oid = 'bi.bi_reach'::regclass"
    before = filled.value(rights)
    with writing(filled, role) as connection:
        connection.execute("grant select on bi.bi_reach to public")  # PostgreSQL warns only
    assert filled.value(rights) == before


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_no_login_can_do_more_than_its_part(filled: District, role: str) -> None:
    (attributes,) = filled.rows(
        """select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolinherit,
                  (select count(*) from pg_auth_members where member = pg_roles.oid)
           from pg_roles where rolname = %s""",
        role,
    )
    assert attributes == (False, False, False, False, False, True, 0)


@pytest.mark.parametrize("role", LOGIN_ROLES)
@pytest.mark.parametrize("where", ["pg_authid", "pg_shadow", "pg_hba_file_rules", "pg_user_mapping"])
def test_no_login_can_read_the_password_of_another(filled: District, role: str, where: str) -> None:
    """Not even as the hash that the server keeps."""
    with psycopg.connect(filled.settings.database_url(role)) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(f"select * from {where}".encode())


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_passwords_are_kept_and_asked_for_as_scram(filled: District, role: str) -> None:
    with connect(filled.settings, "elevate_owner") as connection:
        row = connection.execute("select rolpassword from pg_authid where rolname = %s", (role,)).fetchone()
        assert row
        assert re.match(r"SCRAM-SHA-256\$\d+:", row["rolpassword"])
        methods = connection.execute(
            "select distinct auth_method from pg_hba_file_rules where error is null"
        ).fetchall()
        assert methods == [{"auth_method": "scram-sha-256"}]
    right = filled.settings.secrets[f"password_{role}"]
    others = [filled.settings.secrets[f"password_{other}"] for other in LOGIN_ROLES if other != role]
    for wrong in ("", role, right[:-1], row["rolpassword"], *others):
        with pytest.raises(psycopg.OperationalError, match=r"password|authentication"):
            psycopg.connect(filled.settings.database_url(role), password=wrong)


@pytest.mark.parametrize("role", LOGIN_ROLES)
@pytest.mark.parametrize("database", ["postgres", "template1", "airflow"])
def test_no_login_reaches_another_database(filled: District, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(filled.settings.database_url(role, database))


def test_the_pipeline_forgets_nothing_of_the_operations(filled: District) -> None:
    tables = [name for name in relations(filled) if name.startswith("ops.") and name not in VIEWS | OF_REVIEWERS]
    assert len(tables) == 14
    with writing(filled, "elevate_pipeline") as connection:
        for name in tables:
            for statement in ("delete from {}", "truncate {}", "drop table {}", "alter table {} add column x text"):
                with pytest.raises(InsufficientPrivilege):
                    connection.execute(sql.SQL(statement).format(sql.Identifier(*name.split("."))))


LIMITS = {
    "analyst": {"statement_timeout": "5min", "idle_in_transaction_session_timeout": "10min", "limit": 40},
    "bi_reader": {"statement_timeout": "1min", "idle_in_transaction_session_timeout": "2min", "limit": 40},
    "elevate_steward": {"statement_timeout": "5min", "idle_in_transaction_session_timeout": "0", "limit": 10},
}


@pytest.mark.parametrize("role", READERS)
def test_readers_begin_with_limits(filled: District, role: str) -> None:
    """They are a guard against accidents: PostgreSQL lets every session lift the first three for itself."""
    with psycopg.connect(filled.settings.database_url(role), autocommit=True) as connection:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            assert connection.execute(f"show {name}".encode()).fetchone() == (LIMITS[role][name],)
        if role != "elevate_steward":
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                connection.execute("delete from bi.bi_reach")
        connection.execute("set statement_timeout = 0")
        assert connection.execute("show statement_timeout").fetchone() == ("0",)
    limit = filled.value("select rolconnlimit from pg_roles where rolname = %s", role)
    assert limit == LIMITS[role]["limit"], "this one, only the owner can change"


def test_readers_find_their_tables_without_a_schema(filled: District) -> None:
    assert filled.rows("select count(*) from fct_attendance_day, eval_impact, bi_reach, data_as_of", role="analyst")
    assert filled.rows("select count(*) from bi_reach, data_as_of", role="bi_reader")
    with pytest.raises(psycopg.errors.UndefinedTable):
        filled.rows("select * from fct_attendance_day", role="bi_reader")


def test_migrating_again_changes_nothing_but_the_passwords(filled: District) -> None:
    settings = filled.settings
    with connect(settings, "elevate_owner") as connection:
        connection.execute("alter role analyst password 'forgotten'")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(settings.database_url("analyst"))
    migrate(settings)
    migrate(settings)
    psycopg.connect(settings.database_url("analyst")).close()


def test_the_servers_log_holds_no_password(filled: District) -> None:
    migrate(filled.settings)
    with connect(filled.settings, "elevate_owner") as connection:
        statements = str(connection.execute("select query from pg_stat_activity").fetchall())
    for role in LOGIN_ROLES:
        assert filled.settings.secrets[f"password_{role}"] not in statements
