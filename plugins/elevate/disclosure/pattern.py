"""Which further cells must be withheld so that the published ones don't give a small one back.

The cells of one quantity lie on a grid: school and year by grade band by category, the last
band and the last category being the totals. The equations between published cells are

    the categories of each dimension add up to the band;  the bands add up to the total;
    the schools of a cohort add up to the cohort.

A withheld cell is safe when there is a *witness*: other tables with the same published
figures in which it differs by `need` or more. Witnesses are moved amounts that cancel in
every equation: around a rectangle of withheld cells, between two bands together with one
category of each dimension, between two schools. `protect` withholds the cheapest further
cells until each has one; and until the withheld cells of each line hold `least` together,
since "total less the rest" is a figure about them. More is only ever added, so a pattern
that is complete stays as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elevate.disclosure.rates import Flags, Numbers

Indices = NDArray[np.intp]
WITHOUT_BOUND = 1e12
ALONE = 1e5
SEEN = 1e6
"""What withholding a cell costs on top where readers have seen its figure: they may remember it."""


@dataclass
class Units:
    """Schools' totals, or cohorts': one entry each.

    `up`, `down`: how far it may move if withheld. `need`: how far it must be able to.
    `cost`: of withholding it.
    """

    up: Numbers
    down: Numbers
    need: Numbers
    cost: Numbers


@dataclass
class Layer:
    """One quantity over all schools and years; arrays are [block, band, category], the last of each the total.

    `up`, `down`, `need` and `cost` as for `Units`. `amounts`: what the withheld cells of a line
    must hold `least` of. `cohort_of`: the cohort and year of each block, whose total is one of
    `cohorts`; `schools` are the blocks themselves, `same_schools` those whose total is what it was in
    the last publication, shown or not.
    """

    dimensions: list[slice]
    exists: Flags
    hidden: Flags
    up: Numbers
    down: Numbers
    need: Numbers
    amounts: tuple[Numbers, ...]
    cost: Numbers
    least: float
    cohort_of: Indices
    schools: Units
    same_schools: Flags
    cohorts: Units
    hidden_cohorts: Flags
    _signed: tuple[Numbers, Numbers] = field(init=False)

    def __post_init__(self) -> None:
        # Who withholds the only category of a band withholds the band, and all that hangs on it.
        self.cost = self.cost.copy()
        for columns in self.dimensions:
            alone = self.exists[:, :, columns].sum(axis=2, keepdims=True) == 1
            self.cost[:, :, columns] += ALONE * alone
        # A column's total moves with its bands, not against them: in a rectangle its ends are swapped.
        up, down = self.up.copy(), self.down.copy()
        up[:, -1], down[:, -1] = self.down[:, -1], self.up[:, -1]
        self._signed = up, down

    @property
    def whole(self) -> Flags:
        """Blocks that are withheld as a whole, the total included."""
        return self.hidden[:, -1, -1]

    def price(self, blocks: Indices, columns: slice) -> Numbers:
        """What each cell of these blocks would cost: nothing if withheld already, all if it isn't there."""
        hidden, exists = self.hidden[blocks][:, :, columns], self.exists[blocks][:, :, columns]
        return np.where(exists, np.where(hidden, 0.0, self.cost[blocks][:, :, columns]), np.inf)


def protect(layer: Layer) -> None:
    """Withhold in `layer.hidden` and `layer.hidden_cohorts` whatever else must be."""
    before = -1
    while before != (now := int(layer.hidden.sum() + layer.hidden_cohorts.sum())):
        before = now
        _same_group_same_cell(layer)
        _withhold_whole_blocks(layer)
        _hold_enough(layer)
        _find_witnesses_of_bands(layer)
        for columns in layer.dimensions:
            _find_witnesses_of_categories(layer, columns)
        _withhold_whole_blocks(layer)
        _find_witnesses_of_schools(layer)


def _same_group_same_cell(layer: Layer) -> None:
    """A line of a single cell has its total's figure: both are withheld or none."""
    for parts, total in _lines(layer):
        exists, hidden = layer.exists[parts], layer.hidden[parts]
        alone = exists.sum(axis=-1) == 1
        withheld = alone & (hidden.any(axis=-1) | layer.hidden[total])
        hidden |= exists & withheld[..., None]
        layer.hidden[parts] = hidden
        layer.hidden[total] |= withheld & layer.exists[total]


