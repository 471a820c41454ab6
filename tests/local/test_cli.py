import subprocess
import sys
from contextlib import nullcontext
from datetime import date

import pytest
from typer.testing import CliRunner

from elevate import replaying
from elevate.cli import app
from elevate.local import databases
from elevate.replaying import Replay, ReplayedTable
from elevate.settings import Settings


def test_help_imports_nothing_heavy() -> None:
    heavy = "{'airflow', 'psycopg', 'great_expectations', 'httpx'}"
    code = f"import sys; import elevate.cli; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_prints_the_address_of_a_reader(settings: Settings) -> None:
    shown = CliRunner().invoke(app, ["url", "steward"])
    assert shown.stdout.strip() == settings.database_url("elevate_steward")


def test_has_no_address_for_the_pipeline(settings: Settings) -> None:
    assert CliRunner().invoke(app, ["url", "elevate_pipeline"]).exit_code == 2


def test_an_error_is_a_sentence(settings: Settings) -> None:
    settings.secrets_file.unlink()
    shown = CliRunner().invoke(app, ["url", "analyst"])
    assert shown.exit_code == 1
    assert shown.stderr.startswith("No secrets at")
    assert shown.stderr.count("\n") == 1


def test_status_for_programs(settings: Settings) -> None:
    shown = CliRunner().invoke(app, ["status", "--json"])
    assert shown.exit_code == 0
    assert '"services"' in shown.stdout
    assert '"published": null' in shown.stdout


@pytest.mark.parametrize("given", [[], ["--as-known-on", "2019-02-13"]])
@pytest.mark.parametrize(
    ("publication", "recorded", "says", "code"),
    [
        (7, "same", "Proven: every table has the content of publication 7.", 0),
        (7, "other", "Not the content of publication 7.", 1),
        (7, None, "Not the content of publication 7.", 1),
        (None, None, "This state was never published", 1),
    ],
)
def test_a_replay_ends_well_only_where_it_is_proven(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    given: list[str],
    publication: int | None,
    recorded: str | None,
    says: str,
    code: int,
) -> None:
    night = date(2019, 2, 11)
    outcome = Replay(night, publication, (ReplayedTable("marts.dim_school", 4, "same", recorded),))
    monkeypatch.setattr(replaying, "replay", lambda *_: outcome)
    monkeypatch.setattr(databases, "scratch", lambda *_: nullcontext(settings))
    shown = CliRunner().invoke(app, ["replay", "--night", night.isoformat(), *given])
    assert (shown.exit_code, says in shown.stdout) == (code, True), shown.output
