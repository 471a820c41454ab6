"""Lines of JSON, as APIs give them, that are none or say more than one thing."""

import json
from collections.abc import Callable
from typing import Any

from tests.hostile.mutations import CANARY, Content, Corpus, Good

CORPUS = Corpus("json")
FEED, NAME = "sis.students", "students.jsonl"
Item = dict[str, Any]


def items(good: Good) -> list[Item]:
    """The good file's rows as objects."""
    return [dict(zip(good.header, row, strict=True)) for row in good.rows]


def lines(found: list[Item], **form: Any) -> Content:
    return {NAME: "".join(json.dumps(item, **form) + "\n" for item in found).encode()}


def third(good: Good, change: Callable[[Item], Item]) -> Content:
    """The good rows with the third one changed."""
    one, two, three, *rest = items(good)
    return lines([one, two, change(three), *rest])


def third_line(good: Good, change: Callable[[str], bytes | str]) -> Content:
    """The good file with the text of its third line changed."""
    found = [json.dumps(item) for item in items(good)]
    changed = change(found[2])
    parts = [one.encode() for one in found]
    parts[2] = changed.encode() if isinstance(changed, str) else changed
    return {NAME: b"\n".join([*parts, b""])}


@CORPUS.equal(FEED)
def lines_of_json(good: Good) -> Content:
    """The good rows as lines of JSON."""
    return lines(items(good))


@CORPUS.equal(FEED)
def names_in_another_order(good: Good) -> Content:
    """The names of each object in another order."""
    return lines([dict(reversed(item.items())) for item in items(good)])


@CORPUS.equal(FEED)
def marked_as_utf_8_with_crlf(good: Good) -> Content:
    """A byte order mark at the beginning, and line ends of another system."""
    (text,) = lines(items(good), ensure_ascii=False).values()  # type: ignore[union-attr]
    return {NAME: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")}


@CORPUS.equal(FEED)
def more_than_the_contract_names(good: Good) -> Content:
    """An object and a list that no contract names, and a null."""
    return lines([item | {"_ext": {"district": {"bus": 7}}, "races": [CANARY], "note": None} for item in items(good)])


@CORPUS.red(FEED, NAME, "line 3", "is no JSON object; the file may be cut off")
def cut_in_a_line(good: Good) -> Content:
    """The last line is cut off in the middle."""
    one, two, three, *_ = items(good)
    return {NAME: "\n".join([json.dumps(one), json.dumps(two), json.dumps(three)[:-20]]).encode()}


@CORPUS.red(FEED, NAME, "line 1", "is no JSON object")
def one_list(good: Good) -> Content:
    """All objects in one list, as a page of an API."""
    return {NAME: json.dumps(items(good)).encode()}


@CORPUS.red(FEED, NAME, "line 1", "is no JSON object")
def indented(good: Good) -> Content:
    """Objects over several lines each."""
    return lines(items(good), indent=1)


@CORPUS.red(FEED, NAME, "line 3", "is no JSON object")
def a_text_for_an_object(good: Good) -> Content:
    """A text where an object should be."""
    return third_line(good, lambda _: json.dumps(CANARY))


@CORPUS.red(FEED, NAME, "line 3", "is no JSON object")
def nested_a_hundred_thousand_deep(good: Good) -> Content:
    """An object in an object, a hundred thousand times."""
    return third_line(good, lambda _: '{"a":' * 100_000 + "1" + "}" * 100_000)


@CORPUS.red(FEED, NAME, "line 3", "is no JSON object")
def not_utf_8(good: Good) -> Content:
    """A name in Latin-1."""
    return third_line(good, lambda text: text.encode().replace(b'"LastName": "', b'"LastName": "\xe9'))


@CORPUS.red(FEED, NAME, "line 1", "is no JSON object")
def in_utf_16(good: Good) -> Content:
    """The file in UTF-16."""
    (text,) = lines(items(good)).values()  # type: ignore[union-attr]
    return {NAME: text.decode().encode("utf-16")}


@CORPUS.red(FEED, NAME, "line 3", "can't be written as utf-8")
def half_a_character(good: Good) -> Content:
    """One half of a pair of surrogates."""
    return third(good, lambda item: item | {"LastName": f"{CANARY}\ud83d"})


@CORPUS.red(FEED, NAME, "line 3", "the bytes are not text")
def a_nul(good: Good) -> Content:
    """A NUL in a name, which JSON can spell and PostgreSQL can't keep."""
    return third(good, lambda item: item | {"LastName": f"{CANARY}\0"})


@CORPUS.red(FEED, NAME, "line 3", "has a name twice in one object")
def a_name_twice(good: Good) -> Content:
    """Two values of one name in an object, of which parsers take the last."""
    return third_line(good, lambda text: f'{{"LastName": "{CANARY}", {text[1:]}')


@CORPUS.red(FEED, NAME, "line 3", "column 'LastName': expected one value, found a list or an object")
def a_list_for_a_value(good: Good) -> Content:
    """A list where one value should be."""
    return third(good, lambda item: item | {"LastName": [CANARY]})


@CORPUS.red(FEED, NAME, "line 3", "column BirthDate")
def a_number_for_a_date(good: Good) -> Content:
    """A date as seconds since 1970."""
    return third(good, lambda item: item | {"BirthDate": 1_262_304_000})


@CORPUS.red(FEED, NAME, "line 3", "column BirthDate")
def infinity_for_a_date(good: Good) -> Content:
    """A number without end, which is no JSON and is read by many parsers."""
    return third(good, lambda item: item | {"BirthDate": float("inf")})


@CORPUS.red(FEED, NAME, "line 3", "column LastName")
def a_name_left_out(good: Good) -> Content:
    """One object without a required name."""
    return third(good, lambda item: {name: value for name, value in item.items() if name != "LastName"})


@CORPUS.equal(FEED)
def a_name_in_another_case(good: Good) -> Content:
    """A name that is spelt otherwise in all objects."""
    return lines(
        [{name.replace("LastName", "lastname"): value for name, value in item.items()} for item in items(good)]
    )


@CORPUS.red(FEED, NAME, "line 3", "column StudentID")
def a_million_digits(good: Good) -> Content:
    """A number of a million digits."""
    return third_line(good, lambda text: text.replace('"StudentID": "', f'"StudentID": {"7" * 10**6}, "old": "'))


@CORPUS.red(FEED, NAME, "row_count")
def no_lines(_good: Good) -> Content:
    """A file of no bytes."""
    return {NAME: b""}


@CORPUS.red(FEED, NAME, "line 3", "the key stands more than once")
def an_object_twice(good: Good) -> Content:
    """The same object in two lines, with two last names."""
    one, two, three, *rest = items(good)
    return lines([one, two, three, three | {"LastName": CANARY}, *rest])
