"""The dashboards fit the published tables: a renamed column breaks a test, not a dashboard."""

import re
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from elevate.local.superset_server import DASHBOARDS
from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from tests.bi.assets import PUBLISHED, Chart, Dataset, charts, load, models


def on(dashboard: dict[str, Any]) -> list[str]:
    """The charts of a dashboard by uuid, those alone that its grid shows."""
    position = dashboard["position"]
    shown, waiting = [], ["ROOT_ID"]
    while waiting:
        item = position[waiting.pop()]
        waiting += item.get("children", [])
        shown += [item["meta"]["uuid"]] if item["type"] == "CHART" else []
    return shown


@pytest.mark.parametrize("name", load("datasets"))
def test_a_dataset_has_the_columns_of_its_model(name: str) -> None:
    dataset = Dataset(load("datasets")[name])
    if dataset.content["schema"] == "ops":
        return  # a view of the library's, tried by the queries below
    assert dataset.content["schema"] == "bi"
    assert dataset.physical == {
        column: kind.upper().replace(" ", "").replace(",", ", ") for column, kind in models("bi")[name].items()
    }, f"bring deploy/superset/assets/datasets/warehouse/{name}.yaml up to date"


def test_everything_that_is_named_is_there() -> None:
    known, datasets = charts(), {content["uuid"]: Dataset(content) for content in load("datasets").values()}
    shown: set[str] = set()
    for name, dashboard in load("dashboards").items():
        here = on(dashboard)
        assert set(here) <= set(known), f"{name} shows a chart that there is not"
        assert len(here) == sum(item["type"] == "CHART" for item in dashboard["position"].values() if "type" in item)
        shown |= set(here)
        for chosen in dashboard["metadata"]["native_filter_configuration"]:
            for target in chosen["targets"]:
                assert target["column"]["name"] in datasets[target["datasetUuid"]].columns, f"{name}: {chosen['name']}"
    assert shown == set(known), f"on no dashboard: {[known[uuid].content['slice_name'] for uuid in set(known) - shown]}"
    assert {dashboard["slug"] for dashboard in load("dashboards").values()} == set(DASHBOARDS)


def test_each_thing_has_one_uuid() -> None:
    uuids = [c["uuid"] for kind in ("databases", "datasets", "charts", "dashboards") for c in load(kind).values()]
    assert len(uuids) == len(set(uuids)) > 20


def test_the_connection_is_the_bi_login_without_address_or_password() -> None:
    (database,) = load("databases").values()
    assert database["sqlalchemy_uri"] == "postgresql+psycopg2://bi_reader@warehouse/warehouse"
    assert {dataset["database_uuid"] for dataset in load("datasets").values()} == {database["uuid"]}


def test_each_dashboard_is_an_exposure_of_what_it_reads() -> None:
    exposures = yaml.safe_load((PROJECT / "dbt_project" / "models" / "exposures.yml").read_text())["exposures"]
    known, declared = charts(), {exposure["name"]: exposure for exposure in exposures}
    assert set(declared) == set(load("dashboards"))
    for name, dashboard in load("dashboards").items():
        datasets = {known[uuid].dataset.table for uuid in on(dashboard)}
        read = {f"ref('{table.removeprefix('bi.')}')" for table in datasets if table.startswith("bi.")}
        assert set(declared[name]["depends_on"]) == read
        assert declared[name]["label"] == dashboard["dashboard_title"]
        assert declared[name]["url"].endswith(f"/superset/dashboard/{dashboard['slug']}/")


