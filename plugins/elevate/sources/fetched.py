"""What a source gave for one feed and night."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Fetched:
    """The files of one delivery, at least one, and what the source said about them.

    `is_full`: the delivery holds everything that the source has, so what is not in it is
    gone; None where the contract's load mode says it. `follows`: the night of the delivery
    that a delta builds on. `state`: where this pull ended, which the next one is given
    back once this delivery is accepted; it may hold no student's value.
    """

    files: list[Path]
    is_full: bool | None = None
    follows: date | None = None
    state: dict[str, Any] | None = None
