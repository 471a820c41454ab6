"""The portal is an optional source: without it the build works and its tables are empty."""

from elevate.settings import Settings
from tests.portal.building import build, table

TABLES = ("candidate_marts.fct_public_school_metric", "evaluation.eval_public_panel", "evaluation.eval_public_did")


def test_without_the_portal_the_tables_are_empty(settings: Settings) -> None:
    build(settings)
    for name in TABLES:
        assert table(settings, f"select count(*) as rows from {name}") == [{"rows": 0}]
