"""Packed deliveries, sound ones and hostile ones."""

import io
import stat
import struct
import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elevate.contracts import ContractError, Feed
from elevate.sources import Damaged, NotDelivered, packages
from tests.library.sources.places import Drop, Fetcher

PLACE = "sis/2019-02-11/pack.zip"
FULL = "sourcedId,status,dateLastModified,name\n1,,,a\n"
CHANGES = "sourcedId,status,dateLastModified,name\n1,active,2019-02-11T00:00:00.000Z,a\n"


def pack(*members: tuple[str | zipfile.ZipInfo, str | bytes]) -> bytes:
    """A ZIP of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def manifest(version: str = "1.2", **files: str) -> tuple[str, str]:
    """A OneRoster manifest that says this of files."""
    lines = ["propertyName,value", "manifest.version,1.0", f"oneroster.version,{version}"]
    return "manifest.csv", "\r\n".join([*lines, *(f"file.{name},{kind}" for name, kind in files.items()), ""])


@pytest.fixture
def zipped(fetch: Fetcher) -> Feed:
    return fetch.feed("sis/{night}/pack.zip#users.csv", package="zip")


@pytest.fixture
def roster(fetch: Fetcher) -> Feed:
    return replace(fetch.feed("sis/{night}/pack.zip#users.csv", package="oneroster"), load_mode="delta")


def test_the_member_comes_out_of_the_package(fetch: Fetcher, anywhere: Drop, zipped: Feed) -> None:
    anywhere.put(PLACE, pack(("users.csv", "u"), ("orgs.csv", "o")))
    assert fetch(anywhere.address, zipped) == {"users.csv": "u"}
    assert [file.name for file in (fetch.root / "into").iterdir()] == ["users.csv"], "the rest is no part of it"
    deep = fetch.feed("sis/{night}/pack.zip#a/b.csv", package="zip", marker="sis/{night}/_complete.json")
    anywhere.put(PLACE, pack(("a/", ""), ("a/b.csv", "b")))
    anywhere.mark("pack.zip", since="2019-02-10")
    assert fetch(anywhere.address, deep) == {"b.csv": "b"}
    assert str(fetch.last.follows) == "2019-02-10"
    assert fetch.last.is_full is None


def test_a_package_without_the_member_does_not_deliver_it(fetch: Fetcher, local: Drop, zipped: Feed) -> None:
    local.put(PLACE, pack(("orgs.csv", "o"), ("sub/users.csv", "u")))
    with pytest.raises(NotDelivered, match=r"sis.students, night 2019-02-11: pack.zip holds no users.csv") as raised:
        fetch(local.address, zipped)
    assert not isinstance(raised.value, Damaged)


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted() -> bytes:
    content = bytearray(pack(("users.csv", "u")))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + place
        content[at : at + 2] = struct.pack("<H", struct.unpack("<H", content[at : at + 2])[0] | 1)
    return bytes(content)


def wrong_content() -> bytes:
    content = bytearray(pack(("users.csv", "u" * 50)))
    at = content.index(b"users.csv") + len("users.csv")
    content[at] ^= 0xFF
    return bytes(content)


def lying_about_size() -> bytes:
    content = bytearray(pack(("users.csv", "u" * 50_000)))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 10)
    return bytes(content)


HOSTILE = {
    "absolute": (pack(("users.csv", "u"), ("/etc/passwd", "x")), "'/etc/passwd': the path leads out"),
    "upwards": (pack(("users.csv", "u"), ("a/../../x", "x")), r"'a/\.\./\.\./x': the path leads out"),
    "windows": (pack(("users.csv", "u"), ("C:x", "x")), "'C:x': the path leads out"),
    "backslash": (pack(("users.csv", "u"), ("..\\x", "x")), "the path leads out"),
    "link": (pack((link("users.csv"), "/etc/passwd")), "'users.csv': is a link"),
    "another link": (pack(("users.csv", "u"), (link("x"), "/etc/passwd")), "'x': is a link"),
    "encrypted": (encrypted(), "'users.csv': is encrypted"),
    "twice": (None, "'users.csv': stands there twice"),
    "bomb": (pack(("users.csv", "u"), ("bomb.csv", b"0" * 30_000_000)), "'bomb.csv': .* would unpack to 30000001"),
    "spoilt": (wrong_content(), "can't be unpacked, reading users.csv"),
    "lying": (lying_about_size(), "can't be unpacked, reading users.csv: BadZipFile"),
    "cut": (pack(("users.csv", "u"))[:-10], "can't be unpacked"),
    "no zip": (b"student_id\n", "can't be unpacked"),
    "empty": (b"", "can't be unpacked"),
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_package_that_is_not_sound_is_damaged(fetch: Fetcher, local: Drop, zipped: Feed, case: str) -> None:
    content, message = HOSTILE[case]
    local.put(PLACE, content if content is not None else pack(("users.csv", "u"), ("users.csv", "v")))
    with pytest.raises(Damaged, match=f"sis.students, night 2019-02-11: pack.zip.*{message}"):
        fetch(local.address, zipped)


def test_a_package_larger_than_the_disk_is_damaged(
    fetch: Fetcher, local: Drop, zipped: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "LARGEST_BYTES", 10)
    local.put(PLACE, pack(("users.csv", "12345"), ("orgs.csv", "123456")))
    with pytest.raises(Damaged, match="'orgs.csv': .* would unpack to 11, more than 10"):
        fetch(local.address, zipped)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    name=st.lists(st.sampled_from(["..", ".", "a", "/", "\\", "C:", "users.csv", "é"]), min_size=1, max_size=5).map(
        "/".join
    )
)
def test_no_name_of_a_member_writes_outside(fetch: Fetcher, local: Drop, zipped: Feed, name: str) -> None:
    if name == "users.csv":
        return
    local.put(PLACE, pack(("users.csv", "u"), (name, "x")))
    before = set(fetch.root.rglob("*")) | {fetch.root / "into", fetch.root / "into" / "users.csv"}
    try:
        assert fetch(local.address, zipped) == {"users.csv": "u"}
    except Damaged as error:
        assert "leads out" in str(error)  # noqa: PT017 - either is right
    allowed = before | {fetch.root / "into" / "pack.zip", fetch.settings.sources_file, fetch.settings.home}
    assert set(fetch.root.rglob("*")) <= allowed


@pytest.mark.parametrize(
    "location", ["sis/{night}/pack.zip", "sis/{night}/pack_{x}.zip#users.csv", "sis/{night}/pack.zip#{night}.csv"]
)
def test_a_package_has_one_name_and_one_member(fetch: Fetcher, location: str) -> None:
    with pytest.raises(ContractError, match="a package is one file|each placeholder"):
        fetch.feed(location, package="zip")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize(("kind", "text", "is_full"), [("bulk", FULL, True), ("delta", CHANGES, False)])
def test_a_roster_says_whether_it_is_full(
    fetch: Fetcher, local: Drop, roster: Feed, version: str, kind: str, text: str, is_full: bool
) -> None:
    local.put(PLACE, pack(manifest(version, users=kind), ("users.csv", "\ufeff" + text)))
    assert list(fetch(local.address, roster)) == ["users.csv"]
    assert fetch.last.is_full is is_full


def test_what_a_roster_calls_absent_is_not_delivered(fetch: Fetcher, local: Drop, roster: Feed) -> None:
    local.put(PLACE, pack(manifest(users="absent", orgs="bulk"), ("orgs.csv", FULL)))
    with pytest.raises(NotDelivered, match="says that users.csv is absent") as raised:
        fetch(local.address, roster)
    assert not isinstance(raised.value, Damaged)


def test_changes_are_no_snapshot(fetch: Fetcher, local: Drop, roster: Feed) -> None:
    local.put(PLACE, pack(manifest(users="delta"), ("users.csv", CHANGES)))
    with pytest.raises(Damaged, match="brings users.csv as delta, expected bulk"):
        fetch(local.address, replace(roster, load_mode="snapshot"))


USERS = ("users.csv", FULL)
BROKEN = {
    "no manifest": (pack(USERS), "has no manifest.csv"),
    "new version": (pack(manifest("2.0", users="bulk"), USERS), "oneroster.version is '2.0', expected one of 1.0"),
    "no version": (pack(("manifest.csv", "propertyName,value\nfile.users,bulk\n"), USERS), "version is None"),
    "other header": (pack(("manifest.csv", "name,value\n"), USERS), "two columns propertyName and value"),
    "three cells": (pack(("manifest.csv", "propertyName,value\na,b,c\n"), USERS), "two columns"),
    "nothing in it": (pack(("manifest.csv", ""), USERS), "two columns"),
    "not UTF-8": (pack(("manifest.csv", b"\xff\xfe"), USERS), "UTF-8 text"),
    "not said": (pack(manifest(orgs="bulk"), USERS), "file.users is None"),
    "said otherwise": (pack(manifest(users="full"), USERS), "file.users is 'full', expected absent, bulk or delta"),
    "absent and there": (
        pack(manifest(users="absent"), USERS),
        "file.users is absent, but the package holds users.csv",
    ),
    "said but not there": (pack(manifest(users="bulk")), "holds no users.csv"),
    "huge": (pack(("manifest.csv", "x" * 2_000_000), USERS), "manifest.csv: is larger"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_roster_with_a_broken_manifest_is_damaged(fetch: Fetcher, local: Drop, roster: Feed, case: str) -> None:
    content, message = BROKEN[case]
    local.put(PLACE, content)
    with pytest.raises(Damaged, match=message):
        fetch(local.address, roster)


HEAD = "sourcedId,status,dateLastModified,name\n"
LINES = {
    "status in bulk": ("bulk", HEAD + "1,,,a\n2,active,,Mia\n", "line 3: status must be blank in a bulk"),
    "date in bulk": ("bulk", HEAD + '1,,,"a\nb"\n2,,2019,Mia\n', "line 4: dateLastModified must be blank in a bulk"),
    "no status in delta": ("delta", HEAD + "1,active,2019,a\n\n2,,2019,Mia\n", "line 4: status must be filled"),
    "no date in delta": ("delta", HEAD + "2,active, ,Mia\n", "line 2: dateLastModified must be filled in a delta"),
    "short line in delta": ("delta", HEAD + "2,active\n", "line 2: dateLastModified must be filled"),
    "no status": ("bulk", "sourcedId,dateLastModified\n1,\n", "line 1: no column status"),
    "neither": ("delta", "sourcedId\n1\n", "line 1: no column status and no column dateLastModified"),
    "no header": ("bulk", "", "line 1: no column"),
    "a cell without end": ("bulk", HEAD + '1,,,"' + "x" * 200_000, "is no CSV"),
}


def test_headers_of_a_roster_may_have_any_case(fetch: Fetcher, local: Drop, roster: Feed) -> None:
    local.put(
        PLACE, pack(manifest(users="delta"), ("users.csv", CHANGES.replace("dateLastModified", "DATELASTMODIFIED")))
    )
    assert list(fetch(local.address, roster)) == ["users.csv"]
    assert fetch.last.is_full is False


FILLED = HEAD + "1,active,2017-05-06 08:01:05,a\n2,,,b\n3,Inactive,2017-04-05,c\n"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_before_1_2_a_bulk_file_may_say_that_its_records_are_there(
    fetch: Fetcher, local: Drop, roster: Feed, version: str
) -> None:
    local.put(PLACE, pack(manifest(version, users="bulk"), ("users.csv", FILLED)))
    assert list(fetch(local.address, roster)) == ["users.csv"]
    assert fetch.last.is_full is True
    for kind, line, wrong in (("bulk", "4,tobedeleted,,d\n", "blank, active or inactive"), ("delta", "", "filled")):
        local.put(PLACE, pack(manifest(version, users=kind), ("users.csv", FILLED + line)))
        with pytest.raises(Damaged, match=f"line {5 if line else 3}: status must be {wrong} in a {kind} file"):
            fetch(local.address, roster)


@pytest.mark.parametrize("case", LINES)
def test_a_line_that_does_not_fit_its_kind_is_named(fetch: Fetcher, local: Drop, roster: Feed, case: str) -> None:
    kind, text, message = LINES[case]
    local.put(PLACE, pack(manifest(users=kind), ("users.csv", text)))
    with pytest.raises(
        Damaged, match=f"pack.zip, users.csv, {message}|pack.zip, users.csv, line .*{message}"
    ) as raised:
        fetch(local.address, roster)
    assert "Mia" not in str(raised.value)