def _lines(layer: Layer) -> Iterator[tuple[Any, Any]]:
    """Where the parts and the total of each kind of line lie; the parts are on the last axis."""
    everything = slice(None)
    for columns in layer.dimensions:
        yield (everything, everything, columns), (everything, everything, -1)
    for category in range(layer.exists.shape[2]):
        yield (everything, slice(None, -1), category), (everything, -1, category)


def _withhold_whole_blocks(layer: Layer) -> None:
    """Parts that are shown would add up to a total that is not."""
    layer.hidden |= layer.exists & layer.whole[:, None, None]


def _hold_enough(layer: Layer) -> None:
    for parts, total in _lines(layer):
        hidden, exists, cost = layer.hidden[parts], layer.exists[parts], layer.cost[parts]
        amounts = [amount[parts] for amount in layer.amounts]
        for _ in range(exists.shape[-1]):
            held = np.min([(amount * hidden).sum(axis=-1) for amount in amounts], axis=0)
            price = np.where(exists & ~hidden, cost, np.inf)
            short = hidden.any(axis=-1) & ~layer.hidden[total] & (held < layer.least)
            short &= np.isfinite(price.min(axis=-1))
            if not short.any():
                break
            cheapest = price.argmin(axis=-1)
            at = np.nonzero(short)
            hidden[(*at, cheapest[at])] = True
        layer.hidden[parts] = hidden


def _find_witnesses_of_categories(layer: Layer, columns: slice) -> None:
    """Around rectangles: +t here, -t in the row, +t across, -t in the column."""
    for band in range(layer.exists.shape[1]):
        several = layer.exists[:, band, columns].sum(axis=1) > 1
        for category in range(columns.start, columns.stop):
            wanting = layer.hidden[:, band, category] & several & ~layer.whole
            blocks = np.nonzero(wanting)[0]
            if blocks.size:
                _complete_rectangles(layer, columns, blocks, band, category - columns.start)


def _complete_rectangles(layer: Layer, columns: slice, blocks: Indices, band: int, category: int) -> None:
    up, down = (ends[blocks][:, :, columns] for ends in layer._signed)
    price = layer.price(blocks, columns)
    need = layer.need[blocks, band, columns.start + category]
    offers = []
    for rising, falling in ((up, down), (down, up)):
        # Against one other category, over several bands; then the same with the grid turned.
        offers.append(_offers(rising, falling, price, band, category, need))
        offers.append(_turned(_offers(_turn(rising), _turn(falling), _turn(price), category, band, need)))
    costs = np.concatenate([cost for cost, _ in offers], axis=1)
    corners = np.concatenate([moving for _, moving in offers], axis=1)
    best = costs.argmin(axis=1)
    found = np.isfinite(costs.min(axis=1))
    layer.hidden[blocks[~found], -1, -1] = True
    layer.hidden[blocks[found], :, columns] |= corners[found, best[found]]


def _offers(
    rising: Numbers, falling: Numbers, price: Numbers, band: int, category: int, need: Numbers
) -> tuple[Numbers, Flags]:
    """For each other category what moving against it costs, and the cells that move: [block, other, band, category]."""
    room = np.minimum(falling[:, :, category, None], rising)
    room[:, band, :] = 0.0
    both = price[:, :, category, None] + price
    cost, taken = _cheapest(_turn(room), _turn(both), need[:, None])
    here = np.minimum(rising[:, band, category, None], falling[:, band, :])
    cost = np.where(here >= need[:, None], cost + price[:, band, :], np.inf)
    cost[:, category] = np.inf
    taken[:, :, band] = True
    others = np.eye(price.shape[2], dtype=bool)[None, :, None, :]
    moving = taken[..., None] & others
    moving[..., category] = taken
    return cost, moving


def _cheapest(room: Numbers, price: Numbers, need: Numbers) -> tuple[Numbers, Flags]:
    """As many places of the last axis as give `need` together, the cheapest first: their cost, and which they are."""
    room = np.where(np.isfinite(price), room, 0.0)
    order = np.lexsort((-room, price), axis=-1)
    rooms = np.take_along_axis(room, order, axis=-1)
    so_far = rooms.cumsum(axis=-1)
    taken = (rooms > 0) & (so_far - rooms < need[..., None])
    paid = np.where(taken, np.take_along_axis(price, order, axis=-1), 0.0).sum(axis=-1)
    chosen = np.zeros(room.shape, dtype=bool)
    np.put_along_axis(chosen, order, taken, axis=-1)
    return np.where(so_far[..., -1] >= need, paid, np.inf), chosen


