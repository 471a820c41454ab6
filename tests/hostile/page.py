"""The page that shows what became of each hostile delivery: docs/hostile_deliveries.md."""

import re
from collections import Counter
from collections.abc import Sequence

from tests.hostile.conftest import Night
from tests.hostile.mutations import Mutation

LONGEST = 200


def page(night: Night, corpus: Sequence[Mutation]) -> str:
    """The corpus as a table, by feed, with the message that each delivery gets."""
    counts = Counter(mutation.outcome for mutation in corpus)
    lines = [
        "# Hostile deliveries",
        "",
        f"{len(corpus)} deliveries, each a good one spoilt in one way and judged after one good night: "
        + ", ".join(f"{counts[outcome]} {outcome}" for outcome in sorted(counts))
        + ".",
        "",
        "`equal`: accepted, with the rows of the good file. `quarantined`: accepted, the bad rows counted and kept",
        "apart. `red`: nothing of it is let through; so it is with what does not count as delivered, once it is due.",
        "No message holds a value of a student, and a refresh of the night reads nothing of what is red.",
        "",
        "A message names the line where what is wrong stands on one. There is none to name where a file as a whole is",
        "not what was promised (packages, markers, workbooks), and where a rule misses what is not there:",
        "pupils, schools, days, the rows of tonight.",
        "",
        "Made by `tests/hostile`; to write it anew: `ELEVATE_WRITE_DOCS=1 pytest tests/hostile`.",
        "",
        "| Feed | Mutation | What it is | Outcome | Message |",
        "|---|---|---|---|---|",
    ]
    for mutation in sorted(corpus, key=lambda m: (m.feed, m.outcome, m.name)):
        cells = (mutation.feed, mutation.name, mutation.what, mutation.outcome, message(night, mutation))
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join([*lines, ""])


def message(night: Night, mutation: Mutation) -> str:
    """What is said, without what every message begins with and what changes from run to run."""
    found = night.judged(mutation)
    text = re.sub(r"^\S+, night [\d-]+(?:, batch \d+)?(?:, |: )", "", found.message)
    if mutation.outcome == "quarantined":
        text = f"{found.quarantined} of {found.rows_in} rows. {text}"
    text = re.sub(r" \(feeds/\S+ line \d+\)", "", " ".join(text.split())).replace("<", "&lt;")
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} …"
