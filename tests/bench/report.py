"""What was measured, as tables for people and JSON for programs. Ratios are within one run: the floor is 1."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from elevate.building import steps_of
from elevate.contracts import feeds_of, load_feeds
from elevate.gates.candidate_gate import GATES
from elevate.settings import PROJECT, Settings
from elevate.transforming import LAYERS
from tests.bench.clock import Clock
from tests.bench.orchestrated import Night, explain
from tests.bench.results import Results, machine
from tests.support.district import SOURCES

FILE = PROJECT / ".elevate" / "bench" / "night.json"
STEPS = ("land", "load", "gate 1", "open refresh", "dbt", "library", "gate 2", "gate 3", "publish")
LARGEST = 6
Cost = tuple[str, float]


def write(results: Results, settings: Settings) -> str:
    """The tables as Markdown; the same figures go to FILE as JSON."""
    tables = {
        "The same night three ways": _overhead(results),
        "Where the rest goes": _causes(results, settings),
        "The orchestrated night in its order": _phases(results),
        "Its processor seconds by service": _processor(results),
        "Inside the steps, by the library alone": _inside(results),
        "Files into typed rows": _throughput(results),
        "What a process pays before it works": _processes(results),
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(_as_json(results) | {"tables": tables}, indent=1, default=str))
    parts = [f"{title}\n\n{table(*rows)}\n" for title, rows in tables.items()]
    return "\n".join([*parts, f"{machine()}, load {results.load_averages}. All figures: {FILE}"])


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    cells = [list(head), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    cells.insert(1, ["-" * width if place == 0 else "-" * (width - 1) + ":" for place, width in enumerate(widths)])
    return "\n".join(
        "| "
        + " | ".join(c.rjust(w) if p else c.ljust(w) for p, (c, w) in enumerate(zip(row, widths, strict=True)))
        + " |"
        for row in cells
    )


def _text(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


Table = tuple[Sequence[str], list[Sequence[object]]]


def _overhead(results: Results) -> Table:
    floor = results.floor.total("floor")
    first, second = results.nights
    rows: list[tuple[str, float]] = [("floor: COPY, casts and the models' SQL in one psql script", floor)]
    rows += [(f"- {step}", results.floor.total("floor statements", step)) for step in ("copy", "cast", "models")]
    for night, name in ((first, "first night"), (second, "second night (delta)")):
        clock = results.steps[night]
        rows.append((f"library, step by step: {name}", _work(clock)))
        rows += [(f"- {step}", clock.total(step)) for step in STEPS]
    rows.append(("its imports: Great Expectations, dbt", results.steps[first].total("import")))
    rows += [("orchestrated: everything started from nothing", results.start.total("start"))]
    rows += [("orchestrated: first night", results.orchestrated[first].seconds)]
    rows += [("orchestrated: second night (delta)", results.orchestrated[second].seconds)]
    return ("", "seconds", "x floor"), [(name, seconds, seconds / floor) for name, seconds in rows]


def _work(clock: Clock) -> float:
    return sum(clock.total(step) for step in STEPS)


def _causes(results: Results, settings: Settings) -> Table:
    floor = results.floor.total("floor")
    by_night = [
        explain(
            results.orchestrated[night], _costs(results, settings, results.orchestrated[night], results.steps[night])
        )
        for night in results.nights
    ]
    first, second = by_night
    rows: list[Sequence[object]] = [
        (cause, first.get(cause, 0.0), first.get(cause, 0.0) / floor, second.get(cause, 0.0))
        for cause in sorted({**first, **second}, key=lambda cause: -first.get(cause, 0.0))
    ]
    rows.append(("all of it", sum(first.values()), sum(first.values()) / floor, sum(second.values())))
    return ("cause", "first night, s", "x floor", "second night, s"), rows


def _costs(results: Results, settings: Settings, night: Night, clock: Clock) -> dict[str, list[Cost]]:
    """What each task's causes take one by one, as measured step by step, by task id."""
    empty = median(t.ended - t.began for t in night.tasks if t.name == "announce")
    imports = results.steps[results.nights[0]].parts("import")
    gx, dbt = ("import of Great Expectations", imports["Great Expectations"]), imports["dbt"]
    costs: dict[str, list[Cost]] = {}
    for source in SOURCES:
        feeds = feeds_of(load_feeds(settings.feeds), source)
        for feed in feeds:
            for step in ("land", "load"):
                costs[f"extract_{source}.{feed.name}.{step}"] = [(f"work: {step}", clock.total(step, feed.id))]
        gated = sum(clock.total("gate 1", feed.id) for feed in feeds)
        costs[f"extract_{source}.gate_1"] = [gx, ("work: gate 1", gated)]
        costs[f"extract_{source}.announce"] = []
    for kind, layers in LAYERS.items():
        dag, gate = f"refresh_{kind}", GATES[kind]
        for layer in layers:
            nodes = clock.total("inside", "dbt: models and tests", layer)
            start = dbt + clock.total("dbt", layer) - nodes
            costs[f"{dag}.build_{layer}"] = [("dbt: import, start, parse", start), ("work: models and tests", nodes)]
        for step in set(steps_of(kind)) - set(layers):
            costs[f"{dag}.{step}"] = [(f"work: {step}", clock.total("library", step))]
        costs[f"{dag}.open_refresh"] = [("work: open refresh", clock.total("open refresh", kind))]
        costs[f"{dag}.gate_{gate}"] = [gx, (f"work: gate {gate}", clock.total(f"gate {gate}", kind))]
        costs[f"{dag}.publish"] = [("work: publish", clock.total("publish", kind))]
    return {task: [("a task's process and its Dag file", empty), *known] for task, known in costs.items()}


