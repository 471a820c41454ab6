"""The feeds: which files a drop has, and which ledgers they are written from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from simulator import map_layout, study, support_goods, support_people, support_plan, survey
from simulator.assessment import terms_sent
from simulator.calendar import day, school_years
from simulator.district import District, calendar_ledger
from simulator.ledger import Ledger, Rows
from simulator.schools import Schools

Parts = Callable[[District, int | None, int], Iterator[Ledger]]


@dataclass(frozen=True)
class Feed:
    """One file of a drop.

    A `snapshot` is the state of the night, a `delta` the difference from the last
    drop, with the column `change`. `typed`, `coded` and `school` are headers that
    a misbehaviour can spoil. A file of the `layout` markdown holds one record, as front matter.
    """

    source: str
    name: str
    mode: Literal["snapshot", "delta"]
    parts: Parts
    typed: str
    coded: str | None = None
    school: str | None = None
    change: str | None = None
    file: str = ""
    header: tuple[str, ...] = ()
    quoted: bool = False
    layout: Literal["csv", "markdown"] = "csv"

    @property
    def id(self) -> str:
        """`source.feed`."""
        return f"{self.source}.{self.name}"

    @property
    def file_name(self) -> str:
        """Name of the file in a drop."""
        return self.file or f"{self.name}.{'md' if self.layout == 'markdown' else 'csv'}"

    def rows(self, district: District, since: int | None, night: int) -> Iterator[Rows]:
        """What the drop of `night` after the one of `since` (None: the first) holds, part by part."""
        for ledger in self.parts(district, since, night):
            if self.change:
                yield ledger.difference(-1 if since is None else since, night, self.change)
            else:
                yield ledger.state(night)


def _one(find: Callable[[District], Ledger]) -> Parts:
    def parts(district: District, _since: int | None, _night: int) -> Iterator[Ledger]:
        yield find(district)

    return parts


def _schools(make: Callable[[Schools], Ledger]) -> Parts:
    return _one(lambda district: district.support_ledger(make))


def _years(find: Callable[[District, int], Ledger]) -> Parts:
    """By school year, of which nothing changes before its first day or after its end; in summer, the last one."""

    def parts(district: District, since: int | None, night: int) -> Iterator[Ledger]:
        begun = [year for year in school_years().values() if year.first <= night]
        for year in [year for year in begun if since is None or since < year.ends] or begun[-1:]:
            yield find(district, year.year)

    return parts


def _survey(district: District, _since: int | None, night: int) -> Iterator[Ledger]:
    for wave in survey.waves():
        if wave.opens < night:
            yield district.survey_ledger(wave)


def _results(district: District, since: int | None, night: int) -> Iterator[Ledger]:
    for term in terms_sent(since, night):
        yield district.result_ledger(term.place)


def _roster(district: District, since: int | None, night: int) -> Iterator[Ledger]:
    for term in terms_sent(since, night):
        yield district.roster_ledger(term.place)


FEEDS = (
    Feed(
        "sis", "schools", "snapshot", _schools(Schools.ledger), typed="OpenedOn", coded="SchoolCategory",
        school="MergedIntoSchoolID",
    ),
    Feed(
        "sis", "students", "snapshot", _one(lambda district: district.student_ledger), typed="BirthDate",
        coded="RaceEthnicity",
    ),
    Feed(
        "sis", "enrollments", "delta", _one(lambda district: district.enrollment_ledger), typed="EntryDate",
        coded="EntryCode", school="SchoolID", change="ChangeType",
    ),
    Feed("sis", "calendar", "snapshot", _one(lambda _: calendar_ledger()), typed="SchoolYear", coded="Term"),
    Feed(
        "sis", "attendance", "delta", _years(District.attendance_ledger), typed="DayFraction", coded="AbsenceCode",
        school="SchoolID", change="ChangeType",
    ),
    Feed(
        "sis", "behavior_incidents", "delta", _years(District.incident_ledger), typed="IncidentDate",
        coded="BehaviorCode", school="SchoolID", change="ChangeType",
    ),
    Feed(
        "sis", "course_marks", "delta", _years(District.mark_ledger), typed="Credits", coded="Mark",
        school="SchoolID", change="ChangeType",
    ),
    Feed(
        "assessment", "map_results", "snapshot", _results, typed="TestRITScore", coded="Subject",
        school="SchoolName", file="AssessmentResults.csv", header=map_layout.RESULTS, quoted=True,
    ),
    Feed(
        "assessment", "map_students", "snapshot", _roster, typed="StudentDateOfBirth", coded="Grade",
        school="School_StateID", file="StudentsBySchool.csv", header=map_layout.ROSTER, quoted=True,
    ),
    Feed(
        "assessment", "survey_responses", "delta", _survey, typed="Response", coded="Item", school="SchoolID",
        change="ChangeType", header=survey.HEADER,
    ),
    Feed(
        "supports", "support_plan", "snapshot", _schools(support_plan.plan), typed="planned_quantity",
        coded="support", school="school_id",
    ),
    Feed(
        "supports", "pd_sessions", "snapshot", _schools(support_people.pd_sessions), typed="session_date",
        coded="status", school="school_id",
    ),
    Feed("supports", "pd_attendance", "snapshot", _schools(support_people.pd_attendance), typed="hours_attended"),
    Feed(
        "supports", "teacher_time", "snapshot", _schools(support_people.teacher_time), typed="work_date",
        coded="kind", school="school_id",
    ),
    Feed(
        "supports", "coaching_visits", "delta", _schools(support_people.coaching_visits), typed="visit_date",
        coded="coach_role", school="school_id", change="change_type",
    ),
    Feed(
        "supports", "devices", "snapshot", _schools(support_goods.devices), typed="quantity",
        coded="device_type", school="school_id",
    ),
    Feed(
        "supports", "edtech_usage", "delta", _schools(support_goods.edtech_usage), typed="minutes",
        school="school_id", change="change_type",
    ),
    Feed(
        "supports", "redesign_orders", "snapshot", _schools(support_goods.redesign_orders), typed="ordered_on",
        coded="status", school="school_id",
    ),
    Feed(
        "study", "cohort_membership", "snapshot", _schools(study.membership), typed="stage_start",
        coded="cohort", school="school_id",
    ),
    Feed(
        "study", "study_assignment", "snapshot", _schools(study.roster), typed="randomized_on", coded="arm",
        school="school_id",
    ),
    Feed(
        "study", "registration", "snapshot", _one(lambda _: study.registration()), typed="start_date",
        coded="status", layout="markdown",
    ),
)  # fmt: skip
SOURCES = tuple(dict.fromkeys(feed.source for feed in FEEDS))
BY_ID = {feed.id: feed for feed in FEEDS}


def texts(district: District, feed_id: str, night: date) -> Iterator[dict[str, str]]:
    """The rows of a feed as known on a night, as header to text."""
    for part in BY_ID[feed_id].rows(district, None, day(night)):
        columns = [column.kind.spell(column.values) for column in part.values()]
        yield from (dict(zip(part, values, strict=True)) for values in zip(*columns, strict=True))
