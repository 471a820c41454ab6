"""When an upload counts as complete; the same for each protocol."""

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from elevate.contracts import ContractError, Feed
from elevate.sources import Damaged, NotDelivered, completeness
from elevate.sources.completeness import Seen, rows_of
from tests.library.district import NIGHT
from tests.library.sources.places import Drop, Fetcher

FILE, OTHER, MARKER = "sis/2019-02-11/students.csv", "sis/2019-02-11/other.csv", "sis/2019-02-11/_complete.json"


@pytest.fixture
def marked(fetch: Fetcher) -> Feed:
    return fetch.feed(marker="sis/{night}/_complete.json")


def test_an_upload_with_its_marker_is_fetched(fetch: Fetcher, anywhere: Drop, marked: Feed) -> None:
    anywhere.put(FILE, "tonight")
    anywhere.mark("students.csv", since="2019-02-08")
    assert fetch(anywhere.address, marked) == {"students.csv": "tonight"}
    assert (str(fetch.last.follows), fetch.last.is_full) == ("2019-02-08", None), "the load mode says what it is"
    anywhere.mark("students.csv", since=None)
    fetch(anywhere.address, marked)
    assert (fetch.last.follows, fetch.last.is_full) == (None, True), "it builds on nothing, so it is all there is"


def test_before_its_marker_an_upload_is_not_complete(fetch: Fetcher, anywhere: Drop, marked: Feed) -> None:
    anywhere.put(FILE)
    with pytest.raises(NotDelivered, match=f"sis.students, night 2019-02-11: .*not complete yet, .*{MARKER}") as raised:
        fetch(anywhere.address, marked)
    assert not isinstance(raised.value, Damaged)


def test_a_file_that_the_marker_does_not_list_is_not_delivered(fetch: Fetcher, anywhere: Drop, marked: Feed) -> None:
    anywhere.put(FILE)
    anywhere.put(OTHER)
    anywhere.mark("other.csv")
    with pytest.raises(NotDelivered, match="lists no file .*students.csv") as raised:
        fetch(anywhere.address, marked)
    assert not isinstance(raised.value, Damaged)


def test_a_file_that_is_not_as_its_marker_says_is_damaged(fetch: Fetcher, anywhere: Drop, marked: Feed) -> None:
    anywhere.put(FILE, "secret student")
    anywhere.mark("students.csv")
    for content, message in {
        "secret stud": "students.csv has 11 bytes, expected 14 by",
        "secret studenT": "students.csv has the SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64} by",
    }.items():
        anywhere.put(FILE, content)
        with pytest.raises(Damaged, match=message) as raised:
            fetch(anywhere.address, marked)
        assert "secret" not in str(raised.value)
    (anywhere.root / FILE).unlink()
    with pytest.raises(Damaged, match="lists students.csv with 14 bytes, but the file is not there"):
        fetch(anywhere.address, marked)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_with_other_rows_than_its_marker_says_is_damaged(
    fetch: Fetcher, local: Drop, marked: Feed, end: str
) -> None:
    """The bytes are those that the marker lists: the export itself was cut off before they were summed."""
    local.put(FILE, end.join(["student_id,name", "1,a", '2,"b' + end + '""c"', "3,d"]))
    local.mark("students.csv", rows=3)
    assert list(fetch(local.address, marked)) == ["students.csv"]
    for wrong in (2, 4, 0):
        local.mark("students.csv", rows=wrong)
        with pytest.raises(Damaged, match=f"students.csv has 3 rows, expected {wrong} by {MARKER}"):
            fetch(local.address, marked)


def test_rows_are_counted_where_they_are_lines(fetch: Fetcher, local: Drop) -> None:
    package = fetch.feed("sis/{night}/pack.zip#students.csv", package="zip", marker="sis/{night}/_complete.json")
    with zipfile.ZipFile(local.put("sis/2019-02-11/pack.zip", ""), "w") as archive:
        archive.writestr("students.csv", "student_id\n")
    local.mark("pack.zip", rows=7)
    assert list(fetch(local.address, package)) == ["students.csv"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", 0),
        ("a,b\n", 0),
        ("a,b\n1,2", 1),
        ('a,b\n1,"2\n\n3"\n4,5\n', 2),
        ('a,b\n1,"say ""2"""\n4,5\n', 2),
        ('a,b\n1,2\n3,"4\n5,6\n', 1),
        ('a,b\n1,"2\n"3,4\n5,6', 2),
    ],
)
def test_the_rows_of_a_file(tmp_path: Path, text: str, rows: int) -> None:
    file = tmp_path / "x.csv"
    file.write_text(text)
    assert rows_of(file) == rows


