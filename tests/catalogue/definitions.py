"""The page of definitions: each text, where it is said, which columns hold it, and its SQL with an example."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from elevate.settings import PROJECT
from tests.catalogue.project import Project

FOLDER = PROJECT / "dbt_project" / "analyses"
MACROS = "macros/definitions/"
HEAD = """# Definitions

Each stands once: its words in `dbt_project/analyses/`, from where the descriptions of columns take them, its SQL in a
macro of `dbt_project/macros/definitions/` or in the one model that is named. Examples are compiled by dbt; those on
values of their own show what comes out. Rival definitions stand beside each other under different names. The
documentation site has them as analyses, too:

![A definition in the documentation site](images/definition.png)

Made by `tests/catalogue`; to write it anew: `ELEVATE_WRITE_DOCS=1 pytest tests/catalogue`.
"""


@dataclass(frozen=True)
class Definition:
    """One definition: `text` is what columns quote, `notes` what follows it on the page."""

    name: str
    text: str
    notes: str
    macros: tuple[str, ...]
    sql: str
    is_self_contained: bool

    @property
    def title(self) -> str:
        """The name for people."""
        words = self.name.replace("_", " ").capitalize()
        return re.sub(r"\bMap\b", "MAP", words)


def definitions(project: Project) -> list[Definition]:
    """The definitions by name; each is a text and an example of the same name."""
    found = []
    for node in project.manifest["nodes"].values():
        if is_definition(node):
            name = node["name"]
            notes = (FOLDER / f"{name}.md").read_text().split("{% enddocs %}")[1].strip()
            text = project.manifest["docs"][f"doc.elevate.{name}"]["block_contents"].strip()
            macros = tuple(sorted(said_in(project, node["depends_on"]["macros"])))
            alone = not node["depends_on"]["nodes"]
            found.append(Definition(name, text, notes, macros, readable(node["compiled_code"]), alone))
    return sorted(found, key=lambda definition: definition.name)


def is_definition(node: dict[str, Any]) -> bool:
    """Whether a node of the project is the example of a definition."""
    return bool(node["resource_type"] == "analysis")


def said_in(project: Project, macros: list[str]) -> set[str]:
    """Those of the macros that are definitions."""
    return {name for name in macros if project.manifest["macros"][name]["original_file_path"].startswith(MACROS)}


def page(project: Project, connection: psycopg.Connection[Any]) -> str:
    """The whole page."""
    parts = [HEAD]
    for definition in definitions(project):
        parts += [
            f"## {definition.title}\n",
            f"> {definition.text}\n",
            f"{definition.notes}\n",
            *where(project, definition),
            f"```sql\n{definition.sql}\n```\n",
        ]
        if definition.is_self_contained:
            parts.append(outcome(connection, definition.sql))
    return "\n".join(parts)


def where(project: Project, definition: Definition) -> list[str]:
    """Lines on the macros that say it and the columns that quote it."""
    lines = []
    if definition.macros:
        files = {name: project.manifest["macros"][name]["original_file_path"] for name in definition.macros}
        said = [f"[`{name.split('.')[-1]}`](../dbt_project/{file})" for name, file in files.items()]
        lines.append(f"- said in {', '.join(said)}")
    lines.append(f"- columns: {', '.join(f'`{column}`' for column in quoting(project, definition.name))}")
    return ["\n".join(lines) + "\n"]


def quoting(project: Project, name: str) -> list[str]:
    """Published columns, and tables, whose description takes the definition's words."""
    block = f"doc.elevate.{name}"
    found = []
    for model in project.published:
        found += [f"{model.table}.{name}" for name, c in model.columns.items() if block in c["doc_blocks"]]
        found += [model.table] if block in model.node["doc_blocks"] else []
    return found


def readable(sql: str) -> str:
    """Compiled SQL with tables as a person would name them."""
    return re.sub(r'"\w+"\."(\w+)"\."(\w+)"', r"\1.\2", sql).strip()


def outcome(connection: psycopg.Connection[Any], sql: str) -> str:
    """What the example gives, as a table."""
    cursor = connection.execute(sql.encode())
    assert cursor.description is not None
    head = [column.name for column in cursor.description]
    rows = [head, ["---"] * len(head), *([_cell(value) for value in row.values()] for row in cursor.fetchall())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def paths_named(text: str) -> list[Path]:
    """Files of the project that a text names in backticks."""
    return [PROJECT / "dbt_project" / path for path in re.findall(r"`((?:models|macros)/[\w/.]+)`", text)]
