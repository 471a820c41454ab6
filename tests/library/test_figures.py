"""The history of published figures: each publication's state again, only changes written, nobody's row in it."""

from decimal import Decimal
from typing import Any

import pytest
from psycopg.errors import InsufficientPrivilege

from elevate import figures, publishing, refreshes
from elevate.publishing import PublicationError
from elevate.warehouse import connect
from tests.library.district import NIGHT, RUN, District
from tests.library.test_publishing import build, let_through

IMPACT = """outcome text, follow_up text, estimate numeric(12,6), p_value double precision, night date,
    primary key (outcome, follow_up)"""
SAMPLE = "student_key text, outcome text, value numeric, primary key (student_key, outcome)"
STUDENT = "c0ffee"
RESTATED = "table_name text, figure text, column_name text, primary key (table_name, figure, column_name)"
Row = tuple[str, str, float | None, float | None]
A, B = ("a", "0", 0.25, 0.5), ("b", "1", None, float("nan"))


@pytest.fixture(name="marts")
def published_marts(district: District) -> District:
    publishing.publish(district.settings, build(district, (1, "Bass", 0.9)))
    return district


def publish(district: District, *rows: Row, **more: tuple[Any, ...]) -> int:
    """The evaluation with these impacts, published; the publication's id."""
    with connect(district.settings) as connection:
        refresh_id = refreshes.open_refresh(connection, "evaluation", NIGHT, RUN, {})
    district.candidate("evaluation.eval_impact", IMPACT, *((*row, NIGHT) for row in rows))
    district.candidate("evaluation.eval_analytic_sample", SAMPLE, (STUDENT, "a", 1))
    for table, content in more.items():
        district.candidate(f"evaluation.{table}", *content)
    let_through(district, refresh_id)
    return publishing.publish(district.settings, refresh_id).id


def impacts(district: District, publication: int) -> list[tuple[Any, ...]]:
    with connect(district.settings) as connection:
        rows = figures.as_of(connection, publication).get("eval_impact", [])
    return [tuple(str(value) if isinstance(value, float) else value for value in row.values()) for row in rows]


def written(district: District) -> int:
    return int(district.value("select count(*) from ops.figure"))


def test_every_publication_can_be_read_again(marts: District) -> None:
    """First, restated, withdrawn, back again; values have the types of the published columns."""
    first = publish(marts, A, B)
    restated = publish(marts, ("a", "0", 0.75, 0.5), B)
    withdrawn = publish(marts, ("a", "0", 0.75, 0.5))
    back = publish(marts, A, B)
    a, b = ("a", "0", Decimal("0.250000"), "0.5", NIGHT), ("b", "1", None, "nan", NIGHT)
    changed = ("a", "0", Decimal("0.750000"), "0.5", NIGHT)
    assert impacts(marts, first) == impacts(marts, back) == [a, b]
    assert impacts(marts, restated) == [changed, b]
    assert impacts(marts, withdrawn) == [changed]
    assert written(marts) == 5, "one row for each figure that a publication brought, and no more"


def test_the_same_again_writes_nothing(marts: District) -> None:
    publish(marts, A, B)
    before = marts.rows("select xmin, * from ops.figure")
    assert impacts(marts, publish(marts, B, A)) == impacts(marts, publish(marts, A, B))
    assert marts.rows("select xmin, * from ops.figure") == before


def test_another_night_alone_is_no_change(marts: District) -> None:
    publish(marts, A)
    marts.run("update evaluation.eval_impact set night = night + 1")
    publish(marts, A)
    assert written(marts) == 1


def test_no_row_of_a_student_enters(marts: District) -> None:
    publish(marts, A)
    assert marts.rows("select distinct table_name from ops.figure") == [("eval_impact",)]
    assert marts.value("select count(*) from ops.figure as f where f::text like %s", f"%{STUDENT}%") == 0
    with connect(marts.settings) as connection:
        assert figures.figure_tables(connection) == ["eval_impact"]


def test_a_table_that_is_no_longer_built_ends(marts: District) -> None:
    first = publish(marts, A, eval_old=("id integer primary key", (1,)))
    second = publish(marts, A)
    ended = "select from_publication, to_publication from ops.figure where table_name = 'eval_old'"
    assert marts.rows(ended) == [(first, second)]
    with connect(marts.settings) as connection:
        assert list(figures.as_of(connection, second)) == ["eval_impact"]


def test_a_change_that_the_list_does_not_name_is_not_published(marts: District) -> None:
    """The whole publication is taken back; with the list complete, it goes through."""
    publish(marts, A, B)
    listed = (RESTATED, ("eval_impact", '{"outcome": "a", "follow_up": "0"}', "estimate"))
    moved = ("a", "0", 0.75, 0.5)
    with pytest.raises(PublicationError, match="1 figures change that eval_restatement does not list"):
        publish(marts, moved, eval_restatement=listed)
    assert marts.rows("select estimate from evaluation.eval_impact where outcome = 'a'") == [(Decimal("0.25"),)]
    assert written(marts) == 2
    publish(marts, moved, B, eval_restatement=listed)
    assert written(marts) == 3


def test_who_may_read_the_history(marts: District) -> None:
    publish(marts, A)
    shown = "select table_name, from_night, to_night from ops.figure_history"
    assert marts.rows(shown, role="analyst") == [("eval_impact", NIGHT, None)]
    with pytest.raises(InsufficientPrivilege):
        marts.rows(shown, role="bi_reader")
    for role in ("analyst", "bi_reader"):
        with pytest.raises(InsufficientPrivilege):
            marts.rows("select 1 from ops.figure", role=role)
