"""Pages that Airflow shows beside its own; `plugins/elevate_pages.py` is where it finds them."""

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

from elevate import documenting, reporting
from elevate.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

DOCUMENTATION, REPORTS = "/elevate/docs", "/elevate/reports"
MISSING = "The documentation was not made yet: run `make docs`, on servers `elevate docs` in the service worker."
NO_REPORT = "There is no report of this night: run `elevate report`, on servers in the service worker."
LIST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Evaluation reports</title>
<style>body {{ font: 1rem/1.8 Arial, Helvetica, sans-serif; max-width: 40rem; margin: 2rem auto; color: #1d2733 }}
a {{ color: #0b5c94 }}</style><h1>Evaluation reports</h1><p>{}</p><ul>{}</ul></html>"""
NOTHING_ELSE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
"""A page of figures needs neither scripts nor other pages, so it gets none."""


def _view(name: str, prefix: str, route: str) -> dict[str, str]:
    return {
        "name": name,
        "href": f"{prefix.removeprefix('/')}/",
        "destination": "nav",
        "category": "browse",
        "url_route": route,
    }


class Pages(AirflowPlugin):
    """The documentation site and the reports, in Airflow's menu."""

    name = "elevate_pages"
    external_views = [  # noqa: RUF012 - Airflow's own form
        _view("Data documentation", DOCUMENTATION, "data-documentation"),
        _view("Evaluation reports", REPORTS, "evaluation-reports"),
    ]

    # Asked for by the web server alone: every task loads this class, and none needs a web framework.
    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The pages and where they are mounted."""
        return [
            {"app": documentation(), "url_prefix": DOCUMENTATION, "name": "Data documentation"},
            {"app": reports(), "url_prefix": REPORTS, "name": "Evaluation reports"},
        ]


def documentation() -> "FastAPI":
    """The site as `documenting.write` left it, for whoever is logged in."""
    from fastapi.responses import FileResponse, PlainTextResponse, Response

    app = _for_who_is_logged_in()

    @app.get("/")
    def site() -> Response:
        file = documenting.page(Settings.load())
        return FileResponse(file) if file.exists() else PlainTextResponse(MISSING, status_code=404)

    return app


def reports() -> "FastAPI":
    """The reports as `reporting.write` left them, a page a night and a list of them, for whoever is logged in."""
    from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

    app = _for_who_is_logged_in()

    @app.get("/")
    def nights() -> Response:
        made = reporting.nights(Settings.load())
        items = "".join(f'<li><a href="{night}">{night}</a></li>' for night in made)
        words = "The newest first." if made else "None was made yet: the evaluation of a night makes its own."
        return HTMLResponse(LIST.format(words, items), headers=NOTHING_ELSE)

    @app.get("/{night}")
    def report(night: date) -> Response:
        file = reporting.page(Settings.load(), night)
        if not file.exists():
            return PlainTextResponse(NO_REPORT, status_code=404)
        return FileResponse(file, headers=NOTHING_ELSE)

    return app


def _for_who_is_logged_in() -> "FastAPI":
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
    from airflow.api_fastapi.core_api.security import requires_access_view
    from fastapi import Depends, FastAPI

    # Airflow protects no page of a plugin by itself.
    return FastAPI(openapi_url=None, dependencies=[Depends(requires_access_view(AccessView.DOCS))])
