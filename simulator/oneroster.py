"""OneRoster CSV packages of the district, 1.1 and 1.2: a bulk one, then deltas.

Files and columns stand in the order of the standard. In a bulk package each file holds
all of its records; in a delta the new and changed ones, and those that are gone as
`tobedeleted`. A file in which nothing changed is absent.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

from simulator.district import District
from simulator.oneroster_records import Record, Records, records

Version = Literal["1.1", "1.2"]
FIRST = ("sourcedId", "status", "dateLastModified")
USERS = (
    "username", "userIds", "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone",
    "agentSourcedIds", "grades", "password",
)  # fmt: skip
COLUMNS = {
    "academicSessions": ("title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "orgs": ("name", "type", "identifier", "parentSourcedId", "metadata.classification", "metadata.network"),
    "courses": (
        "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects", "subjectCodes",
    ),
    "classes": (
        "title", "grades", "courseSourcedId", "classCode", "classType", "location", "schoolSourcedId",
        "termSourcedIds", "subjects", "subjectCodes", "periods",
    ),
    "enrollments": (
        "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate",
    ),
}  # fmt: skip
OF_VERSION: dict[Version, dict[str, tuple[str, ...]]] = {
    "1.1": COLUMNS | {"users": ("enabledUser", "orgSourcedIds", "role", *USERS)},
    "1.2": COLUMNS | {
        "users": (
            "enabledUser", *USERS, "userMasterIdentifier", "preferredGivenName", "preferredMiddleName",
            "preferredFamilyName", "primaryOrgSourcedId", "pronouns",
        ),
        "roles": (
            "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId",
        ),
    },
}  # fmt: skip
"""File to its columns after the first three."""
NEVER_SENT: dict[Version, tuple[str, ...]] = {
    "1.1": ("categories", "classResources", "courseResources", "demographics", "lineItems", "resources", "results"),
    "1.2": (
        "categories", "classResources", "courseResources", "demographics", "lineItemLearningObjectiveIds", "lineItems",
        "lineItemScoreScales", "resources", "resultLearningObjectiveIds", "results", "resultScoreScales", "scoreScales",
        "userProfiles", "userResources",
    ),
}  # fmt: skip
CHANGED_AT = time(23, 30, tzinfo=UTC)
"""When the changes of a day are made, in the late afternoon."""


@dataclass(frozen=True)
class Producer:
    """How a student information system writes its packages: by the standard, or as some of them do.

    `moment` is a strftime form. With `fills_bulk` each other row of a bulk file has a status
    and a date as well, as in packages of before 1.2. `arrange` gives columns their order.
    """

    version: Version = "1.2"
    moment: str = "%Y-%m-%dT%H:%M:%S.000Z"
    heading: Callable[[str], str] = str
    arrange: Callable[[Sequence[str]], Sequence[str]] = tuple
    fills_bulk: bool = False
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL
    starts: str = ""
    """What stands before the header, such as a byte order mark."""


def write_packages(district: District, nights: Sequence[date], producer: Producer, folder: Path) -> None:
    """Write `<folder>/<night>/oneroster.zip` for each night: the first in bulk, the others as deltas."""
    before: Records | None = None
    for night in nights:
        after = records(district, night)
        target = folder / night.isoformat() / "oneroster.zip"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(package(producer, night, before, after))
        before = after


def package(producer: Producer, night: date, before: Records | None, after: Records) -> bytes:
    """The package of a night; without a `before` in bulk."""
    kind = "bulk" if before is None else "delta"
    files = {}
    for name in OF_VERSION[producer.version]:
        if before is None:
            lines = _whole(producer, night, after[name])
        else:
            lines = _changes(producer, night, before[name], after[name])
        rows = list(lines)
        if rows or before is None:
            files[name] = _text(producer, name, rows)
    absent = [name for name in (*OF_VERSION[producer.version], *NEVER_SENT[producer.version]) if name not in files]
    said = {f"file.{name}": kind if name in files else "absent" for name in sorted([*files, *absent])}
    manifest = {"manifest.version": "1.0", "oneroster.version": producer.version} | said
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.csv", _csv(producer, [("propertyName", "value"), *manifest.items()]))
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text)
    return out.getvalue()


def _whole(producer: Producer, night: date, held: dict[str, Record]) -> Iterator[Record]:
    for place, record in enumerate(held.values()):
        yield record | (_change(producer, night, record) if producer.fills_bulk and place % 2 else {})


def _changes(producer: Producer, night: date, before: dict[str, Record], after: dict[str, Record]) -> Iterator[Record]:
    for number, record in after.items():
        if before.get(number) != record:
            yield record | _change(producer, night, record)
    for number, record in before.items():
        if number not in after:
            yield record | _change(producer, night, record) | {"status": "tobedeleted"}


def _change(producer: Producer, night: date, record: Record) -> Record:
    # 1.2 has no inactive records any more.
    is_inactive = producer.version == "1.1" and record.get("enabledUser") == "false"
    changed = datetime.combine(night, CHANGED_AT).strftime(producer.moment)
    return {"status": "inactive" if is_inactive else "active", "dateLastModified": changed}


def _text(producer: Producer, name: str, rows: list[Record]) -> str:
    columns = producer.arrange((*FIRST, *OF_VERSION[producer.version][name]))
    lines = [[row.get(column, "") for column in columns] for row in rows]
    return producer.starts + _csv(producer, [[producer.heading(column) for column in columns], *lines])


def _csv(producer: Producer, lines: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=producer.quoting, lineterminator="\r\n").writerows(lines)
    return out.getvalue()
