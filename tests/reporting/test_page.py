"""The page: whole, the same each time, self-contained, safe against what is written in names, readable by machines."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from elevate.reporting.page import SECTIONS, render
from elevate.reporting.reading import Figures, Tables
from elevate.reporting.shown import Shown
from elevate.reporting.words import follow_up
from tests.reporting import figures

HOSTILE = "<script>alert('x')</script> & \"Sons\" </script><!--"
VOID = {"meta", "rect", "circle", "line", "path"}


class Page(HTMLParser):
    """Elements of a page with their attributes, and its text; fails on one that isn't closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.words.setdefault(tag, []).append(data)

    def all_of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def district() -> str:
    return render(figures.district(), 10)


@pytest.fixture(scope="module")
def without_study() -> str:
    return render(figures.without_study(), 10)


def test_the_same_figures_give_the_same_bytes(district: str) -> None:
    assert render(figures.district(), 10) == district


def test_the_order_of_rows_does_not_matter_where_tables_give_none(district: str) -> None:
    made = figures.district()
    outcomes = list(reversed(made.tables["eval_outcome"]))
    turned = render(replace(made, tables=made.tables | {"eval_outcome": outcomes}), 10)
    assert turned.split('<script type="application/json"')[0] == district.split('<script type="application/json"')[0]


@pytest.mark.parametrize("kind", ["district", "without_study"])
def test_every_section_is_there_and_linked(kind: str, request: pytest.FixtureRequest) -> None:
    page = Page(request.getfixturevalue(kind))
    anchors = [section["id"] for section in page.all_of("section")]
    assert len(anchors) == len(set(anchors)) == len(SECTIONS) + 2
    links = {str(link["href"]) for link in page.all_of("a")}
    assert {link for link in links if link.startswith("#")} == {f"#{anchor}" for anchor in anchors if anchor != "brief"}
    assert links - {f"#{anchor}" for anchor in anchors} <= {"https://doi.org/10.1257/rct.9097"}


def test_the_whole_district_has_every_picture(district: str) -> None:
    names = [str(picture["aria-labelledby"]).split("-title")[0] for picture in Page(district).all_of("svg")]
    wanted = {"flow", "attrition", "balance", "effects", "subgroups-1", "events-1", "fidelity-1", "reach", "public-fot"}
    assert wanted <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", ["district", "without_study"])
def test_pictures_are_told_to_who_cannot_see_them(kind: str, request: pytest.FixtureRequest) -> None:
    text = request.getfixturevalue(kind)
    page = Page(text)
    pictures = page.all_of("svg")
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    for picture in pictures:
        assert picture["role"] == "img"
        assert set(str(picture["aria-labelledby"]).split()) <= set(identifiers)
    assert len(re.findall(r"<title id=[^>]+>[^<]+</title><desc id=[^>]+>[^<]+</desc>", text)) == len(pictures)


def test_the_file_asks_for_nothing_else(district: str) -> None:
    page = Page(district)
    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "image", "use", "foreignObject")
        assert not {"src", "style", "onclick", "onload", "xlink:href"} & set(attributes)
    assert [script["type"] for script in page.all_of("script")] == ["application/json"]
    outside = re.findall(r"(?:https?:)?//[\w.]+", district.replace("http://www.w3.org/2000/svg", ""))
    assert [address for address in outside if "doi.org" not in address] == []
    assert "@import" not in district
    assert "url(" not in district


def test_names_are_text_whatever_is_in_them() -> None:
    made = figures.district()

    def spoilt(rows: list[dict[str, Any]], *columns: str) -> list[dict[str, Any]]:
        return [row | {name: f"{row[name]}{HOSTILE}" for name in columns} for row in rows]

    tables: Tables = made.tables | {
        "dim_school": spoilt(made.tables["dim_school"], "short_name"),
        "eval_outcome": spoilt(made.tables["eval_outcome"], "label", "domain", "unit"),
        "fct_study_assignment": spoilt(made.tables["fct_study_assignment"], "block", "study"),
        "eval_impact": spoilt(made.tables["eval_impact"], "warning", "subgroup"),
        "eval_public_did": spoilt(made.tables["eval_public_did"], "warning", "metric"),
        "dim_study": spoilt(made.tables["dim_study"], "title", "doi", "investigators"),
    }
    told = {name: words + HOSTILE for name, words in made.descriptions.items()}
    text = render(Figures(made.publication, tables, told), 10)
    page = Page(text)
    assert [script["type"] for script in page.all_of("script")] == ["application/json"]
    assert "<!--" not in text
    assert "alert(" in "".join(page.words["figcaption"] + page.words["table"] + page.words["text"])


def test_figures_can_be_read_by_programs(district: str, without_study: str) -> None:
    for text in (district, without_study):
        (embedded,) = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', text, flags=re.DOTALL)
        assert set(json.loads(embedded)) == set(figures.district().tables)
    (embedded,) = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', district, flags=re.DOTALL)
    shown = [row for row in json.loads(embedded)["eval_impact"] if row["subgroup"] == "all"]
    made = [row for row in figures.district().tables["eval_impact"] if row["subgroup"] == "all"]
    assert sorted(str(row["estimate"]) for row in shown) == sorted(str(row["estimate"]) for row in made)


def test_what_cannot_be_estimated_is_said(district: str, without_study: str) -> None:
    assert "Pursuing goals, for the reasons given below." in district
    assert "No study is on record" in without_study
    assert "n = 2: the standard error rests on two treated schools" in district
    assert "few schools: intervals rest on 2 treated" in district


def test_words_follow_the_figures() -> None:
    made = figures.district()
    row = next(
        row
        for row in made.tables["eval_impact"]
        if (row["outcome"], row["follow_up"], row["sample"], row["subgroup"], row["method"])
        == ("chronic_absence", "1", "assigned", "all", "clustered_regression")
    )
    up = {"estimate": 0.1, "effect_size": 0.3, "effect_size_low": 0.1, "effect_size_high": 0.5}
    sure = row | up | {"is_significant_adjusted": True, "interval_low": 0.03, "interval_high": 0.17}
    others = [other for other in made.tables["eval_impact"] if other is not row]
    text = render(replace(made, tables=made.tables | {"eval_impact": [*others, sure]}), 10)
    when = follow_up("1")
    assert f"raised (the unwanted direction) Chronic absence ({when}): 0.30 SD" in text
    assert re.search(r"Drawing the lots again [^.]*\.05 or above\) does not confirm [^.]*Chronic absence", text)
    unsure = sure | {"is_significant_adjusted": False}
    text = render(replace(made, tables=made.tables | {"eval_impact": [*others, unsure]}), 10)
    assert re.search(r"The interval of [^.]*Chronic absence[^.]* leaves zero out, but not after adjustment", text)


def test_definitions_are_quoted_from_the_warehouse(district: str) -> None:
    assert figures.descriptions()["eval_impact.effect_size"] in district
    shown = Shown(figures.district())
    assert shown.definition("eval_impact.no_such_column") == ""
