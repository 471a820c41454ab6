"""The effect told is the effect found, against the same district without it."""

import numpy as np
import pytest

from simulator.assessment import terms
from simulator.calendar import school_years
from simulator.district import District
from simulator.programme import Effects, exposure
from simulator.schools import Schools

SCHOOLS = Schools(12, seed=5)
NONE, SOME = District(SCHOOLS, Effects(0, 0)), District(SCHOOLS, Effects(attendance_points=1.0, map_rit_points=4.0))
LAUNCHED = [code for code, school in enumerate(SCHOOLS.all) if school.cohort == "I"]


def days_absent(district: District, launched: bool) -> float:
    ledger = district.attendance_ledger(2018)
    here = np.isin(ledger.columns["SchoolID"].values, LAUNCHED) == launched
    return float(ledger.columns["DayFraction"].values[here].sum()) / 10


def test_attendance_rises_by_the_points_told():
    spells = SOME.spells.take(SOME.spells.year == 2018)
    days, launch = school_years()[2018].days, SOME.launch
    expected = sum(
        float(exposure(launch[school], days[start:end]).sum()) / 100
        for school, start, end in zip(spells.school, spells.starts, spells.ends, strict=True)
        if school in LAUNCHED
    )
    assert days_absent(NONE, True) - days_absent(SOME, True) == pytest.approx(expected, rel=0.15)


def test_scores_rise_by_the_points_told_and_elsewhere_not_at_all():
    term = next(term for term in terms() if term.name == "Spring 2017-2018")
    without, told = (district.testing.sittings(term) for district in (NONE, SOME))
    gain = told.rit - without.rit
    here = np.isin(told.school, LAUNCHED)
    years = exposure(SOME.launch[told.school[here]], told.day[here]).mean()
    assert gain[here].mean() == pytest.approx(4.0 * years, abs=0.2)
    assert (gain[SOME.launch[told.school] > told.day] == 0).all()
