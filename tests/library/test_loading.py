"""Files as sources really send them: what is loaded, what is rejected, what is refused whole."""

from collections.abc import Callable
from typing import Any

import openpyxl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elevate import delimited, loading
from elevate.contracts import Feed
from elevate.delimited import StructureError
from elevate.rows import Stray
from elevate.warehouse import connect
from tests.library.district import STUDENTS, District, column, contract

HEADER = "student_id,grade,born_on,days"
ANN = "100000001,K,2013-05-01,10"
BOB = "100000002,1,2012-06-02,20"
SECRET = "Montgomery"
"""Stands for a student's value: may be in quarantine, never in a message."""


@pytest.fixture(scope="module")
def feed(module_district: District) -> Feed:
    return module_district.feed()


@pytest.fixture(scope="module")
def semicolons(module_district: District) -> Feed:
    return module_district.feed(contract("sis.semicolons", server={"delimiter": ";", "encoding": "latin1"}))


def lines(*given: str) -> str:
    return "".join(f"{line}\n" for line in given)


def loaded(district: District, batch_id: int, what: str = "student_id, grade, born_on::text, days, _line") -> Any:
    return district.rows(f"select {what} from incoming.b{batch_id} order by _line")


def rejected(district: District, batch_id: int) -> Any:
    return district.rows(
        "select file, line, column_name, rule, reason from quarantine.rejected_row where batch_id = %s order by line",
        batch_id,
    )


