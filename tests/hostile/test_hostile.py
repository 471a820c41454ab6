"""Every hostile delivery ends in its one outcome, tells where, lets nothing slip and gives nobody away."""

import os
import re
from collections import Counter

import pytest

from elevate.settings import PROJECT
from tests.hostile import cells, encodings, jsonlines, marked, packed, rows, shapes, texts, workbooks
from tests.hostile.conftest import Night
from tests.hostile.mutations import CANARY, Mutation
from tests.hostile.page import page

pytestmark = pytest.mark.timeout(600)

CORPUS = [*encodings.CORPUS, *shapes.CORPUS, *cells.CORPUS, *texts.CORPUS, *rows.CORPUS]
CORPUS += [*packed.CORPUS, *packed.ROSTERS, *marked.CORPUS, *workbooks.CORPUS, *jsonlines.CORPUS]
PAGE = PROJECT / "docs" / "hostile_deliveries.md"
# Read here: the tests take variables of this name out of their environment.
REWRITE = "ELEVATE_WRITE_DOCS" in os.environ


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    assert len(CORPUS) >= 80
    assert len({str(mutation) for mutation in CORPUS}) == len(CORPUS)


def rows_that_differ(night: Night, mutation: Mutation) -> int:
    """Accepted rows that the good delivery does not have, or the other way; but for the one changed text."""
    found, good = Counter(night.judged(mutation).rows), Counter(night.accepted(mutation.feed).rows)
    for row in found - good:
        if mutation.cell and mutation.cell[1] in row:
            (was,) = [one for one in good - found if one[0] == row[0]]
            good, found = good - Counter([was]), found - Counter([row])
    return ((found - good) + (good - found)).total()


@pytest.mark.parametrize("mutation", CORPUS, ids=str)
def test_a_hostile_delivery_has_its_outcome(night: Night, mutation: Mutation) -> None:
    found = night.judged(mutation)
    assert found.verdict in mutation.verdicts, found.message
    assert night.published
    assert found.served == night.published, "what readers see is changed by a publication alone"
    assert found.is_read == (mutation.outcome != "red"), "what a refresh reads can be published, and nothing else"
    assert found.rows_in == found.accepted + found.quarantined or found.verdict == "unchanged"
    if mutation.outcome == "equal":
        assert found.quarantined == 0
        assert rows_that_differ(night, mutation) == 0
    elif mutation.outcome == "quarantined":
        assert found.quarantined == found.kept > 0
        assert found.accepted == len(found.rows or ())
    else:
        assert found.accepted == 0
        assert mutation.feed in found.message
        assert [text for text in mutation.says if text not in found.message] == [], found.message


@pytest.mark.parametrize("mutation", CORPUS, ids=str)
def test_no_message_gives_a_student_away(night: Night, mutation: Mutation) -> None:
    for text in night.judged(mutation).said:
        assert CANARY not in text.lower()
        assert not night.secrets & set(re.findall(r"[\w-]+", text)), "a student's number, name or birth date"


def test_the_page_shows_what_came_out(night: Night) -> None:
    found = page(night, CORPUS)
    if REWRITE:
        PAGE.write_text(found)
    shown = PAGE.read_text() if PAGE.exists() else ""
    assert shown == found, f"{PAGE.name} is out of date; write it anew: ELEVATE_WRITE_DOCS=1 pytest tests/hostile"
