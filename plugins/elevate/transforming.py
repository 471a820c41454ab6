"""dbt, run in this process: one layer of the project into the candidate."""

import hmac
import os
import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from psycopg import sql

from elevate.contracts import Feed, sources_of
from elevate.refreshes import Kind
from elevate.settings import PROJECT, Settings
from elevate.warehouse.connection import connect

LAYERS: dict[Kind, dict[str, str]] = {
    "marts": {
        "staging": "path:models/staging",
        "intermediate": "path:models/intermediate",
        "marts": "path:models/marts path:models/disclosure",
        "bi": "path:models/bi",
    },
    "evaluation": {
        "sample": "path:models/evaluation/sample",
        "results": "path:models/evaluation/results",
        "restatement": "path:models/figures path:models/evaluation/restatement",
    },
}
"""Layers of each refresh in their order, and what dbt selects for them."""
LOCK = PROJECT / "requirements.txt"
"""The versions of all libraries; an image may be without it, and is then its own version."""


class BuildError(RuntimeError):
    """dbt did not build everything; the message names each failing model or test."""


@dataclass(frozen=True)
class Build:
    """What a refresh builds: its kind, its id, its night."""

    kind: Kind
    refresh_id: int
    night: date


def build_layer(settings: Settings, feeds: dict[str, Feed], build: Build, layer: str) -> int:
    """Build and test one layer; returns how many nodes ran.

    Raises BuildError where a model or test fails, or nothing was selected.
    """
    select = LAYERS[build.kind][layer].split()
    write_sources(settings, feeds)
    code = _code(settings)
    _drop_tables_of_other_code(settings, code)
    _remember_code(settings, build.refresh_id, code)
    result = run_dbt(
        settings,
        feeds,
        ["build", "--select", *select, "--exclude-resource-type", "unit_test", "--target", build.kind],
        {"refresh_id": build.refresh_id, "night": build.night.isoformat(), "code": code},
        target_path=build.kind,
    )
    nodes = getattr(result.result, "results", None) or []
    failed = [node for node in nodes if str(node.status) in ("error", "fail", "runtime error")]
    if failed or not result.success:
        reasons = " ".join(f"{n.node.name}: {_first_line(n.message)}" for n in failed) or str(result.exception)
        raise BuildError(f"dbt, layer {layer}, night {build.night}, refresh {build.refresh_id}: {reasons}")
    if not nodes:
        raise BuildError(f"dbt, layer {layer}: nothing was selected by {select}.")
    return len(nodes)


def run_dbt(
    settings: Settings,
    feeds: dict[str, Feed],
    arguments: list[str],
    variables: dict[str, Any],
    target_path: str,
) -> Any:
    """Run dbt with this installation's profile; returns dbt's own result object."""
    runner = dbt_runner()
    write_sources(settings, feeds)
    os.environ.update(_profile(settings) | {f"ELEVATE_DBT_{name.upper()}": str(v) for name, v in variables.items()})
    target = settings.home / "dbt" / settings.database / target_path
    target.mkdir(parents=True, exist_ok=True)
    return runner().invoke(
        [
            *arguments,
            "--project-dir", str(settings.dbt_project),
            "--profiles-dir", str(settings.dbt_project),
            "--target-path", str(target),
            "--log-path", str(target),
            # Its log quotes the database, and the database quotes values.
            "--log-level", "none",
            "--log-level-file", "none",
            "--no-use-colors",
            "--no-send-anonymous-usage-stats",
            "--no-version-check",
        ]
    )  # fmt: skip


def dbt_runner() -> Any:
    """dbt as a class to be called; its import takes seconds, so only where it is used."""
    from dbt.cli.main import dbtRunner

    return dbtRunner


def write_sources(settings: Settings, feeds: dict[str, Feed]) -> None:
    """The dbt sources, from the contracts, as `models/sources/<source>.yml` (not under version control)."""
    folder = settings.dbt_project / "models" / "sources"
    folder.mkdir(exist_ok=True)
    for source in sources_of(feeds.values()):
        content = yaml.safe_dump(_source(source, feeds), sort_keys=False, allow_unicode=True)
        file = folder / f"{source}.yml"
        if not file.exists() or file.read_text() != content:
            draft = folder / f".{source}.{os.getpid()}.draft"
            draft.write_text(content)
            draft.replace(file)


def _code(settings: Settings) -> str:
    """What the models' rows depend on beside the batches: their SQL, the contracts, the research key."""
    digest = hmac.new(settings.secrets["research_key"].encode(), digestmod=sha256)
    project = settings.dbt_project
    for file in sorted([project / "dbt_project.yml", *project.rglob("*.sql"), *project.glob("models/sources/*.yml")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _remember_code(settings: Settings, refresh_id: int, code: str) -> None:
    """With the refresh, the fingerprint of all that its figures depend on: its models, and what estimates."""
    digest = sha256(code.encode())
    library = Path(__file__).parent
    for file in [*sorted(library.glob("evaluation/*.py")), *sorted(library.glob("estimating/*.py")), LOCK]:
        digest.update(file.read_bytes() if file.exists() else b"")
    with connect(settings) as connection:
        connection.execute(
            "update ops.refresh set code = %s where refresh_id = %s and code is distinct from %s",
            (digest.hexdigest(), refresh_id, digest.hexdigest()),
        )


def _drop_tables_of_other_code(settings: Settings, code: str) -> None:
    """Tables that are kept from refresh to refresh, where the code that made them is not this one's."""
    with connect(settings) as connection:
        tables = connection.execute(
            "delete from intermediate.built_school_year where code <> %s returning schema_name, model", (code,)
        ).fetchall()
        for schema, model in {(row["schema_name"], row["model"]) for row in tables}:
            connection.execute(sql.SQL("drop table if exists {} cascade").format(sql.Identifier(schema, model)))


def _source(source: str, feeds: dict[str, Feed]) -> dict[str, Any]:
    tables = [_table(feed) for feed in feeds.values() if feed.source == source]
    return {
        "version": 2,
        "sources": [{"name": source, "schema": "raw", "tables": sorted(tables, key=lambda t: t["name"])}],
    }


def _table(feed: Feed) -> dict[str, Any]:
    meta = {
        "load_mode": feed.load_mode,
        "key": list(feed.key),
        "change_column": feed.change_column,
        "delete_value": feed.delete_value,
        "history": feed.history,
        "snapshot_scope": list(feed.snapshot_scope),
        "partition": feed.partition,
        "partition_type": feed.by_name[feed.partition].type if feed.partition else None,
        "columns": [column.name for column in feed.columns],
    }
    return {
        "name": feed.name,
        "identifier": feed.table,
        "description": feed.description,
        "config": {"meta": meta},
        "columns": [{"name": c.name, "description": c.description} for c in feed.columns],
    }


def _profile(settings: Settings) -> dict[str, str]:
    url = urlsplit(settings.database_url())
    return {
        "ELEVATE_DBT_HOST": url.hostname or "",
        "ELEVATE_DBT_PORT": str(url.port or 5432),
        "ELEVATE_DBT_USER": url.username or "",
        "DBT_ENV_SECRET_PASSWORD": unquote(url.password or ""),
        "ELEVATE_DBT_DATABASE": url.path.lstrip("/"),
    }


def _first_line(message: str | None) -> str:
    """The message as far as the database quotes no values in it: names stay, cells don't."""
    lines = [line.strip() for line in (message or "").splitlines()]
    kept = [line for line in lines if line and not line.startswith(("DETAIL", "CONTEXT", "compiled code"))]
    return re.sub(r'(: )".*', r"\1…", " ".join(kept[:3]))
