"""An attacker: what follows from published tables alone, by linear programming.

He has every row that BI shows, of one publication or of several, and knows how they are made: parts
add up to totals, schools to cohorts, a part is no more than its whole, a narrower outcome's pupils are
among the wider one's, and a range means fewer than the threshold. Of
successive publications he knows which groups have not changed. For each figure that is not shown he
asks for the smallest and the largest value that all of this allows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import highspy
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, vstack
from scipy.sparse.csgraph import connected_components

CELL = ["level", "unit", "school_year", "outcome", "grade_band", "subgroup_dimension", "subgroup"]
SHARES = {
    "attendance_rate": 0.5,
    "chronic_absence": 1.0,
    "suspended_out_of_school": 1.0,
    "freshman_on_track": 1.0,
    "elementary_on_track": 1.0,
}
"""Outcomes that are shares, and the smallest step of what they count."""
OWN_DENOMINATOR = ("attendance_rate", "survey")
"""Beginnings of outcomes that are divided by something else than pupils: days, items."""
WITHIN = {
    "chronic_absence": "attendance_rate",
    "map_growth_fall_to_spring_reading": "map_spring_rit_reading",
    "map_growth_fall_to_spring_math": "map_spring_rit_math",
}
"""Outcomes whose pupils are among another's."""
MEANS = {"survey": (1.0, 5.0), "map_spring_rit": (100.0, 350.0), "map_growth": (-100.0, 100.0)}
"""Beginnings of outcomes, and between what every pupil's value lies."""
SUSPENSIONS = ("suspended_out_of_school", "out_of_school_suspensions_per_100")
"""Each pupil of the first has one or more of the second, counted in hundreds."""
EXACT = 1e-6
BOUND = 1e6
Numbers = NDArray[np.float64]


@dataclass
class System:
    """Figures that are not shown: `names` (cell, quantity), equations, inequalities `a x <= b`, bounds."""

    names: pd.DataFrame
    equations: csr_array
    totals: Numbers
    inequalities: csr_array
    limits: Numbers
    low: Numbers
    high: Numbers


def hidden_figures(published: pd.DataFrame, threshold: int) -> System:
    """Everything that the published rows say of the figures that they don't show.

    `published`: CELL, `cohort`, `n_students`, `numerator`, `denominator`, `mean_lower`, `mean_upper`
    as shown, and `state`: equal for rows of one cell whose figures are the same in two publications.
    """
    figures = pd.concat([_quantity(published, name, threshold) for name in ("n_students", "numerator", "denominator")])
    figures = figures.reset_index(drop=True)
    key = [*CELL, "state", "quantity"]
    # Shown in one publication is known in all in which it is the same.
    one = figures.groupby(key, sort=False, dropna=False).agg(
        value=("value", "max"), low=("low", "max"), high=("high", "min")
    )
    one["variable"] = np.where(one["value"].isna(), one["value"].isna().cumsum() - 1, -1)
    figures = figures.drop(columns=["value", "low", "high"]).join(one, on=key)
    unknown = one[one["variable"] >= 0]
    equations, totals = _equations(figures, len(unknown))
    inequalities, limits = _inequalities(figures, len(unknown))
    return System(
        unknown.reset_index()[key], equations, totals, inequalities, limits,
        unknown["low"].to_numpy(), unknown["high"].to_numpy(),
    )  # fmt: skip


def _quantity(published: pd.DataFrame, quantity: str, threshold: int) -> pd.DataFrame:
    rows = published
    if quantity == "denominator":  # elsewhere it is the number of pupils
        rows = rows[rows["outcome"].str.startswith(OWN_DENOMINATOR)]
    rows = rows.assign(quantity=quantity, value=rows[quantity].astype(float), low=-np.inf, high=np.inf)
    if quantity == "n_students" or quantity == "denominator":
        rows["low"] = 0.0
    else:
        _bound_numerators(rows, threshold)
    return rows


