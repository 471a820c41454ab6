"""What readers were promised, and what of it a change would break."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from elevate.settings import PROJECT
from tests.catalogue.project import Model, Project

RECORD = PROJECT / "dbt_project" / "published.yml"
HEAD = """\
# What readers were promised: every published table, its key, and its columns in their order, `!` for never null.
# Made by tests/catalogue. Additions: ELEVATE_WRITE_DOCS=1 pytest tests/catalogue. What would break a reader's query is
# refused: it needs a new version of the model, see docs/add_a_feed.md.
"""
ADVICE = (
    "readers' queries would break. Leave the model as it is, as version 1 under its name, and make a version 2 beside "
    "it; docs/add_a_feed.md, 'A mart that must change', says how."
)


@dataclass(frozen=True)
class Promise:
    """One published table: its key, its columns with type and `!`, and from when it may go, if it is to."""

    key: tuple[str, ...]
    columns: dict[str, str]
    deprecated: str | None = None


Published = dict[str, Promise]


def promised(project: Project) -> Published:
    """What the project publishes."""
    return {model.table: _promise(model) for model in project.published}


def _promise(model: Model) -> Promise:
    columns = {
        name: column["data_type"].replace(" ", "") + ("!" if model.is_required(name) else "")
        for name, column in model.columns.items()
    }
    date = model.node.get("deprecation_date")
    return Promise(tuple(model.key), columns, str(date)[:10] if date else None)


def read(path: Path = RECORD) -> Published:
    """What is on record."""
    content: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text())
    return {
        table: Promise(tuple(given["key"].split()), given["columns"], given.get("deprecated"))
        for table, given in content.items()
    }


def written(published: Published) -> str:
    """The record's text."""
    lines = [HEAD]
    for table, promise in sorted(published.items()):
        lines.append(f"{table}:")
        lines += [f'  deprecated: "{promise.deprecated}"'] if promise.deprecated else []
        lines += [f"  key: {' '.join(promise.key)}", "  columns:"]
        lines += [f"    {name}: {kind}" for name, kind in promise.columns.items()]
    return "\n".join([*lines, ""])


def breaks(before: Published, after: Published) -> list[str]:
    """What a reader of `before` would miss in `after`; a table that was announced as deprecated may go."""
    found = []
    for table, old in before.items():
        if table in after:
            found += [f"{table}{problem}" for problem in _differences(old, after[table])]
        elif not old.deprecated:
            found.append(f"{table} is gone, and was never deprecated")
    return found


def _differences(old: Promise, new: Promise) -> list[str]:
    found = [] if old.key == new.key else [f" has the key {', '.join(new.key)} instead of {', '.join(old.key)}"]
    for name, kind in old.columns.items():
        if name not in new.columns:
            found.append(f".{name} is gone")
        elif new.columns[name].rstrip("!") != kind.rstrip("!"):
            found.append(f".{name} is {new.columns[name]} instead of {kind}")
        elif kind.endswith("!") and not new.columns[name].endswith("!"):
            found.append(f".{name} may be null now")
    kept = [name for name in new.columns if name in old.columns]
    if kept != [name for name in old.columns if name in new.columns]:
        found.append(" has its columns in another order")
    return found