@pytest.mark.parametrize(
    "content",
    [
        "{", "[]", '"x"', "{}", '{"since": null}', '{"since": "yesterday", "files": {}}',
        '{"since": null, "files": []}',
        '{"since": null, "files": {"students.csv": {"bytes": 1}}}',
        '{"since": null, "files": {"students.csv": 7}}',
        '{"since": null, "files": {"students.csv": {"bytes": 1, "sha256": "0", "rows": "all"}}}',
        '{"since": null, "files": {"../students.csv": {"bytes": 1, "sha256": "0"}}}', b"\xff",
    ],
)  # fmt: skip
def test_a_marker_that_is_none_is_damaged(fetch: Fetcher, local: Drop, marked: Feed, content: Any) -> None:
    local.put(FILE)
    local.put(MARKER, content)
    with pytest.raises(Damaged, match=f"sis.students, night 2019-02-11: {MARKER}"):
        fetch(local.address, marked)


def test_a_marker_stands_beside_the_files(fetch: Fetcher) -> None:
    with pytest.raises(ContractError, match="must stand beside"):
        fetch.feed(marker="_complete.json")


def test_a_file_is_looked_at_twice(fetch: Fetcher, anywhere: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two looks the source goes on writing."""
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        anywhere.put(FILE, "half and the rest")

    anywhere.put(FILE, "half")
    monkeypatch.setattr(completeness.time, "sleep", pause)
    with pytest.raises(NotDelivered, match="students.csv is still being written"):
        fetch(anywhere.address | {"pause_seconds": 7})
    assert pauses == [7]
    monkeypatch.setattr(completeness.time, "sleep", pauses.append)
    assert fetch(anywhere.address) == {"students.csv": "half and the rest"}


def test_a_file_that_grows_is_not_complete_though_its_server_dates_it_an_hour_ago(
    fetch: Fetcher, local: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = local.put(FILE, "half").stat().st_mtime - 3600

    def put(text: str) -> None:
        os.utime(local.put(FILE, text), (written, written))

    put("half")
    monkeypatch.setattr(completeness.time, "sleep", lambda _: put("half and the rest"))
    with pytest.raises(NotDelivered, match="students.csv is still being written"):
        fetch(local.address)


def test_a_file_that_comes_or_goes_meanwhile_is_no_complete_upload(
    fetch: Fetcher, local: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = fetch.feed("sis/{night}/students_{part}.csv", "part")
    first, second = (local.root / f"sis/{NIGHT}/students_{part}.csv" for part in "ab")
    local.put(f"sis/{NIGHT}/students_a.csv")
    monkeypatch.setattr(completeness.time, "sleep", lambda _: second.write_text("b"))
    with pytest.raises(NotDelivered, match="students_b.csv is still"):
        fetch(local.address, feed)
    monkeypatch.setattr(completeness.time, "sleep", lambda _: first.unlink(missing_ok=True))
    with pytest.raises(NotDelivered, match="students_a.csv is still"):
        fetch(local.address, feed)


class Silent:
    """A server that tells no times."""

    def look(self, _folder: str, _names: Any) -> dict[str, Seen]:
        return {"students.csv": Seen(1, None)}

    def read(self, _path: str) -> bytes | None:
        return None

    def download(self, _path: str, _seen: Seen, to: Path) -> None:
        to.write_text("x")


def test_a_server_that_tells_no_times_is_looked_at_twice(
    fetch: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(completeness.time, "sleep", pauses.append)
    assert completeness.collect(Silent(), fetch.feed(), NIGHT, tmp_path, 3).files == [tmp_path / "students.csv"]
    assert pauses == [3]
