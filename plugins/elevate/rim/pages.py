"""Pages that Airflow shows beside its own; `plugins/elevate_pages.py` is where it finds them."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

from elevate import documenting
from elevate.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

PREFIX = "/elevate/docs"
MISSING = "The documentation was not made yet: run `make docs`, on servers `elevate docs` in the service worker."


class Pages(AirflowPlugin):
    """The documentation site, in Airflow's menu."""

    name = "elevate_pages"
    external_views = [  # noqa: RUF012 - Airflow's own form
        {
            "name": "Data documentation",
            "href": f"{PREFIX.removeprefix('/')}/",
            "destination": "nav",
            "category": "browse",
            "url_route": "data-documentation",
        }
    ]

    # Asked for by the web server alone: every task loads this class, and none needs a web framework.
    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The pages and where they are mounted."""
        return [{"app": documentation(), "url_prefix": PREFIX, "name": "Data documentation"}]


def documentation() -> "FastAPI":
    """The site as `documenting.write` left it, for whoever is logged in."""
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
    from airflow.api_fastapi.core_api.security import requires_access_view
    from fastapi import Depends, FastAPI
    from fastapi.responses import FileResponse, PlainTextResponse, Response

    # Airflow protects no page of a plugin by itself.
    app = FastAPI(openapi_url=None, dependencies=[Depends(requires_access_view(AccessView.DOCS))])

    @app.get("/")
    def site() -> Response:
        file = documenting.page(Settings.load())
        return FileResponse(file) if file.exists() else PlainTextResponse(MISSING, status_code=404)

    return app