def _turn(grid: Numbers) -> Numbers:
    return grid.swapaxes(1, 2)


def _turned(offers: tuple[Numbers, Flags]) -> tuple[Numbers, Flags]:
    cost, moving = offers
    return cost, moving.swapaxes(2, 3)


def _find_witnesses_of_bands(layer: Layer) -> None:
    """Between two bands, and with them in each dimension."""
    bands = range(layer.exists.shape[1] - 1)
    for band in bands:
        blocks = np.nonzero(layer.hidden[:, band, -1] & ~layer.whole)[0]
        ends = ((layer.up, layer.down), (layer.down, layer.up))
        offers = [_offer(layer, blocks, band, other, *end) for other in bands if other != band for end in ends]
        if not offers or blocks.size == 0:
            layer.hidden[blocks, -1, -1] = True
            continue
        costs = np.array([cost for cost, _ in offers])
        best = costs.argmin(axis=0)
        found = np.isfinite(costs.min(axis=0))
        layer.hidden[blocks[~found], -1, -1] = True
        for index, (_, moving) in enumerate(offers):
            chosen = found & (best == index)
            layer.hidden[blocks[chosen]] |= moving[chosen]


def _offer(
    layer: Layer, blocks: Indices, band: int, other: int, rising: Numbers, falling: Numbers
) -> tuple[Numbers, Flags]:
    """What moving between two bands costs, and the cells that move: [block, band, category]."""
    room = np.minimum(rising[blocks, band], falling[blocks, other])
    need = layer.need[blocks, band, -1]
    price = layer.price(blocks, slice(None))[:, [band, other]].sum(axis=1)
    total = np.where(room[:, -1] >= need, price[:, -1], np.inf)
    moving = np.zeros((len(blocks), *layer.exists.shape[1:]), dtype=bool)
    moving[:, [band, other], -1] = True
    for columns in layer.dimensions:
        paid, taken = _cheapest(room[:, columns], price[:, columns], need)
        total += paid
        moving[:, band, columns] = moving[:, other, columns] = taken
    return total, moving


def _find_witnesses_of_schools(layer: Layer) -> None:
    """Between the schools of a cohort, or between a school and its cohort's total."""
    for cohort in range(len(layer.hidden_cohorts)):
        blocks = np.nonzero(layer.cohort_of == cohort)[0]
        while blocks.size and not _line_is_safe(layer, blocks, cohort):
            schools = layer.schools
            usable = np.minimum(schools.up[blocks], schools.down[blocks]) >= schools.need[blocks]
            open_to = blocks[usable & ~layer.whole[blocks] & ~layer.same_schools[blocks]]
            if open_to.size:
                cheapest = open_to[schools.cost[open_to].argmin()]
                layer.hidden[cheapest, -1, -1] = True
            elif not layer.hidden_cohorts[cohort]:
                layer.hidden_cohorts[cohort] = True
            else:
                break


def _line_is_safe(layer: Layer, blocks: Indices, cohort: int) -> bool:
    hidden = blocks[layer.whole[blocks]]
    fresh = hidden[~layer.same_schools[hidden]]
    if hidden.size == 0:
        return not layer.hidden_cohorts[cohort]
    # What the last publication told of the others' sum is true still, so that the new ones must do without them.
    return _hide_each_other(layer, hidden, cohort) and (fresh.size == 0 or _hide_each_other(layer, fresh, cohort))


def _hide_each_other(layer: Layer, hidden: Indices, cohort: int) -> bool:
    schools, total, is_total_hidden = layer.schools, layer.cohorts, bool(layer.hidden_cohorts[cohort])
    if not is_total_hidden and min(amount[hidden, -1, -1].sum() for amount in layer.amounts) < layer.least:
        return False
    # The total moves with its schools: it stands on the other side of the equation.
    up = np.append(schools.up[hidden], total.down[cohort] if is_total_hidden else 0.0)
    down = np.append(schools.down[hidden], total.up[cohort] if is_total_hidden else 0.0)
    need = np.append(schools.need[hidden], total.need[cohort] if is_total_hidden else 0.0)
    rises = np.minimum(up, down.sum() - down) >= need
    falls = np.minimum(down, up.sum() - up) >= need
    return bool((rises | falls).all())