OUTCOME = {"outcome": "chronic_absence", "breakdown": "all"}
SUPPORT = {"support": "edtech", "is_term_over": True}
ROWS = {
    # Each table with small cells has a row that is withheld.
    "bi_cohort_year_outcome": [OUTCOME | {"cohort": "I", "is_suppressed": True, "mean_as_shown": "*"}],
    "bi_school_year_outcome": [OUTCOME | {"school_id": "1", "is_suppressed": True, "mean_as_shown": "*"}],
    "bi_school_term_support": [
        SUPPORT | {"school_id": "1", "is_suppressed": True, "due_quantity": 90},
        SUPPORT | {"school_id": "2", "is_suppressed": False, "due_quantity": 10}
        | {"delivered_of_due_quantity": 6, "not_delivered_quantity": 3, "unknown_quantity": 1},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(module_settings: Settings) -> Settings:
    """A warehouse with the tables of the schema bi, and in them ROWS."""
    with connect(module_settings) as connection:
        for name, columns in models("bi").items():
            spelt = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f"create table bi.{name} ({spelt})".encode())
            for row in ROWS.get(name, []):
                given = {column: value for column, value in row.items() if column in columns}
                insert = sql.SQL("insert into {} ({}) values ({})").format(
                    sql.Identifier("bi", name),
                    sql.SQL(", ").join(map(sql.Identifier, given)),
                    sql.SQL(", ").join(map(sql.Literal, given.values())),
                )
                connection.execute(insert)
    return module_settings


@pytest.mark.parametrize("chart", charts().values(), ids=lambda chart: chart.file.name)
def test_each_charts_query_runs_with_the_bi_login(warehouse: Settings, chart: Chart) -> None:
    assert chart.columns or chart.metrics
    with psycopg.connect(warehouse.database_url("bi_reader"), autocommit=True) as connection:
        assert connection.execute("select current_user").fetchone() == ("bi_reader",)
        connection.execute(chart.query.encode())


@pytest.mark.parametrize("table", ["bi_cohort_year_outcome", "bi_school_year_outcome"])
def test_what_is_withheld_is_shown_as_that(warehouse: Settings, table: str) -> None:
    """A star in tables, a gap in lines, never 0."""
    dataset = Dataset(load("datasets")[table])
    shown = ", ".join(dataset.columns[column] for column in ("students_shown", "mean_as_shown"))
    with psycopg.connect(warehouse.database_url("bi_reader"), autocommit=True) as connection:
        assert connection.execute(f"select {shown} from {dataset.table}".encode()).fetchone() == ("*", "*")
        value = connection.execute(f"select {dataset.metrics['Value']} from {dataset.table}".encode()).fetchone()
        assert value == (None,)
    tables = [chart for chart in charts().values() if chart.dataset.table == dataset.table and not chart.metrics]
    assert [dataset.columns["mean_as_shown"] in chart.columns for chart in tables] == [True]


def test_withheld_use_is_in_no_share(warehouse: Settings) -> None:
    """It is neither delivered nor undelivered: it is left out of the denominator, too."""
    metrics = Dataset(load("datasets")["bi_school_term_support"]).metrics
    parts = ", ".join(metrics[name] for name in ("Delivered", "Not delivered", "Unknown"))
    with psycopg.connect(warehouse.database_url("bi_reader"), autocommit=True) as connection:
        row = connection.execute(f"select {parts} from bi.bi_school_term_support".encode()).fetchone()
    assert row is not None
    assert [float(share) for share in row] == [0.6, 0.3, 0.1]


@pytest.mark.parametrize("schema", PUBLISHED)
def test_names_and_types_are_such_as_tools_like(warehouse: Settings, schema: str) -> None:
    """No reserved word, nothing that must be quoted, dates as dates."""
    with connect(warehouse) as connection:
        words = connection.execute("select word from pg_get_keywords() where catcode in ('R', 'T')")
        reserved = {row["word"] for row in words}
    assert "select" in reserved
    found = models(schema)
    assert len(found) >= 3
    for name, columns in found.items():
        for word in (name, *columns):
            assert re.fullmatch(r"[a-z][a-z0-9_]{0,62}", word), f"{name}: {word} must be quoted"
            assert word not in reserved, f"{name}: {word} is a reserved word"
        late = {c: kind for c, kind in columns.items() if re.search(r"(_date|_on|_start|_end)$", c) and kind != "date"}
        assert not late, f"{name}: dates as dates, {late}"
