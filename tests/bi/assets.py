"""The files of the dashboards, and the published models as their descriptions have them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from elevate.settings import PROJECT

ASSETS = PROJECT / "deploy" / "superset" / "assets"
MODELS = PROJECT / "dbt_project" / "models"
PUBLISHED = ("marts", "bi", "evaluation")


def load(folder: str) -> dict[str, dict[str, Any]]:
    """Every file of a folder of the assets, by its name."""
    return {file.stem: yaml.safe_load(file.read_text()) for file in sorted((ASSETS / folder).rglob("*.yaml"))}


def models(schema: str) -> dict[str, dict[str, str]]:
    """Published models of a schema: name to its columns and their types, in their order."""
    found = {}
    for file in sorted((MODELS / schema).rglob("*.yml")):
        for model in yaml.safe_load(file.read_text()).get("models", []):
            found[model["name"]] = {column["name"]: column["data_type"] for column in model["columns"]}
    return found


@dataclass(frozen=True)
class Dataset:
    """A table as Superset knows it."""

    content: dict[str, Any]

    @property
    def table(self) -> str:
        """With its schema."""
        return f"{self.content['schema']}.{self.content['table_name']}"

    @property
    def physical(self) -> dict[str, str]:
        """Columns of the table and their types."""
        return {c["column_name"]: c["type"] for c in self.content["columns"] if "expression" not in c}

    @cached_property
    def columns(self) -> dict[str, str]:
        """What a chart may name, as SQL."""
        return {c["column_name"]: c.get("expression", c["column_name"]) for c in self.content["columns"]}

    @cached_property
    def metrics(self) -> dict[str, str]:
        """Metrics as SQL."""
        return {m["metric_name"]: m["expression"] for m in self.content["metrics"]}


@dataclass(frozen=True)
class Chart:
    """A chart and the dataset that it reads."""

    file: Path
    content: dict[str, Any]
    dataset: Dataset

    @property
    def _params(self) -> dict[str, Any]:
        return dict(self.content["params"])

    @property
    def columns(self) -> list[str]:
        """What it groups by, or shows row by row, as SQL; raises KeyError where the dataset has no such column."""
        named = [self._params["x_axis"]] if "x_axis" in self._params else []
        for control in ("groupby", "groupbyRows", "groupbyColumns", "all_columns"):
            named += self._params.get(control, [])
        return [c["sqlExpression"] if isinstance(c, dict) else self.dataset.columns[c] for c in named]

    @property
    def metrics(self) -> list[str]:
        """What it computes, as SQL; raises KeyError where the dataset has no such metric."""
        named = [*self._params.get("metrics", []), *([self._params["metric"]] if "metric" in self._params else [])]
        return [self.dataset.metrics[name] for name in named]

    @property
    def filters(self) -> list[str]:
        """Its conditions as SQL; of those that are no SQL, equality alone is used."""
        found = []
        for condition in self._params["adhoc_filters"]:
            if condition["expressionType"] == "SQL":
                found.append(condition["sqlExpression"])
            else:
                assert condition["operator"] == "==", f"{self.file}: write the condition as SQL"
                found.append(f"{self.dataset.columns[condition['subject']]} = '{condition['comparator']}'")
        return found

    @property
    def query(self) -> str:
        """As Superset asks: computed columns and metrics from one table."""
        where = f" where {' and '.join(f'({c})' for c in self.filters)}" if self.filters else ""
        group = f" group by {', '.join(self.columns)}" if self.columns and self.metrics else ""
        return f"select {', '.join([*self.columns, *self.metrics])} from {self.dataset.table}{where}{group}"


def charts() -> dict[str, Chart]:
    """Every chart by its uuid."""
    datasets = {content["uuid"]: Dataset(content) for content in load("datasets").values()}
    return {
        content["uuid"]: Chart(Path(name), content, datasets[content["dataset_uuid"]])
        for name, content in load("charts").items()
    }
