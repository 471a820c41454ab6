"""An optional column that came under another name looks like one without values."""

from elevate.batches import Batch
from elevate.contracts import Column, Feed
from elevate.delimited import likely_rename
from elevate.gates.engine import RuleResult
from elevate.gates.rules import Rule
from elevate.warehouse.connection import Connection

COLUMNS_STAY = Rule(
    "columns_stay", "drift", {}, "critical",
    "A renamed column would be read as one without values, and what it holds would go lost without a word.",
    "If it is the same column, add the new name to its aliases in the contract and run this night again; if not, "
    "release the batch.",
)  # fmt: skip

# Each file's columns, and those that the same file had when it was last accepted.
FILES = """
    select this.file, this.columns, this.extra_columns, (
        select before.columns from ops.delivery as before join ops.batch using (batch_id)
        where batch.source = %(source)s and batch.feed = %(feed)s and before.file = this.file
            and batch.verdict in ('green', 'unchanged') and before.columns is not null
        order by batch_id desc limit 1
    ) as before
    from ops.delivery as this where this.batch_id = %(batch)s order by this.file
"""


def columns_stay(connection: Connection, feed: Feed, batch: Batch) -> RuleResult:
    """Whether no optional column seems to have been renamed; fails with both names and the contract's line.

    An optional column may be left out: sources do where it holds nothing, and the older of
    two files of a feed never had it. So the loss alone is told with the batch and stops
    nothing; a suite stops it where the values matter (`exits_stay`). It is a rename that
    nobody wants to pass: the column stood in the file when it was last accepted, does not
    now, and a column is new that has a like name, or its very place.
    """
    found = []
    given = {"source": feed.source, "feed": feed.name, "batch": batch.id}
    for row in connection.execute(FILES, given):
        before = [name.strip() for name in row["before"] or []]
        had = {name.lower() for name in before}
        new = [name.strip() for name in row["extra_columns"] or [] if name.strip() and name.strip().lower() not in had]
        names = [name.strip().lower() for name in row["columns"] or []]
        for column in feed.file_columns:
            lost = not had.isdisjoint(column.headers) and set(names).isdisjoint(column.headers)
            likely = _renamed_to(column, before, new, names) if lost else None
            if likely:
                found.append(
                    f"{row['file']} has no {column.header!r} ({feed.place(column.name)}) any more. "
                    f"Renamed to {likely!r}, which is new?"
                )
    return RuleResult(COLUMNS_STAY, "fail" if found else "pass", message=" ".join(found) or None)


def _renamed_to(column: Column, before: list[str], new: list[str], names: list[str]) -> str | None:
    place = next(place for place, name in enumerate(before) if name.lower() in column.headers)
    there = [name for name in new if names.index(name.lower()) == place and len(names) == len(before)]
    return next(iter(there), None) or likely_rename(column.header, new)
