"""Small cells are withheld from BI, and whatever would give them back: docs/decisions/0006."""

from elevate.disclosure.ledger import copy_state, withhold_small_cells
from elevate.disclosure.tables import UnknownOutcome

__all__ = ["UnknownOutcome", "copy_state", "withhold_small_cells"]
