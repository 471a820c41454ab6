"""The `elevate` command.

Heavy imports are inside the commands, so that `elevate --help` answers at once.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from elevate.settings import Settings, SettingsError

app = typer.Typer(
    help="The Elevate warehouse on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Reader(StrEnum):
    """Who connects to the warehouse."""

    ANALYST = "analyst"
    BI_READER = "bi_reader"
    STEWARD = "steward"

    @property
    def role(self) -> str:
        """The database login."""
        return "elevate_steward" if self is Reader.STEWARD else self.value


@app.command()
def up() -> None:
    """Start the database, the synthetic district and Airflow, where they do not run."""
    from elevate.local import airflow_config, machine

    settings = Settings.load()
    with _plain_errors():
        machine.up(settings)
        password = airflow_config.passwords(settings)["engineer"]
        typer.echo(f"Airflow: {settings.secrets['airflow_url']}  login engineer, password {password}")


@app.command()
def down() -> None:
    """Stop all of it, tasks that run included."""
    from elevate.local import machine

    with _plain_errors():
        ended = machine.down(Settings.load())
        typer.echo(f"Stopped; {ended} processes ended." if ended else "Nothing was running.")


@app.command()
def bi() -> None:
    """Start Apache Superset with the programme's dashboards; `make bi` installs it first."""
    from elevate.local import superset_server

    settings = Settings.load()
    with _plain_errors():
        address = superset_server.start(settings)
        for dashboard in superset_server.DASHBOARDS:
            typer.echo(f"Dashboard: {address}/superset/dashboard/{dashboard}/")
        login, password = superset_server.ADMINISTRATOR, superset_server.password(settings)
        typer.echo(f"Superset: {address}  login {login}, password {password}")


@app.command()
def nightly(
    night: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The night; by default the one after the last, first 2019-02-11."),
    ] = None,
    public_data: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder with the district's public files.")
    ] = None,
) -> None:
    """Run one night and show how it went; the exit code is 0 only if all of it is green."""
    from elevate.local.nightly import run_night

    with _plain_errors():
        green = run_night(Settings.load(), night.date() if night else None, public_data)
    raise typer.Exit(0 if green else 1)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    night: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By default the last.")] = None,
) -> None:
    """What runs, and how the last night went."""
    from elevate import ops
    from elevate.contracts import load_feeds
    from elevate.local import closing, machine
    from elevate.warehouse import connect

    settings = Settings.load()
    with _plain_errors():
        # Servers have supervisors of their own; only what `up` started is known here.
        services = machine.services(settings) if "airflow_url" in settings.secrets else {}
        if not as_json:
            typer.echo(", ".join(f"{name} {'runs' if runs else 'IS DOWN'}" for name, runs in services.items()))
        with connect(settings) as connection:
            state = ops.status(connection, load_feeds(settings.feeds), night.date() if night else None)
    if as_json:
        typer.echo(json.dumps(state | {"services": services}, indent=1, default=str))
    else:
        closing.show_state(state)


@app.command()
def replay(
    night: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The night to build again.")],
    as_known_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="With what had arrived by this night; by default as it was published."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the tables in the database replay_<night>.")] = False,
) -> None:
    """Build a past night's marts again from landing; the exit code is 0 only if they are what was published."""
    from elevate import replaying
    from elevate.contracts import load_feeds
    from elevate.local import closing, databases
    from elevate.warehouse import replayed

    settings = Settings.load()
    day, known_on = night.date(), as_known_on.date() if as_known_on else None
    with _plain_errors(), databases.scratch(settings, replayed.name(day), keep) as scratch:
        outcome = replaying.replay(settings, scratch, load_feeds(settings.feeds), day, known_on)
        closing.show_replay(outcome, scratch.database if keep else None)
    raise typer.Exit(0 if outcome.proven else 1)


@app.command()
def docs() -> None:
    """Make the documentation site of the published tables, one file; Airflow shows it too."""
    from elevate import documenting

    with _plain_errors():
        typer.echo(f"Documentation: {documenting.write(Settings.load())}")


@app.command()
def report(
    night: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By default the last one published.")
    ] = None,
) -> None:
    """Make the evaluation's report of a night, one page for the browser and for paper; Airflow shows it too."""
    from elevate import reporting

    with _plain_errors():
        typer.echo(f"Report: {reporting.write(Settings.load(), night.date() if night else None)}")


@app.command()
def url(reader: Reader) -> None:
    """Print the address with which analyst, bi_reader or steward connect."""
    with _plain_errors():
        typer.echo(Settings.load().database_url(reader.role))


