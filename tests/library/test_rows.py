"""Plain rows and stray quotes: the fast way gives what the careful one gives, and no quote swallows a row."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elevate import loading
from elevate.contracts import Column, Feed
from elevate.delimited import StructureError
from elevate.rows import NotPlain, Stray, first_stray, plain
from tests.library.district import District, column, contract

KINDS = {
    "code": ("text", {}),
    "day": ("date", {}),
    "american": ("date", {"logicalTypeOptions": {"format": "MM/dd/yyyy"}}),
    "moment": ("timestamp", {}),
    "yes": ("boolean", {}),
    "small": ("smallint", {}),
    "whole": ("integer", {}),
    "number": ("numeric", {}),
}
HEADER = "id," + ",".join(KINDS)
GOOD = {
    "code": ["a", "", " b ", '"x, ""y"""', '"two\nlines"', "é"],
    "day": ["2019-02-11", '"2019-02-11"', "", '""', "2020-02-29", "0001-01-01"],
    "american": ["02/11/2019", '"2/1/2019"', "", "12/31/9999", "01/05/0001"],
    "moment": ["2019-02-11 12:30", "2019-02-11T12:30:15.5", "", '"2019-02-11 24:00:00"'],
    "yes": ["TRUE", "n", '"Yes"', "", "0"],
    "small": ["1", '"-1"', "+7", "", "007"],
    "whole": ["1", '"-1"', "+7", "", "2147483647"],
    "number": ["1", '"-1.50"', ".5", "5.", "", "0.1000"],
}
TRAPS = {
    "code": [],
    "day": ["today", "infinity", "20190211", "2019-2-1", "02/11/2019", "Feb 11 2019", "2019-02-11 BC", "J2451545"],
    "american": ["2019-02-11", "yesterday", "02-11-2019", "2/1/19", "-infinity"],
    "moment": [
        "now",
        "2019-02-11",
        "infinity",
        "2019-02-11 12:30 PM",
        "2019-02-11t12:30",
        "20190211T123000",
        "2019-02-11T12:30:00.000Z",
        '"2019-02-11 12:30Z"',
        "2019-02-11T12:30-06:00",
        "2019-02-11 12:30+02",
    ],
    "yes": ["on", "off", "tr", "fal", " true"],
    "small": ["0x1", "1_000", " 5", "0b1"],
    "whole": ["0x1", "1_000", "5 ", '"1,234"'],
    "number": ["NaN", "Infinity", "1e5", "1_000", "0x1", '"1,234.5"'],
}
"""What PostgreSQL takes for a value of the type, and the loader does not, or only once it has cleaned it."""
ODD = [
    "today", "infinity", "NaN", " 5 ", '" 5 "', '"1,234"', "1_000", "0x1", "1e5", "99999", "9" * 30, "2019-02-30",
    "02/30/2019", "13/13/2019", "00/00/0000", "0000-01-01", "20190211", "on", "tr", "\u0665", "2019-02-11t12:30", "1.5",
    "   ", '"', 'a"b', '"a"b', '"a', '""""', "\\.", "\\N", "null", "1\u00a0", "2019-2-1", "24:00", "a,b", "x\ry",
]  # fmt: skip
FILES = HealthCheck.function_scoped_fixture


def row(bad: st.SearchStrategy[bool]) -> st.SearchStrategy[str]:
    cells = [
        bad.flatmap(lambda odd, name=name: st.sampled_from([*TRAPS[name], *ODD] if odd else GOOD[name]))  # type: ignore[misc]
        for name in KINDS
    ]
    return st.tuples(*cells).map(",".join)


MOSTLY_GOOD = st.integers(0, 40).map(lambda number: number == 0)
ROWS = st.lists(row(MOSTLY_GOOD), max_size=6) | st.lists(row(st.just(False)), max_size=12)


@pytest.fixture(scope="module")
def feed(module_district: District) -> Feed:
    columns = [column("id", key=1), *(column(name, kind, **more) for name, (kind, more) in KINDS.items())]
    return module_district.feed(contract("sis.kinds", columns, minimum_rows=1))


def outcome(district: District, feed: Feed, text: str) -> Any:
    """What is in the incoming table, in quarantine and in the ledger; or the message of the refusal."""
    batch_id = district.open(feed, text)
    try:
        loading.load(district.settings, feed, batch_id)
    except StructureError as error:
        return str(error).replace(f"batch {batch_id},", "batch,")
    rows = district.rows(f"select t.*, t::text from incoming.b{batch_id} as t order by _line")
    bad = "select file, line, column_name, reason, row_as_it_came from quarantine.rejected_row where batch_id = %s"
    return rows, district.rows(f"{bad} order by line", batch_id), district.batch(batch_id).rows_in


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, FILES])
@given(rows=ROWS, extra=st.booleans(), end=st.sampled_from(["\n", "\r\n"]), ended=st.booleans())
def test_the_fast_way_gives_what_the_careful_one_gives(
    module_district: District, feed: Feed, monkeypatch: pytest.MonkeyPatch,
    rows: list[str], extra: bool, end: str, ended: bool,
) -> None:  # fmt: skip
    more = [",more,none", *(f',"m{n % 2 or ""}",' for n in range(len(rows)))] if extra else [""] * (len(rows) + 1)
    text = end.join(
        f"{line}{m}" for line, m in zip([HEADER, *(f"{n},{r}" for n, r in enumerate(rows))], more, strict=True)
    )
    text += end if ended else ""
    fast = outcome(module_district, feed, text)
    with monkeypatch.context() as patch:
        patch.setattr(loading, "_load_plain", lambda *_: None)
        assert outcome(module_district, feed, text) == fast


