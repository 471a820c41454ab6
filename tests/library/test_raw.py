"""Raw tables follow their contracts and forget nothing."""

from typing import Any

import pytest

from elevate.contracts import read_contract
from elevate.contracts.reading import TYPES
from elevate.raw import ensure_table
from elevate.warehouse import connect
from tests.library.district import District, column, contract


def columns(district: District) -> dict[str, str]:
    return dict(
        district.rows(
            """select attname, format_type(atttypid, atttypmod) from pg_attribute
               where attrelid = 'raw.sis__people'::regclass and attnum > 0 order by attnum"""
        )
    )


OWN = {"_batch_id": "bigint", "_line": "bigint", "_file": "text", "_extra": "jsonb"}


def people(*more: dict[str, Any]) -> dict[str, Any]:
    return contract("sis.people", [column("id", key=1), *more])


def test_a_table_of_every_type_is_made_once(district: District) -> None:
    content = people(*(column(f"a_{kind}", kind) for kind in TYPES))
    for _ in range(2):
        district.feed(content)
    found = columns(district)
    assert list(found)[:4] == list(OWN)
    assert found == OWN | {"id": "text"} | {f"a_{kind}": kind for kind in TYPES} | {
        "a_timestamp": "timestamp without time zone"
    }
    assert district.value("select obj_description('raw.sis__people'::regclass)") == "The feed sis.people."
    assert district.value("select col_description('raw.sis__people'::regclass, 5)") == "The id."


def test_a_column_that_the_contract_gains_is_null_for_what_came_before(district: District) -> None:
    district.take(district.feed(people()), "id,more\n1,kept\n")
    feed = district.feed(people(column("more")))
    district.take(feed, "id,more\n2,read\n")
    assert district.rows("select id, more, _extra from raw.sis__people order by id") == [
        ("1", None, {"more": "kept"}),
        ("2", "read", None),
    ]


def test_a_column_that_the_contract_loses_stays(district: District) -> None:
    district.take(district.feed(people(column("more"))), "id,more\n1,kept\n")
    district.take(district.feed(people()), "id,more\n2,aside\n")
    assert district.rows("select id, more, _extra from raw.sis__people order by id") == [
        ("1", "kept", None),
        ("2", None, {"more": "aside"}),
    ]


def test_a_column_of_another_type_is_a_persons_decision(district: District) -> None:
    district.feed(people(column("more", "integer")))
    feed = district.feed(people(column("more", "integer")))
    changed = district.write_contract(people(column("more", "numeric")))
    with (
        connect(district.settings) as connection,
        pytest.raises(RuntimeError, match=r"sis\.people: column more is integer in the warehouse and numeric in the"),
    ):
        ensure_table(connection, read_contract(changed))
    with connect(district.settings) as connection:
        ensure_table(connection, feed)
