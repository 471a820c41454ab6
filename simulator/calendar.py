"""The school calendar, SY14-15 to SY18-19.

Days are counted in whole days since 1970-01-01, as numpy's `datetime64[D]` does.
The shape of a year follows the district's published calendars: it begins on the
day after Labor Day and has 178 instructional days.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

YEARS = (2015, 2016, 2017, 2018, 2019)
"""School years, as their ending years."""

INSTRUCTIONAL_DAYS = 178
FIRST_SEMESTER_DAYS = 88
EPOCH = date(1970, 1, 1)
COLD_DAYS = (date(2019, 1, 30), date(2019, 1, 31))
"""All schools were closed on these days because of extreme cold."""


def day(when: date | str) -> int:
    """Days since 1970-01-01 of a date, or of one written as YYYY-MM-DD."""
    return ((date.fromisoformat(when) if isinstance(when, str) else when) - EPOCH).days


def on(days: int) -> date:
    """The date of a day count."""
    return EPOCH + timedelta(days=int(days))


@dataclass(frozen=True)
class SchoolYear:
    """One school year. `days` are its instructional days; `notes` say why other weekdays are off."""

    year: int
    days: NDArray[np.int32]
    notes: dict[int, str]

    @property
    def first(self) -> int:
        """First instructional day."""
        return int(self.days[0])

    @property
    def last(self) -> int:
        """Last instructional day."""
        return int(self.days[-1])

    @property
    def begins(self) -> int:
        """First day of July, when the district turns the year over."""
        return day(date(self.year - 1, 7, 1))

    @property
    def ends(self) -> int:
        """Last day of June."""
        return day(date(self.year, 6, 30))

    @property
    def second_semester(self) -> int:
        """First day of the second semester."""
        return int(self.days[FIRST_SEMESTER_DAYS])

    def index(self, when: NDArray[np.int32] | int) -> NDArray[np.int64]:
        """How many instructional days lie before each day."""
        return np.searchsorted(self.days, when)


@cache
def school_years() -> dict[int, SchoolYear]:
    """Every school year, by ending year."""
    return {year: _school_year(year) for year in YEARS}


def covers(night: date) -> bool:
    """Whether the district existed on that night: from its first to its last day."""
    years = school_years()
    return years[YEARS[0]].first <= day(night) <= years[YEARS[-1]].ends


def later(year: SchoolYear, day: NDArray[np.int32] | NDArray[np.int64], lag: NDArray[np.int64]) -> NDArray[np.int32]:
    """The night so many instructional days after; the year's last is as late as it gets, the greatest number stays."""
    never = np.iinfo(np.int32).max
    places = np.minimum(day.astype(np.int64) + lag, len(year.days) - 1)
    return np.where(lag == never, never, year.days[places]).astype(np.int32)


def _school_year(year: int) -> SchoolYear:
    closed = _days_off(year)
    days: list[int] = []
    current = _weekday(year - 1, 9, 0, 1) + timedelta(days=1)
    while len(days) < INSTRUCTIONAL_DAYS:
        if current.weekday() < 5 and current not in closed:
            days.append(day(current))
        current += timedelta(days=1)
    notes = {day(when): note for when, note in closed.items()}
    return SchoolYear(year, np.array(days, dtype=np.int32), notes)


def _days_off(year: int) -> dict[date, str]:
    """Weekdays without school, with the reason."""
    thanksgiving = _weekday(year - 1, 11, 3, 4)
    winter = _monday(date(year - 1, 12, 23))
    spring = _monday(date(year, 3, 27))
    off = {
        _weekday(year - 1, 9, 0, 1): "Labor Day",
        _weekday(year - 1, 10, 0, 2): "Columbus Day",
        _weekday(year - 1, 11, 4, 1): "Professional development",
        date(year - 1, 11, 11): "Veterans Day",
        _weekday(year, 1, 0, 3): "Martin Luther King Day",
        _weekday(year, 2, 4, 1): "Professional development",
        date(year, 2, 12): "Lincoln's Birthday",
        _weekday(year, 2, 0, 3): "Presidents' Day",
        _weekday(year, 4, 4, 2): "Report card pick-up",
        _weekday(year, 5, 0, 5) if _has_fifth_monday(year) else _weekday(year, 5, 0, 4): "Memorial Day",
    }
    off |= {thanksgiving + timedelta(days=i): "Thanksgiving break" for i in (-1, 0, 1)}
    off |= {winter + timedelta(days=i): "Winter break" for i in (*range(5), *range(7, 12))}
    off |= {spring + timedelta(days=i): "Spring break" for i in range(5)}
    off |= {when: "Closed for extreme cold" for when in COLD_DAYS if when.year == year}
    return {when: note for when, note in off.items() if when.weekday() < 5}


def _weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth Monday (0) to Sunday (6) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _monday(when: date) -> date:
    """The Monday of that week; of the next week, for a weekend."""
    return when - timedelta(days=when.weekday()) if when.weekday() < 5 else _monday(when + timedelta(days=2))


def _has_fifth_monday(year: int) -> bool:
    return _weekday(year, 5, 0, 5).month == 5
