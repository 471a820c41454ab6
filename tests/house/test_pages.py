"""The pages that Airflow shows beside its own: found, in the menu, and closed to strangers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from elevate.settings import PROJECT
from tests.house.conftest import environment


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `read_pages.py` finds."""
    out = tmp_path_factory.mktemp("pages") / "pages.json"
    program = [sys.executable, str(Path(__file__).with_name("read_pages.py")), str(PROJECT / "plugins"), str(out)]
    done = subprocess.run(program, env=environment(), capture_output=True, text=True, cwd=out.parent, timeout=120)
    assert out.exists(), done.stderr[-3000:]
    return dict(json.loads(out.read_text()))


def test_airflow_finds_the_pages_and_nothing_else_of_the_library(pages: dict[str, Any]) -> None:
    assert pages["errors"] == {}
    assert "elevate_pages" in pages["plugins"]
    ours = {view["url_route"]: (view["destination"], view["href"]) for view in pages["views"]}
    assert ours["data-documentation"] == ("nav", "elevate/docs/")
    assert ours["evaluation-reports"] == ("nav", "elevate/reports/")


def test_the_documentation_is_for_people_who_are_logged_in(pages: dict[str, Any]) -> None:
    status, text = pages["answers"]["stranger"]
    assert status == 401, text
    assert pages["answers"]["schema"][0] == 404


def test_the_documentation_is_shown_once_it_was_made(pages: dict[str, Any]) -> None:
    status, text = pages["answers"]["before"]
    assert status == 404
    assert "make docs" in text
    assert pages["answers"]["after"] == [200, "<p>index</p>"]


def test_reports_are_for_people_who_are_logged_in(pages: dict[str, Any]) -> None:
    assert pages["answers"]["stranger to reports"][0] == 401
    assert pages["answers"]["stranger to a report"][0] == 401


def test_the_reports_of_all_nights_are_listed_and_shown(pages: dict[str, Any]) -> None:
    status, text = pages["answers"]["no reports"]
    assert status == 200
    assert "None was made yet" in text
    assert pages["answers"]["no report"][0] == 404
    status, text = pages["answers"]["reports"]
    assert [line.split('"')[0] for line in text.split('href="')[1:]] == ["2019-02-12", "2019-02-11"]
    assert pages["answers"]["report"] == [200, "<p>2019-02-11</p>"]


def test_nothing_but_reports_is_given_out(pages: dict[str, Any]) -> None:
    assert pages["answers"]["not a night"][0] == 422
    assert pages["answers"]["outside"][0] in (404, 422)
