"""Reading a source system's own PostgreSQL database."""

import json
import tracemalloc
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
from sqlalchemy import URL, make_url

from elevate import sources
from elevate.contracts import ContractError, Feed
from elevate.settings import Settings
from elevate.sources import SourceError
from tests.library.district import NIGHT, District, column, contract, of_values
from tests.library.sources.places import Fetcher
from tests.support import night as nights
from tests.support.current import current_rows, write_project

SERVER = {
    "type": "postgres",
    "host": "",
    "port": "",
    "database": "",
    "schema": "reporting",
    "path": None,
    "format": None,
}
COLUMNS = (
    column("student_id", key=1),
    column("grade", physicalName="GradeLevel"),
    column("active", "boolean"),
    column("born_on", "date"),
    column("score", "numeric"),
    column("seen_at", "timestamp"),
)
TABLE = """
    create schema reporting;
    create table reporting."Students" (
        student_id text primary key, "GRADELEVEL" text, active boolean, born_on date, score float8,
        seen_at timestamptz, secret text default 'not contracted',
        changed_at timestamptz, changed timestamp, changed_on date, counter int
    );
    insert into reporting."Students" (student_id, "GRADELEVEL", active, born_on, score, seen_at, changed_at) values
        ('2', 'K', true, '2010-01-02', 1.5, '2019-02-11 03:00Z', '2019-02-10 18:00-06'),
        ('1', E'a "b",\\nc', false, null, null, null, '2019-02-11 23:59:59-06'),
        ('3', null, null, null, null, null, '2019-02-12 00:00-06');
    update reporting."Students" set changed = changed_at at time zone 'America/Chicago';
    update reporting."Students" set changed_on = changed
"""


@pytest.fixture
def source(postgres: Settings) -> Iterator[psycopg.Connection]:
    """The source system's database."""
    with psycopg.connect(postgres.database_url("elevate_owner", "postgres"), autocommit=True) as server:
        server.execute("drop database if exists source_system with (force)")
        server.execute("create database source_system")
    with psycopg.connect(postgres.database_url("elevate_owner", "source_system"), autocommit=True) as own:
        own.execute(TABLE)
        yield own


@pytest.fixture
def url(postgres: Settings) -> URL:
    """Where the source system's database is."""
    return make_url(postgres.database_url("elevate_owner", "source_system"))


@pytest.fixture
def address(fetch: Fetcher, url: URL) -> dict[str, Any]:
    fetch.settings.save_secrets(sis_password=str(url.password))
    return address_of(url)


def address_of(url: URL) -> dict[str, Any]:
    """The database as sources.yaml has it."""
    return {
        "type": "postgres",
        "url": f"postgresql://{url.username}@{url.host}:{url.port}/source_system",
        "password": "sis_password",
    }


def of(fetch: Fetcher, **given: Any) -> Feed:
    content = contract(columns=COLUMNS, server=SERVER, **given)
    content["servers"] = [{key: value for key, value in content["servers"][0].items() if value is not None}]
    content["schema"][0]["physicalName"] = "Students"
    errors = jsonschema.Draft201909Validator(
        json.loads((files("open_data_contract_standard") / "schema.json").read_text())
    ).iter_errors(content)
    assert not [error.message for error in errors], "the standard has a place for all that is needed"
    return fetch.of(content)


def delta(fetch: Fetcher, watermark: str = "changed_at", **given: Any) -> Feed:
    return of(fetch, loadMode="append", watermark=watermark, **given)


def ids(text: dict[str, str]) -> list[str]:
    return [line[0] for line in text["students.csv"].splitlines()[1:] if line[0].isdigit()]


def test_a_snapshot_is_the_whole_table(fetch: Fetcher, source: psycopg.Connection, address: dict[str, Any]) -> None:
    assert fetch(address, of(fetch)) == {
        "students.csv": "student_id,GradeLevel,active,born_on,score,seen_at\n"
        '1,"a ""b"",\nc",false,,,\n'
        "2,K,true,2010-01-02,1.5,2019-02-10 21:00:00\n"
        "3,,,,,\n"
    }
    assert (fetch.last.is_full, fetch.last.state) == (True, None)


@pytest.mark.parametrize("watermark", ["changed_at", "changed", "changed_on", "CHANGED_ON"])
def test_the_first_pull_has_all_up_to_the_end_of_the_night(
    fetch: Fetcher, source: psycopg.Connection, address: dict[str, Any], watermark: str
) -> None:
    feed = delta(fetch, watermark)
    assert ids(fetch(address, feed)) == ["1", "2"], "the third changed at midnight"
    assert fetch.last.is_full is True
    state = fetch.last.state
    assert ids(fetch(address, feed, date(2019, 2, 12), state)) == ["3"]
    assert fetch.last.is_full is False
    newest = fetch.last.state
    assert newest != state
    assert ids(fetch(address, feed, date(2019, 2, 13), newest)) == []
    assert fetch.last.state == newest, "nothing new, and nothing forgotten"
    assert ids(fetch(address, feed, NIGHT, {"change_version": 7})) == ["1", "2"], (
        "what another protocol left says nothing"
    )
    assert fetch.last.is_full is True


def test_the_end_of_a_night_is_midnight_of_the_address(
    fetch: Fetcher, source: psycopg.Connection, address: dict[str, Any]
) -> None:
    assert ids(fetch(address | {"timezone": "UTC"}, delta(fetch))) == ["2"]


MARKED = (
    column("id", key=1),
    column("grade"),
    column(
        "change_type",
        physicalName="is_gone",
        required=True,
        enum=of_values("upsert", "delete"),
        customProperties=[{"property": "mapping", "value": {"false": "upsert", "true": "delete"}}],
    ),
)


