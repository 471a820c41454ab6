"""Files that are not what their marker says, and markers that are none."""

import hashlib
import json
from typing import Any

from tests.hostile.mutations import FILES, Content, Corpus, Good

CORPUS = Corpus("marked")
MARKER = "_complete.json"


def marked(good: Good, content: bytes | None = None, since: str | None = None, **wrong: Any) -> dict[str, bytes]:
    """A file and its marker; `content` is the file where it is not the one that the marker lists."""
    told = {"bytes": len(good.content), "sha256": hashlib.sha256(good.content).hexdigest(), "rows": len(good.rows)}
    marker = {"since": since, "files": {FILES[good.feed]: told | wrong}}
    return {FILES[good.feed]: good.content if content is None else content, MARKER: json.dumps(marker).encode()}


@CORPUS.equal("sis.students")
def as_marked(good: Good) -> Content:
    """The good file, as its marker says."""
    return marked(good)


@CORPUS.equal("sis.attendance")
def on_top_of_the_last(good: Good) -> Content:
    """Changes that build on the delivery before."""
    return marked(good, since="2019-02-11")


@CORPUS.red("sis.attendance", "Rule follows", "builds on night 2019-02-12, which was not accepted")
def on_top_of_a_gap(good: Good) -> Content:
    """Changes that build on a delivery that never came."""
    return marked(good, since="2019-02-12")


@CORPUS.red("sis.students", "students.csv has the SHA-256", "expected")
def checksum_mismatch(good: Good) -> Content:
    """One byte of the file is another than when it was summed."""
    return marked(good, good.content.replace(b"1", b"2", 1))


@CORPUS.red("sis.students", "students.csv has ", "bytes, expected")
def other_size(good: Good) -> Content:
    """The file is shorter than the marker says: the upload was cut off."""
    return marked(good, good.content[:-100])


@CORPUS.red("sis.students", "students.csv has 445 rows, expected 890")
def cut_before_it_was_summed(good: Good) -> Content:
    """The marker's checksum is that of the file, but the export had twice as many rows."""
    half = good.write(good.rows[:445])
    return marked(good, half, bytes=len(half), sha256=hashlib.sha256(half).hexdigest())


@CORPUS.red("sis.students", "lists students.csv", "the file is not there")
def file_not_there(good: Good) -> Content:
    """A marker that lists a file that is not there."""
    return {MARKER: marked(good)[MARKER]}


@CORPUS.missing("sis.students", "not complete yet", MARKER)
def no_marker(good: Good) -> Content:
    """The file without its marker, as while it is uploaded."""
    return {"students.csv": good.content}


@CORPUS.missing("sis.students", f"{MARKER} lists no file")
def not_in_the_marker(good: Good) -> Content:
    """A marker that does not list the file."""
    return marked(good) | {MARKER: b'{"since": null, "files": {}}'}


@CORPUS.red("sis.students", MARKER, "is no list of files")
def marker_cut_off(good: Good) -> Content:
    """The marker itself is cut off."""
    files = marked(good)
    return files | {MARKER: files[MARKER][:-20]}


@CORPUS.red("sis.students", MARKER, "lists files of other folders")
def marker_leads_out(good: Good) -> Content:
    """A marker that lists a file of another folder."""
    files = marked(good)
    return files | {MARKER: files[MARKER].replace(b"students.csv", b"../students.csv")}
