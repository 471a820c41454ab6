"""Every published table and column is described, and the examples of the descriptions run."""

import re

import pytest

from tests.catalogue.project import PUBLISHED_SCHEMAS, SECTIONS, Model, Project

AT_LEAST = {"marts": 37, "bi": 4, "evaluation": 13}
"""Tables that there are; a project read by half would pass over nothing."""


def test_the_whole_project_was_read(project: Project) -> None:
    counts = {schema: sum(m.table.startswith(f"{schema}.") for m in project.published) for schema in PUBLISHED_SCHEMAS}
    assert [schema for schema in PUBLISHED_SCHEMAS if counts[schema] < AT_LEAST[schema]] == [], counts
    assert sum(len(model.columns) for model in project.published) > 300


def test_every_published_table_has_its_four_sections(project: Project) -> None:
    """Overview, grain and key, business rules, example query; in this order, none empty, the key spelt out."""
    wrong = {model.table: problem for model in project.published if (problem := _problem(model))}
    assert wrong == {}


def _problem(model: Model) -> str:
    found = model.sections
    if tuple(found) != SECTIONS:
        return f"has {list(found)}, write **{'**, **'.join(SECTIONS)}**"
    if empty := [name for name, text in found.items() if len(text) < 10]:
        return f"says nothing in {empty}"
    if unnamed := [column for column in model.key if f"`{column}`" not in found["Grain"]]:
        return f"names {unnamed} of its key not in Grain"
    return "" if re.match(r"\s*(select|with)\b", model.example) else "has no query in its example"


def test_every_published_column_is_described(project: Project) -> None:
    missing = [
        f"{model.table}.{name}"
        for model in project.published
        for name, column in model.columns.items()
        if len(column["description"].strip()) < 8
    ]
    assert missing == []


def test_no_published_column_is_of_a_name_or_a_district_number(project: Project) -> None:
    """In any schema: of the evaluation's tables some are built after its data tests have run."""
    of_persons = re.compile(r"student_id|first_name|last_name|middle|birth_date")
    columns = [f"{model.table}.{name}" for model in project.published for name in model.columns]
    assert [name for name in columns if of_persons.search(name)] == []


@pytest.mark.parametrize("role", ["analyst", "bi_reader"])
def test_examples_read_what_their_readers_may(project: Project, role: str) -> None:
    """Whoever may read the table may read all that its example reads."""
    schemas = {"analyst": PUBLISHED_SCHEMAS, "bi_reader": ("bi",)}[role]
    foreign = {
        model.table: tables
        for model in project.published
        if model.table.startswith(tuple(f"{schema}." for schema in schemas))
        and (tables := set(re.findall(r"\b(?:from|join)\s+(\w+)\.", model.example)) - set(schemas))
    }
    assert foreign == {}
