"""Each definition stands once, and the page of definitions says what the project does."""

import os

from elevate.settings import PROJECT, Settings
from elevate.warehouse import connect
from tests.catalogue.definitions import FOLDER, MACROS, definitions, is_definition, page, paths_named, quoting
from tests.catalogue.project import Project

PAGE = PROJECT / "docs" / "definitions.md"
# Read here: the tests take variables of this name out of their environment.
REWRITE = "ELEVATE_WRITE_DOCS" in os.environ


def test_every_definition_has_its_words_and_its_example() -> None:
    words, examples = ({file.stem for file in FOLDER.glob(kind)} for kind in ("*.md", "*.sql"))
    assert words == examples
    assert len(words) >= 15


def test_every_macro_of_a_definition_is_on_the_page(project: Project) -> None:
    macros = {
        node["name"]
        for node in project.manifest["macros"].values()
        if node["package_name"] == "elevate" and node["original_file_path"].startswith(MACROS)
    }
    shown = {name.split(".")[-1] for definition in definitions(project) for name in definition.macros}
    assert macros - shown == set(), f"show them in an example in {FOLDER}"


def test_every_definition_is_quoted_by_a_published_column(project: Project) -> None:
    """So that a reader of the database, of the docs site and of the page reads the same words."""
    unquoted = [definition.name for definition in definitions(project) if not quoting(project, definition.name)]
    assert unquoted == [], "write description: \"{{ doc('<name>') }}\" at the columns that hold it"


def test_the_documentation_site_has_the_words_of_every_definition(project: Project) -> None:
    found = {node["name"]: node["description"] for node in project.manifest["nodes"].values() if is_definition(node)}
    assert found == {definition.name: definition.text for definition in definitions(project)}


def test_the_files_that_the_page_names_are_there() -> None:
    missing = [path for file in FOLDER.glob("*.md") for path in paths_named(file.read_text()) if not path.exists()]
    assert missing == []


def test_the_page_says_what_the_project_does(project: Project, empty: Settings) -> None:
    with connect(empty) as connection:
        found = page(project, connection)
    if REWRITE:
        PAGE.write_text(found)
    shown = PAGE.read_text() if PAGE.exists() else ""
    assert shown == found, f"{PAGE.name} is out of date; write it anew: ELEVATE_WRITE_DOCS=1 pytest tests/catalogue"