@pytest.mark.parametrize("extra", ["", ",more"])
def test_good_rows_go_the_fast_way(
    module_district: District, feed: Feed, monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    monkeypatch.setattr(loading, "_load_carefully", lambda *_: pytest.fail("the careful way was taken"))
    for at in range(6):
        cells = ",".join(GOOD[name][at % len(GOOD[name])] for name in KINDS)
        rows, rejected, rows_in = outcome(module_district, feed, f"{HEADER}{extra}\n1,{cells}{extra and ',x'}\n")
        assert (len(rows), rejected, rows_in) == (1, [], 1)


def test_what_the_fast_way_began_leaves_nothing(module_district: District, feed: Feed) -> None:
    """A date that is none, far down, is found by the COPY; what was copied before it is loaded once."""
    good = ",".join(cells[0] for cells in GOOD.values())
    bad = good.replace("2019-02-11,", "2019-02-30,", 1)
    rows, rejected, rows_in = outcome(module_district, feed, "\n".join([HEADER, *[f"1,{good}"] * 5000, f"1,{bad}"]))
    assert (len(rows), rows_in) == (5000, 5001)
    assert [row[:3] for row in rejected] == [("kinds.csv", 5002, "day")]


def test_the_default_of_a_file_is_not_left_in_the_table(module_district: District, feed: Feed) -> None:
    batch_id = module_district.load(feed, f"{HEADER}\n1{',' * len(KINDS)}\n")
    defaults = "select count(*) from pg_attrdef where adrelid = %s::regclass"
    assert module_district.value(defaults, f"incoming.b{batch_id}") == 0


NUMBER = Column("n", "n", "numeric", "A number.")
TEXT = Column("t", "t", "text", "A text.")


def is_plain(text: str, columns: list[Column | None], size: int = 1 << 18, delimiter: str = ",") -> bool:
    data = text.encode()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    try:
        passed = list(plain(pieces, columns, delimiter))
    except NotPlain:
        return False
    assert b"".join(passed) == data
    return True


@pytest.mark.parametrize("name", KINDS)
def test_what_postgresql_alone_takes_for_a_value_is_not_plain(feed: Feed, name: str) -> None:
    kind = feed.by_name[name]
    assert all(is_plain(f"h\n{cell}\n", [kind]) for cell in GOOD[name])
    assert not [cell for cell in TRAPS[name] if is_plain(f"h\n{cell}\n", [kind])]


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet='1.a,"\n\r', max_size=30), size=st.integers(1, 7))
def test_it_does_not_matter_where_a_file_is_cut_into_pieces(text: str, size: int) -> None:
    text = f"n,t\n{text}"
    assert is_plain(text, [NUMBER, TEXT], size) == is_plain(text, [NUMBER, TEXT])


@pytest.mark.parametrize("cell", ["1", '"1"', '""', "1.5", '"a""b"', "x"])
def test_a_bad_row_is_found_at_once_however_wide(cell: str) -> None:
    kind = NUMBER if cell.strip('"')[:1] in "1" else TEXT
    wide = ",".join([cell] * 1400)
    heading = ",".join(["h"] * 1401)
    began = time.perf_counter()
    assert is_plain(f"{heading}\n{wide},1\n", [kind] * 1400 + [NUMBER])
    assert not is_plain(f"{heading}\n{wide},?\n", [kind] * 1400 + [NUMBER])
    assert not is_plain(f"{heading}\n{'9' * 50000}x{wide}\n", [NUMBER] * 1401)
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize("delimiter", [".", "/", "-", " ", ":", "1"])
def test_a_delimiter_that_may_be_part_of_a_value_is_for_the_careful_way(delimiter: str) -> None:
    assert not is_plain(f"n{delimiter}t\n", [NUMBER, TEXT], delimiter=delimiter)


def reference(text: str) -> Stray | None:
    """The same, character by character."""
    line, place, state, begin = 1, 0, "start", (1, 0)
    for char in text:
        if state == "start":
            begin = (line, place)
        if state == "quoted":
            state = "closing" if char == '"' else "quoted"
        elif char == '"':
            if state == "between":
                return Stray(*begin, True)
            state = "quoted"
        elif char == ",":
            state, place = "start", place + 1
        elif char == "\n":
            state, place = "start", 0
        elif state == "closing":
            return Stray(*begin, True)
        else:
            state = "between"
        line += char == "\n"
    return Stray(*begin, False) if state == "quoted" else None


@settings(max_examples=2000, deadline=None, suppress_health_check=[FILES])
@given(text=st.text(alphabet='a",\n', max_size=14))
def test_the_first_stray_quote_is_found(tmp_path: Path, text: str) -> None:
    file = tmp_path / "file.csv"
    file.write_text(text)
    assert first_stray(file, ",") == reference(text)
    if reference(text) is None and text.endswith("\n"):
        assert first_stray(file, ",") is None


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_quoted_header_has_no_stray_quote(tmp_path: Path, mark: str) -> None:
    file = tmp_path / "file.csv"
    file.write_text(f'{mark}"a";"b ""c"""\n1;"é;\n"\n', encoding="utf-8")
    assert first_stray(file, ";") is None
    assert first_stray(file, ",") == Stray(1, 0, True)
