"""Attrition and its verdicts: the worked cases, and the table between and beyond its entries."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elevate.evaluation.attrition import HIGHEST_LOW, Arm, attrition
from elevate.evaluation.estimable import NotEstimable


@pytest.mark.parametrize(
    ("treatment", "comparison", "cautious", "optimistic"),
    [
        (Arm(40, 20), Arm(49, 31), "high", "high"),
        (Arm(40, 30), Arm(48, 40), "high", "low"),
        (Arm(20, 10), Arm(200, 100), "low", "low"),
    ],
)
def test_worked_cases(treatment: Arm, comparison: Arm, cautious: str, optimistic: str) -> None:
    found = attrition(treatment, comparison)
    assert (found.cautious, found.optimistic) == (cautious, optimistic)


def test_rates_are_percents_of_the_randomized() -> None:
    found = attrition(Arm(40, 30), Arm(48, 40))
    assert (found.treatment, found.comparison) == (25, pytest.approx(100 / 6))
    assert found.overall == pytest.approx(100 * 18 / 88)
    assert found.differential == pytest.approx(25 - 100 / 6)


def arms_with(overall: int, differential: Fraction) -> tuple[Arm, Arm]:
    """Two arms of 2000, so that a twentieth of a percent is a student, with just this attrition."""
    half = differential / 2
    lost = [(overall + sign * half) * 20 for sign in (1, -1)]
    assert all(value.denominator == 1 for value in lost)
    return Arm(2000, 2000 - int(lost[0])), Arm(2000, 2000 - int(lost[1]))


@pytest.mark.parametrize("boundary", ["cautious", "optimistic"])
def test_every_entry_of_the_table_is_the_highest_that_is_low(boundary: str) -> None:
    """Entries whose differential both arms can have: an arm loses from nothing to everything."""
    tried = 0
    for overall, entry in enumerate(HIGHEST_LOW[boundary]):
        bound = Fraction(entry)
        if overall < (bound + Fraction(1, 10)) / 2:
            continue
        tried += 1
        assert getattr(attrition(*arms_with(overall, bound)), boundary) == "low"
        assert getattr(attrition(*arms_with(overall, bound + Fraction(1, 10))), boundary) == "high"
    assert tried >= 52


def test_the_table_is_whole() -> None:
    """58 and 66 entries; either boundary rises to one summit and falls; the cautious one is the stricter."""
    cautious, optimistic = ([Fraction(v) for v in HIGHEST_LOW[name]] for name in ("cautious", "optimistic"))
    assert (len(cautious), len(optimistic)) == (58, 66)
    for bounds in (cautious, optimistic):
        summit = bounds.index(max(bounds))
        assert bounds[: summit + 1] == sorted(bounds[: summit + 1])
        assert bounds[summit:] == sorted(bounds[summit:], reverse=True)
    assert all(strict < lenient for strict, lenient in zip(cautious, optimistic, strict=False))


@pytest.mark.parametrize(
    ("overall", "cautious", "optimistic"),
    [(57, "low", "low"), (58, "high", "low"), (65, "high", "low"), (66, "high", "high")],
)
def test_beyond_the_table_attrition_is_always_high(overall: int, cautious: str, optimistic: str) -> None:
    found = attrition(Arm(100, 100 - overall), Arm(100, 100 - overall))
    assert (found.cautious, found.optimistic) == (cautious, optimistic)


def test_between_two_entries_the_stricter_holds() -> None:
    """Overall 20.5 percent lies between the entries 5.4 and 5.3: a differential of 5.4 is high, of 5.3 low."""
    assert (HIGHEST_LOW["cautious"][20], HIGHEST_LOW["cautious"][21]) == ("5.4", "5.3")
    high = attrition(Arm(2000, 2000 - 464), Arm(2000, 2000 - 356))
    low = attrition(Arm(2000, 2000 - 463), Arm(2000, 2000 - 357))
    assert (high.overall, high.differential, high.cautious) == (20.5, 5.4, "high")
    assert (low.overall, low.differential, low.cautious) == (20.5, 5.3, "low")


counts = st.integers(1, 500).flatmap(lambda n: st.builds(Arm, st.just(n), st.integers(0, n)))


@given(counts, counts)
def test_which_arm_is_which_does_not_matter(one: Arm, other: Arm) -> None:
    there, back = attrition(one, other), attrition(other, one)
    assert (there.overall, there.differential) == (back.overall, back.differential)
    assert (there.cautious, there.optimistic) == (back.cautious, back.optimistic)
    assert not (there.cautious == "low" and there.optimistic == "high")


def test_an_arm_of_nobody_is_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="nobody was randomized"):
        attrition(Arm(0, 0), Arm(10, 10))


def test_joiners_are_refused() -> None:
    with pytest.raises(ValueError, match="11 analysed of 10 randomized"):
        attrition(Arm(10, 11), Arm(10, 10))
