"""Research keys."""

import hashlib
import hmac
import re
import threading

from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from elevate.gates.rules import read_suite
from elevate.identity import KEY_DIGITS, add_research_keys, research_key
from elevate.settings import Settings
from elevate.warehouse import connect
from tests.library.district import District, column, contract

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
STUDENT = {"customProperties": [{"property": "identifies", "value": "student"}]}


@given(secret=TEXT, student=TEXT)
def test_a_key_is_a_keyed_hash_of_the_number(secret: str, student: str) -> None:
    key = research_key(secret, student)
    assert re.fullmatch(r"[0-9a-f]{24}", key)
    assert hmac.new(secret.encode(), student.encode(), hashlib.sha256).hexdigest().startswith(key)


TWO = {"min_size": 2, "max_size": 2}


@given(secrets=st.sets(TEXT, **TWO), students=st.sets(st.from_regex(r"[0-9]{9}", fullmatch=True), **TWO))
def test_keys_differ_by_student_and_by_secret(secrets: set[str], students: set[str]) -> None:
    (secret, other_secret), (student, other_student) = secrets, students
    assert research_key(secret, student) != research_key(secret, other_student)
    # HMAC pads short secrets with zeros, so these two are the same secret.
    if secret.rstrip("\0") != other_secret.rstrip("\0"):
        assert research_key(secret, student) != research_key(other_secret, student)


def keys(district: District) -> dict[str, str]:
    return dict(district.rows("select student_id, student_key from identity.student_key"))


def test_every_student_of_a_table_gets_one_key_for_ever(district: District) -> None:
    feed = district.feed(contract("sis.twins", [column("id", key=1), column("a", **STUDENT), column("b", **STUDENT)]))
    table = sql.Identifier("incoming", "people")
    district.run(
        "create table incoming.people (id text, a text, b text)",
        "insert into incoming.people values ('1', '100000001', '100000002'), ('2', '100000001', null)",
    )
    for _ in range(2):
        with connect(district.settings) as connection:
            add_research_keys(connection, district.settings, feed, table)
    before = keys(district)
    assert set(before) == {"100000001", "100000002"}
    district.run("insert into incoming.people values ('3', '100000003', '100000002')")
    with connect(district.settings) as connection:
        add_research_keys(connection, district.settings, feed, table)
    assert keys(district) == before | {
        "100000003": research_key(district.settings.secrets["research_key"], "100000003")
    }


def test_a_feed_without_students_makes_no_keys(district: District) -> None:
    feed = district.feed(contract("sis.schools", [column("id", key=1)]))
    assert district.take(feed, "id\n610001\n").verdict == "green"
    assert keys(district) == {}


def test_two_feeds_may_bring_the_same_new_students_at_once(district: District) -> None:
    """Neither fails, whatever the order of their rows."""
    feed = district.feed(contract("sis.people", [column("student", key=1, **STUDENT)]))
    for name, order in (("one", "asc"), ("two", "desc")):
        district.run(
            f"create table incoming.{name} as select (100000000 + i)::text as student"
            f" from generate_series(1, 3000) as i order by i {order}"
        )
    errors: list[Exception] = []

    def add(name: str) -> None:
        try:
            with connect(district.settings) as connection:
                add_research_keys(connection, district.settings, feed, sql.Identifier("incoming", name))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=add, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == []
    assert len(keys(district)) == 3000


def test_the_gate_tells_keys_from_student_numbers_by_their_form(settings: Settings) -> None:
    """Of 340,000 keys four have no letter: they are keys all the same."""
    suite = read_suite(settings.expectations / "marts" / "dim_student.yaml")
    rule = next(rule for rule in suite.rules if rule.name == "keys_are_research_keys")
    given = {"1" * KEY_DIGITS: False, "a1" * (KEY_DIGITS // 2): False, "012345678": True, "g" * KEY_DIGITS: True}
    with connect(settings) as connection:
        for key, is_unexpected in given.items():
            query = rule.kwargs["unexpected_rows_query"].replace("{batch}", f"(select '{key}' as student_key) as keys")
            assert (connection.execute(query).fetchone() is not None) == is_unexpected, key
