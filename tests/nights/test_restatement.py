"""A reviewer's questions of whole nights: what a figure is made of, what changed it, and what if nothing did."""

import json
import re
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from elevate import figures
from elevate.gates.candidate_gate import GateRed
from elevate.settings import PROJECT, Settings
from elevate.warehouse import catalog, connect
from tests.support import night as nights
from tests.support.district import SOURCES, serving

pytestmark = pytest.mark.timeout(900)

FIRST, SECOND = date(2019, 2, 11), date(2019, 2, 13)
WALK = re.findall(r"```sql\n(.*?);\n```", (PROJECT / "docs" / "reviewers_walk.md").read_text(), re.DOTALL)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module", name="warehouse")
def warehouse_of_two_nights(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("district")
    with serving(folder, module_settings, 8):
        for night in (FIRST, SECOND):
            for source in SOURCES:
                nights.extract(module_settings, source, night)
            nights.refresh(module_settings, "marts", night)
            nights.refresh(module_settings, "evaluation", night)
    return module_settings


def asked(settings: Settings, query: str, role: str = "analyst") -> Rows:
    with connect(settings, role) as connection:
        return connection.execute(query.encode()).fetchall()


def test_the_walk_leads_from_a_number_to_its_files(warehouse: Settings) -> None:
    number, sample, outcomes, facts, files, history = (asked(warehouse, query) for query in WALK)
    by_arm = {row["arm"]: row for row in sample}
    for arm in ("treatment", "control"):
        assert number[0][f"n_students_{arm}"] == by_arm[arm]["analysed"] > 0
    assert [row["students"] for row in outcomes] == [row["analysed"] for row in sample]
    assert [row["days_missed"] for row in facts] == [row["days_missed"] for row in outcomes]
    assert {row["batch_night"] for row in files} == {FIRST, SECOND}
    for row in files:
        assert row["rows_in"] == row["rows_accepted"] + row["rows_quarantined"]
        landed = Path(str(warehouse.landing)) / row["landed_at_path"]
        assert sha256(landed.read_bytes()).hexdigest() == row["sha256"]
    assert (history[-1]["to_night"], int(history[-1]["students"])) == (None, number[0]["n_students_treatment"])


def test_the_night_before_differs_by_what_is_listed_and_nothing_else(warehouse: Settings) -> None:
    listed = asked(warehouse, "select table_name, figure, column_name, kind, batches from evaluation.eval_restatement")
    shown = "select publication_id from ops.publication where kind = 'evaluation' order by publication_id"
    before, after = (row["publication_id"] for row in asked(warehouse, shown, "elevate_pipeline"))
    with connect(warehouse) as connection:
        old, new = figures.as_of(connection, before), figures.as_of(connection, after)
        keys = {table: key_of(warehouse, table) for table in new}
    found = set()
    for table, key in keys.items():
        rows = [{tuple(row[k] for k in key): row for row in state.get(table, [])} for state in (old, new)]
        for one in rows[0].keys() | rows[1].keys():
            a, b = rows[0].get(one), rows[1].get(one)
            columns = ["*"] if a is None or b is None else [c for c in a if c != "night" and a[c] != b[c]]
            found |= {(table, str(sorted(map(str, one))), column) for column in columns}
    told = {(row["table_name"], str(sorted(values_of(row["figure"]))), row["column_name"]) for row in listed}
    assert told == found != set()
    assert all(row["batches"] and "#" in row["batches"] for row in listed)


def values_of(figure: str) -> list[str]:
    return [str(value) for value in json.loads(figure).values()]


def key_of(settings: Settings, table: str) -> list[str]:
    with connect(settings) as connection:
        return catalog.primary_key(connection, "evaluation", table)


def test_a_shift_that_nothing_explains_is_red(warehouse: Settings) -> None:
    """The same night, batches and code, and a figure that is not what was published; readers see no change."""
    spoil = """update ops.figure set content = jsonb_set(content, '{students}', '1')
               where to_publication is null and table_name = 'eval_sample_flow' and figure @> '{"step_number": 1}'"""
    with connect(warehouse) as connection:
        kept = connection.execute("select * from ops.data_as_of order by kind").fetchall()
        assert connection.execute(spoil.encode()).rowcount > 0
    with pytest.raises(GateRed, match="eval_restatement, rule every_shift_is_explained") as red:
        nights.refresh(warehouse, "evaluation", SECOND)
    assert "candidate_evaluation.eval_restatement where not is_explained" in str(red.value)
    with connect(warehouse) as connection:
        assert connection.execute("select * from ops.data_as_of order by kind").fetchall() == kept
