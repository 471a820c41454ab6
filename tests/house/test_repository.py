"""Conventions of files: what lies where, how long it is, and what must never be in one."""

import ast
import re
from pathlib import Path

import pytest

from elevate.settings import PROJECT

TOP_LEVEL = {
    # for people
    "README.md", "LICENSE", "docs", "Makefile",
    # the platform
    "feeds", "expectations", "dags", "plugins", "dbt_project", "simulator", "tests",
    # how it is installed, checked and deployed
    "pyproject.toml", "requirements.txt", "docker-compose.yml", "deploy", ".dockerignore",
    ".gitignore", ".pre-commit-config.yaml", ".ci",
}  # fmt: skip

LONGEST = 300
WHY_LONGER = {
    "feeds/assessment/map_results.yaml": "one contract is one file, and the vendor's layout has many columns",
    "deploy/superset/requirements.txt": "made by `make lock`",
    "requirements.txt": "made by `make lock`",
    "dbt_project/published.yml": "made by tests/catalogue; one line a published column",
    "tests/library/gates/test_batch_gate.py": "one file a module; the gate has many ways to be red",
    "tests/library/test_loading.py": "one file a module; a file can be broken in many ways",
    "tests/library/test_publishing.py": "one file a module; readers, crashes and changed models",
}
LONGEST_FUNCTION = 40

# What a secret looks like; written so that this file does not hold one.
SECRETS = {
    "a private key": re.compile("-----BEGIN" + r" (?:[A-Z]+ )*PRIVATE KEY"),
    "a password in an address": re.compile(r"://[\w.-]+:[^\s{}$@/\"'<>%…]+@(?!localhost|127\.0\.0\.1|example)"),
    "a key of a cloud": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{36}\b|\bxox[abp]-\w{10,}"),
    "a password written out": re.compile(
        r"""(?i)\b(?:password|passwd|secret_key|token)["']?\s*[:=]\s*["'][^"'\s{}<>$]{12,}["']"""
    ),
}  # fmt: skip
WALL_CLOCK = re.compile(
    r"(?i)\b(?:current_date|current_timestamp|localtimestamp|clock_timestamp|now\s*\(|getdate\s*\()"
)


def text_of(tracked: list[Path], *suffixes: str) -> dict[Path, str]:
    """The content of each tracked text file, of these suffixes where any are given."""
    contents = {}
    for file in tracked:
        if not suffixes or file.suffix in suffixes:
            try:
                contents[file] = (PROJECT / file).read_text()
            except UnicodeDecodeError:
                assert not suffixes, f"{file} is not UTF-8 text"
    return contents


def test_top_level_is_as_designed(tracked: list[Path]) -> None:
    strangers = {file.parts[0] for file in tracked} - TOP_LEVEL
    assert not strangers, f"{strangers}: move it to where a stranger would look for it, or add it here with its purpose"


def test_files_are_short(tracked: list[Path]) -> None:
    lines = {
        str(file): text.count("\n") for file, text in text_of(tracked, ".py", ".sql", ".yaml", ".yml", ".txt").items()
    }
    long = {name: n for name, n in lines.items() if n > LONGEST and name not in WHY_LONGER}
    assert not long, (
        f"{long}: split what has two purposes, or say in WHY_LONGER why it must be longer than {LONGEST} lines"
    )
    settled = [name for name in WHY_LONGER if lines.get(name, LONGEST + 1) <= LONGEST]
    assert not settled, f"{settled}: short by now, take it out of WHY_LONGER"


@pytest.mark.parametrize("package", ["plugins/elevate", "dags", "simulator"])
def test_functions_are_short(package: str) -> None:
    files = sorted((PROJECT / package).rglob("*.py"))
    assert files, f"{package} holds no Python: this test would pass over nothing"
    long = {}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                length = (node.end_lineno or 0) - first.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{file.relative_to(PROJECT)}:{node.name}"] = length
    assert not long, (
        f"{long}: give parts of it a name of their own; {LONGEST_FUNCTION} lines after the docstring fit a screen"
    )


def test_nothing_secret_is_tracked(tracked: list[Path]) -> None:
    found = [
        f"{file}:{number} looks like {what}"
        for file, text in text_of(tracked).items()
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in SECRETS.items()
        # Tests make up passwords, for servers that end with them.
        if pattern.search(line) and not ("password" in what and file.parts[0] == "tests")
    ]
    assert not found, (
        f"{found}: secrets live in the state folder or in Compose secrets; replace this one, it is known now"
    )


def test_no_path_of_one_machine(tracked: list[Path]) -> None:
    machine = re.compile(r"(?<![\w.])/(?:home|Users|root|work)/\w+")
    found = [
        f"{file}:{number}"
        for file, text in text_of(tracked).items()
        for number, line in enumerate(text.splitlines(), 1)
        if machine.search(line) and file.name != Path(__file__).name
    ]
    assert not found, f"{found}: give paths relative to the project or the state folder"


def test_no_large_file(tracked: list[Path]) -> None:
    large = [str(file) for file in tracked if (PROJECT / file).stat().st_size > 1_000_000]
    assert not large, f"{large}: data does not belong into version control; make or download it"


def test_sql_takes_dates_from_the_night(tracked: list[Path]) -> None:
    without_comments = re.compile(r"--[^\n]*|\{#.*?#\}", re.DOTALL)
    sql = {f: t for f, t in text_of(tracked, ".sql").items() if f.parts[0] == "dbt_project"}
    assert sql, "dbt_project holds no SQL: this test would pass over nothing"
    found = [
        f"{file}: {hit[0]}" for file, text in sql.items() if (hit := WALL_CLOCK.search(without_comments.sub("", text)))
    ]
    assert not found, f"{found}: use the macro night(), so that a night gives the same numbers next year"
