"""A reader of one network sees its schools' aggregates, and nothing of any other's."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from elevate.publishing import publish
from elevate.settings import PROJECT
from elevate.warehouse import connect
from tests.library.district import District
from tests.library.test_publishing import let_through, opened

SCHOOLS = "school_id text primary key, network text, is_current boolean"
OUTCOMES = "school_id text primary key, mean numeric(5,2)"
LOGIN, PASSWORD = "chief.of.five", "a-password-of-the-test"


def nightly(district: District, *outcomes: tuple[str, float], columns: str = OUTCOMES) -> None:
    """Publish two networks' schools, their outcomes, and a table of the whole district."""
    refresh_id = opened(district)
    schools = (("1", "Network 5", True), ("2", "Network 5", True), ("3", "Network 6", True))
    district.candidate("marts.dim_school", SCHOOLS, *schools)
    district.candidate("bi.bi_outcome", columns, *outcomes)
    district.candidate("bi.bi_reach", "schools integer primary key", (3,))
    let_through(district, refresh_id)
    publish(district.settings, refresh_id)


def documented(**values: str) -> list[str]:
    """The statements by which docs/deploy.md makes a reader of a network."""
    (block,) = re.findall(r"```sql\n(create role .*?)```", (PROJECT / "docs" / "deploy.md").read_text(), re.DOTALL)
    for name, value in values.items():
        assert name in block
        block = block.replace(name, value)
    return [statement for statement in block.split(";\n") if statement.strip()]


@pytest.fixture
def chief(district: District) -> Iterator[District]:
    """The district with a login for Network 5, made as the docs say."""
    nightly(district, ("1", 0.9), ("2", 0.8), ("3", 0.7))
    given = {"first.last": LOGIN, "a-password": PASSWORD, "Network 5": "Network 5"}
    with connect(district.settings, "elevate_owner") as connection:
        for statement in documented(**given):
            connection.execute(statement.encode())
    yield district
    with connect(district.settings, "elevate_owner") as connection:
        connection.execute(f'drop owned by "{LOGIN}"; drop role "{LOGIN}"'.encode())


def session(district: District) -> psycopg.Connection:
    url = district.settings.database_url("bi_reader")
    return psycopg.connect(url, user=LOGIN, password=PASSWORD, autocommit=True)


def seen(district: District) -> list[str]:
    with session(district) as connection:
        return [name for (name,) in connection.execute("select school_id from bi.bi_outcome order by 1")]


def test_only_schools_of_the_network_are_seen(chief: District) -> None:
    assert seen(chief) == ["1", "2"]
    with session(chief) as connection:
        assert connection.execute("select schools from bi.bi_reach").fetchall() == [(3,)], "of the whole district"
        assert connection.execute("select count(*) from ops.data_as_of").fetchone() == (1,)
        assert connection.execute("select * from bi.bi_outcome where school_id = '3'").fetchall() == []
        assert connection.execute("show statement_timeout").fetchone() == ("1min",)


@pytest.mark.parametrize("role", ["analyst", "bi_reader", "elevate_steward", "elevate_pipeline"])
def test_the_other_readers_see_every_school(chief: District, role: str) -> None:
    assert len(chief.rows("select * from bi.bi_outcome", role=role)) == 3


def test_a_table_that_is_made_anew_is_protected_anew(chief: District) -> None:
    more = OUTCOMES + ", n integer"
    nightly(chief, ("1", 0.9, 20), ("3", 0.7, 20), columns=more)  # type: ignore[arg-type]
    assert seen(chief) == ["1"]
    nightly(chief, ("2", 0.9, 20), ("3", 0.7, 20), columns=more)  # type: ignore[arg-type]
    assert seen(chief) == ["2"]
    assert len(chief.rows("select * from bi.bi_outcome", role="bi_reader")) == 2


def test_a_reader_without_a_network_sees_no_school(chief: District) -> None:
    with connect(chief.settings, "elevate_owner") as connection:
        connection.execute("delete from ops.reader_network")
    assert seen(chief) == []


@pytest.mark.parametrize(
    "attempt",
    [
        "select * from marts.dim_school",
        "select * from candidate_bi.bi_outcome",
        "select * from ops.reader_network",
        "insert into ops.reader_network values ('{login}', 'Network 6')",
        "alter table bi.bi_outcome disable row level security",
        "drop policy schools_of_reader on bi.bi_outcome",
        "set role bi_reader",
        "set session authorization bi_reader",
        "set row_security = off; select * from bi.bi_outcome",
    ],
)
def test_there_is_no_way_around_it(chief: District, attempt: str) -> None:
    with session(chief) as connection:
        connection.execute("set default_transaction_read_only = off")
        with pytest.raises(InsufficientPrivilege):
            connection.execute(attempt.format(login=LOGIN).encode())


def test_no_function_tells_of_a_row_that_is_hidden(chief: District) -> None:
    """A filter that would betray a value in an error or a log is tried after the policy alone."""
    with session(chief) as connection:
        connection.execute("select 1 / (school_id <> '3')::integer from bi.bi_outcome")
        assert len(connection.execute("select from bi.bi_outcome where 1 / (mean - 0.7) > 0").fetchall()) == 2


LOCKS_AND_LARGE_OBJECTS = [
    "select pg_advisory_lock(1)",
    "select pg_advisory_xact_lock(1)",
    "select pg_try_advisory_lock(1, 2)",
    "select pg_advisory_unlock_all()",
    "select lo_create(0)",
    "select lo_from_bytea(0, 'x')",
    "select lo_creat(-1)",
]


@pytest.mark.parametrize("attempt", LOCKS_AND_LARGE_OBJECTS)
@pytest.mark.parametrize("role", ["analyst", "bi_reader", "elevate_steward"])
def test_readers_hold_no_lock_by_number_and_keep_no_large_object(district: District, role: str, attempt: str) -> None:
    url = district.settings.database_url(role)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        with pytest.raises(InsufficientPrivilege):
            connection.execute(attempt.encode())
