"""Supports given by people: professional development, teacher time and coaching."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simulator.ledger import NEVER, NULL, Dates, Kind, Ledger, Number, Serial, Words, ledger_of
from simulator.randomness import stream
from simulator.schools import Schools
from simulator.support_plan import SESSION_HOURS, coached, has_session, sites

STATUSES = ("held", "cancelled")
HELD, CANCELLED = range(2)
PROVIDER = "LEAP Innovations"
TOPICS = (
    "Learner profiles", "Goal setting with students", "Small-group instruction", "Using data in stations",
    "Student choice", "Competencies", "Collaborative projects", "Restorative circles",
)  # fmt: skip
TIME_KINDS = ("substitute", "extended_day")
PAY = {"substitute": 28, "extended_day": 47}
"""US dollars an hour."""
ROLES = ("instructional_leader", "sel_specialist")
AUDIENCES = ("teacher", "leader")
FOCUSES = ("instruction", "culture")
LOG_MISSING = 0.07
"""Share of the weeks of a school whose coaching log never comes."""
TEACHER = Serial("T", 6)
HOURS = Number(1)


@dataclass(frozen=True)
class Session:
    """One session; hours in tenths."""

    number: int
    site: int
    day: int
    planned: int
    held: int | None
    topic: int
    known_on: int


@lru_cache(maxsize=8)
def sessions(schools: Schools) -> tuple[Session, ...]:
    """All sessions, held or cancelled."""
    rng = stream(schools.seed, "sessions")
    found: list[Session] = []
    for place, site in enumerate(sites(schools)):
        for week in filter(has_session, site.weeks()):
            day = week.days[int(rng.integers(len(week.days)))]
            planned = round(SESSION_HOURS[week.stage] * 10)
            shorter = int(rng.choice((0, 0, 0, 5, 10)))
            held = planned - shorter if rng.random() < 0.7 + 0.3 * site.fidelity else None
            topic, late = int(rng.integers(len(TOPICS))), int(rng.integers(0, 8))
            found.append(Session(len(found) + 1, place, day, planned, held, topic, day + late))
    return tuple(found)


def pd_sessions(schools: Schools) -> Ledger:
    """The feed of the sessions."""
    kinds: dict[str, Kind] = {
        "session_id": Serial("PD", 5), "school_id": Words(schools.ids), "session_date": Dates(),
        "provider": Words((PROVIDER,)), "topic": Words(TOPICS), "hours_planned": HOURS,
        "status": Words(STATUSES), "hours_held": HOURS,
    }  # fmt: skip
    rows = [
        (s.number, sites(schools)[s.site].school, s.day, 0, s.topic, s.planned,
         CANCELLED if s.held is None else HELD, NULL if s.held is None else s.held)
        for s in sessions(schools)
    ]  # fmt: skip
    return ledger_of(kinds, rows, [session.known_on for session in sessions(schools)])


def pd_attendance(schools: Schools) -> Ledger:
    """The feed of the sign-in sheets."""
    rng = stream(schools.seed, "sign-in sheets")
    rows, known = [], []
    for session in sessions(schools):
        site = sites(schools)[session.site]
        came = np.flatnonzero(rng.random(site.teachers) < 0.62 + 0.3 * site.fidelity)
        left_early = rng.random(len(came)) < 0.1
        for teacher, early in zip(came.tolist(), left_early.tolist(), strict=True):
            if session.held is not None:
                rows.append((session.number, _teacher(site.school, teacher), max(session.held - 5 * early, 5)))
                known.append(session.known_on)
    kinds: dict[str, Kind] = {"session_id": Serial("PD", 5), "teacher_id": TEACHER, "hours_attended": HOURS}
    return ledger_of(kinds, rows, known)


def teacher_time(schools: Schools) -> Ledger:
    """The feed of payroll: substitutes on days of sessions, and Saturday sessions."""
    rng = stream(schools.seed, "teacher time")
    kinds: dict[str, Kind] = {
        "record_id": Serial("TT", 6), "school_id": Words(schools.ids), "work_date": Dates(),
        "kind": Words(TIME_KINDS), "teacher_id": TEACHER, "hours": HOURS, "amount_usd": Number(2),
    }  # fmt: skip
    rows: list[tuple[int, ...]] = []
    known: list[int] = []
    for session in sessions(schools):
        site = sites(schools)[session.site]
        if session.held is None:
            continue
        saturday = session.day + 5 - (session.day + 3) % 7
        for kind, (day, share, hours) in enumerate(((session.day, 0.35, 70), (saturday, 0.2, 30))):
            paid = np.flatnonzero(rng.random(site.teachers) < share * site.fidelity)
            for teacher in paid.tolist():
                amount = hours * PAY[TIME_KINDS[kind]] * 10
                teacher_id = _teacher(site.school, teacher)
                rows.append((len(rows) + 1, site.school, day, kind, teacher_id, hours, amount))
                known.append(day + int(rng.integers(3, 15)))
    return ledger_of(kinds, rows, known)


def coaching_visits(schools: Schools) -> Ledger:
    """The feed of the coaches' logs. A week whose log is missing has no rows."""
    rng = stream(schools.seed, "coaching")
    kinds: dict[str, Kind] = {
        "visit_id": Serial("CV", 6), "school_id": Words(schools.ids), "visit_date": Dates(),
        "coach_role": Words(ROLES), "audience": Words(AUDIENCES), "focus": Words(FOCUSES),
        "status": Words(STATUSES), "minutes": Number(),
    }  # fmt: skip
    rows: list[tuple[int, ...]] = []
    known: list[int] = []
    for site in sites(schools):
        for week in filter(coached, site.weeks()):
            missing = rng.random() < LOG_MISSING
            for role in range(len(ROLES)):
                draws = rng.random(4)
                day = week.days[int(draws[0] * len(week.days))]
                status = CANCELLED if draws[1] < 0.03 + 0.35 * (1 - site.fidelity) else HELD
                focus = role if draws[2] < 0.85 else 1 - role
                minutes = NULL if status == CANCELLED else 5 * int(rng.integers(9, 37))
                late = int(rng.integers(0, 4) if draws[3] < 0.85 else rng.integers(4, 15))
                if not missing:
                    audience = int(rng.random() < 0.3)
                    rows.append((len(rows) + 1, site.school, day, role, audience, focus, status, minutes))
                    known.append(day + late)
    made = ledger_of(kinds, rows, known)
    _correct_visits(made, rng)
    return made


def _correct_visits(made: Ledger, rng: np.random.Generator) -> None:
    """Some visits get other minutes, some turn out cancelled, some were entered twice and go."""
    count = len(made.known_on)
    known = made.known_on.astype(np.int64)
    minutes, status = made.columns["minutes"].values, made.columns["status"].values
    longer = np.flatnonzero((rng.random(count) < 0.04) & (status == HELD))
    made.set("minutes", longer, known[longer] + rng.integers(1, 20, len(longer)), minutes[longer] + 15)
    off = np.flatnonzero((rng.random(count) < 0.02) & (status == HELD))
    when = known[off] + 21
    made.set("status", off, when, np.full(len(off), CANCELLED))
    made.set("minutes", off, when, np.full(len(off), NULL))
    gone = np.where(rng.random(count) < 0.015, known + rng.integers(2, 15, count), NEVER)
    made.gone_on = gone.astype(np.int32)


def _teacher(school: int, teacher: int) -> int:
    return school * 1000 + teacher + 1
