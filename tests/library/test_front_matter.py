"""A record in the front matter of a Markdown file is loaded and judged like any row; what is no record is red."""

from datetime import date

import pytest

from elevate import loading
from elevate.contracts import Feed
from elevate.delimited import StructureError
from elevate.sources.front_matter import LARGEST_BYTES
from tests.library.district import NIGHT, District, column, contract, of_values

SECRET = "Ann Lee"
GOOD = f"""---
rct_id: AEARCTR-0000007   # a comment
title: "A trial: on schools"
status: On going
dates:
  start: 2017-07-06
  end:
investigators:
  - {SECRET}
  - {{name: Bob Ray, affiliation: A University}}
clusters: 007
keywords: [one, two]
---

# A heading

Words, and a rule:

---

More words.
"""


@pytest.fixture(scope="module")
def feed(module_district: District) -> Feed:
    columns = [
        column("study", key=1, physicalName="rct_id", logicalTypeOptions={"pattern": r"^AEARCTR-\d{7}$"}),
        column("title", required=True),
        column("status", enum=of_values("on_going", "completed"),
               customProperties=[{"property": "mapping", "value": {"On going": "on_going"}}]),
        column("starts_on", "date", physicalName="dates.start", required=True),
        column("ends_on", "date", physicalName="dates.end"),
        column("investigators"),
        column("clusters"),
    ]  # fmt: skip
    server = {"format": "markdown", "path": "study/{night}/registration.md"}
    return module_district.feed(contract("study.registration", columns, server))


def take(district: District, feed: Feed, text: str | bytes) -> int:
    district.deliver(feed, text, name="registration.md")
    return district.load(feed)


def test_a_record_becomes_a_row(module_district: District, feed: Feed) -> None:
    batch_id = take(module_district, feed, GOOD)
    found = module_district.rows(
        "select study, title, status, starts_on, ends_on, investigators, clusters, _extra::text"
        f" from incoming.b{batch_id}"
    )
    assert found == [
        ("AEARCTR-0000007", "A trial: on schools", "on_going", date(2017, 7, 6), None,
         f"{SECRET}; Bob Ray, A University", "007", '{"keywords": "one; two"}')
    ]  # fmt: skip


@pytest.mark.parametrize("text", [GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD.split("\n\n")[0]])
def test_line_ends_a_byte_order_mark_and_no_text_below_make_no_difference(
    module_district: District, feed: Feed, text: str
) -> None:
    batch_id = take(module_district, feed, text)
    assert module_district.value(f"select title from incoming.b{batch_id}") == "A trial: on schools"


def test_what_a_contract_says_of_a_cell_holds_for_a_record(module_district: District, feed: Feed) -> None:
    module_district.deliver(feed, GOOD.replace("AEARCTR-0000007", "NCT-7"), name="registration.md")
    verdict = module_district.take(feed)
    assert verdict.verdict == "red"
    assert "registration.md line 2, column rct_id: expected the pattern" in verdict.message
    module_district.deliver(feed, GOOD.replace("2017-07-06", "soon"), name="registration.md")
    assert "column dates.start: expected a date" in module_district.take(feed).message


BOMB = "---\na: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)
NO_RECORDS = {
    "no front matter": (f"# {SECRET}\n\nWords.\n", "line 1: expected '---'"),
    "nothing at all": ("", "line 1: expected '---'"),
    "a head that never closes": (GOOD.split("---\n\n")[0], "closes the front matter; the file may be cut off"),
    "a list": (f"---\n- {SECRET}\n---\n", "line 2: expected keys with values"),
    "an empty head": ("---\n---\n", "line 2: expected keys with values"),
    "one word": (f"---\n{SECRET}\n---\n", "line 2: expected keys with values"),
    "an anchor bomb": (f"{BOMB}---\n", "line 2: an anchor or alias"),
    "an object of Python": ("---\ntitle: !!python/object/apply:os.system [ls]\n---\n", "line 2: a tag"),
    "a tag on a key": ("---\n!!binary dGl0bGU=: x\n---\n", "line 2: a tag"),
    "no YAML": (f"---\nrct_id: A\ntitle: '{SECRET}\n---\n", "the front matter can't be read as YAML"),
    "two records": (GOOD + GOOD, "line 23: 'rct_id' stands here again"),
    "two documents in the head": ("---\ntitle: x\n--- # more\ntitle: y\n---\n", "can't be read as YAML"),
    "a key for the second time": (GOOD.replace("clusters:", "status:"), "line 11: a key stands there"),
    "a list within a list": ("---\ntitle: [[x]]\n---\n", "line 2: a list within a list"),
    "deep nests": ("---\ntitle: " + "[" * 50_000 + "\n---\n", "line 2: nested more than"),
    "a key that is a list": ("---\n? [a, b]\n: x\n---\n", "line 2: expected a word as key"),
    "control characters": ("---\ntitle: a\0b\n---\n", "characters that YAML does not allow"),
    "no text": (b"---\ntitle: \xff\xfe\n---\n", "not utf-8 text"),
    "too much": ("---\ntitle: " + "x" * LARGEST_BYTES + "\n---\n", "is larger than"),
    "a key that is missing": (GOOD.replace("title:", "titel:"), "required column 'title' is missing"),
}


@pytest.mark.parametrize(("text", "says"), NO_RECORDS.values(), ids=list(NO_RECORDS))
def test_what_is_no_record_is_red(module_district: District, feed: Feed, text: str | bytes, says: str) -> None:
    """The message names feed, night, batch, file and line, and no value; nothing is loaded."""
    module_district.deliver(feed, text, name="registration.md")
    batch_id = module_district.open(feed)
    with pytest.raises(StructureError) as error:
        loading.load(module_district.settings, feed, batch_id)
    assert str(error.value).startswith(f"study.registration, night {NIGHT}, batch {batch_id}, file registration.md")
    assert says in str(error.value)
    assert SECRET not in str(error.value)
    batch = module_district.batch(batch_id)
    assert (batch.verdict, batch.rows_in) == ("red", 0)
