"""The questions that people ask: each says who asks, how to read the answer and what it gives, and reads what they may.

That each runs, with these columns, is tested with a night's data in tests/nights.
"""

import os
import re
from pathlib import Path

import pytest

from elevate.settings import PROJECT

FOLDER = PROJECT / "docs" / "queries"
QUERIES = sorted(FOLDER.glob("*.sql"))
INDEX = FOLDER / "README.md"
# Read here: the tests take variables of this name out of their environment.
REWRITE = "ELEVATE_WRITE_DOCS" in os.environ
HEAD = re.compile(r"(?P<question>.*\?) Asked by: (?P<asked>.*\.) Read: (?P<read>.*\.) Columns: (?P<columns>[\w, ]+)")
INTRODUCTION = """# Questions

{count} questions that the programme's people ask, each a file that runs: `\\i docs/queries/<file>` in
`.venv/bin/elevate sql analyst`, or its text in any tool. Every file says at its head who asks, how to read the answer,
and which columns it gives.

Made by `tests/catalogue`; to write it anew: `ELEVATE_WRITE_DOCS=1 pytest tests/catalogue`.

| question | asked by |
|---|---|
"""


def head(file: Path) -> re.Match[str]:
    """The comment that a query begins with."""
    lines = [line for line in file.read_text().splitlines() if line.startswith("--")]
    found = HEAD.fullmatch(" ".join(" ".join(line.removeprefix("--") for line in lines).split()))
    assert found, f"{file.name}: begin with a question, then Asked by:, Read: and Columns:, each a comment"
    return found


def test_there_are_questions_enough() -> None:
    assert len(QUERIES) >= 25


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_a_question_says_what_it_must_and_reads_published_tables(file: Path) -> None:
    assert head(file)["columns"]
    code = re.sub(r"--.*", "", file.read_text())
    assert set(re.findall(r"\b(?:from|join)\s+(\w+)\.", code)) <= {"marts", "bi", "evaluation", "ops"}
    assert re.search(r"^order by\b[^;]*;\s*$", code, re.MULTILINE), "end with order by, for one order of the answer"


def test_the_index_has_every_question() -> None:
    rows = sorted(f"| [{head(file)['question']}]({file.name}) | {head(file)['asked']} |" for file in QUERIES)
    found = INTRODUCTION.format(count=len(QUERIES)) + "\n".join(rows) + "\n"
    if REWRITE:
        INDEX.write_text(found)
    shown = INDEX.read_text() if INDEX.exists() else ""
    assert shown == found, f"{INDEX} is out of date; write it anew: ELEVATE_WRITE_DOCS=1 pytest tests/catalogue"
