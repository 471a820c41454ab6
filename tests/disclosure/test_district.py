"""The attack on what BI really shows: the tables of a small district on successive nights, read as bi_reader."""

import logging
from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest

from elevate.settings import Settings
from elevate.warehouse import connect
from tests.disclosure import attack
from tests.disclosure.tables import LIMITS, primary_alone, published, state_of_schools
from tests.support import night as nights
from tests.support.district import SOURCES, serving

log = logging.getLogger(__name__)
pytestmark = pytest.mark.timeout(1800)

NIGHTS = date(2019, 2, 11), date(2019, 2, 13)
SCHOOLS, THRESHOLD, ENOUGH = 4, LIMITS.threshold, 1.0
SHOWN = """
    select 'school' as level, school_id as unit, cohort, school_year, outcome, grade_band, subgroup_dimension, subgroup,
        n_students, numerator, denominator, mean, mean_lower, mean_upper, mean_as_shown
    from bi_school_year_outcome
    union all
    select 'cohort', cohort, cohort, school_year, outcome, 'all', 'all', 'all',
        n_students, numerator, denominator, mean, mean_lower, mean_upper, mean_as_shown
    from bi_cohort_year_outcome
"""
DECIDED = """
    select cell.*, shown.shows, shown.mean_lower, shown.mean_upper
    from intermediate.int_bi_cell as cell inner join intermediate.bi_cell_shown as shown
    using (level, unit, school_year, outcome, grade_band, subgroup_dimension, subgroup)
"""


def rows(settings: Settings, query: str, role: str) -> pd.DataFrame:
    with connect(settings, role) as connection:
        return pd.DataFrame(connection.execute(query.encode()).fetchall())


def as_bi_reads(settings: Settings) -> pd.DataFrame:
    frame = rows(settings, SHOWN, "bi_reader")
    # Rates times denominators are numerators: what the mean tells is known, whatever the numerator's column says.
    told = (
        frame["numerator"]
        .astype(float)
        .fillna((frame["mean"].astype(float) * frame["denominator"].astype(float)).round(2))
    )
    frame = frame.astype(dict.fromkeys(("n_students", "denominator", "mean_lower", "mean_upper"), float))
    ranged = frame["mean"].isna()
    return frame.assign(
        numerator=told, mean_lower=frame["mean_lower"].where(ranged), mean_upper=frame["mean_upper"].where(ranged)
    )


@pytest.fixture(scope="module")
def publications(
    module_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[tuple[pd.DataFrame, pd.DataFrame]]]:
    """Of each night what BI reads, and the truth behind it."""
    found = []
    with serving(tmp_path_factory.mktemp("district"), module_settings, SCHOOLS):
        for night in NIGHTS:
            for source in SOURCES:
                stopped = [v for v in nights.extract(module_settings, source, night).values() if not v.lets_through]
                assert stopped == []
            nights.refresh(module_settings, "marts", night)
            found.append((as_bi_reads(module_settings), rows(module_settings, DECIDED, "elevate_pipeline")))
    return found


def test_nothing_follows_from_tonights_tables(publications: list[tuple[pd.DataFrame, pd.DataFrame]]) -> None:
    shown = publications[0][0].assign(state_of_publication=0, state=0)
    system = attack.hidden_figures(shown, THRESHOLD)
    found = attack.attack(system, ENOUGH)
    log.info("%d cells of a night: %s", len(shown), found.summary)
    assert len(found.width) > 1000
    assert found.determined().to_dict("records") == []


def test_small_cells_alone_would_not_do(publications: list[tuple[pd.DataFrame, pd.DataFrame]]) -> None:
    truth = publications[0][1]
    figures = dict.fromkeys(("n_students", "numerator", "denominator", "mean_lower", "mean_upper"), float)
    primary = published(primary_alone(truth.astype(figures), LIMITS))
    found = attack.attack(attack.hidden_figures(primary, THRESHOLD), ENOUGH)
    assert len(found.determined()) > 20


def test_nothing_follows_from_two_nights_together(publications: list[tuple[pd.DataFrame, pd.DataFrame]]) -> None:
    """He knows besides which schools have not changed from the one night to the other."""
    shown = []
    for number, (seen, truth) in enumerate(publications):
        figures = truth[[*attack.CELL, "n_students", "numerator", "denominator"]]
        state = figures[attack.CELL].assign(state=state_of_schools(figures))
        shown.append(seen.assign(state_of_publication=number).merge(state, on=attack.CELL))
    assert [len(rows) for rows in shown] == [len(seen) for seen, _ in publications]
    found = attack.attack(attack.hidden_figures(pd.concat(shown, ignore_index=True), THRESHOLD), ENOUGH)
    log.info("Two nights: %s", found.summary)
    assert found.determined().to_dict("records") == []


def test_bi_has_one_symbol_and_no_way_to_the_reasons(publications: list[tuple[pd.DataFrame, pd.DataFrame]]) -> None:
    """What is withheld looks the same for a small group and for one that protects it."""
    seen, truth = publications[-1]
    withheld = seen.merge(truth[[*attack.CELL, "n_students"]], on=attack.CELL, suffixes=("", "_true"))
    withheld = withheld[withheld["n_students"].isna()]
    assert (withheld["n_students_true"] < THRESHOLD).nunique() == 2, "both kinds are there"
    columns = ["n_students", "numerator", "denominator", "mean", "mean_lower", "mean_upper", "mean_as_shown"]
    assert withheld[columns].drop_duplicates().shape[0] == 1
