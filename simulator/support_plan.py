"""The schools that receive supports, and what the district plans to give them each term."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from simulator.calendar import on, school_years
from simulator.ledger import Kind, Ledger, Number, Words, ledger_of
from simulator.programme import Stage, stages
from simulator.randomness import stream
from simulator.schools import Schools

PLANNING, PILOTING, IMPLEMENTING = range(3)
TERMS = ("S1", "S2")
SUPPORTS = (
    "professional_development", "teacher_time", "coaching", "devices", "edtech", "classroom_redesign",
)  # fmt: skip
UNITS = ("hours", "visits", "devices", "minutes", "dollars")
UNIT_OF = (0, 0, 1, 2, 3, 4)
UNIT_COSTS = (450.0, 38.0, 320.0, 285.0, 0.02, 1.0)
"""US dollars, in the order of SUPPORTS."""
SESSION_HOURS = (2.0, 3.5, 3.0)
WEEKS_BETWEEN_SESSIONS = 3
TEACHER_HOURS = 3
"""Hours of time for each teacher around a session."""
DEVICES_PER_STUDENT = 0.8
DOLLARS_PER_STUDENT = (60.0, 40.0, 0.0)
PRODUCTS = ("Number Trails", "Story Lanes", "Goal Compass", "Team Studio")
MINUTES_PER_WEEK = 40
PUBLISHED = 14
"""Days before a term, or the launch, on which its plan is published."""


@dataclass(frozen=True)
class Week:
    """One week in a school's journey with at least three days of school."""

    monday: int
    days: tuple[int, ...]
    stage: int
    number: int


@dataclass(frozen=True)
class Site:
    """A school of the programme; `fidelity` is the share of what is planned that tends to happen."""

    school: int
    size: float
    teachers: int
    fidelity: float
    stages: tuple[Stage, ...]

    def stage_on(self, day: int) -> int | None:
        """The stage of the journey on a day, None outside it."""
        return next((stage.stage for stage in self.stages if stage.start <= day < stage.end), None)

    def weeks(self) -> list[Week]:
        """The weeks of the journey, counted from 0."""
        found: list[Week] = []
        for year in school_years().values():
            by_week: dict[int, list[int]] = {}
            for day in year.days.tolist():
                by_week.setdefault(day - on(day).weekday(), []).append(day)
            for monday, days in by_week.items():
                stage = self.stage_on(days[0])
                if stage is not None and len(days) >= 3:
                    found.append(Week(monday, tuple(days), stage, len(found)))
        return found


@lru_cache(maxsize=8)
def sites(schools: Schools) -> tuple[Site, ...]:
    """The schools of the programme that took part."""
    rng = stream(schools.seed, "sites")
    fidelity = rng.beta(8, 1.8, schools.count)
    journeys: dict[int, list[Stage]] = {}
    for stage in stages(schools):
        journeys.setdefault(stage.school, []).append(stage)
    return tuple(
        Site(code, size := schools.all[code].size, max(8, round(size / 17)), float(fidelity[code]), tuple(own))
        for code, own in journeys.items()
    )


def coached(week: Week) -> bool:
    """Whether the coaches come in a week: each second one while planning, then always."""
    return week.stage != PLANNING or week.number % 2 == 0


def has_session(week: Week) -> bool:
    """Whether there is a session of professional development in a week."""
    return week.number % WEEKS_BETWEEN_SESSIONS == 1


def plan(schools: Schools) -> Ledger:
    """The feed of the plans, one row for each school, term and support that has any."""
    kinds: dict[str, Kind] = {
        "school_id": Words(schools.ids), "school_year": Number(), "term": Words(TERMS),
        "support": Words(SUPPORTS), "unit": Words(UNITS), "planned_quantity": Number(1), "unit_cost": Number(2),
    }  # fmt: skip
    rows, known = [], []
    for site in sites(schools):
        launch = site.stages[0].start
        for year in school_years().values():
            bounds = (year.begins, year.second_semester, year.ends + 1)
            for term, (start, end) in enumerate(pairwise(bounds)):
                quantities = _quantities(site, start, end)
                for support, quantity in enumerate(quantities):
                    if quantity > 0:
                        cost = round(UNIT_COSTS[support] * 100)
                        rows.append(
                            (site.school, year.year, term, support, UNIT_OF[support], round(quantity * 10), cost)
                        )
                        known.append(max(start, launch) - PUBLISHED)
    return ledger_of(kinds, rows, known)


def _quantities(site: Site, start: int, end: int) -> tuple[float, ...]:
    """Quantities of a term, in the order of SUPPORTS."""
    weeks = [week for week in site.weeks() if start <= week.monday < end]
    sessions = [week for week in weeks if has_session(week)]
    begun = {stage.stage for stage in site.stages if start <= stage.start < end}
    used = [week for week in weeks if week.stage != PLANNING]
    return (
        sum(SESSION_HOURS[week.stage] for week in sessions),
        TEACHER_HOURS * len(sessions) * site.teachers,
        2 * sum(coached(week) for week in weeks),
        sum(quantity for stage, quantity in devices_planned(site) if stage in begun),
        round(len(used) * len(PRODUCTS) * site.size * 0.6 * MINUTES_PER_WEEK),
        sum(round(DOLLARS_PER_STUDENT[stage] * site.size) for stage in begun),
    )


def devices_planned(site: Site) -> list[tuple[int, int]]:
    """Devices to hand over in a stage, up to the target for each student."""
    target = site.size * DEVICES_PER_STUDENT
    return [(PILOTING, round(target * 0.6)), (IMPLEMENTING, round(target * 0.4))]
