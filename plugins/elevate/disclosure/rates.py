"""Which shares are near 0 or 1 for the size of their group, and the range that is shown instead.

A share is known with its group's size, so `9 of 10` tells of nine pupils and of one. Fewer
than the threshold on either side are a small cell, like a small group is. Their share is told
as a range that holds all of them: `<= 15 %` of 60 says "fewer than ten" and no more.

By default never finer than the top and bottom codes of the National Center for Education Statistics,
"Statistical Methods for Protecting Personally Identifiable Information in Aggregate
Reporting" (SLDS Technical Brief 3, NCES 2011-603, 2010): of up to 20 pupils 20 percent at
either end, up to 40 ten, up to 100 five, up to 300 two, above that one. They are `coded_shares` in
dbt_project.yml, beside the threshold.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Limits:
    """What is small: fewer than `threshold`, or at either end of a share.

    `coded_shares`: the largest size of a group, and the share at either end that is told as a range for it.
    """

    threshold: int
    coded_shares: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Box:
    """What is told of a part that is not shown: it lies between `low` and `high`, both included.

    `is_range`: these bounds are published. Otherwise they follow from no range being shown.
    `is_small`: the part or its complement is a small cell.
    """

    low: Numbers
    high: Numbers
    is_range: Flags
    is_small: Flags
    whole: Numbers

    def without_ranges(self, where: Flags) -> "Box":
        """The same with no ranges shown there, so that their absence tells nothing either."""
        low, high = np.where(where, 0.0, self.low), np.where(where, self.whole, self.high)
        return replace(self, low=low, high=high, is_range=self.is_range & ~where)


def box_of(part: Numbers, whole: Numbers, limits: Limits, counts_pupils: bool) -> Box:
    """The box of each `part` of its `whole`, pupils of pupils or days of days.

    Below twice the threshold one end is small whatever the share, and nothing is told.
    Days may be halves, and a share of days says nothing of most pupils: the coded shares
    are for those of pupils alone.
    """
    end = _end(whole, limits, counts_pupils)
    step = 1.0 if counts_pupils else 0.0
    is_low, is_high = part <= end, whole - part <= end
    if not counts_pupils:
        is_low, is_high = part < limits.threshold, whole - part < limits.threshold
    tells = whole >= 2 * end + 2 * step + 1
    low = np.where(is_high, whole - end, np.where(is_low, 0.0, end + step))
    high = np.where(is_low, end, np.where(is_high, whole, whole - end - step))
    return Box(
        low=np.where(tells, low, 0.0),
        high=np.where(tells, high, whole),
        is_range=tells & (is_low | is_high),
        is_small=is_low | is_high,
        whole=whole,
    )


def shown_range(box: Box) -> tuple[Numbers, Numbers]:
    """Bounds of the share as they are shown: whole percents outwards, as fractions; nan where there is no range."""
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.floor(np.round(100 * box.low / box.whole, 6)) / 100
        upper = np.ceil(np.round(100 * box.high / box.whole, 6)) / 100
    return np.where(box.is_range, lower, np.nan), np.where(box.is_range, upper, np.nan)


def _end(whole: Numbers, limits: Limits, counts_pupils: bool) -> Numbers:
    """The largest part that is told as a range at the low end."""
    if not counts_pupils:
        return np.full(whole.shape, float(limits.threshold))
    sizes, shares = zip(*limits.coded_shares, strict=True)
    coded = np.floor(np.array(shares)[np.searchsorted(np.array(sizes), whole)] * whole)
    return np.asarray(np.maximum(limits.threshold - 1, coded), dtype=np.float64)
