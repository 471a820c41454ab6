"""What dbt has left behind of its last run: seconds of its nodes, and the models' SQL."""

import json
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Model:
    """One model that ran: `relation` is its quoted name with the database's, `compiled` the query it is made of."""

    name: str
    relation: str
    materialized: str
    compiled: str


@dataclass(frozen=True)
class Run:
    """The last run: seconds from its first node to its last, seconds of each kind of node, its models in order."""

    seconds: float
    seconds_by_kind: dict[str, float]
    models: list[Model]


def read(target: Path) -> Run:
    """Read `run_results.json` and `manifest.json` of dbt's target folder."""
    results: dict[str, Any] = json.loads((target / "run_results.json").read_text())
    seconds: dict[str, float] = {}
    for node in results["results"]:
        kind = node["unique_id"].split(".")[0] + "s"
        seconds[kind] = seconds.get(kind, 0.0) + node["execution_time"]
    return Run(results["elapsed_time"], seconds, _models(target, results))


def _models(target: Path, results: dict[str, Any]) -> list[Model]:
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    compiled = {r["unique_id"]: r["compiled_code"] for r in results["results"] if r["unique_id"].startswith("model.")}
    graph = {name: set(nodes[name]["depends_on"]["nodes"]) & set(compiled) for name in compiled}
    return [
        Model(node["name"], node["relation_name"], node["config"]["materialized"], compiled[node["unique_id"]])
        for node in (nodes[name] for name in TopologicalSorter(graph).static_order())
    ]
