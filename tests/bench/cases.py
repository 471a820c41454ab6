"""One case of the benchmark of loading, in a process of its own so that its peak of memory is its own.

`python -m tests.bench.cases CASE HOME FEED NIGHT FILE` prints one line of JSON: what each part has cost.
"""

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

from psycopg import sql

from elevate import batches, landing, loading, sources
from elevate.contracts import Feed, load_feeds
from elevate.gates import batch_gate
from elevate.local import postgres
from elevate.raw import ensure_table
from elevate.settings import Settings
from elevate.sources.fetched import Fetched
from elevate.warehouse import connect
from tests.bench.clock import Clock
from tests.bench.meter import Cost, metered

RUN = "bench"
CHUNK = 1 << 20
Measured = dict[str, Cost]


def bare_copy(settings: Settings, feed: Feed, night: date, file: Path) -> Measured:
    """COPY into a table made in the same transaction: logged, typed as contracted, text where no contract names it."""
    with file.open(encoding=feed.encoding, newline="") as lines:
        header = next(csv.reader(lines, delimiter=feed.delimiter))
    types = {name: column.type for column in feed.columns for name in column.headers}
    columns = [(name, types.get(name.lower(), "text")) for name in header]
    table = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(kind)) for n, kind in columns)
    copy = sql.SQL("copy incoming.bare from stdin (format csv, header true, delimiter {}, force_null *)")
    with metered(_server(settings)) as cost, connect(settings) as connection:
        connection.execute(sql.SQL("create table incoming.bare ({})").format(table))
        copying = connection.cursor().copy(copy.format(sql.Literal(feed.delimiter)))
        with copying as target, file.open("rb") as source:
            while chunk := source.read(CHUNK):
                target.write(chunk)
    with connect(settings) as connection:
        connection.execute("drop table incoming.bare")
    return {"copy": cost}


def platform(settings: Settings, feed: Feed, night: date, _file: Path) -> Measured:
    """Landing and loading, as the tasks do it; the batch stays loaded."""
    fetched = Cost()

    def fetch(*given: object) -> Fetched:
        nonlocal fetched
        with metered(_server(settings)) as fetched:
            return original(*given)  # type: ignore[arg-type]

    original, landing.sources.fetch = sources.fetch, fetch
    with metered(_server(settings)) as land:
        landed = landing.land(settings, feed, night)
    with metered(_server(settings)) as load:
        with connect(settings) as connection:
            ensure_table(connection, feed)
            batch_id = batches.open_batch(connection, feed, night, RUN, landed)
        loading.load(settings, feed, batch_id)
    return {"fetch": fetched, "land": land, "load": load}


def gate_1(settings: Settings, feed: Feed, night: date, _file: Path) -> Measured:
    """Gate 1 of the batch that was loaded last, until its rows are in raw."""
    import great_expectations  # noqa: F401 - its import is no part of the work

    with connect(settings) as connection:
        for other in load_feeds(settings.feeds).values():
            ensure_table(connection, other)
        row = connection.execute("select max(batch_id) as id from ops.batch where verdict = 'loaded'").fetchone()
    assert row
    clock = Clock()
    _watch(clock, batch_gate, "evaluate", "find_failing", "add_research_keys", "check_ledger")
    _watch(clock, batch_gate.content, "content_hash")
    _watch(clock, batch_gate.raw, "append")
    with metered(_server(settings)) as cost:
        verdict = batch_gate.judge(settings, feed, row["id"])
    assert verdict.verdict == "green", verdict.message
    parts = {name: Cost(seconds) for name, seconds in clock.parts().items()}
    return {"gate 1": cost, **parts}


def _watch(clock: Clock, owner: object, *functions: str) -> None:
    for name in functions:
        original: Callable[..., object] = getattr(owner, name)

        def timed(*given: object, name: str = name, original: Callable[..., object] = original) -> object:
            with clock(name):
                return original(*given)

        setattr(owner, name, timed)


def _server(settings: Settings) -> int:
    return int((postgres.data_folder(settings) / "postmaster.pid").read_text().split("\n")[0])


CASES = {"copy": bare_copy, "platform": platform, "gate 1": gate_1}


def main(case: str, home: str, feed_id: str, night: str, file: str) -> None:
    """Run one case and print its costs."""
    settings = Settings(Path(home))
    feed = load_feeds(settings.feeds)[feed_id]
    costs = CASES[case](settings, feed, date.fromisoformat(night), Path(file))
    sys.stdout.write(json.dumps({name: asdict(cost) for name, cost in costs.items()}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
