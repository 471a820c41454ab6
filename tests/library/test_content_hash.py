"""The hash by which two states of a table are told apart."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from elevate.publishing import content_hash
from elevate.warehouse import connect
from tests.library.district import District

VALUES = st.none() | st.sampled_from(["", "a", "b", "a,b", '"', "null", "(1)"])
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=6)


def hash_of(connection: Any, *rows: tuple[Any, ...], columns: str = "a text, b text") -> str:
    connection.execute("drop table if exists candidate_marts.hashed")
    connection.execute(f"create table candidate_marts.hashed ({columns})".encode())
    if rows:
        values = [sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, row))) for row in rows]
        connection.execute(sql.SQL("insert into candidate_marts.hashed values {}").format(sql.SQL(", ").join(values)))
    count, found = content_hash(connection, "candidate_marts", "hashed")
    assert count == len(rows)
    return found


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, data=st.data())
def test_the_hash_is_of_the_content_and_not_of_its_order(module_district: District, rows: Any, data: Any) -> None:
    shuffled = data.draw(st.permutations(rows))
    other = data.draw(ROWS)
    with connect(module_district.settings) as connection:
        found = hash_of(connection, *rows)
        assert hash_of(connection, *shuffled) == found
        same = sorted(map(repr, rows)) == sorted(map(repr, other))
        assert (hash_of(connection, *other) == found) == same
        connection.rollback()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS.filter(bool), data=st.data())
def test_the_hash_sees_a_change_of_any_cell(module_district: District, rows: Any, data: Any) -> None:
    place, cell = data.draw(st.tuples(st.integers(0, len(rows) - 1), st.integers(0, 1)))
    changed = [list(row) for row in rows]
    changed[place][cell] = data.draw(VALUES.filter(lambda value: value != rows[place][cell]))
    with connect(module_district.settings) as connection:
        assert hash_of(connection, *rows) != hash_of(connection, *map(tuple, changed))
        connection.rollback()


def test_the_hash_sees_names_counts_and_nothing_else(module_district: District) -> None:
    with connect(module_district.settings) as connection:
        base = hash_of(connection, ("x", "y"))
        assert hash_of(connection, ("x", "y"), columns="a text, c text") != base
        assert hash_of(connection, ("x", "y"), ("x", "y")) != base
        assert hash_of(connection) != hash_of(connection, (None, None))
        assert hash_of(connection, ("x", "y"), columns="t text, c text") != hash_of(
            connection, ("x", "z"), columns="t text, c text"
        )
        connection.execute("set local datestyle = 'German'; set local timezone = 'Asia/Tokyo'")
        assert hash_of(connection, ("x", "y")) == base
        connection.rollback()
