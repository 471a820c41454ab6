"""Cells are judged by the database, so examples go to it in batches: each example is a list of cells."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from elevate.cells import DATE_FORMATS, FORMS, cleaned, expected, malformed, value
from elevate.contracts import Column
from elevate.contracts.reading import TYPES
from elevate.settings import TIME_ZONE, Settings
from elevate.warehouse import connect

CELL = sql.Identifier("cell")
SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def of_type(kind: str, **given: Any) -> Column:
    return Column("x", "X", kind, "A column.", **given)


def kinds() -> list[Column]:
    return [of_type(kind) for kind in TYPES if kind != "date"] + [of_type("date", date_format=f) for f in DATE_FORMATS]


def read(settings: Settings, column: Column, cells: list[str | None]) -> list[Any]:
    """Each cell's value; the class ValueError for a malformed one. Only others are cast, as when loading."""
    bad = malformed(CELL, column) or sql.SQL("false")
    query = sql.SQL(
        "with given as materialized (select cell, place from unnest({}::text[]) with ordinality as u (cell, place)),"
        " judged as materialized (select cell, place, {} as bad from given),"
        " good as materialized (select cell, place from judged where bad is not true)"
        " select bad is true as bad, good.place is not null as good,"
        " (select {} from good as g where g.place = judged.place) as value"
        " from judged left join good using (place) order by place"
    ).format(sql.Literal(cells), bad, value(sql.SQL("g.cell"), column))
    with connect(settings) as connection:
        rows = connection.execute(query).fetchall()
    return [ValueError if row["bad"] else row["value"] for row in rows]


