"""What a gate leaves behind in the database server: nothing."""

import pytest

from elevate.gates.engine import evaluate
from elevate.gates.rules import Rule
from elevate.settings import Settings
from elevate.warehouse import connect
from tests.library.district import District

RULE = Rule(
    "few", "unexpected_rows_expectation", {"unexpected_rows_query": "select 1 from {batch} where id > 2"}, "critical",
    "Because.", "Mend it.",
)  # fmt: skip


def sessions(settings: Settings) -> int:
    with connect(settings) as connection:
        row = connection.execute(
            "select count(*) as n from pg_stat_activity where backend_type = 'client backend'"
            " and datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone()
        assert row
        return int(row["n"])


def test_no_session_is_left_open(district: District) -> None:
    district.run("create table incoming.few as select i as id from generate_series(1, 3) as i")
    before = sessions(district.settings)
    assert [result.verdict for result in evaluate(district.settings, "incoming", "few", [RULE])] == ["fail"]
    assert sessions(district.settings) == before
    with pytest.raises(Exception, match="no_such_table"):
        evaluate(district.settings, "incoming", "no_such_table", [RULE])
    assert sessions(district.settings) == before
