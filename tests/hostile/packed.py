"""Packages that are no good: archives that lead out, swell or break, rosters whose manifest lies."""

import gzip
import io
import stat
import struct
import zipfile

from tests.hostile.mutations import CANARY, FILES, Content, Corpus, Good

CORPUS, ROSTERS = Corpus("zip"), Corpus("oneroster")
Member = tuple[str | zipfile.ZipInfo, bytes]
NAME = "students.csv"


def pack(*members: Member) -> dict[str, bytes]:
    """The package of these members, under its name; the same bytes each time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, (2019, 2, 13, 0, 0, 0))
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return {"pack.zip": target.getvalue()}


def changed(package: dict[str, bytes], place: int, new: bytes) -> dict[str, bytes]:
    """The package with other bytes at one place."""
    content = package["pack.zip"]
    return {"pack.zip": content[:place] + new + content[place + len(new) :]}


@CORPUS.equal("sis.students")
def packed(good: Good) -> Content:
    """The good file in a ZIP, beside others."""
    return pack((NAME, good.content), ("readme.txt", b"Ask the registrar."), ("old/", b""))


@CORPUS.red("sis.students", "pack.zip, '../../../etc/cron.d/students'", "leads out of the package")
def path_traversal(good: Good) -> Content:
    """A member whose path leads upwards."""
    return pack((NAME, good.content), ("../../../etc/cron.d/students", b"x"))


@CORPUS.red("sis.students", "pack.zip, '/etc/passwd'", "leads out of the package")
def absolute_path(good: Good) -> Content:
    """A member whose path begins at the root."""
    return pack((NAME, good.content), ("/etc/passwd", b"x"))


@CORPUS.red("sis.students", "pack.zip, '..\\\\students.csv'", "leads out of the package")
def windows_path(good: Good) -> Content:
    """A member whose path leads upwards on Windows."""
    return pack((NAME, good.content), ("..\\students.csv", b"x"))


@CORPUS.red("sis.students", "pack.zip, 'students.csv'", "is a link")
def a_link(_good: Good) -> Content:
    """The member is a link to a file of the machine."""
    link = zipfile.ZipInfo(NAME, (2019, 2, 13, 0, 0, 0))
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return pack((link, b"/etc/passwd"))


@CORPUS.red("sis.students", "pack.zip, 'zeros.bin'", "would unpack to")
def zip_bomb(good: Good) -> Content:
    """A member of thirty million zeros in a few thousand bytes."""
    return pack((NAME, good.content), ("zeros.bin", b"0" * 30_000_000))


@CORPUS.red("sis.students", "pack.zip, 'students.csv'", "would unpack to")
def zip_bomb_for_a_file(_good: Good) -> Content:
    """The member itself is thirty million line ends."""
    return pack((NAME, b"\n" * 30_000_000))


@CORPUS.red("sis.students", "pack.zip can't be unpacked", "students.csv")
def cut_in_the_middle(good: Good) -> Content:
    """A ZIP that was cut off in the middle."""
    (content,) = pack((NAME, good.content)).values()
    return {"pack.zip": content[: len(content) // 2]}


@CORPUS.red("sis.students", "pack.zip can't be unpacked", "students.csv")
def cut_at_the_end(good: Good) -> Content:
    """A ZIP without its last ten bytes."""
    (content,) = pack((NAME, good.content)).values()
    return {"pack.zip": content[:-10]}


@CORPUS.red("sis.students", "pack.zip can't be unpacked", "students.csv")
def a_byte_turned_over(good: Good) -> Content:
    """One byte of the packed rows is another: the archive's own checksum does not hold."""
    package = pack((NAME, good.content))
    place = len(package["pack.zip"]) // 2
    return changed(package, place, bytes([package["pack.zip"][place] ^ 0xFF]))


@CORPUS.red("sis.students", "pack.zip can't be unpacked", "students.csv")
def a_lie_about_the_size(good: Good) -> Content:
    """The directory says that the member has ten bytes."""
    package = pack((NAME, good.content))
    return changed(package, package["pack.zip"].index(b"PK\x01\x02") + 24, struct.pack("<I", 10))


@CORPUS.red("sis.students", "pack.zip, 'students.csv'", "is encrypted")
def encrypted(good: Good) -> Content:
    """A ZIP with a password."""
    package = pack((NAME, good.content))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        package = changed(package, package["pack.zip"].index(signature) + place, b"\x01\x00")
    return package


@CORPUS.missing("sis.students", "pack.zip holds no students.csv")
def zip_in_zip(good: Good) -> Content:
    """A ZIP that holds nothing but another ZIP."""
    (inner,) = pack((NAME, good.content)).values()
    return pack(("students.zip", inner))


@CORPUS.red("sis.students", "file students.csv, line 1")
def zip_for_a_member(good: Good) -> Content:
    """The member is itself a ZIP under the name of the file."""
    (inner,) = pack((NAME, good.content)).values()
    return pack((NAME, inner))


@CORPUS.missing("sis.students", "pack.zip holds no students.csv")
def member_missing(good: Good) -> Content:
    """A ZIP without the member."""
    return pack(("teachers.csv", good.content))


@CORPUS.missing("sis.students", "pack.zip holds no students.csv")
def member_in_a_folder(good: Good) -> Content:
    """The member stands in a folder that the contract does not name."""
    return pack(("export/students.csv", good.content))


