import subprocess
import sys

from typer.testing import CliRunner

from elevate.cli import app
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
