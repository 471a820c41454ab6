"""Superset on one machine. Where `make bi` has installed it, it is started, and asked for every chart."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from elevate.local import databases, processes, superset_server
from elevate.settings import Settings, SettingsError
from elevate.warehouse import connect
from elevate.warehouse.migration import migrate
from tests.bi.assets import Chart, charts, load, models


def test_its_settings_are_private_and_its_secrets_made_once(settings: Settings) -> None:
    superset_server.write_settings(settings)
    file = settings.home / "superset" / "settings.json"
    first = json.loads(file.read_text())
    assert file.stat().st_mode & 0o077 == file.parent.stat().st_mode & 0o077 == 0
    assert first["warehouse"] == settings.database_url("bi_reader")
    assert first["admin_password"] == superset_server.password(settings)
    superset_server.write_settings(settings)
    assert json.loads(file.read_text()) == first


def test_it_says_what_is_missing(own_server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(superset_server, "PROGRAMS", tmp_path)
    with pytest.raises(SettingsError, match="make bi"):
        superset_server.start(own_server)
    (tmp_path / "gunicorn").touch()
    with pytest.raises(SettingsError, match="make nightly"):
        superset_server.start(own_server)


def publish(settings: Settings) -> None:
    """A publication of empty tables."""
    databases.ensure(settings)
    migrate(settings)
    with connect(settings) as connection:
        connection.execute("insert into ops.refresh (kind, night, run) values ('marts', '2019-02-11', 'test')")
        connection.execute(
            "insert into ops.publication (refresh_id, kind, night, content_hash) values (1, 'marts', '2019-02-11', '')"
        )
        for name, columns in models("bi").items():
            spelt = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"create table bi.{name} ({spelt})".encode())
            connection.execute(f"comment on column bi.{name}.school_year is 'As its ending year.'".encode())


def question(chart: Chart, dataset: int) -> dict[str, Any]:
    """The chart as a page asks Superset for it."""
    params = chart.content["params"]
    columns = [params["x_axis"]] if "x_axis" in params else []
    for control in ("groupby", "groupbyRows", "groupbyColumns", "all_columns"):
        columns += params.get(control, [])
    metrics = params.get("metrics") or ([params["metric"]] if "metric" in params else None)
    where = " and ".join(f"({condition})" for condition in chart.filters)
    query = {"columns": columns, "metrics": metrics, "extras": {"where": where}, "row_limit": 10}
    return {"datasource": {"id": dataset, "type": "table"}, "queries": [query]}


@pytest.mark.timeout(900)
@pytest.mark.skipif(not (superset_server.PROGRAMS.parent / "ready").exists(), reason="`make bi` installs Superset")
def test_it_imports_everything_and_answers_every_chart(own_server: Settings) -> None:
    publish(own_server)
    try:
        address = superset_server.start(own_server)
        login = {"username": "admin", "password": superset_server.password(own_server), "provider": "db"}
        with httpx.Client(base_url=f"{address}/api/v1/", trust_env=False, timeout=60) as api:
            token = api.post("security/login", json=login).raise_for_status().json()["access_token"]
            api.headers["Authorization"] = f"Bearer {token}"
            dashboards = {d["slug"]: d for d in api.get("dashboard/").raise_for_status().json()["result"]}
            assert set(dashboards) == set(superset_server.DASHBOARDS)
            shown = [api.get(f"dashboard/{slug}/charts").raise_for_status().json()["result"] for slug in dashboards]
            assert sum(map(len, shown)) == sum(
                item["type"] == "CHART"
                for d in load("dashboards").values()
                for item in list(d["position"].values())[1:]
            )
            datasets = {d["table_name"]: d["id"] for d in api.get("dataset/").raise_for_status().json()["result"]}
            for chart in charts().values():
                asked = question(chart, datasets[chart.dataset.content["table_name"]])
                answer = api.post("chart/data", json=asked)
                assert answer.is_success, f"{chart.file}: {answer.text}"
            about = api.get(f"dataset/{datasets['bi_programme_reach']}").raise_for_status().json()["result"]
            described = {column["column_name"]: column["description"] for column in about["columns"]}
            assert described["school_year"] == "As its ending year."
        assert superset_server.start(own_server) == address
    finally:
        processes.stop(own_server.home)
