"""Loads the plugins as Airflow does and asks for their pages; writes what came, as JSON.

A program of its own, for the same reason as `read_dags.py`.
"""

import json
import os
import sys
import tempfile
from pathlib import Path


def main(plugins: str, out: str) -> None:
    """Write plugins, views and the answers with and without a login to the file `out`."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__PLUGINS_FOLDER": plugins,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/none.db",
            "ELEVATE_HOME": home,
        }
        from airflow import plugins_manager

        loaded, errors = plugins_manager._get_plugins()
        views, _ = plugins_manager._get_ui_plugins()
        found = {"plugins": [plugin.name for plugin in loaded], "errors": errors, "views": views}
        Path(out).write_text(json.dumps(found | {"answers": answers(Path(home))}))


def answers(home: Path) -> dict[str, tuple[int, str]]:
    """Status and text of the pages: to a stranger, to a person before they were made, and after."""
    from airflow import plugins_manager
    from fastapi.testclient import TestClient

    mounted = {app["url_prefix"].split("/")[-1]: app["app"] for app in plugins_manager.get_fastapi_plugins()[0]}
    docs, reports = (TestClient(mounted[name], raise_server_exceptions=False) for name in ("docs", "reports"))
    given = {"stranger": docs.get("/"), "schema": docs.get("/openapi.json")}
    given |= {"stranger to reports": reports.get("/"), "stranger to a report": reports.get("/2019-02-11")}
    for app in mounted.values():
        (guard,) = app.router.dependencies
        app.dependency_overrides[guard.dependency] = lambda: None
    given |= {"before": docs.get("/"), "no reports": reports.get("/"), "no report": reports.get("/2019-02-11")}
    for folder, name in (("docs", "index"), ("reports", "2019-02-11"), ("reports", "2019-02-12"), ("reports", "other")):
        (home / folder).mkdir(exist_ok=True)
        (home / folder / f"{name}.html").write_text(f"<p>{name}</p>")
    given |= {"after": docs.get("/"), "reports": reports.get("/"), "report": reports.get("/2019-02-11")}
    given |= {"not a night": reports.get("/other"), "outside": reports.get("/..%2fdocs%2findex")}
    return {name: (answer.status_code, answer.text) for name, answer in given.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
