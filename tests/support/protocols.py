"""The same rows by every protocol: how each lays them out, and what a contract then says."""

import csv
import io
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql
from sqlalchemy import make_url

from elevate.settings import PROJECT, Settings
from simulator.edfi_api import Api
from simulator.edfi_items import GRADES, RESOURCES, descriptor
from simulator.edfi_server import client_secret, running
from simulator.edfi_store import Item, Store
from tests.library.sources.places import Drop, object_store, sftp_server

Row = dict[str, str]
"""Column of the contract to its text, as the district's own file has it."""
Contract = dict[str, Any]


@dataclass
class Delivery:
    """How rows come: the source's address, and what the contract says of it.

    `headers` and `words` are by column. `extra` names what comes beside the contract's columns.
    """

    address: dict[str, Any]
    server: dict[str, Any]
    properties: dict[str, Any] = field(default_factory=dict)
    table: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)


@dataclass
class Sources:
    """Where deliveries are made for one night; `open` holds the servers."""

    settings: Settings
    folder: Path
    open: ExitStack
    night: date

    def place(self) -> Drop:
        """A folder of this machine."""
        return Drop(self.folder, {"type": "folder", "path": str(self.folder), "pause_seconds": 0})


Way = Callable[[Sources, str, list[Row]], Delivery]


def contract_of(feed: str) -> Contract:
    """The contract as it stands."""
    content: Contract = yaml.safe_load((PROJECT / "feeds" / "sis" / f"{feed}.yaml").read_text())
    return content


def columns_of(content: Contract) -> list[dict[str, Any]]:
    """The contract's columns."""
    found: list[dict[str, Any]] = content["schema"][0]["properties"]
    return found


def own_headers(feed: str) -> dict[str, str]:
    """Column to header, as the contract stands."""
    return {column["name"]: column.get("physicalName", column["name"]) for column in columns_of(contract_of(feed))}


def as_csv(*lines: list[str]) -> str:
    """Lines of text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return out.getvalue()


def file_of(feed: str, rows: list[Row]) -> str:
    """The rows as the contract's own file."""
    headers = own_headers(feed)
    return as_csv(list(headers.values()), *([row[name] for name in headers] for row in rows))


def _left(place: Drop, sources: Sources, feed: str, rows: list[Row]) -> Drop:
    """A file and its marker at a place of files."""
    place.put(f"sis/{sources.night}/{feed}.csv", file_of(feed, rows))
    place.mark(f"{feed}.csv", night=sources.night, rows=len(rows))
    return place


def by_sftp(sources: Sources, feed: str, rows: list[Row]) -> Delivery:
    """A file, with a marker."""
    place = _left(sources.open.enter_context(sftp_server(sources.folder)), sources, feed, rows)
    return Delivery(place.address, contract_of(feed)["servers"][0], {"marker": "sis/{night}/_complete.json"})


def by_folder(sources: Sources, feed: str, rows: list[Row]) -> Delivery:
    """A file on this machine, without a marker."""
    place = _left(sources.place(), sources, feed, rows)
    return Delivery(place.address, {"type": "local", "path": f"sis/{{night}}/{feed}.csv", "format": "csv"})


def by_s3(sources: Sources, feed: str, rows: list[Row]) -> Delivery:
    """An object, with a marker."""
    place = _left(sources.open.enter_context(object_store(sources.folder)), sources, feed, rows)
    server = {"type": "s3", "location": f"sis/{{night}}/{feed}.csv", "format": "csv"}
    return Delivery(place.address, server, {"marker": "sis/{night}/_complete.json"})


