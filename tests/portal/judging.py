"""Suites of feeds judged on a table made in SQL: good as it is, or spoilt in one way."""

from datetime import date

from psycopg import sql

from elevate.contracts import load_feeds
from elevate.gates.engine import evaluate
from elevate.gates.rules import filled_in, read_suite
from elevate.settings import Settings
from elevate.warehouse import connect


def verdicts(settings: Settings, feed_id: str, good: str, spoil: str = "") -> dict[str, str]:
    """Rule to verdict of the feed's own suite.

    `good` is `(columns) select …`, the rest of an insert into the batch; `spoil` is the rest of an
    `update batch …` or empty.
    """
    feed = load_feeds(settings.feeds)[feed_id]
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type)) for column in feed.columns
    )
    with connect(settings) as connection:
        connection.execute("create schema if not exists judged")
        connection.execute("drop table if exists judged.batch")
        connection.execute(sql.SQL("create table judged.batch ({}, _line bigint, _file text)").format(columns))
        connection.execute(f"insert into judged.batch {good}".encode())
        if spoil:
            changed = connection.execute(f"update judged.batch set {spoil}".encode()).rowcount
            assert changed, "the spoiling statement met no row"
    suite = read_suite(settings.expectations / feed.source / f"{feed.name}.yaml")
    rules = [filled_in(rule, night=date.max, batch_id=0) for rule in suite.rules]
    return {r.rule.name: r.verdict for r in evaluate(settings, "judged", "batch", rules)}
