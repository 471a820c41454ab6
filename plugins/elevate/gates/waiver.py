"""What a steward's release lets pass, and what it never does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from elevate.batches import Batch
from elevate.contracts import Feed
from elevate.gates.rules import Rule
from elevate.warehouse.connection import Connection

OF_ROWS = ("enum", "pattern", "range", "reference")
"""Kinds of row rules that a steward may waive. A key, a required value or a type never: no model could use the row."""

VOLUME = "row_count"
NEVER = ("exact_columns", "follows")
"""Rules on a whole batch that no steward waives."""


@dataclass(frozen=True)
class Waiver:
    """Of one batch: whether it is a release, and which rules its rows may break."""

    is_release: bool = False
    is_supplement: bool = False
    rules: frozenset[str] = frozenset()

    why = "waived by a steward's release, or judged already with the batch that the rows came with"
    still_holds = "every row breaks a rule that a steward can't waive, or did not. Mend the rows at the source."

    def waived(self, rules: Sequence[Rule], of_suite: Sequence[Rule] = ()) -> list[Rule]:
        """Those of `rules` that don't apply. The suite judged a supplement's rows with the batch they came with."""
        return [rule for rule in rules if rule.name in self.rules or (self.is_supplement and rule in of_suite)]

    def with_volume(self, rules: Sequence[Rule]) -> list[Rule]:
        """The table's rules; a volume below the contract's is let pass by the waiver, none at all never is."""
        if not self.is_supplement and VOLUME not in self.rules:
            return list(rules)
        return [replace(rule, kwargs={"min_value": 1}) if rule.name == VOLUME else rule for rule in rules]


def waiver_of(connection: Connection, feed: Feed, batch: Batch) -> Waiver:
    """The waiver of this batch by its decision in `ops.decision`; an empty one where it is no release."""
    row = connection.execute(
        """select waived_rules, parent.verdict = 'green' as is_supplement
           from ops.decision join ops.batch as parent using (batch_id) where release_batch_id = %s""",
        (batch.id,),
    ).fetchone()
    if row is None:
        return Waiver()
    rules = set(row["waived_rules"])
    if row["is_supplement"]:
        # What such a row refers to lies beside it in its own delivery, of which only this part is here.
        rules |= {f"reference:{c.name}" for c in feed.columns if c.reference and c.reference.feed == feed.name}
    return Waiver(True, bool(row["is_supplement"]), frozenset(rules))


def is_waivable(rule: str, of_row: bool) -> bool:
    """Whether a steward may waive this rule: some kinds of row rules, the volume, and what a suite adds."""
    return rule.split(":")[0] in OF_ROWS if of_row else rule not in NEVER
