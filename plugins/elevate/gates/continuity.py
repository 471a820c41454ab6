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
    """Whether the delivery that this one builds on was accepted; fails with the name of the gap.

    The source names it (`ops.batch.follows`), or the contract says how many days may lie
    between two deliveries (slaProperties.frequency). Not applicable to a delivery that
    holds everything, and to the first of all.
    """
    row = connection.execute(
        """select this.is_full, this.follows,
               (select max(night) from ops.batch where source = this.source and feed = this.feed
                    and verdict in ('green', 'unchanged') and night < this.night) as last_accepted,
               exists (select from ops.batch where source = this.source and feed = this.feed
                    and verdict in ('green', 'unchanged') and night = this.follows) as has_base
           from ops.batch as this where batch_id = %s""",
        (batch.id,),
    ).fetchone()
    assert row is not None
    if feed.load_mode != "delta" or row["is_full"]:
        return RuleResult(FOLLOWS, "not applicable")
    if row["follows"] is not None:
        gap = None if row["has_base"] else f"the delta builds on night {row['follows']}, which was not accepted"
        return RuleResult(FOLLOWS, "fail" if gap else "pass", message=gap)
    if feed.every_days is None or row["last_accepted"] is None:
        return RuleResult(FOLLOWS, "not applicable")
    expected = batch.night - timedelta(days=feed.every_days)
    if row["last_accepted"] >= expected:
        return RuleResult(FOLLOWS, "pass")
    first, last = row["last_accepted"] + timedelta(days=1), batch.night - timedelta(days=1)
    return RuleResult(FOLLOWS, "fail", message=f"no delta was accepted for the nights {first} to {last}")
