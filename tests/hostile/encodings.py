"""Files whose bytes are not what they should be: encodings, cuts, other kinds of file."""

import io
import json
import zipfile

from tests.hostile.mutations import Content, Corpus, Good

CORPUS = Corpus()
UNREADABLE = "the bytes are not text in the contract's encoding"


@CORPUS.red("sis.students", "students.csv", "line 1")
def empty(good: Good) -> Content:
    """A file of no bytes."""
    return b""


@CORPUS.red("sis.students", "students.csv", "line 1")
def only_a_byte_order_mark(good: Good) -> Content:
    """A byte order mark and nothing else."""
    return b"\xef\xbb\xbf"


@CORPUS.red("sis.students", "students.csv", "line 1")
def utf_16(good: Good) -> Content:
    """The whole file in UTF-16, as spreadsheets call Unicode."""
    return good.text.encode("utf-16")


@CORPUS.red("sis.students", "students.csv", "line 1")
def utf_16_without_mark(good: Good) -> Content:
    """The whole file in UTF-16 without a byte order mark."""
    return good.text.encode("utf-16-le")


@CORPUS.red("sis.students", "students.csv", "line 3", UNREADABLE)
def latin_1_name(good: Good) -> Content:
    """One name in Latin-1 within a file of UTF-8."""
    return good.with_cell("LastName", "Nuñez").decode().encode("latin-1")


@CORPUS.red("sis.students", "students.csv", "line 4", UNREADABLE)
def mixed_encodings(good: Good) -> Content:
    """Two exports in one file, one in UTF-8 and one in Latin-1."""
    right = good.with_cell("LastName", "Nuñez").splitlines(keepends=True)
    wrong = good.with_cell("LastName", "Nuñez", line=4).decode().encode("latin-1").splitlines(keepends=True)
    return b"".join([*right[:3], *wrong[3:]])


@CORPUS.red("sis.students", "students.csv", "line 1")
def latin_1_header(good: Good) -> Content:
    """A header with a letter in Latin-1."""
    return good.content.replace(b"Gender", b"G\xe9nero", 1)


@CORPUS.red("sis.students", "students.csv", "line 3")
def nul_byte(good: Good) -> Content:
    """A NUL byte within a name."""
    return good.with_cell("LastName", "A\0B")


@CORPUS.red("sis.students", "students.csv", "line 1")
def nul_byte_in_header(good: Good) -> Content:
    """A NUL byte within the header."""
    return good.content.replace(b"Gender", b"Gen\0der", 1)


@CORPUS.red("sis.students", "students.csv")
def nothing_but_nul_bytes(good: Good) -> Content:
    """A file system that lost the content, but not its length."""
    return bytes(len(good.content))


@CORPUS.equal("sis.students", "sis.attendance", "assessment.map_results")
def byte_order_mark(good: Good) -> Content:
    """A byte order mark before the header, as spreadsheets write it."""
    return b"\xef\xbb\xbf" + good.content


@CORPUS.equal("sis.students", "sis.attendance")
def windows_line_ends(good: Good) -> Content:
    """Lines end with CR and LF."""
    return good.content.replace(b"\n", b"\r\n")


@CORPUS.equal("sis.students")
def old_mac_line_ends(good: Good) -> Content:
    """Lines end with CR alone."""
    return good.content.replace(b"\n", b"\r")


@CORPUS.red("sis.students", "students.csv", "line 3")
def mixed_line_ends(good: Good) -> Content:
    """Some lines end with LF, others with CR and LF."""
    lines = good.content.splitlines()
    return b"\n".join(lines[:2]) + b"\n" + b"\r\n".join(lines[2:]) + b"\r\n"


@CORPUS.equal("sis.students", "sis.attendance")
def no_last_line_end(good: Good) -> Content:
    """The last line has no end, but all of its cells."""
    return good.content.rstrip(b"\n")


@CORPUS.red("sis.students", "students.csv", "line 891", "cut off")
def cut_within_a_row(good: Good) -> Content:
    """Cut off within the last row, after its second cell."""
    return b"\n".join([*good.content.splitlines()[:-1], b",".join(good.content.splitlines()[-1].split(b",")[:2])])


@CORPUS.red("sis.students", "students.csv")
def cut_within_the_last_cell(good: Good) -> Content:
    """Cut off within the last cell of a row in the middle."""
    middle = good.content.splitlines()[:400]
    return b"\n".join(middle)[:-2]


@CORPUS.red("sis.students", "nobody_vanishes")
def cut_at_a_line_end(good: Good) -> Content:
    """Cut off where a line ends, after half of the rows."""
    return b"\n".join(good.content.splitlines()[:445]) + b"\n"


@CORPUS.red("sis.students", "students.csv", "line 1", "is missing")
def cut_within_the_header(good: Good) -> Content:
    """Cut off within the header."""
    return good.content[:25]


@CORPUS.red("sis.students", "students.csv, line 302: a quote opens here")
def cut_within_quotes(good: Good) -> Content:
    """Cut off within a cell in quotes."""
    return good.write(good.rows[:300]) + b'"123456789","Zq'


@CORPUS.red("assessment.map_results", "AssessmentResults.csv, line 439: a quote opens here")
def cut_within_quotes_(good: Good) -> Content:
    """Cut off within a cell in quotes."""
    return good.content[: good.content.rindex(b',"') + 2]


@CORPUS.red("assessment.map_results", "no_term_is_cut_off")
def cut_at_a_line_end_(good: Good) -> Content:
    """Cut off where a line ends, after half of the rows."""
    return good.write(good.rows[: len(good.rows) // 2])


@CORPUS.red("sis.attendance", "the_newest_day_is_whole")
def cut_at_a_line_end__(good: Good) -> Content:
    """Cut off where a line ends, after five rows of tonight."""
    tonight = [row for row in good.rows if row[2] == "2019-02-13"]
    return good.write(tonight[:5])


@CORPUS.red("sis.students", "students.csv", "line 1")
def a_zip_archive(good: Good) -> Content:
    """A ZIP archive under the name of the file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("students.csv", (2019, 2, 13, 0, 0, 0)), good.content)
    return target.getvalue()


@CORPUS.red("sis.students", "students.csv", "line 1")
def a_pdf(good: Good) -> Content:
    """A PDF under the name of the file."""
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type /Catalog>>\nendobj\ntrailer\n%%EOF\n"


@CORPUS.red("sis.students", "students.csv", "line 1")
def json_(good: Good) -> Content:
    """JSON under the name of the file."""
    return json.dumps([dict(zip(good.header, row, strict=True)) for row in good.rows]).encode()


@CORPUS.red("sis.students", "students.csv", "line 1")
def a_web_page(good: Good) -> Content:
    """The login page of the export's web server under the name of the file."""
    return b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Session expired.</body></html>\n"


@CORPUS.red("sis.students", "students.csv", "line 1")
def an_error_message(good: Good) -> Content:
    """The error message of the exporting database instead of rows."""
    return b"ORA-01555: snapshot too old\n"