def _packed(sources: Sources, kind: str, members: dict[str, str]) -> Delivery:
    """A package in a folder; the feed is its last member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    place = sources.place()
    place.put(f"sis/{sources.night}/{kind}.zip", out.getvalue())
    server = {"type": "local", "path": f"sis/{{night}}/{kind}.zip#{list(members)[-1]}", "format": "csv"}
    return Delivery(place.address, server, {"package": kind})


def by_zip(sources: Sources, feed: str, rows: list[Row]) -> Delivery:
    """A file in a package."""
    return _packed(sources, "zip", {"readme.txt": "", f"export/{feed}.csv": file_of(feed, rows)})


# What the standard has no column for stands in its `metadata.` ones.
ORGS = {
    "school_id": "sourcedId", "school_name": "name", "short_name": "identifier", "network": "parentSourcedId",
    "school_category": "metadata.category", "school_type": "metadata.operator", "lowest_grade": "metadata.from",
    "highest_grade": "metadata.to", "opened_on": "metadata.opened", "closed_on": "metadata.closed",
    "merged_into_school_id": "metadata.successor",
}  # fmt: skip
ENROLLMENTS = {
    "student_id": "userSourcedId", "school_id": "schoolSourcedId", "entry_date": "beginDate", "exit_date": "endDate",
    "school_year": "metadata.year", "grade_level": "metadata.grade", "entry_code": "metadata.entry",
    "exit_code": "metadata.exit", "low_income": "metadata.lunch", "english_learner": "metadata.el",
    "special_education": "metadata.iep", "change_type": "status",
}  # fmt: skip


def by_oneroster(sources: Sources, feed: str, rows: list[Row]) -> Delivery:
    """A package of OneRoster 1.2. In a bulk file status is blank, and means that the row is there."""
    member, headers = ("orgs", ORGS) if feed == "schools" else ("enrollments", ENROLLMENTS)
    extra = {"type": "school"} if feed == "schools" else {"role": "student", "primary": "false"}
    named = {name: header for name, header in headers.items() if header != "status"}
    content = as_csv(
        ["status", "dateLastModified", *extra, *named.values()],
        *(["", "", *extra.values(), *(row[name] for name in named)] for row in rows),
    )
    manifest = as_csv(
        ["propertyName", "value"], ["manifest.version", "1.0"], ["oneroster.version", "1.2"], [f"file.{member}", "bulk"]
    )
    delivery = _packed(sources, "oneroster", {"manifest.csv": manifest, f"{member}.csv": content})
    delivery.headers, delivery.extra = headers, extra
    if "change_type" in headers:
        delivery.words = {"change_type": {"": "upsert", "active": "upsert", "tobedeleted": "delete"}}
    return delivery


EXTENSION = "_ext.district"
"""Where an Ed-Fi host keeps what the standard's own resource has not."""
SCHOOLS = {
    "school_id": "schoolId", "school_name": "nameOfInstitution", "short_name": "shortNameOfInstitution",
    "school_type": "charterStatusDescriptor",
}  # fmt: skip
ASSOCIATIONS = {
    "student_id": "studentReference.studentUniqueId", "school_id": "schoolReference.schoolId",
    "entry_date": "entryDate", "exit_date": "exitWithdrawDate", "entry_code": "entryTypeDescriptor",
    "exit_code": "exitWithdrawTypeDescriptor", "school_year": "schoolYearTypeReference.schoolYear",
    "grade_level": "entryGradeLevelDescriptor", "change_type": "change_type",
}  # fmt: skip
CHARTER = {"Not a Charter School": "District", "School Charter": "Charter"}
CODED = {"school_type": CHARTER, "grade_level": {code: grade for grade, code in GRADES.items()}}


def by_edfi(sources: Sources, feed: str, rows: list[Row]) -> Delivery:
    """Items of an Ed-Fi API."""
    resource, own = ("schools", SCHOOLS) if feed == "schools" else ("studentSchoolAssociations", ASSOCIATIONS)
    headers = {name: own.get(name, f"{EXTENSION}.{name}") for name in own_headers(feed)}
    store = Store({name: key_of for name, (_, _, key_of) in RESOURCES.items()})
    store.replace(resource, (_item(row, headers) for row in rows))
    api = Api(store, client_secret(sources.folder))
    url = sources.open.enter_context(running(sources.folder, api))
    secret = str(sources.folder / "edfi_secret")
    address = {"type": "api", "url": url, "client_id": api.client_id, "secret": secret}
    words = {name: CODED[name] for name in headers if name in CODED}
    server = {"type": "api", "location": f"ed-fi/{resource}", "format": "json"}
    return Delivery(address, server, headers=headers, words=words)


