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
    """Status and text of the documentation: to a stranger, to a person before it was made, and after."""
    from airflow import plugins_manager
    from fastapi.testclient import TestClient

    (mounted,) = [app for app in plugins_manager.get_fastapi_plugins()[0] if "docs" in app["url_prefix"]]
    client = TestClient(mounted["app"], raise_server_exceptions=False)
    given = {"stranger": client.get("/"), "schema": client.get("/openapi.json")}
    (guard,) = mounted["app"].router.dependencies
    mounted["app"].dependency_overrides[guard.dependency] = lambda: None
    given["before"] = client.get("/")
    (home / "docs").mkdir()
    (home / "docs" / "index.html").write_text("<p>the site</p>")
    given["after"] = client.get("/")
    return {name: (answer.status_code, answer.text) for name, answer in given.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
