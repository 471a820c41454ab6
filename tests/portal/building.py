"""The models of the public files, built alone: without the other sources, gates 2 and 3 and publication."""

from datetime import date
from typing import Any

from elevate import refreshes
from elevate.contracts import load_feeds
from elevate.raw import ensure_table
from elevate.settings import Settings
from elevate.transforming import run_dbt
from elevate.warehouse import connect

NIGHT = date(2019, 2, 11)
MODELS = (
    "path:models/staging/portal", "path:models/intermediate/portal",
    "dim_public_school", "dim_public_comparison", "fct_public_school_metric", "eval_public_panel", "eval_public_did",
)  # fmt: skip


def build(settings: Settings, night: date = NIGHT) -> None:
    """Build the models of the public files alone, from what the portal has delivered up to this night."""
    feeds = load_feeds(settings.feeds)
    with connect(settings) as connection:
        for feed in feeds.values():
            ensure_table(connection, feed)
        refresh_id = refreshes.open_replay(connection, night, feeds, None)
    # Under this target the evaluation models read the candidate's marts.
    result = run_dbt(
        settings,
        feeds,
        ["build", "--select", *MODELS, "--exclude-resource-type", "unit_test", "--target", "marts"],
        {"refresh_id": refresh_id, "night": night.isoformat()},
        target_path="public",
    )
    assert result.success, result.exception


def table(settings: Settings, query: str) -> list[dict[str, Any]]:
    with connect(settings) as connection:
        return connection.execute(query.encode()).fetchall()
