"""A delta means something only on top of the delivery that it follows."""

from datetime import timedelta

from elevate.batches import Batch
from elevate.contracts import Feed
from elevate.gates.engine import RuleResult
from elevate.gates.rules import Rule
from elevate.warehouse.connection import Connection

FOLLOWS = Rule(
    "follows", "continuity", {}, "critical",
    "Changes on top of changes that never arrived would leave the gap for ever.",
    "Get the missing night accepted first, or ask the source for a full delivery; then run this night again.",
)  # fmt: skip


def follows(connection: Connection, feed: Feed, batch: Batch) -> RuleResult:
    """Whether the delivery that this one builds on was accepted and came before it; fails with the name of the gap.

    The source names it (`ops.batch.follows`), or the contract says how many days may lie
    between two deliveries (slaProperties.frequency). Not applicable to a delivery that
    holds everything, and to the first of all. One that came later, as where nights run side
    by side, is none to build on: deltas count by arrival.
    """
    row = connection.execute(
        """select this.is_full, this.follows, max(before.night) as last_accepted,
               max(before.night) filter (where came_before) as last_before,
               bool_or(came_before and before.night = this.follows) as has_base
           from ops.batch as this
           left join ops.batch as before on before.source = this.source and before.feed = this.feed
               and before.verdict in ('green', 'unchanged') and before.night < this.night
           cross join lateral (select coalesce(before.released_from, before.batch_id)
                                    < coalesce(this.released_from, this.batch_id) as came_before) as arrival
           where this.batch_id = %s group by this.batch_id""",
        (batch.id,),
    ).fetchone()
    assert row is not None
    if feed.load_mode != "delta" or row["is_full"]:
        return RuleResult(FOLLOWS, "not applicable")
    if row["follows"] is not None:
        gap = f"the delta builds on night {row['follows']}, which was not accepted before it came"
        return RuleResult(FOLLOWS, "pass") if row["has_base"] else RuleResult(FOLLOWS, "fail", message=gap)
    if feed.every_days is None or row["last_accepted"] is None:
        return RuleResult(FOLLOWS, "not applicable")
    expected = batch.night - timedelta(days=feed.every_days)
    if row["last_before"] and row["last_before"] >= expected:
        return RuleResult(FOLLOWS, "pass")
    first = row["last_before"] + timedelta(days=1) if row["last_before"] else row["last_accepted"]
    last = batch.night - timedelta(days=1)
    return RuleResult(FOLLOWS, "fail", message=f"no delta was accepted for the nights {first} to {last} before it came")