def _phases(results: Results) -> Table:
    first, second = (results.orchestrated[night].phases() for night in results.nights)
    return ("", "first night, s", "second night, s"), [(phase, first[phase], second[phase]) for phase in first]


def _processor(results: Results) -> Table:
    first, second = (results.orchestrated[night].processor for night in results.nights)
    first, second = ({"all": sum(seconds.values())} | seconds for seconds in (first, second))
    rows = [(service, first[service], second[service]) for service in first]
    return ("service (tasks are the scheduler's)", "first night", "second night"), list(rows)


def _inside(results: Results) -> Table:
    first, second = (results.steps[night] for night in results.nights)
    rows = [(name, s, second.total("inside", name)) for name, s in first.parts("inside").items()]
    for kind in ("models", "tests"):
        name = f"dbt: {kind}, seconds of all threads together"
        rows.append((name, first.total("dbt nodes", kind), second.total("dbt nodes", kind)))
    return ("", "first night, s", "second night, s"), list(rows)


def _throughput(results: Results) -> Table:
    floor, steps = results.floor, results.steps[results.nights[0]]
    rows: list[Sequence[object]] = []
    for feed, file in list(results.files.items())[:LARGEST]:
        copy, cast = (floor.total("floor statements", step, feed) for step in ("copy", "cast"))
        land, load, gate = (steps.total(step, feed) for step in ("land", "load", "gate 1"))
        per_second = (land + load) and file.bytes / 1e6 / (land + load)
        rows.append(
            (
                feed,
                file.rows,
                file.columns,
                file.bytes / 1e6,
                copy,
                cast,
                land,
                load,
                gate,
                (land + load) / copy,
                per_second,
            )
        )
    head = ("feed", "rows", "columns", "MB", "COPY, s", "casts, s", "land, s", "load, s", "gate 1, s")
    return (*head, "(land + load) / COPY", "land + load, MB/s"), rows


def _processes(results: Results) -> Table:
    return ("process", "seconds"), list(results.processes.items())


def _as_json(results: Results) -> dict[str, Any]:
    return {
        "machine": machine(),
        "load_averages": results.load_averages,
        "schools": results.schools,
        "files": {feed: asdict(file) for feed, file in results.files.items()},
        "floor": _flat(results.floor),
        "start": _flat(results.start),
        "steps": {night.isoformat(): _flat(clock) for night, clock in results.steps.items()},
        "orchestrated": {night.isoformat(): asdict(run) for night, run in results.orchestrated.items()},
        "processes": results.processes,
    }


def _flat(clock: Clock) -> dict[str, float]:
    return {" / ".join(name): round(seconds, 4) for name, seconds in clock.seconds.items()}
