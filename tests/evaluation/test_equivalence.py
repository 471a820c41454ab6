"""Baseline equivalence: the thresholds belong to the milder side, on either sign."""

import pytest

from elevate.evaluation.equivalence import baseline_equivalence


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("g", "verdict"),
    [
        (0, "satisfied"),
        (0.05, "satisfied"),
        (0.0500001, "adjust"),
        (0.25, "adjust"),
        (0.2500001, "fails"),
        (3, "fails"),
    ],
)
def test_thresholds(sign: int, g: float, verdict: str) -> None:
    assert baseline_equivalence(sign * g) == verdict


@pytest.mark.parametrize("g", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(g: float) -> None:
    with pytest.raises(ValueError, match="effect size at baseline"):
        baseline_equivalence(g)
