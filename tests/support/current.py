"""The current rows of feeds, as the models of a refresh read them: dbt itself, on a project of nothing else."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

from elevate import refreshes
from elevate.contracts import load_feeds
from elevate.settings import PROJECT, Settings
from elevate.transforming import Build, build_layer
from elevate.warehouse import connect

MODEL = """{{%- set columns = feed_meta("{source}", "{name}").columns -%}}
select {{{{ columns | join(", ") }}}} from {{{{ current_rows("{source}", "{name}") }}}} as feed
"""


def write_project(settings: Settings, project: Path) -> None:
    """A dbt project with the macros of the real one and a model for each feed; name it by ELEVATE_DBT_PROJECT."""
    own, staging = PROJECT / "dbt_project", project / "models" / "staging"
    shutil.copytree(own / "macros", project / "macros")
    staging.mkdir(parents=True)
    for file in ("dbt_project.yml", "profiles.yml", "models/staging/ops.yml"):
        shutil.copy(own / file, project / file)
    for feed in load_feeds(settings.feeds).values():
        (staging / f"stg_{feed.table}.sql").write_text(MODEL.format(source=feed.source, name=feed.name))


def current_rows(settings: Settings, night: date) -> dict[str, list[dict[str, Any]]]:
    """Feed id to the rows that a refresh of the night reads."""
    feeds = load_feeds(settings.feeds)
    with connect(settings) as connection:
        refresh_id = refreshes.open_replay(connection, night, feeds, None)
    build_layer(settings, feeds, Build("marts", refresh_id, night), "staging")
    with connect(settings) as connection:
        return {
            feed.id: connection.execute(f"select * from staging.stg_{feed.table}".encode()).fetchall()
            for feed in feeds.values()
        }
