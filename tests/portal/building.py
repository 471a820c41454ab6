"""The models of the public files, built alone: without the other sources, gates 2 and 3 and publication."""

from datetime import date
from typing import Any

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


def build(settings: Settings) -> None:
    """Build the models of the public files alone, from every portal batch that is green."""
    feeds = load_feeds(settings.feeds)
    with connect(settings) as connection:
        for feed in feeds.values():
            ensure_table(connection, feed)
        row = connection.execute(
            "insert into ops.refresh (kind, night, run) values ('marts', %s, 'test') returning refresh_id", (NIGHT,)
        ).fetchone()
        assert row is not None
        connection.execute(
            "insert into ops.refresh_batch select %s, batch_id from ops.batch where source = 'portal'",
            (row["refresh_id"],),
        )
    # Under this target the evaluation models read the candidate's marts.
    result = run_dbt(
        settings,
        feeds,
        ["build", "--select", *MODELS, "--exclude-resource-type", "unit_test", "--target", "marts"],
        {"refresh_id": row["refresh_id"], "night": NIGHT.isoformat()},
        target_path="public",
    )
    assert result.success, result.exception


def table(settings: Settings, query: str) -> list[dict[str, Any]]:
    with connect(settings) as connection:
        return connection.execute(query.encode()).fetchall()