def _item(row: Row, headers: dict[str, str]) -> Item:
    item: Item = {}
    for name, path in headers.items():
        if not row[name] or name == "change_type":
            continue  # the API leaves out what is null, and says of changes what they are
        *above, last = path.split(".")
        place = item
        for part in above:
            place = place.setdefault(part, {})
        place[last] = _value(name, row[name], last)
    return item


def _value(name: str, text: str, path: str) -> Any:
    if path.endswith("Descriptor"):
        code = {word: code for code, word in CODED.get(name, {}).items()}.get(text, text)
        return descriptor(path.removesuffix("Descriptor"), code)
    if path in ("schoolId", "schoolYear"):
        return int(text)
    return {"true": True, "false": False}.get(text, text)


TYPED = {"date": "date", "integer": "smallint", "boolean": "boolean"}
"""Type in the contract to the one in the source's database; all else is text there."""


def by_postgres(sources: Sources, feed: str, rows: list[Row]) -> Delivery:
    """A table of another database, with names of its own; a delta by its watermark, with a mark on what is gone."""
    kinds = {column["name"]: TYPED.get(column["physicalType"], "text") for column in columns_of(contract_of(feed))}
    is_delta = "change_type" in kinds
    kinds |= {"change_type": "boolean"} if is_delta else {}
    url = make_url(sources.settings.database_url("elevate_owner", "postgres"))
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as server:
        server.execute("drop database if exists registrar with (force)")
        server.execute("create database registrar")
    _fill(url.set(database="registrar").render_as_string(hide_password=False), f"t_{feed}", kinds, rows)
    sources.settings.save_secrets(registrar=str(url.password))
    address = {"type": "postgres", "url": f"postgresql://{url.username}@{url.host}:{url.port}/registrar"}
    return Delivery(
        address | {"password": "registrar"},
        {"type": "postgres", "host": "", "port": "", "database": "", "schema": "public"},
        {"watermark": "changed_at", "overlap": "2 d"} if is_delta else {},
        table=f"t_{feed}",
        headers={name: f"C_{name}" for name in kinds},
        words={"change_type": {"false": "upsert", "true": "delete"}} if is_delta else {},
    )


def _fill(url: str, table: str, kinds: dict[str, str], rows: list[Row]) -> None:
    names = sql.SQL(", ").join(sql.Identifier(f"C_{name}") for name in kinds)
    typed = [sql.SQL("{} {}").format(sql.Identifier(f"C_{name}"), sql.SQL(kind)) for name, kind in kinds.items()]
    changed = sql.SQL("changed_at timestamptz default '2019-02-11 18:00-06'")
    target = sql.Identifier(table)
    with psycopg.connect(url) as own:
        own.execute(sql.SQL("create table {} ({})").format(target, sql.SQL(", ").join([*typed, changed])))
        with own.cursor() as cursor, cursor.copy(sql.SQL("copy {} ({}) from stdin").format(target, names)) as copy:
            for row in rows:
                copy.write_row([_cell(name, row[name]) for name in kinds])


def _cell(name: str, text: str) -> str | None:
    return str(text == "delete").lower() if name == "change_type" else text or None


WAYS: dict[str, Way] = {
    "sftp": by_sftp, "folder": by_folder, "s3": by_s3, "zip": by_zip, "oneroster": by_oneroster, "edfi": by_edfi,
    "postgres": by_postgres,
}  # fmt: skip
