"""The lines of a delimited file, told apart by its quotes as COPY does it, in one pass and little memory."""

from pathlib import Path
from typing import NamedTuple


class Lines(NamedTuple):
    """`rows` below the header, as a source counts them; the line on which a quote opens that never closes, or None."""

    rows: int
    left_open: int | None


def lines_of(file: Path) -> Lines:
    """Count the rows of a CSV file, whatever its line ends; a line break within quotes ends no row.

    Within quotes a doubled quote opens and closes at once, so that an odd number of quotes
    on a line is what opens or closes.
    """
    rows, opened = 0, None
    # Quotes and line ends are the same bytes in every encoding that can be loaded; Latin-1 reads them all.
    with file.open(encoding="latin-1") as text:
        for number, line in enumerate(text, 1):
            if line.count('"') % 2:
                opened = None if opened else number
            rows += not opened
    return Lines(max(rows - 1, 0), opened)
