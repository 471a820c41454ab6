"""Raw tables follow their contracts and forget nothing."""

from datetime import timedelta
from typing import Any

import pytest

from elevate.contracts import read_contract
from elevate.contracts.reading import TYPES
from elevate.raw import ensure_table
from elevate.warehouse import connect
from tests.library.district import NIGHT, District, column, contract

NEXT = NIGHT + timedelta(days=1)


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


GAINED = 'id,More ,n,gone\n1,kept,"1,200",x\n2,,half,x\n3,  ,,x\n'
MORE = [column("more", physicalName="MORE"), column("n", "numeric"), column("on", "date")]


def rows(district: District, batch_id: int) -> list[tuple[Any, ...]]:
    query = 'select id, more, n, "on", _line, _file from raw.sis__people where _batch_id = %s order by id'
    return district.rows(query, batch_id)


def test_a_column_that_the_contract_gains_has_what_was_kept_for_it(
    district: District, caplog: pytest.LogCaptureFixture
) -> None:
    district.take(district.feed(people()), GAINED)
    assert district.take(district.feed(people()), "id\n4\n", NEXT).verdict == "green"
    feed = district.feed(people(*MORE))
    assert [row[:4] for row in rows(district, 1)] == [
        ("1", "kept", 1200, None),
        ("2", None, None, None),
        ("3", "  ", None, None),
    ]
    assert [row[:4] for row in rows(district, 2)] == [("4", None, None, None)]
    told = "sis.people: column n is new in the contract; of 2 older rows that had kept it, 1 are no numeric"
    assert sum(told in message for message in caplog.messages) == 1
    assert not [message for message in caplog.messages if "half" in message], "never the value"
    assert district.value("select _extra ->> 'n' from raw.sis__people where id = '2'") == "half", "what came is kept"
    before = rows(district, 1)
    caplog.clear()
    district.feed(people(*MORE))
    assert rows(district, 1) == before
    assert not [message for message in caplog.messages if "is new in the contract" in message], "once"
    assert district.take(feed, "id,more,n\n1,read,7\n", NEXT).verdict == "green"
    assert rows(district, 3)[0][:3] == ("1", "read", 7)


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