CASES: list[tuple[Column, dict[str | None, Any]]] = [
    (
        of_type("text"),
        {"": None, None: None, " 5 ": " 5 ", "NaN": "NaN", "1,234": "1,234", "  ": "  ", "\\N": "\\N", "null": "null"},
    ),
    (
        of_type("text", missing_values=("N/A", "")),
        {"N/A": None, " N/A ": None, "n/a": "n/a", "": None, "N/AB": "N/AB"},
    ),
    (
        of_type("integer"),
        {
            "5": 5, " 5 ": 5, "-5": -5, "+5": 5, "007": 7, "1,234": 1234, "1,234,567": 1234567, "-1,234": -1234,
            "": None, "   ": None, None: None, "2147483647": 2147483647,
            "12,34": ValueError, "1234,567": ValueError, "0,500": ValueError, "1,2345": ValueError, ",123": ValueError,
            "1,23,456": ValueError, "1,": ValueError, "1.0": ValueError, "5x": ValueError, "0x10": ValueError,
            "1_000": ValueError, "1e3": ValueError, "NaN": ValueError, "2147483648": ValueError, "\u0665": ValueError,
            "- 5": ValueError, "--5": ValueError, "1\n": ValueError, "5;": ValueError, "N/A": ValueError,
        },
    ),
    (of_type("smallint"), {"32767": 32767, "32768": ValueError}),
    (
        of_type("bigint"),
        {"9223372036854775807": 2**63 - 1, "9223372036854775808": ValueError, "3,000,000,000": 3 * 10**9},
    ),
    (
        of_type("numeric"),
        {
            "1.50": Decimal("1.50"), ".5": Decimal("0.5"), "5.": Decimal(5), "-0.25": Decimal("-0.25"),
            "1,234.5": Decimal("1234.5"), "12345678901234567890.5": Decimal("12345678901234567890.5"),
            "NaN": ValueError, "nan": ValueError, "infinity": ValueError, "-Infinity": ValueError, "inf": ValueError,
            "1e3": ValueError, "12,34": ValueError, "0,500": ValueError, "1.234,5": ValueError, "0.123,456": ValueError,
            ".": ValueError, "1.2.3": ValueError, "50%": ValueError, "$5": ValueError, "": None,
        },
    ),
    (
        of_type("numeric", missing_values=("NO DATA AVAILABLE", "-")),
        {"NO DATA AVAILABLE": None, " - ": None, "-": None, "-1": Decimal(-1), "NO DATA": ValueError},
    ),
    (
        of_type("boolean"),
        {
            "TRUE": True, "false": False, "Y": True, "n": False, "1": True, "0": False, " yes ": True, "No": False,
            "on": ValueError, "tr": ValueError, "2": ValueError, "": None, "unknown": ValueError,
        },
    ),
    (
        of_type("date"),
        {
            "2019-02-11": date(2019, 2, 11), " 2019-02-11 ": date(2019, 2, 11), "2020-02-29": date(2020, 2, 29),
            "": None, "2019-13-01": ValueError, "2019-02-29": ValueError, "2019-2-1": ValueError,
            "0000-00-00": ValueError, "0000-01-01": ValueError, "today": ValueError, "now": ValueError,
            "tomorrow": ValueError, "epoch": ValueError, "infinity": ValueError, "-infinity": ValueError,
            "02/11/2019": ValueError, "2019-02-11 10:00": ValueError, "20190211": ValueError,
            "11-FEB-2019": ValueError, "J2458526": ValueError, "2019-02-11 BC": ValueError, "43507": ValueError,
        },
    ),
    (
        of_type("date", date_format="MM/dd/yyyy"),
        {
            "02/11/2019": date(2019, 2, 11), "2/1/2019": date(2019, 2, 1), "12/31/2019": date(2019, 12, 31),
            "31/12/2019": ValueError, "13/01/2019": ValueError, "02/30/2019": ValueError, "2019-02-11": ValueError,
            "02/11/19": ValueError, "00/00/0000": ValueError, "today": ValueError, "1/1/12019": ValueError, "": None,
        },
    ),
    (
        of_type("text", mapping=(("Unexcused Absence", "UX"), ("it's", "'")), missing_values=("-",)),
        {
            "Unexcused Absence": "UX", " Unexcused Absence ": "UX", "UX": "UX", "it's": "'",
            "unexcused absence": "unexcused absence", "Excused": "Excused", "": None, None: None, "-": None,
        },
    ),
    (
        of_type("numeric", mapping=(("all day", "1.0"), ("half", "0,5"), ("0", "zero"))),
        {"all day": Decimal("1.0"), "2": Decimal(2), "half": ValueError, "0": ValueError, "": None},
    ),
    (of_type("text", mapping=(("", "upsert"), ("gone", "delete"))), {"": "upsert", None: "upsert", "gone": "delete"}),
    (of_type("date", date_format="MM/dd/yyyy", mapping=(("start", "02/11/2019"),)), {"start": date(2019, 2, 11)}),
    (of_type("boolean", mapping=(("Free", "true"), ("Paid", "false"))), {"Free": True, "Paid": False, "?": ValueError}),
    (
        of_type("timestamp"),
        {
            "2019-02-11 10:30": datetime.fromisoformat("2019-02-11 10:30"),
            "2019-02-11T10:30:15.5": datetime.fromisoformat("2019-02-11 10:30:15.500"),
            "2019-02-11": ValueError, "2019-02-11 25:00": ValueError, "now": ValueError, "infinity": ValueError,
            "2019-02-30 10:00": ValueError, "": None,
            # A moment, as the district's clock showed it: six hours behind, in summer five.
            "2019-02-11T05:30:00.000Z": datetime.fromisoformat("2019-02-10 23:30"),
            "2019-07-01 05:30Z": datetime.fromisoformat("2019-07-01 00:30"),
            " 2019-02-11T10:30:00.25+02:00 ": datetime.fromisoformat("2019-02-11 02:30:00.250"),
            "2019-02-11T10:30-06:00": datetime.fromisoformat("2019-02-11 10:30"),
            "2019-02-30T10:00:00.000Z": ValueError, "2019-02-11T25:00Z": ValueError, "2019-02-11Z": ValueError,
            "2019-02-11T10:30 Z": ValueError, "2019-02-11T10:30z": ValueError, "2019-02-11 10:30+02": ValueError,
            "2019-02-11T10:30+99:00": ValueError, "2019-02-11 10:30 CST": ValueError, "2019-02-11T10:30ZZ": ValueError,
            "2019-02-11 10:30 America/Chicago": ValueError, "2019-02-11T10:30:00.Z": ValueError,
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("column", "cells"), CASES, ids=lambda given: getattr(given, "type", ""))
def test_a_cell_is_the_value_that_a_district_means(
    module_settings: Settings, column: Column, cells: dict[str | None, Any]
) -> None:
    found = dict(zip(cells, read(module_settings, column, list(cells)), strict=True))
    assert found == cells


# Cells that are near to values: digits and signs, words that PostgreSQL knows, dates of all forms.
NEAR = (
    st.from_regex(r"[-+ ]?[0-9,.]{1,12} ?", fullmatch=True)
    | st.from_regex(r"[0-9]{1,5}[-/.][0-9]{1,3}[-/.][0-9]{1,5}([ T][0-9:.]{1,10}(Z|[-+][0-9:]{1,6})?)?", fullmatch=True)
    | st.sampled_from("today now epoch infinity -infinity NaN null t f on off yes 1e5 0x1F 0b1 1_0 allballs J0".split())
)
CELLS = st.lists(NEAR | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=300)


@pytest.mark.parametrize("column", kinds(), ids=lambda c: f"{c.type} {c.date_format or ''}")
@SLOW
@given(cells=CELLS)
def test_what_is_not_malformed_is_read_without_an_error(
    module_settings: Settings, column: Column, cells: list[str | None]
) -> None:
    for cell, found in zip(cells, read(module_settings, column, cells), strict=True):
        assert found is not None or not (cell or "").strip(" "), "what is filled has a value or is malformed"


@SLOW
@given(numbers=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=300))
def test_whole_numbers_are_read_as_written_with_and_without_separators(
    module_settings: Settings, numbers: list[int]
) -> None:
    assert read(module_settings, of_type("integer"), [str(n) for n in numbers]) == numbers
    assert read(module_settings, of_type("integer"), [f"{n:,}" for n in numbers]) == numbers


@SLOW
@given(numbers=st.lists(st.decimals(-(10**12), 10**12, places=4), max_size=300))
def test_numbers_are_read_as_written_with_and_without_separators(
    module_settings: Settings, numbers: list[Decimal]
) -> None:
    assert read(module_settings, of_type("numeric"), [f"{n:f}" for n in numbers]) == numbers
    assert read(module_settings, of_type("numeric"), [f"{n:,f}" for n in numbers]) == numbers


@SLOW
@given(cells=st.lists(st.from_regex(r"[0-9]{1,4}(,[0-9]{1,4}){1,2}", fullmatch=True), max_size=300))
def test_a_comma_that_separates_no_thousands_is_malformed(module_settings: Settings, cells: list[str]) -> None:
    for cell, found in zip(cells, read(module_settings, of_type("numeric"), list(cells)), strict=True):
        right = re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", cell)
        assert found == (int(cell.replace(",", "")) if right else ValueError), cell


@SLOW
@given(days=st.lists(st.dates(), max_size=300))
def test_dates_are_read_in_each_format(module_settings: Settings, days: list[date]) -> None:
    assert read(module_settings, of_type("date"), [day.isoformat() for day in days]) == days
    american = of_type("date", date_format="MM/dd/yyyy")
    assert read(module_settings, american, [f"{d.month}/{d.day}/{d.year:04}" for d in days]) == days


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@SLOW
@given(
    moments=st.lists(st.datetimes(datetime(1000, 1, 3), datetime(9999, 12, 30), timezones=ZONES), max_size=300),  # noqa: DTZ001
    as_sent=st.sampled_from(["milliseconds", "microseconds"]),
    between=st.sampled_from("T "),
)
def test_a_moment_is_kept_as_the_districts_clock_showed_it(
    module_settings: Settings, moments: list[datetime], as_sent: str, between: str
) -> None:
    moments = [one.replace(microsecond=one.microsecond // 1000 * 1000) for one in moments]
    local = [one.astimezone(ZoneInfo(TIME_ZONE)).replace(tzinfo=None) for one in moments]
    texts = [one.isoformat(between, as_sent) for one in moments]
    in_utc = [one.astimezone(UTC).isoformat(between, as_sent).replace("+00:00", "Z") for one in moments]
    bare = [one.isoformat(between, as_sent) for one in local]
    assert read(module_settings, of_type("timestamp"), [*texts, *in_utc, *bare]) == local * 3


def test_text_is_never_malformed_and_every_other_type_may_be() -> None:
    assert malformed(CELL, of_type("text")) is None
    assert all(malformed(CELL, column) for column in kinds() if column.type != "text")


@pytest.mark.parametrize("column", [column for column in kinds() if column.type != "text"], ids=lambda c: c.type)
def test_what_was_expected_is_said_in_words(column: Column) -> None:
    words = expected(column)
    assert words.startswith(("a ", "an ", "true"))
    assert column.date_format is None or column.date_format in words
    assert not any(form in words for form in FORMS.values())


def test_a_cell_that_spells_missing_is_null_before_its_type_matters(module_settings: Settings) -> None:
    column = of_type("date", missing_values=("unknown",))
    assert read(module_settings, column, ["unknown", "2019-02-11"]) == [None, date(2019, 2, 11)]
    assert "unknown" in cleaned(CELL, column).as_string()