def _bound_numerators(rows: pd.DataFrame, threshold: int) -> None:
    share = rows["outcome"].isin(list(SHARES))
    step = rows["outcome"].map(SHARES).fillna(0.0)
    whole, known = rows["denominator"].astype(float), rows["denominator"].notna()
    rows.loc[share | (rows["outcome"] == SUSPENSIONS[1]), "low"] = 0.0
    rows.loc[share & known, "high"] = whole
    hidden = share & known & rows["numerator"].isna()
    ranged = hidden & rows["mean_upper"].notna()
    at_low = ranged & (rows["mean_lower"] == 0)
    at_high = ranged & ~at_low
    rows.loc[at_low, "high"] = np.minimum(rows["mean_upper"] * whole, np.maximum(threshold - step, 0.01 * whole))
    rows.loc[at_high, "low"] = np.maximum(
        rows["mean_lower"] * whole, whole - np.maximum(threshold - step, 0.01 * whole)
    )
    # Neither a range nor a share: it is in the middle, but for crossed groups and where the school's total is hidden.
    of_school = ["level", "unit", "school_year", "outcome", "state_of_publication"]
    is_total = (rows["grade_band"] == "all") & (rows["subgroup"] == "all")
    total_shown = rows["numerator"].notna().where(is_total).groupby([rows[c] for c in of_school]).transform("max")
    crossed = (rows["grade_band"] != "all") & (rows["subgroup"] != "all")
    middle = hidden & ~ranged & ~crossed & (total_shown.astype(bool) | is_total) & (whole >= 2 * threshold + 1)
    rows.loc[middle, "low"], rows.loc[middle, "high"] = threshold, whole - threshold


def _equations(figures: pd.DataFrame, variables: int) -> tuple[csr_array, Numbers]:
    school = figures[figures["level"] == "school"]
    of_line = ["state_of_publication", "quantity", "school_year", "outcome"]
    lines = []
    total = school["subgroup"] == "all"
    for _, rows in school[~total].groupby("subgroup_dimension"):
        both = pd.concat([rows.assign(sign=1.0), school[total].assign(sign=-1.0)])
        lines.append((both, [*of_line, "unit", "grade_band"]))
    bands = school.assign(sign=np.where(school["grade_band"] == "all", -1.0, 1.0))
    lines.append((bands, [*of_line, "unit", "subgroup_dimension", "subgroup"]))
    totals = figures[(figures["grade_band"] == "all") & (figures["subgroup"] == "all")]
    lines.append((totals.assign(sign=np.where(totals["level"] == "cohort", -1.0, 1.0)), [*of_line, "cohort"]))
    at, columns, signs, known, count = [], [], [], [], 0
    for rows, by in lines:
        number = rows.groupby(by, sort=False).ngroup().to_numpy()
        signed = rows["sign"].to_numpy()
        # A line without its total, or without parts, says nothing.
        complete = (np.bincount(number, signed > 0) > 0) & (np.bincount(number, signed < 0) > 0)
        unknown = (rows["variable"] >= 0).to_numpy()
        told = np.bincount(number, np.where(unknown, 0.0, signed * rows["value"].fillna(0.0)), minlength=len(complete))
        chosen = unknown & complete[number]
        at.append(number[chosen] + count)
        columns.append(rows["variable"].to_numpy()[chosen])
        signs.append(signed[chosen])
        known.append(-told)
        count += len(complete)
    matrix = coo_array(
        (np.concatenate(signs), (np.concatenate(at), np.concatenate(columns))), shape=(count, variables)
    ).tocsr()
    used = np.diff(matrix.indptr) > 0
    return matrix[used], np.concatenate(known)[used]


def _inequalities(figures: pd.DataFrame, variables: int) -> tuple[csr_array, Numbers]:
    """`a x + b y <= 0` for a part and its whole, values and their bounds, an outcome within another's pupils."""
    key = ["state_of_publication", *CELL]
    of = dict(iter(figures.groupby("quantity")))
    pupils, parts = of["n_students"], of["numerator"]
    owned = pupils["outcome"].str.startswith(OWN_DENOMINATOR)
    wholes = pd.concat([of.get("denominator", pupils[:0]), pupils[~owned]])
    pairs = [(parts[parts["outcome"].isin(list(SHARES))], wholes, 1.0, -1.0)]
    for start, (least, most) in MEANS.items():
        sums = parts[parts["outcome"].str.startswith(start)]
        pairs += [(sums, wholes, -1.0, least), (sums, wholes, 1.0, -most)]
    inner = pupils[pupils["outcome"].isin(list(WITHIN))]
    pairs.append((inner.assign(outcome=inner["outcome"].map(WITHIN)), pupils, 1.0, -1.0))
    suspended = parts[parts["outcome"] == SUSPENSIONS[0]]
    pairs.append((suspended.assign(outcome=SUSPENSIONS[1]), parts, 100.0, -1.0))
    both = pd.concat([x.merge(y, on=key).assign(a=a, b=b) for x, y, a, b in pairs], ignore_index=True)
    both = both[(both["variable_x"] >= 0) | (both["variable_y"] >= 0)].reset_index(drop=True)
    matrix, limits = coo_array((len(both), variables)).tocsr(), np.zeros(len(both))
    for side, factor in (("x", "a"), ("y", "b")):
        unknown = (both[f"variable_{side}"] >= 0).to_numpy()
        at = np.flatnonzero(unknown), both.loc[unknown, f"variable_{side}"].to_numpy()
        matrix = matrix + coo_array((both.loc[unknown, factor].to_numpy(), at), shape=matrix.shape).tocsr()
        limits -= np.where(unknown, 0.0, both[factor] * both[f"value_{side}"].fillna(0.0))
    return matrix, limits


