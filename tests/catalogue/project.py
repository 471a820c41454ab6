"""The dbt project as dbt reads it: published models, definitions, and what refers to what."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from elevate.contracts import load_feeds
from elevate.settings import Settings
from elevate.transforming import run_dbt

NIGHT = "2019-02-11"
PUBLISHED_SCHEMAS = ("marts", "bi", "evaluation")
SECTIONS = ("Overview", "Grain", "Business rules", "Example query")
"""Headings of a published model's description, in their order."""


@dataclass(frozen=True)
class Model:
    """A published model."""

    node: dict[str, Any]

    @property
    def table(self) -> str:
        """Schema and name under which readers find it."""
        return f"{self.node['schema']}.{self.node['alias']}"

    @property
    def columns(self) -> dict[str, dict[str, Any]]:
        """Columns in their order, as the contract has them."""
        return dict(self.node["columns"])

    @property
    def key(self) -> list[str]:
        """Columns of the primary key, whether the model or a column declares it."""
        for constraint in self.node["constraints"]:
            if constraint["type"] == "primary_key":
                return list(constraint["columns"])
        return [name for name, column in self.columns.items() if "primary_key" in _constraints(column)]

    def is_required(self, column: str) -> bool:
        """Whether the column is never null."""
        return column in self.key or "not_null" in _constraints(self.columns[column])

    @property
    def sections(self) -> dict[str, str]:
        """Heading to text of the description."""
        parts = re.split(rf"^\*\*({'|'.join(SECTIONS)})\*\*", self.node["description"], flags=re.MULTILINE)
        return {name: text.strip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)}

    @property
    def example(self) -> str:
        """The example query of the description: in backticks, or indented."""
        text = self.sections["Example query"]
        quoted = re.search(r"`(select[^`]+|with[^`]+)`", text, re.DOTALL)
        indented = [line for line in text.splitlines() if line.startswith("    ")]
        return quoted[1] if quoted else "\n".join(indented)


def _constraints(column: dict[str, Any]) -> set[str]:
    return {constraint["type"] for constraint in column["constraints"]}


@dataclass(frozen=True)
class Project:
    """What `dbt compile` writes down."""

    manifest: dict[str, Any]

    @cached_property
    def models(self) -> dict[str, dict[str, Any]]:
        """Every model by its unique id."""
        return {k: node for k, node in self.manifest["nodes"].items() if node["resource_type"] == "model"}

    @cached_property
    def published(self) -> list[Model]:
        """The models that readers see, by table."""
        found = [Model(node) for node in self.models.values() if node["schema"] in PUBLISHED_SCHEMAS]
        return sorted(found, key=lambda model: model.table)


def read(settings: Settings, select: str = "path:analyses") -> Project:
    """Compile what is selected against the published tables; every model is in what comes out."""
    result = run_dbt(
        settings,
        load_feeds(settings.feeds),
        ["compile", "--quiet", "--select", select, "--target", "published"],
        {"refresh_id": 0, "night": NIGHT},
        target_path="catalogue",
    )
    assert result.success, result.exception
    return Project(json.loads((settings.home / "dbt" / settings.database / "catalogue" / "manifest.json").read_text()))
