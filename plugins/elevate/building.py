"""A refresh's candidate, step by step: dbt's layers, and what the library does between them."""

from elevate import disclosure, transforming
from elevate.contracts import Feed
from elevate.refreshes import Kind
from elevate.settings import Settings
from elevate.transforming import LAYERS, Build

BEFORE = {"bi": "withhold_small_cells", "results": "estimate"}
"""The library's own steps, each by the layer that reads what it writes."""

FINAL = (transforming.BuildError, disclosure.UnknownOutcome)
"""What a step raises that running it again does not mend; the message says what to do."""


def steps_of(kind: Kind) -> list[str]:
    """The steps that build a refresh's candidate, in their order."""
    return [step for layer in LAYERS[kind] for step in (BEFORE.get(layer), layer) if step]


def run_step(settings: Settings, feeds: dict[str, Feed], build: Build, step: str) -> str:
    """Run one of `steps_of`; returns what it did, for the log. Raises one of FINAL."""
    if step == "withhold_small_cells":
        shown = disclosure.withhold_small_cells(settings, build.refresh_id)
        return "cells that show " + ", ".join(f"{what}: {cells}" for what, cells in shown.items())
    if step == "estimate":
        from elevate import estimating  # with scipy, which no Dag file and no other step should wait for

        rows = estimating.estimate(settings, build.refresh_id)
        return ", ".join(f"{table}: {n} rows" for table, n in rows.items())
    return f"{transforming.build_layer(settings, feeds, build, step)} models and tests"
