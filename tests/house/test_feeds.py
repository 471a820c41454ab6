"""Conventions of contracts and suites: each feed and each published table has both, and they are well formed."""

import json
import re
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from elevate.contracts import Feed, sources_of
from elevate.gates.rules import Suite, read_suite
from elevate.refreshes import PUBLISHED_SCHEMAS
from elevate.settings import PROJECT

CONTRACTS = sorted((PROJECT / "feeds").rglob("*.yaml"))
SUITES = sorted((PROJECT / "expectations").rglob("*.yaml"))
SCHEMAS = [schema for schemas in PUBLISHED_SCHEMAS.values() for schema in schemas]


def place(file: Path) -> str:
    """`sis.attendance` for `…/sis/attendance.yaml`."""
    return f"{file.parent.name}.{file.stem}"


@pytest.fixture(scope="module")
def standard() -> jsonschema.Draft201909Validator:
    """The JSON schema of the Open Data Contract Standard."""
    return jsonschema.Draft201909Validator(
        json.loads((files("open_data_contract_standard") / "schema.json").read_text())
    )


@pytest.fixture(scope="module")
def suites() -> dict[str, Suite]:
    """Every suite by name."""
    return {suite.name: suite for suite in map(read_suite, SUITES)}


def tables(schema: str) -> set[str]:
    """`schema.model` of each model that is published in this schema."""
    return {f"{schema}.{model.stem}" for model in (PROJECT / "dbt_project" / "models" / schema).rglob("*.sql")}


@pytest.mark.parametrize("file", CONTRACTS, ids=place)
def test_contract_keeps_to_the_standard(standard: jsonschema.Draft201909Validator, file: Path) -> None:
    errors = [f"{error.json_path}: {error.message}" for error in standard.iter_errors(yaml.safe_load(file.read_text()))]
    assert not errors, f"feeds/{file.parent.name}/{file.name} is no ODCS contract; mend: {errors}"


def test_every_contract_is_a_feed(feeds: dict[str, Feed]) -> None:
    assert {place(file) for file in CONTRACTS} == set(feeds), "a contract's place is feeds/<source>/<feed>.yaml"


@pytest.mark.parametrize("file", SUITES, ids=place)
def test_suite_is_accepted(file: Path) -> None:
    assert read_suite(file).rules


@pytest.mark.parametrize("file", SUITES, ids=place)
def test_no_suite_says_by_itself_which_delivery_is_the_newest(file: Path) -> None:
    chosen = re.findall(r"ops\.batch\b(?:(?!ops\.batch).)*?order by[^)]*batch_id desc", file.read_text(), re.DOTALL)
    assert not chosen, "released rows are batches too: take ops.newest_delivery or ops.deliveries"


def test_every_feed_has_a_suite_and_every_suite_a_feed(feeds: dict[str, Feed]) -> None:
    sources = sources_of(feeds.values())
    found = {place(file) for file in SUITES if file.parent.name in sources}
    assert set(feeds) - found == set(), "write expectations/<source>/<feed>.yaml: gate 1 refuses a feed without"
    assert found - set(feeds) == set(), "no contract has this feed: remove the suite or mend its name"


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_published_table_has_a_suite_and_every_suite_a_table(schema: str) -> None:
    found = {place(file) for file in SUITES if file.parent.name == schema}
    assert tables(schema), f"dbt_project/models/{schema} holds no model: this test would pass over nothing"
    assert tables(schema) - found == set(), (
        f"write expectations/{schema}/<table>.yaml: the gate refuses a table without"
    )
    assert found - tables(schema) == set(), "no model has this name: remove the suite or mend its name"


def test_suites_are_of_feeds_and_published_tables(feeds: dict[str, Feed]) -> None:
    homes = {*sources_of(feeds.values()), *SCHEMAS}
    strays = [str(file.relative_to(PROJECT)) for file in SUITES if file.parent.name not in homes]
    assert not strays, f"{strays}: no gate reads these; suites lie in expectations/<source or published schema>/"


def test_every_suite_of_a_table_would_notice_an_empty_or_another_table(suites: dict[str, Suite]) -> None:
    for suite in suites.values():
        if suite.name.split(".")[0] not in SCHEMAS:
            continue  # gate 1 makes these rules of the contract
        counts = [
            rule
            for rule in suite.rules
            if rule.type == "expect_table_row_count_to_be_between" and rule.severity == "critical"
        ]
        assert any(rule.kwargs.get("min_value", 0) >= 1 for rule in counts), (
            f"{suite.name}: add a critical row count of 1 or more; most checks pass on an empty table"
        )
        exact = [
            rule
            for rule in suite.rules
            if rule.type == "expect_table_columns_to_match_set" and rule.severity == "critical"
        ]
        assert any(rule.kwargs.get("exact_match") is True for rule in exact), (
            f"{suite.name}: add a critical expect_table_columns_to_match_set with exact_match: true"
        )


def test_a_suite_waits_only_for_optional_sources(suites: dict[str, Suite], feeds: dict[str, Feed]) -> None:
    optional = set(sources_of(feeds.values())) - set(sources_of(feeds.values(), required_only=True))
    wrong = {suite.name: suite.needs for suite in suites.values() if suite.needs and suite.needs not in optional}
    assert not wrong, f"{wrong}: `needs` switches a suite off until that source delivers; only {optional} are optional"


def test_columns_that_name_a_person_are_restricted(feeds: dict[str, Feed]) -> None:
    personal = {"first_name", "last_name", "birth_date"}
    open_columns = [
        f"{feed.id}.{column.name}"
        for feed in feeds.values()
        for column in feed.columns
        if (column.identifies or column.name in personal) and column.classification != "restricted"
    ]
    assert not open_columns, f"{open_columns}: set classification: restricted"
