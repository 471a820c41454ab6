"""The district's roster as records of 1EdTech's OneRoster, by file and sourcedId.

A record has the columns of both versions: which of them a file has is the package's to say.
Homerooms, their teachers and the principals are made up here, since no other feed has them.
"""

from collections.abc import Iterator
from datetime import date

from simulator.calendar import day, on, school_years
from simulator.district import District
from simulator.feeds import texts
from simulator.students import FIRST_NAMES, LAST_NAMES

DISTRICT = "district-299"
GRADES = {"PK": "PK", "K": "KG"} | {str(grade): f"{grade:02d}" for grade in range(1, 13)}
"""The district's grades in the vocabulary of the Common Education Data Standards."""

Record = dict[str, str]
Records = dict[str, dict[str, Record]]
"""File to sourcedId to record."""


def records(district: District, night: date) -> Records:
    """What the district's roster of the school year holds at the end of a night."""
    year = next(year for year in school_years().values() if day(night) <= year.ends)
    schools = {
        row["SchoolID"]: row
        for row in texts(district, "sis.schools", night)
        if not row["ClosedOn"] or row["ClosedOn"] > night.isoformat()
    }
    spells = [row for row in texts(district, "sis.enrollments", night) if row["SchoolYear"] == str(year.year)]
    homerooms = sorted({(row["SchoolID"], row["GradeLevel"]) for row in spells})
    users, roles = _staff(schools, homerooms)
    for record, role in _students(district, night, spells):
        users[record["sourcedId"]] = record
        roles |= {one["sourcedId"]: one for one in role}
    return {
        "academicSessions": _by_id(_sessions(year.year, on(year.begins), on(year.ends))),
        "orgs": _by_id(_orgs(schools)),
        "courses": _by_id(_course(grade) for grade in sorted({grade for _, grade in homerooms})),
        "classes": _by_id(_class(school, grade, year.year) for school, grade in homerooms),
        "users": users,
        "roles": roles,
        "enrollments": _by_id([*_taught(homerooms, year.year), *(_enrolled(row) for row in spells)]),
    }


def _by_id(found: Iterator[Record] | list[Record]) -> dict[str, Record]:
    return {record["sourcedId"]: record for record in found}


def _sessions(year: int, begins: date, ends: date) -> Iterator[Record]:
    yield {
        "sourcedId": f"year-{year}", "title": f"School year {year - 1}-{year}", "type": "schoolYear",
        "startDate": begins.isoformat(), "endDate": ends.isoformat(), "schoolYear": str(year),
    }  # fmt: skip


def _orgs(schools: dict[str, Record]) -> Iterator[Record]:
    yield {"sourcedId": DISTRICT, "name": "Elevate Public Schools", "type": "district", "identifier": "299"}
    for number, row in schools.items():
        yield {
            "sourcedId": number, "name": row["SchoolName"], "type": "school", "identifier": row["ShortName"],
            "parentSourcedId": DISTRICT, "metadata.network": row["Network"],
            "metadata.classification": "charter" if row["SchoolType"] == "Charter" else "public",
        }  # fmt: skip


def _course(grade: str) -> Record:
    code = GRADES[grade]
    return {
        "sourcedId": f"homeroom-{code}", "title": f"Homeroom, grade {code}", "grades": code, "orgSourcedId": DISTRICT,
    }  # fmt: skip


def _class_id(school: str, grade: str, year: int) -> str:
    return f"{school}-{GRADES[grade]}-{year}"


def _class(school: str, grade: str, year: int) -> Record:
    code = GRADES[grade]
    return {
        "sourcedId": _class_id(school, grade, year), "title": f"Homeroom, grade {code}", "grades": code,
        "courseSourcedId": f"homeroom-{code}", "classType": "homeroom", "schoolSourcedId": school,
        "termSourcedIds": f"year-{year}",
    }  # fmt: skip


def _staff(schools: dict[str, Record], homerooms: list[tuple[str, str]]) -> tuple[dict[str, Record], dict[str, Record]]:
    """A principal a school, who is the district's site administrator there too, and a teacher a homeroom."""
    users, roles = {}, {}
    for school in schools:
        person = f"p{school}"
        users[person] = _person(person, int(school), {"role": "administrator", "orgSourcedIds": school})
        for kind, role in (("primary", "principal"), ("secondary", "siteAdministrator")):
            one = _role(person, school, role, kind)
            roles[one["sourcedId"]] = one
    for school, grade in homerooms:
        person = f"t{school}-{GRADES[grade]}"
        number = int(school) * 31 + list(GRADES).index(grade)
        users[person] = _person(person, number, {"role": "teacher", "orgSourcedIds": school})
        one = _role(person, school, "teacher", "primary")
        roles[one["sourcedId"]] = one
    return users, roles


def _person(number: str, place: int, more: Record) -> Record:
    first, last = FIRST_NAMES[place % len(FIRST_NAMES)], LAST_NAMES[place % len(LAST_NAMES)]
    return {
        "sourcedId": number, "enabledUser": "true", "username": number, "givenName": first, "familyName": last,
        "email": f"{number}@district.example",
    } | more  # fmt: skip


def _students(district: District, night: date, spells: list[Record]) -> Iterator[tuple[Record, list[Record]]]:
    """Each student of the year with the roles at the schools of today; of those who have left, at all they were at."""
    of_student: dict[str, list[Record]] = {}
    for row in spells:
        of_student.setdefault(row["StudentID"], []).append(row)
    for student in texts(district, "sis.students", night):
        number = student["StudentID"]
        own = sorted(of_student.get(number, []), key=lambda row: row["EntryDate"])
        if not own:
            continue
        here = [row for row in own if not row["ExitDate"] or row["ExitDate"] > night.isoformat()]
        schools = list(dict.fromkeys(row["SchoolID"] for row in here or own))
        record = {
            "sourcedId": number, "enabledUser": str(bool(here)).lower(), "username": f"s{number}",
            "givenName": student["FirstName"], "familyName": student["LastName"], "identifier": number,
            "userIds": f"{{SIS:{number}}}", "grades": GRADES[own[-1]["GradeLevel"]], "role": "student",
            "orgSourcedIds": ",".join(schools), "primaryOrgSourcedId": schools[-1],
        }  # fmt: skip
        yield record, [_role(number, school, "student", "primary") for school in schools]


def _role(person: str, school: str, role: str, kind: str) -> Record:
    return {
        "sourcedId": f"{person}-{school}-{role}", "userSourcedId": person, "roleType": kind, "role": role,
        "orgSourcedId": school,
    }  # fmt: skip


def _taught(homerooms: list[tuple[str, str]], year: int) -> Iterator[Record]:
    for school, grade in homerooms:
        person = f"t{school}-{GRADES[grade]}"
        yield {
            "sourcedId": f"{person}-{year}", "classSourcedId": _class_id(school, grade, year),
            "schoolSourcedId": school, "userSourcedId": person, "role": "teacher", "primary": "true",
        }  # fmt: skip


def _enrolled(row: Record) -> Record:
    return {
        "sourcedId": f"{row['StudentID']}-{row['SchoolID']}-{row['EntryDate']}",
        "classSourcedId": _class_id(row["SchoolID"], row["GradeLevel"], int(row["SchoolYear"])),
        "schoolSourcedId": row["SchoolID"], "userSourcedId": row["StudentID"], "role": "student",
        "primary": "false", "beginDate": row["EntryDate"], "endDate": row["ExitDate"],
    }  # fmt: skip