def test_two_nights_of_changes_end_in_the_current_rows(
    district: District, source: psycopg.Connection, url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row changes and one is marked as gone in between; a third comes again within the overlap."""
    custom = {"loadMode": "delta", "changeColumn": "change_type", "watermark": "changed_at", "overlap": "2 h"}
    content = contract(columns=MARKED, server={"type": "postgres", "schema": "reporting"}, **custom)
    content["servers"] = [{key: content["servers"][0][key] for key in ("server", "type", "schema")}]
    district.feed(content)
    settings = district.settings
    settings.save_secrets(sis_password=str(url.password))
    settings.sources_file.write_text(json.dumps({"sis": address_of(url)}))
    write_project(settings, tmp_path / "dbt_project")
    monkeypatch.setenv("ELEVATE_DBT_PROJECT", str(tmp_path / "dbt_project"))
    source.execute(
        """create table reporting.students (id text primary key, grade text, is_gone boolean, changed_at timestamptz);
        insert into reporting.students values
            ('a', '1', false, '2019-02-09 09:00-06'), ('b', '2', false, '2019-02-10 09:00-06'),
            ('c', '3', false, '2019-02-11 17:30-06'), ('d', '4', false, '2019-02-11 18:00-06')"""
    )
    assert nights.extract_feed(settings, "sis.students", NIGHT).verdict == "green"
    source.execute(
        """update reporting.students set grade = '9', changed_at = '2019-02-12 10:00-06' where id = 'a';
        update reporting.students set is_gone = true, changed_at = '2019-02-12 11:00-06' where id = 'b';
        insert into reporting.students values ('e', '5', false, '2019-02-12 12:00-06')"""
    )
    second = date(2019, 2, 12)
    assert nights.extract_feed(settings, "sis.students", second).verdict == "green"
    pulled = district.rows("select _batch_id, id, change_type from raw.sis__students order by 1, 2")
    upserts = [(1, one, "upsert") for one in "abcd"] + [(2, one, "upsert") for one in "acde"]
    assert pulled == sorted([*upserts, (2, "b", "delete")]), "the second pull holds what changed, and the overlap"
    assert district.rows("select batch_id, is_full from ops.batch order by 1") == [(1, True), (2, False)]
    found = {night: current_rows(settings, night)["sis.students"] for night in (NIGHT, second)}
    shown = {night: sorted((row["id"], row["grade"]) for row in rows) for night, rows in found.items()}
    assert shown == {
        NIGHT: [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")],
        second: [("a", "9"), ("c", "3"), ("d", "4"), ("e", "5")],
    }


def test_an_overlap_reaches_back(fetch: Fetcher, source: psycopg.Connection, address: dict[str, Any]) -> None:
    state = {"watermark": "2019-02-12T06:00:00+00:00"}
    for overlap, found in {"0 d": [], "2 m": ["1", "3"], "2 d": ["1", "2", "3"]}.items():
        assert ids(fetch(address, delta(fetch, overlap=overlap), date(2019, 2, 12), state)) == found


def test_what_cannot_be_read_says_why_and_no_value(
    fetch: Fetcher, source: psycopg.Connection, address: dict[str, Any]
) -> None:
    source.execute("create role stranger login password 'hidden'")
    fetch.settings.save_secrets(hidden="hidden")
    url = make_url(address["url"])
    cases: dict[str, dict[str, Any]] = {
        "SQLSTATE 28P01|password authentication": {"password": "hidden"},
        "SQLSTATE 42501": {"url": url.set(username="stranger").render_as_string(), "password": "hidden"},
        "OperationalError": {"url": url.set(port=1).render_as_string()},
        "holds a password": {"url": url.set(password="hidden").render_as_string(hide_password=False)},
        "the url in sources.yaml is none": {"url": "hidden"},
    }
    try:
        for message, changes in cases.items():
            with pytest.raises(SourceError, match=rf"sis.students, night 2019-02-11: .*({message})") as raised:
                fetch(address | changes, of(fetch))
            assert "hidden" not in str(raised.value)
    finally:
        source.execute("drop role stranger")


def test_a_table_that_does_not_fit_is_told(fetch: Fetcher, source: psycopg.Connection, address: dict[str, Any]) -> None:
    for watermark in ("counter", "nothing"):
        with pytest.raises(SourceError, match=f"no date or timestamp {watermark}"):
            fetch(address, delta(fetch, watermark))
    source.execute("update reporting.\"Students\" set changed = null where student_id = '1'")
    with pytest.raises(SourceError, match="rows of reporting.Students have no changed, and would never be read"):
        fetch(address, delta(fetch, "changed"))
    source.execute('alter table reporting."Students" drop column active')
    assert fetch(address, of(fetch))["students.csv"].startswith("student_id,GradeLevel,born_on,"), "the gate's to judge"
    source.execute('drop table reporting."Students"')
    with pytest.raises(SourceError, match="the database shows no table reporting.Students"):
        fetch(address, of(fetch))


def test_a_contract_names_its_schema(fetch: Fetcher) -> None:
    content = contract(columns=COLUMNS, server={**SERVER, "schema": None})
    with pytest.raises(ContractError, match=r"servers.schema is missing"):
        fetch.of(content)


def test_a_large_table_is_streamed(fetch: Fetcher, source: psycopg.Connection, address: dict[str, Any]) -> None:
    source.execute(
        """insert into reporting."Students" (student_id, "GRADELEVEL", changed_at)
           select n::text, repeat('x', 200), '2019-02-01' from generate_series(10, 60000) n"""
    )
    feed = delta(fetch)
    fetch(address, feed)
    tracemalloc.start()
    try:
        (file,) = sources.fetch(fetch.settings, feed, date(2019, 2, 11), fetch.root / "into").files
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert file.stat().st_size > 12_000_000
    assert peak < file.stat().st_size / 2
