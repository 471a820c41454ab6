"""The documentation site: dbt's own, of the published tables, with lineage from feed to mart, as one file."""

from datetime import date
from pathlib import Path

from elevate.contracts import load_feeds
from elevate.settings import Settings
from elevate.transforming import BuildError, run_dbt
from elevate.warehouse import connect


def page(settings: Settings) -> Path:
    """Where the site is written, and served from."""
    return settings.home / "docs" / "index.html"


def write(settings: Settings) -> Path:
    """Make the site from the models and what the database says of their tables; returns its file.

    It holds names, types, descriptions and SQL, no row. Raises BuildError where nothing
    was published yet, or dbt could not make it.
    """
    night = _published_night(settings)
    if night is None:
        raise BuildError("Nothing was published yet: run a night first.")
    result = run_dbt(
        settings,
        load_feeds(settings.feeds),
        ["docs", "generate", "--static", "--target", "published"],
        {"refresh_id": 0, "night": night.isoformat()},
        target_path="docs",
    )
    if not result.success:
        raise BuildError(f"dbt could not make its documentation: {result.exception}")
    site = page(settings)
    site.parent.mkdir(exist_ok=True)
    (settings.home / "dbt" / settings.database / "docs" / "static_index.html").replace(site)
    return site


def _published_night(settings: Settings) -> date | None:
    with connect(settings) as connection:
        row = connection.execute("select data_as_of from ops.data_as_of where kind = 'marts'").fetchone()
    return row["data_as_of"] if row else None
