"""A published table only grows; whatever would break a reader's query is a new version of its model."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from elevate.settings import PROJECT, Settings
from tests.catalogue import published
from tests.catalogue.project import Project, read
from tests.catalogue.published import ADVICE, RECORD, Promise, breaks, promised, written

# Read here: the tests take variables of this name out of their environment.
REWRITE = "ELEVATE_WRITE_DOCS" in os.environ
TABLE = Promise(("school_id",), {"school_id": "text!", "school_name": "text!", "mean": "numeric(7,4)"})


def test_no_reader_loses_what_was_promised(project: Project) -> None:
    now = promised(project)
    before = published.read() if RECORD.exists() else {}
    broken = breaks(before, now)
    assert broken == [], ADVICE
    if REWRITE:
        RECORD.write_text(written(now))
    assert RECORD.read_text() == written(now), (
        f"{RECORD.name} lacks what is new; write it anew: ELEVATE_WRITE_DOCS=1 pytest tests/catalogue"
    )


def test_the_record_says_what_was_written_to_it(project: Project, tmp_path: Path) -> None:
    record = tmp_path / "published.yml"
    record.write_text(written(promised(project)))
    assert published.read(record) == promised(project)


COLUMNS = TABLE.columns
CHANGES = {
    "removed": ({"school_id": "text!", "mean": "numeric(7,4)"}, "t.school_name is gone"),
    "renamed": ({"school_id": "text!", "name": "text!", "mean": "numeric(7,4)"}, "t.school_name is gone"),
    "retyped": (COLUMNS | {"mean": "text"}, "t.mean is text instead of numeric(7,4)"),
    "rescaled": (COLUMNS | {"mean": "numeric(9,4)"}, "t.mean is numeric(9,4) instead of numeric(7,4)"),
    "nullable": (COLUMNS | {"school_name": "text"}, "t.school_name may be null now"),
    "reordered": (dict(reversed(COLUMNS.items())), "t has its columns in another order"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_breaks_queries_is_noticed(change: str) -> None:
    columns, problem = CHANGES[change]
    assert breaks({"t": TABLE}, {"t": replace(TABLE, columns=columns)}) == [problem]


def test_another_key_is_noticed_and_a_table_that_is_gone() -> None:
    other = replace(TABLE, key=("school_id", "school_name"))
    assert breaks({"t": TABLE}, {"t": other}) == ["t has the key school_id, school_name instead of school_id"]
    assert breaks({"t": TABLE}, {}) == ["t is gone, and was never deprecated"]


def test_additions_break_nothing_and_what_was_deprecated_may_go() -> None:
    more = {"school_id": "text!", "network": "text", "school_name": "text!", "mean": "numeric(7,4)!"}
    assert breaks({"t": TABLE}, {"t": replace(TABLE, columns=more), "other": TABLE}) == []
    assert breaks({"t": replace(TABLE, deprecated="2027-06-30")}, {}) == []


VERSIONS = """
    latest_version: 2
    versions:
      - v: 1
        deprecation_date: 2027-06-30
        defined_in: dim_programme_cohort
        config: {alias: dim_programme_cohort}
      - v: 2
        columns:
          - include: all
            exclude: [journey_end]
    columns:
"""


def test_a_new_version_beside_the_old_one_breaks_nothing(
    empty: Settings, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/add_a_feed.md says: the old table stays under its name, the new one stands beside it."""
    assert VERSIONS.strip("\n") in (PROJECT / "docs" / "add_a_feed.md").read_text()
    changed = tmp_path / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project", changed, ignore=shutil.ignore_patterns("target", "logs", "sources"))
    model = changed / "models" / "marts" / "cohorts" / "dim_programme_cohort"
    sql, yml = model.with_suffix(".sql").read_text(), model.with_suffix(".yml").read_text()
    Path(f"{model}_v2.sql").write_text(re.sub(r".*as journey_end,\n", "", sql))
    model.with_suffix(".yml").write_text(yml.replace("\n    columns:\n", VERSIONS, 1))
    monkeypatch.setenv("ELEVATE_DBT_PROJECT", str(changed))
    after = promised(read(empty))
    assert breaks(promised(project), after) == []
    assert after["marts.dim_programme_cohort"].deprecated == "2027-06-30"
    assert "journey_end" not in after["marts.dim_programme_cohort_v2"].columns