@dataclass
class Found:
    """How far apart each hidden figure's possible values lie at the least; where `solved`, exactly."""

    names: pd.DataFrame
    width: Numbers
    solved: NDArray[np.bool_]

    @property
    def summary(self) -> str:
        """For the log."""
        return (
            f"{len(self.width)} figures attacked, {int(self.solved.sum())} of them solved exactly, "
            f"{len(self.determined())} given back"
        )

    def determined(self) -> pd.DataFrame:
        """The figures that have one possible value."""
        return self.names[self.width < EXACT]


def attack(system: System, enough: float, rounds: int = 40, seed: int = 1) -> Found:
    """Intervals of all hidden figures: by random objectives as far as these show `enough` width, the rest exactly."""
    size = len(system.low)
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    random = np.random.default_rng(seed)
    solver = _Solver(system)
    for _ in range(rounds):
        wanting = ~(high - low >= enough)
        if not wanting.any():
            break
        point = solver.minimize(np.where(wanting, random.choice([-1.0, 1.0], size) * random.uniform(0.5, 1, size), 0.0))
        low, high = np.minimum(low, point), np.maximum(high, point)
    width, solved = high - low, np.zeros(size, dtype=bool)
    for variables in _components(system, np.flatnonzero(~(width >= enough))):
        exact = _Solver(_restricted(system, variables))
        for position in np.flatnonzero(~(width[variables] >= enough)):
            ends = [exact.minimize(sign * (np.arange(len(variables)) == position))[position] for sign in (1.0, -1.0)]
            width[variables[position]], solved[variables[position]] = ends[1] - ends[0], True
    return Found(system.names, width, solved)


class _Solver:
    """HiGHS on one system: each run starts where the last one ended."""

    def __init__(self, system: System) -> None:
        matrix = vstack([system.equations, system.inequalities]).tocsr()
        self.columns = np.arange(len(system.low), dtype=np.int32)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = matrix.shape[1], matrix.shape[0]
        program.col_cost_ = np.zeros(matrix.shape[1])
        # What has no end of its own must not run away from the solver.
        program.col_lower_, program.col_upper_ = np.maximum(system.low, -BOUND), np.minimum(system.high, BOUND)
        program.row_lower_ = np.concatenate([system.totals, np.full(len(system.limits), -highspy.kHighsInf)])
        program.row_upper_ = np.concatenate([system.totals, system.limits])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
        program.a_matrix_.value_ = matrix.data
        self.highs = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.passModel(program)

    def minimize(self, direction: Numbers) -> Numbers:
        self.highs.changeColsCost(len(self.columns), self.columns, np.asarray(direction, dtype=float))
        self.highs.run()
        status = self.highs.getModelStatus()
        assert status == highspy.HighsModelStatus.kOptimal, self.highs.modelStatusToString(status)
        return np.array(self.highs.getSolution().col_value)


def _components(system: System, wanted: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """The variables that hang together, of each component that has a wanted one."""
    both = abs(system.equations).T @ abs(system.equations) + abs(system.inequalities).T @ abs(system.inequalities)
    _, label = connected_components(both, directed=False)
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(label.max() + 2)) if len(label) else np.array([0])
    for component in np.unique(label[wanted]):
        yield order[starts[component] : starts[component + 1]]


def _restricted(system: System, variables: NDArray[np.intp]) -> System:
    equations, inequalities = system.equations[:, variables], system.inequalities[:, variables]
    used, bound = np.diff(equations.indptr) > 0, np.diff(inequalities.indptr) > 0
    return System(
        system.names.iloc[variables], equations[used], system.totals[used], inequalities[bound], system.limits[bound],
        system.low[variables], system.high[variables],
    )  # fmt: skip
