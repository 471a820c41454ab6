"""The district's student information as items of the Ed-Fi data standard."""

from collections.abc import Callable
from datetime import date

from simulator.calendar import day, school_years
from simulator.district import District
from simulator.edfi_store import Item, Key, Store
from simulator.feeds import texts

NAMESPACE = "uri://ed-fi.org"
CATEGORIES = {"UX": "Unexcused Absence", "EX": "Excused Absence", "SU": "Suspension", "MX": "Medical"}
"""Absence code to the code of AttendanceEventCategoryDescriptor."""
SEXES = {"F": "Female", "M": "Male", "X": "Not Selected"}
GRADES = {"PK": "Preschool/Prekindergarten", "K": "Kindergarten"} | {
    str(grade): f"Grade {grade:02d}" for grade in range(1, 13)
}
TERMS = ("Fall Semester", "Spring Semester")

Row = dict[str, str]


def descriptor(kind: str, code: str) -> str:
    """The URI of a descriptor's code."""
    return f"{NAMESPACE}/{kind}Descriptor#{code}"


def school(row: Row) -> Item:
    """A school."""
    lowest, highest = (list(GRADES).index(row[end]) for end in ("LowestGrade", "HighestGrade"))
    category = "High School" if row["SchoolCategory"] == "HS" else "Elementary School"
    grades = [{"gradeLevelDescriptor": descriptor("GradeLevel", code)} for code in GRADES.values()]
    return {
        "schoolId": int(row["SchoolID"]),
        "nameOfInstitution": row["SchoolName"],
        "shortNameOfInstitution": row["ShortName"],
        "educationOrganizationCategories": [
            {"educationOrganizationCategoryDescriptor": descriptor("EducationOrganizationCategory", "School")}
        ],
        "gradeLevels": grades[lowest : highest + 1],
        "schoolCategories": [{"schoolCategoryDescriptor": descriptor("SchoolCategory", category)}],
        "operationalStatusDescriptor": descriptor("OperationalStatus", "Closed" if row["ClosedOn"] else "Active"),
    }


def student(row: Row) -> Item:
    """A student."""
    return {
        "studentUniqueId": row["StudentID"],
        "firstName": row["FirstName"],
        "lastSurname": row["LastName"],
        "birthDate": row["BirthDate"],
        "birthSexDescriptor": descriptor("Sex", SEXES[row["Gender"]]),
    }


def association(row: Row) -> Item:
    """An enrolment."""
    item: Item = _references(row) | {
        "entryDate": row["EntryDate"],
        "schoolYearTypeReference": {"schoolYear": int(row["SchoolYear"])},
        "entryGradeLevelDescriptor": descriptor("GradeLevel", GRADES[row["GradeLevel"]]),
        "entryTypeDescriptor": descriptor("EntryType", row["EntryCode"]),
    }
    if row["ExitDate"]:
        item["exitWithdrawDate"] = row["ExitDate"]
    if row["ExitCode"]:
        item["exitWithdrawTypeDescriptor"] = descriptor("ExitWithdrawType", row["ExitCode"])
    return item


def absence(row: Row) -> Item:
    """An attendance event."""
    absent = day(row["AbsenceDate"])
    year = next(year for year in school_years().values() if absent <= year.ends)
    session = {
        "schoolId": int(row["SchoolID"]),
        "schoolYear": year.year,
        "sessionName": TERMS[absent >= year.second_semester],
    }
    return _references(row) | {
        "attendanceEventCategoryDescriptor": descriptor("AttendanceEventCategory", CATEGORIES[row["AbsenceCode"]]),
        "eventDate": row["AbsenceDate"],
        "sessionReference": session | _link("Session"),
        "eventDuration": float(row["DayFraction"]),
    }


def _references(row: Row) -> Item:
    return {
        "schoolReference": {"schoolId": int(row["SchoolID"])} | _link("School"),
        "studentReference": {"studentUniqueId": row["StudentID"]} | _link("Student"),
    }


def _link(kind: str) -> Item:
    return {"link": {"rel": kind, "href": f"/ed-fi/{kind.lower()}s"}}


def _school_key(item: Item) -> Key:
    return {"schoolId": item["schoolId"]}


def _student_key(item: Item) -> Key:
    return {"studentUniqueId": item["studentUniqueId"]}


def _association_key(item: Item) -> Key:
    own = {"entryDate": item["entryDate"], "schoolId": item["schoolReference"]["schoolId"]}
    return own | {"studentUniqueId": item["studentReference"]["studentUniqueId"]}


def _absence_key(item: Item) -> Key:
    session = {name: item["sessionReference"][name] for name in ("schoolId", "schoolYear", "sessionName")}
    own = {name: item[name] for name in ("attendanceEventCategoryDescriptor", "eventDate")}
    return own | session | {"studentUniqueId": item["studentReference"]["studentUniqueId"]}


RESOURCES: dict[str, tuple[str, Callable[[Row], Item], Callable[[Item], Key]]] = {
    "schools": ("sis.schools", school, _school_key),
    "students": ("sis.students", student, _student_key),
    "studentSchoolAssociations": ("sis.enrollments", association, _association_key),
    "studentSchoolAttendanceEvents": ("sis.attendance", absence, _absence_key),
}
"""Resource to the feed with the same rows, how a row becomes an item, and the item's natural key, flattened."""


def store(district: District, night: date) -> Store:
    """An ODS that holds what the district knew on a night."""
    made = Store({name: key_of for name, (_, _, key_of) in RESOURCES.items()})
    advance(made, district, night)
    return made


def advance(held: Store, district: District, night: date) -> None:
    """Bring the ODS to the state of another night, change by change."""
    for name, (feed_id, item_of, _) in RESOURCES.items():
        held.replace(name, (item_of(row) for row in texts(district, feed_id, night)))