TWO = [("100000001", "K", "2013-05-01", 10, 2), ("100000002", "1", "2012-06-02", 20, 3)]
SAME: dict[str, str | bytes] = {
    "as contracted": lines(HEADER, ANN, BOB),
    "no newline at the end": lines(HEADER, ANN, BOB).rstrip(),
    "byte order mark": b"\xef\xbb\xbf" + lines(HEADER, ANN, BOB).encode(),
    "lines end as on Windows": lines(HEADER, ANN, BOB).replace("\n", "\r\n"),
    "lines end as on an old Mac": lines(HEADER, ANN, BOB).replace("\n", "\r"),
    "byte order mark and quoted header": b"\xef\xbb\xbf" + lines(f'"{HEADER}"'.replace(",", '","'), ANN, BOB).encode(),
    "all cells quoted": lines(*(f'"{line}"'.replace(",", '","') for line in (HEADER, ANN, BOB))),
    "header in capitals, with spaces": lines(" STUDENT_ID , Grade,BORN_ON ,days", ANN, BOB),
    "other order of columns": lines(*(",".join(line.split(",")[::-1]) for line in (HEADER, ANN, BOB))),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_one_table_in_many_spellings_is_one_table(module_district: District, feed: Feed, case: str) -> None:
    batch_id = module_district.load(feed, SAME[case])
    assert loaded(module_district, batch_id) == TWO
    assert module_district.batch(batch_id).rows_in == 2


def test_delimiter_and_encoding_are_the_contracts(module_district: District, semicolons: Feed) -> None:
    text = lines(HEADER + ",name", ANN + ",Zo\u00eb").replace(",", ";")
    batch_id = module_district.load(semicolons, text.encode("latin1"))
    assert loaded(module_district, batch_id) == TWO[:1]
    assert loaded(module_district, batch_id, "_extra->>'name'") == [("Zo\u00eb",)]


def test_columns_that_no_contract_names_are_kept(module_district: District, feed: Feed) -> None:
    text = lines(f"{HEADER},Homeroom,Bus", f"{ANN},12,", f"{BOB},,")
    batch_id = module_district.load(feed, text)
    assert loaded(module_district, batch_id, "_extra") == [({"Homeroom": "12"},), ({},)]
    assert module_district.rows(
        "select columns, extra_columns, rows from ops.delivery where batch_id = %s", batch_id
    ) == [([*HEADER.split(","), "Homeroom", "Bus"], ["Homeroom", "Bus"], 2)]


def test_a_column_that_may_be_missing_is_null(module_district: District, feed: Feed) -> None:
    batch_id = module_district.load(feed, lines("student_id,days", "100000001,10"))
    assert loaded(module_district, batch_id) == [("100000001", None, None, 10, 2)]


def test_a_cell_may_hold_what_separates_cells(module_district: District, feed: Feed) -> None:
    text = lines(f"{HEADER},note", f'{ANN},"a, ""b""\nc"', '\\.,,,,"x"', BOB + ",")
    batch_id = module_district.load(feed, text)
    assert loaded(module_district, batch_id, "student_id, _line, _extra->>'note'") == [
        ("100000001", 2, 'a, "b"\nc'),
        ("\\.", 3, "x"),
        ("100000002", 4, None),
    ]


def test_a_line_that_ends_a_copy_in_old_versions_does_not_cut_the_file(module_district: District) -> None:
    feed = module_district.feed(contract("sis.codes", [column("code", key=1)]))
    batch_id = module_district.load(feed, lines("code", "a", "\\.", "b"))
    assert loaded(module_district, batch_id, "code") == [("a",), ("\\.",), ("b",)]


def test_empty_cells_are_null_quoted_or_not(module_district: District, feed: Feed) -> None:
    batch_id = module_district.load(feed, lines(HEADER, '100000001,"",,""'))
    assert loaded(module_district, batch_id) == [("100000001", None, None, None, 2)]


def test_malformed_cells_are_rejected_with_their_place(module_district: District, feed: Feed) -> None:
    text = lines(
        "Days,student_id,grade,Born_On,note",
        f"ten,100000001,K,2013-05-01,{SECRET}",
        "10,100000002,K,05/01/2013,",
        '"1,8",x,y,today,',
        "10,100000003,K,2013-05-03,",
    )
    batch_id = module_district.load(feed, text)
    assert rejected(module_district, batch_id) == [
        ("students.csv", 2, "days", "type", "expected a whole number"),
        ("students.csv", 3, "born_on", "type", "expected a date as yyyy-MM-dd"),
        ("students.csv", 4, "born_on", "type", "expected a date as yyyy-MM-dd"),
    ]
    assert loaded(module_district, batch_id, "student_id, _line") == [("100000003", 5)]
    kept = "select row_as_it_came from quarantine.rejected_row where batch_id = %s and line = 2"
    assert module_district.value(kept, batch_id) == {
        "Days": "ten", "student_id": "100000001", "grade": "K", "Born_On": "2013-05-01", "note": SECRET,
    }  # fmt: skip
    assert module_district.batch(batch_id).rows_in == 4


def test_many_columns_are_kept_and_rejected_whole(module_district: District) -> None:
    columns = [column("id", key=1), *(column(f"c{i}", "integer") for i in range(120))]
    feed = module_district.feed(contract("sis.wide", columns))
    names = ["id", *(f"c{i}" for i in range(120)), *(f"x{i}" for i in range(80))]
    good, bad = ([f"{n}", *["7"] * 200] for n in (1, 2))
    bad[120] = "seven"
    batch_id = module_district.load(feed, lines(*(",".join(row) for row in (names, good, bad))))
    assert loaded(module_district, batch_id, "c0 + c119, (select count(*) from jsonb_object_keys(_extra))") == [
        (14, 80)
    ]
    assert rejected(module_district, batch_id) == [("wide.csv", 3, "c119", "type", "expected a whole number")]
    whole = "select count(*) from quarantine.rejected_row, jsonb_object_keys(row_as_it_came) where batch_id = %s"
    assert module_district.value(whole, batch_id) == 201


def test_values_from_the_path_are_read_like_cells(module_district: District) -> None:
    marked: dict[str, Any] = {"customProperties": [{"property": "fromPath", "value": True}]}
    columns = [*STUDENTS, column("year", "integer", **marked), column("part", **marked)]
    feed = module_district.feed(contract("sis.parts", columns, {"path": "sis/{night}/s_{year}_{part}.csv"}))
    module_district.deliver(feed, lines(HEADER, ANN), name="s_2019_a.csv")
    module_district.deliver(feed, lines("days,student_id", "20,100000002"), name="s_2018_b.csv")
    module_district.deliver(feed, lines(HEADER, ANN, BOB), name="s_later_c.csv")
    batch_id = module_district.load(feed)
    found = module_district.rows(f"select student_id, year, part, _file, _line from incoming.b{batch_id} order by part")
    assert found == [("100000001", 2019, "a", "s_2019_a.csv", 2), ("100000002", 2018, "b", "s_2018_b.csv", 2)]
    assert rejected(module_district, batch_id) == [
        ("s_later_c.csv", line, "year", "type", "expected a whole number") for line in (2, 3)
    ]
    assert module_district.batch(batch_id).rows_in == 4


REFUSED: dict[str, tuple[str | bytes, str, str]] = {
    "empty": (b"", "line 1", "the file is empty"),
    "empty line first": (lines("", HEADER, ANN), "line 1", "the file is empty"),
    "column twice": (lines("student_id,grade,Grade,days", f"1,{SECRET},K,1"), "line 1", "a column name stands twice"),
    "unnamed columns": (lines(f"{HEADER},,", f"{ANN},{SECRET},"), "line 1", "a column name stands twice"),
    "no required column": (
        lines("grade,days", f"{SECRET},5"), "line 1",
        "required column 'student_id' is missing (feeds/sis/students.yaml line 1).",
    ),
    "renamed column": (
        lines("StudentID,grade,days", f"1,{SECRET},5"), "line 1",
        "required column 'student_id' is missing (feeds/sis/students.yaml line 1). Renamed to 'StudentID'?",
    ),
    "no header": (lines(f"{SECRET},student_ix,K", ANN), "line 1", "none of the contract's columns is in the header"),
    "other delimiter": (lines(HEADER, ANN).replace(",", ";"), "line 1", "none of the contract's columns"),
    "cut off in mid-row": (lines(HEADER, ANN, f"100000002,{SECRET}"), "line 3", "may be cut off"),
    "cut off in a quoted cell": (
        lines(HEADER, ANN) + f'100000002,"{SECRET},', "line 3:", "a quote opens here in column 'grade' and never closes"
    ),
    "too many cells": (lines(HEADER, ANN, f"{BOB},{SECRET}"), "line 3", "the header's number of columns"),
    "stray quote": (lines(HEADER, f'1,{SECRET}"x,K,5', ANN, BOB), "line 2:", "in column 'grade' where none may be"),
    "two stray quotes": (
        lines(HEADER, f'1,"{SECRET},K,5', ANN, f'1,"{SECRET},K,5', BOB), "line 2:", "in column 'grade' where none"
    ),
    "quote after a backslash": (
        lines(HEADER, ANN, f'1,"{SECRET} \\"x\\"",,'), "line 3:", "in column 'grade' where none may be"
    ),
    "stray quote after a cell of two lines": (
        lines(HEADER, f'1,"a\n""b"" {SECRET}",,', f'1,"a\nb",{SECRET}"x",5'),
        "line 5:",
        "in column 'born_on' where none",
    ),
    "stray quote after all": (lines(HEADER, f"1,{SECRET}", ANN, '"'), "line 2,", "the header's number of columns"),
    "other encoding": (f"{HEADER}\n{ANN}\n1,{SECRET}\xeb,,\n".encode("latin1"), "line 3", "not text in the contract"),
    "other encoding of the header": (f"{HEADER},{SECRET}\xeb\n".encode("latin1"), "line 1", "can't be read as utf-8"),
    "utf-16": (lines(HEADER, ANN, SECRET).encode("utf-16"), "line 1", "can't be read as utf-8"),
    "NUL": (f"{HEADER}\n{ANN}\n1,{SECRET}\0,,\n".encode(), "line 3", "not text in the contract's encoding"),
    "NUL in the header": (f"{HEADER},{SECRET}\0\n{ANN},\n".encode(), "line 1", "not text in the contract"),
    "a workbook": (b"PK\x03\x04" + SECRET.encode() + b"\0\xff" * 99, "line 1", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_structure_is_refused_without_a_value(module_district: District, feed: Feed, case: str) -> None:
    text, place, reason = REFUSED[case]
    batch_id = module_district.open(feed, text)
    with pytest.raises(StructureError) as raised:
        loading.load(module_district.settings, feed, batch_id)
    message = str(raised.value)
    assert message.startswith(f"sis.students, night 2019-02-11, batch {batch_id}, file students.csv, {place}")
    assert reason in message
    for secret in (SECRET, "100000001", "100000002", "student_ix"):
        assert secret not in message
    batch = module_district.batch(batch_id)
    assert (batch.verdict, batch.message) == ("red", message)
    assert module_district.rows(
        "select rows_in = rows_quarantined, rows_accepted, closed_at is not null from ops.batch where batch_id = %s",
        batch_id,
    ) == [(True, 0, True)]
    assert module_district.value("select to_regclass(%s)", f"incoming.b{batch_id}") is None


def test_a_broken_row_names_its_column(module_district: District, feed: Feed) -> None:
    text = f"born_on,student_id,Grade\n2013-01-01,1,K\n,1,{SECRET}\0\n".encode()
    with pytest.raises(StructureError, match="line 3: the bytes are not text"):
        module_district.load(feed, text)
    with pytest.raises(StructureError, match=r"line 3, column 'Grade': .* cut off"):
        module_district.load(feed, lines("born_on,student_id,Grade", "2013-01-01,1,K", f"{SECRET},1"))


def test_a_header_alone_is_no_rows(module_district: District, feed: Feed) -> None:
    batch_id = module_district.load(feed, lines(HEADER))
    batch = module_district.batch(batch_id)
    assert (batch.verdict, batch.rows_in, loaded(module_district, batch_id)) == ("loaded", 0, [])


def test_a_database_failure_is_not_the_files_fault(
    module_district: District, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost in mid-copy: the batch stays open, and trying again loads it."""
    batch_id = module_district.open(feed, lines(HEADER, ANN, BOB))

    def lose_connection(*_: Any) -> Any:
        yield HEADER.encode()
        with connect(module_district.settings) as other:
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where query like 'copy %' and pid <> pg_backend_pid()"
            )
        for _ in range(100):
            yield lines("", ANN, BOB).encode() * 10_000

    with monkeypatch.context() as patch:
        patch.setattr(loading, "plain", lose_connection)
        with pytest.raises(psycopg.OperationalError):
            loading.load(module_district.settings, feed, batch_id)
    assert module_district.batch(batch_id).verdict == "open"
    loading.load(module_district.settings, feed, batch_id)
    assert loaded(module_district, batch_id) == TWO


def test_loading_again_after_a_crash_gives_the_same(
    module_district: District, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    batch_id = module_district.open(feed, lines(HEADER, ANN, "x,K,never,1", BOB))
    for step in ("_insert", "_reject_malformed"):
        with monkeypatch.context() as patch:
            patch.setattr(loading, step, killed)
            with pytest.raises(KeyboardInterrupt):
                loading.load(module_district.settings, feed, batch_id)
        assert module_district.batch(batch_id).verdict == "open"
        assert module_district.value("select to_regclass(%s)", f"incoming.b{batch_id}") is None
        assert rejected(module_district, batch_id) == []
    for _ in range(2):
        loading.load(module_district.settings, feed, batch_id)
        assert module_district.batch(batch_id).rows_in == 3
        assert loaded(module_district, batch_id, "_line") == [(2,), (4,)]
        assert len(rejected(module_district, batch_id)) == 1


def test_a_batch_that_a_newer_run_replaced_leaves_no_table(module_district: District, feed: Feed) -> None:
    old = module_district.load(feed, lines(HEADER, ANN))
    new = module_district.load(feed, lines(HEADER, BOB))
    assert (module_district.batch(old).verdict, module_district.batch(new).verdict) == ("abandoned", "loaded")
    assert module_district.value("select to_regclass(%s)", f"incoming.b{old}") is None
    loading.load(module_district.settings, feed, old)
    assert module_district.batch(old).verdict == "abandoned"


def test_a_workbook_is_loaded_by_what_its_cells_say(module_district: District) -> None:
    columns = [
        column("sheet", key=1), column("school_id", "integer", key=2), column("indicator", key=3),
        column("occurrence", "integer", key=4), column("value", required=True),
    ]  # fmt: skip
    server = {"format": "workbook", "path": "sis/{night}/ratings.xlsx"}
    feed = module_district.feed(contract("sis.ratings", columns, server))
    book = openpyxl.Workbook()
    book.active.title = "ES"
    for row in (["School ID", "School Name", "Rating"], [610383, "Ogden", "Level 1"], ["6x", "Jenner", "Level 2"]):
        book.active.append(row)
    file = module_district.deliver(feed, b"", name="ratings.xlsx")
    book.save(file)
    batch_id = module_district.load(feed)
    assert loaded(module_district, batch_id, "sheet, school_id, indicator, value") == [
        ("ES", 610383, "Rating", "Level 1")
    ]
    assert rejected(module_district, batch_id) == [("ratings.xlsx", 3, "school_id", "type", "expected a whole number")]
    file.write_bytes(b"not a workbook, " + SECRET.encode())
    with pytest.raises(StructureError, match=r"^sis.ratings, night 2019-02-11, batch \d+, file ratings.xlsx"):
        module_district.load(feed)


CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
CELLS = st.sampled_from(["1", "x", "2013-05-01", "today", "", "7", "1,000", '"', "\\.", "a\nb", "a\rb"]) | CELL
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, CELLS), max_size=30)


def quoted(row: tuple[str, ...]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
def test_every_row_is_loaded_or_rejected(module_district: District, feed: Feed, rows: list[tuple[str, ...]]) -> None:
    text = f"{HEADER},more\n" + "".join(map(quoted, rows))
    batch_id = module_district.load(feed, text)
    kept = loaded(module_district, batch_id, "_line")
    refused = rejected(module_district, batch_id)
    assert sorted([line for (line,) in kept] + [row[1] for row in refused]) == list(range(2, len(rows) + 2))
    assert module_district.batch(batch_id).rows_in == len(rows)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cut=st.integers(0, 400), noise=st.binary(max_size=3))
def test_a_damaged_file_is_loaded_or_refused_in_words(
    module_district: District, feed: Feed, cut: int, noise: bytes
) -> None:
    """Whatever happens to the bytes: loaded with a ledger that balances, or red, never anything else."""
    text = lines(HEADER, *(f"10000000{i},K,2013-05-0{i},{i}" for i in range(1, 9))).encode()
    batch_id = module_district.open(feed, text[:cut] + noise + text[cut + 1 :])
    try:
        loading.load(module_district.settings, feed, batch_id)
    except StructureError as error:
        message = str(error)
    else:
        message = None
    batch = module_district.batch(batch_id)
    assert (batch.verdict, batch.message) == (("red", message) if message else ("loaded", None))
    assert not message or "10000000" not in message


def test_the_reason_of_a_failure_is_read_from_its_place_alone(module_district: District) -> None:
    """A cell may hold words like those of the server's own message."""

    class Diagnosis:
        message_primary = "extra data after last expected column"
        context = 'COPY file_as_text, line 7: "a, column c9, line 3, column c0: x"'

    class Failure(psycopg.DataError):
        diag: Any = Diagnosis()
        sqlstate = "22P04"

    header = delimited.Header(["student_id"], {"student_id": 0})
    feed = module_district.feed(contract("sis.placed"))
    failure: Callable[..., str] = delimited.copy_failure
    assert failure(feed, "here", header, Failure(), None).startswith("here, line 7: the row does not have")
    assert failure(feed, "here", header, Failure(), Stray(8, 0, False)).startswith(
        "here, line 7: the row does not have"
    )
    assert failure(feed, "here", header, Failure(), Stray(7, 0, False)).startswith(
        "here, line 7: a quote opens here in column"
    )
    assert failure(feed, "here", header, Failure(), Stray(7, 1, True)).startswith(
        "here, line 7: a quote stands here beyond"
    )
