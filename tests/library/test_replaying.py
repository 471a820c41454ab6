"""A replay under a contract that has changed since; that whole nights come out the same is tested with the nights."""

from typing import Any

import pytest

from elevate import disclosure, transforming
from elevate.local import databases
from elevate.replaying import replay
from elevate.settings import Settings
from elevate.warehouse import connect
from tests.library.district import NIGHT, District, column, contract

OLD = "id,n,on\na,1,2019-02-01\nb,half,2019-02-02\nc,,2019-02-03\n"
ID = column("id", key=1)


def rows(settings: Settings) -> list[dict[str, Any]]:
    with connect(settings) as connection:
        return connection.execute("select * from raw.sis__things order by _batch_id, _line").fetchall()


@pytest.mark.parametrize("gained", [["n"], ["n", "on"], ["n", "on", "place"]])
def test_columns_gained_since_are_filled_as_they_were(
    district: District, monkeypatch: pytest.MonkeyPatch, gained: list[str]
) -> None:
    """Also where the night's file would be refused by the contract of today: a cell of another type, no such column."""
    district.take(district.feed(contract("sis.things", [ID])), OLD)
    new = {"n": column("n", "integer"), "on": column("on", "date"), "place": column("place", required=True)}
    feed = district.feed(contract("sis.things", [ID, *(new[name] for name in gained)]))
    monkeypatch.setattr(transforming, "build_layer", lambda *_: 0)
    monkeypatch.setattr(disclosure, "withhold_small_cells", lambda *_: {})
    with databases.scratch(district.settings, "replay_columns", keep=False) as scratch:
        replay(district.settings, scratch, {feed.id: feed}, NIGHT, known_on=NIGHT)
        found = rows(scratch)
    assert found == rows(district.settings)
    assert [row["n"] for row in found] == [1, None, None]