@app.command()
def sql(reader: Reader) -> None:
    """Open psql on the warehouse as analyst, bi_reader or steward."""
    from elevate.local import postgres

    with _plain_errors():
        known = Settings.load().secrets
        program = str(postgres.binaries() / "psql")
        address = f"host={known['database_host']} port={known['database_port']} dbname=warehouse user={reader.role}"
        # The password goes by the environment: arguments can be read by every user.
        environment = os.environ | {"PGPASSWORD": known[f"password_{reader.role}"]}
    sys.stdout.flush()
    os.execve(program, [program, address], environment)  # noqa: S606 - a shell is not wanted


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
def airflow(context: typer.Context) -> None:
    """Run an Airflow command here, such as `elevate airflow backfill create --dag-id extract_sis ...`."""
    from elevate.local import airflow_config

    settings = Settings.load()
    with _plain_errors():
        environment = airflow_config.environment(settings)
        if not (airflow_config.airflow_home(settings) / "airflow.cfg").exists():
            raise SettingsError("Airflow is not set up yet: run `elevate up` once.")
    command = [sys.executable, "-m", "airflow", *context.args]
    os.execve(sys.executable, command, environment)  # noqa: S606 - a shell is not wanted


@app.command()
def purge(
    kind: Annotated[str, typer.Option(help="erasure, or opt-out: withheld from later deliveries too.")],
    reason: Annotated[str, typer.Option(help="Such as the number of the request; it must not name the student.")],
    requested_by: Annotated[str, typer.Option(help="Who answers for the request.")],
    student: Annotated[
        str, typer.Option(help="The student number; - asks for it, so that no list of processes shows it.")
    ] = "-",
) -> None:
    """Remove a student everywhere, from landing to the published tables, and leave a receipt."""
    from elevate import purging
    from elevate.contracts import load_feeds

    settings = Settings.load()
    if kind not in ("erasure", "opt-out"):
        raise typer.BadParameter("It is erasure or opt-out.", param_hint="--kind")
    if student == "-":
        student = typer.prompt("Student number", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    with _plain_errors():
        feeds = load_feeds(settings.feeds)
        receipt = purging.purge_student(settings, feeds, student, kind, reason, requested_by)  # type: ignore[arg-type]
    _show_receipt(receipt.id, receipt.removed, receipt.advice)


@app.command()
def expire(
    night: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The night as of which to judge ages.")],
    requested_by: Annotated[str, typer.Option(help="Who answers for it.")] = "retention",
) -> None:
    """Remove what the contracts keep no longer, and leave a receipt."""
    from elevate import retention
    from elevate.contracts import load_feeds

    settings = Settings.load()
    with _plain_errors():
        receipt = retention.expire(settings, load_feeds(settings.feeds), night.date(), requested_by)
    _show_receipt(receipt.id, receipt.removed, receipt.advice)


@app.command()
def rotate_key() -> None:
    """Give every student a new research key; docs/runbook.md says when, and what analysts must know."""
    from elevate import rotating

    with _plain_errors():
        students = rotating.rotate(Settings.load())
    typer.echo(f"{students} students have new research keys. Publish the last night's marts and evaluation again.")


def _show_receipt(receipt: int, removed: dict[str, int], advice: str) -> None:
    typer.echo(f"Receipt {receipt}: " + ("removed" if removed else "nothing was there to remove"))
    for place, count in removed.items():
        typer.echo(f"  {place}: {count}")
    typer.echo(advice)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Whatever a person can act upon is told in a sentence, without a traceback."""
    import httpx
    import psycopg

    from elevate import building
    from elevate.contracts import ContractError
    from elevate.landing import LandingError
    from elevate.local.airflow_api import AirflowError
    from elevate.local.processes import ProcessError
    from elevate.purging import PurgeError
    from elevate.replaying import ReplayError
    from elevate.reporting import ReportError
    from elevate.withholding import WithholdingError

    of_the_library = (
        ContractError, LandingError, ReplayError, ReportError, PurgeError, WithholdingError, *building.FINAL,
    )  # fmt: skip
    try:
        yield
    except (SettingsError, ProcessError, AirflowError, *of_the_library) as error:
        sentence = str(error)
    except psycopg.OperationalError as error:
        sentence = f"The warehouse does not answer; is it up (`elevate up`)? {error}"
    except httpx.TransportError as error:
        sentence = f"Airflow does not answer; is it up (`elevate up`)? {error}"
    else:
        return
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