@CORPUS.red("sis.students", "pack.zip, 'students.csv'", "stands there twice")
def member_twice(good: Good) -> Content:
    """Two members of one name: nobody can say which is meant."""
    (content,) = pack((NAME, good.content), ("Students.csv", b"StudentID\n")).values()
    return {"pack.zip": content.replace(b"Students.csv", NAME.encode())}


@CORPUS.missing("sis.students", "pack.zip holds no students.csv")
def empty_zip(_good: Good) -> Content:
    """A ZIP without any member."""
    return pack()


@CORPUS.red("sis.students", "pack.zip can't be unpacked", "students.csv")
def no_bytes(_good: Good) -> Content:
    """A package of no bytes."""
    return {"pack.zip": b""}


@CORPUS.red("sis.students", "pack.zip can't be unpacked", "students.csv")
def not_packed(good: Good) -> Content:
    """The file itself under the name of the package."""
    return {"pack.zip": good.content}


@CORPUS.red("sis.students", "pack.zip can't be unpacked", "students.csv")
def a_gzip(good: Good) -> Content:
    """A gzip under the name of a ZIP."""
    return {"pack.zip": gzip.compress(good.content, mtime=0)}


@CORPUS.red("sis.students", "file students.csv, line 301", "a quote opens here")
def cut_before_it_was_packed(good: Good) -> Content:
    """A sound ZIP of a file that was cut off within quotes."""
    return pack((NAME, good.write(good.rows[:299]) + f'"123456789","{CANARY}'.encode()))


def roster(good: Good, manifest: bytes | str | None, cells: tuple[str, str] = ("", "")) -> dict[str, bytes]:
    """A OneRoster package: its manifest, or what it says of the file; `cells` are status and date of each row."""
    rows = [[*row, *cells] for row in good.rows]
    name = FILES[good.feed]
    members: list[Member] = [(name, good.write(rows, [*good.header, "status", "dateLastModified"]))]
    if isinstance(manifest, str):
        lines = ("propertyName,value", "manifest.version,1.0", "oneroster.version,1.2", f"file.{name[:-4]},{manifest}")
        manifest = "\r\n".join([*lines, ""]).encode()
    if manifest is not None:
        members.insert(0, ("manifest.csv", manifest))
    return pack(*members)


@ROSTERS.equal("sis.students")
def roster_in_bulk(good: Good) -> Content:
    """The good file in a OneRoster package, as a whole."""
    return roster(good, "bulk")


@ROSTERS.red("sis.students", "pack.zip, manifest.csv", "file.students is absent, but the package holds students.csv")
def absent_but_there(good: Good) -> Content:
    """The manifest calls a file absent that is there."""
    return roster(good, "absent")


@ROSTERS.red("sis.students", "pack.zip holds no students.csv")
def bulk_but_not_there(good: Good) -> Content:
    """The manifest announces a file that is not there."""
    (content,) = roster(good, "bulk").values()
    return {"pack.zip": content.replace(b"students.csv", b"visitors.csv")}


@ROSTERS.missing("sis.students", "pack.zip says that students.csv is absent")
def absent(good: Good) -> Content:
    """The manifest calls the file absent, and it is."""
    (content,) = roster(good, "absent").values()
    return {"pack.zip": content.replace(b"students.csv", b"visitors.csv")}


@ROSTERS.red("sis.students", "pack.zip, students.csv, line 2", "status must be blank in a bulk file")
def bulk_said_delta_sent(good: Good) -> Content:
    """The manifest says bulk, and the rows are changes."""
    return roster(good, "bulk", ("active", "2019-02-13T00:00:00.000Z"))


@ROSTERS.red("sis.enrollments", "pack.zip, enrollments.csv, line 2", "status must be filled in a delta file")
def delta_said_bulk_sent(good: Good) -> Content:
    """The manifest says delta, and the rows say nothing of a change."""
    return roster(good, "delta")


@ROSTERS.red("sis.students", "pack.zip brings students.csv as delta, expected bulk")
def changes_for_the_whole(good: Good) -> Content:
    """Changes alone, of a feed whose contract expects everything each night."""
    return roster(good, "delta", ("active", "2019-02-13T00:00:00.000Z"))


@ROSTERS.red("sis.students", "pack.zip, manifest.csv", "file.students is 'some', expected absent, bulk or delta")
def an_unknown_kind(good: Good) -> Content:
    """The manifest says something else of the file."""
    return roster(good, "some")


@ROSTERS.red("sis.students", "pack.zip has no manifest.csv")
def no_manifest(good: Good) -> Content:
    """A OneRoster package without manifest."""
    return roster(good, None)


@ROSTERS.red("sis.students", "pack.zip, manifest.csv", "expected UTF-8 text")
def manifest_in_utf_16(good: Good) -> Content:
    """The manifest in UTF-16."""
    return roster(good, "propertyName,value\r\nfile.students,bulk\r\n".encode("utf-16"))


@ROSTERS.red("sis.students", "pack.zip, manifest.csv", "oneroster.version is '3.0'")
def manifest_of_another_version(good: Good) -> Content:
    """The manifest of a version that nobody knows."""
    return roster(good, b"propertyName,value\r\noneroster.version,3.0\r\nfile.students,bulk\r\n")


@ROSTERS.red("sis.students", "pack.zip, students.csv, line 1", "no column status")
def no_column_for_the_status(good: Good) -> Content:
    """The file in a OneRoster package has not the columns that say what changed."""
    manifest = b"propertyName,value\r\noneroster.version,1.1\r\nfile.students,bulk\r\n"
    return pack(("manifest.csv", manifest), (NAME, good.content))
