"""The district's real public files, and figures that must come out of them.

They are not part of the project: tests that need them are skipped where the folder
`shared/data/cps_public` beside the project is absent.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from elevate.settings import PROJECT

FOLDER = PROJECT.parent / "shared" / "data" / "cps_public"
needs_public_data = pytest.mark.skipif(
    not (FOLDER / "comparisons.csv").exists(), reason="the district's public files are not beside the project"
)

COMPARISONS = 34
KEY = ("cohort", "category", "metric", "pre_years", "post_years")
FIGURES = (
    "n_treated", "n_comparison", "treated_pre", "treated_post", "comparison_pre", "comparison_post", "did",
    "standard_error",
)  # fmt: skip
COLUMNS = (*KEY, "kind", *FIGURES)
"""Columns that evaluation.eval_public_did begins with."""

REFERENCE = {
    ("I", "ES", "attendance_pr", "2015 2016", "2017 2018"): (6, 388, 94.858, 94.508, 95.094, 95.067, -0.323, 0.309),
    ("I", "HS", "attendance_pr", "2015 2016", "2017 2018"): (2, 81, 87.075, 84.700, 88.820, 88.078, -1.633, 0.511),
    ("II", "ES", "attendance_sqrp", "2017", "2019"): (10, 386, 95.150, 95.010, 95.334, 95.233, -0.039, 0.239),
    ("I", "ES", "growth_read", "2015 2016", "2017 2018"): (7, 388, 57.357, 63.214, 68.005, 64.688, 9.174, 10.031),
}
"""Published reference figures, to the digits they were printed with: key to figures."""

GROWTH_PLACEBO = (27.1, 13.2)
"""Difference and error of the placebo of Cohort I's growth in reading, to one digit."""


def figures(row: Mapping[str, Any]) -> tuple[float, ...]:
    """The row's figures, rounded as the reference prints them."""
    return tuple(round(float(row[name]), 3) for name in FIGURES)


def assert_reference_figures(rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows of evaluation.eval_public_did hold every comparison and the reference figures."""
    by_key = {tuple(row[name] for name in KEY): row for row in rows}
    assert len(by_key) == COMPARISONS
    for key, expected in REFERENCE.items():
        assert figures(by_key[key]) == expected, key
    growth = by_key["I", "ES", "growth_read", "2015 2016", "2017 2018"]
    shown = (round(float(growth["placebo_did"]), 1), round(float(growth["placebo_standard_error"]), 1))
    assert shown == GROWTH_PLACEBO
