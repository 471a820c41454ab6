"""What a night left behind, as tables: feeds, marts, failures, and where to look next."""

from datetime import date
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from elevate import reporting
from elevate.local import airflow_config
from elevate.replaying import Replay
from elevate.settings import Settings

WIDTH_OF_A_FILE = 160


def is_green(state: dict[str, Any], night: date) -> bool:
    """Whether every required feed of the night is through, and marts and evaluation are of that night."""
    feeds = all(feed["verdict"] == "green" for feed in state["feeds"] if feed["required"])
    return feeds and _is_published(state, night.isoformat())


def _is_published(state: dict[str, Any], night: str) -> bool:
    return all((state[kind] or {}).get("night") == night for kind in ("published", "evaluation"))


def show(settings: Settings, state: dict[str, Any], failures: list[tuple[str, str]]) -> None:
    """Print the closing tables of a night; `failures` are Dag and task of what failed."""
    console = _console()
    _show_tables(console, state)
    messages = {(alert["dag"], alert["task"]): alert["message"] for alert in state["alerts"]}
    for dag, task in failures:
        message = escape(messages.get((dag, task), "see its log in Airflow"))
        console.print(f"\n[red]{dag} · {task}[/]: {message}", soft_wrap=True)
    password = airflow_config.passwords(settings)["engineer"]
    for line in (
        f"\nAirflow    {settings.secrets['airflow_url']}  login engineer, password {password}",
        f"Analyst    {settings.database_url('analyst')}",
        f"BI         {settings.database_url('bi_reader')}",
        "SQL        elevate sql analyst",
    ):
        console.print(line, soft_wrap=True)
    report = reporting.page(settings, date.fromisoformat(state["night"]))
    if report.exists():
        console.print(f"Report     {report}", soft_wrap=True)


def show_state(state: dict[str, Any]) -> None:
    """Print feeds, marts and what is published, of what `elevate.ops.status` returns."""
    console = _console()
    if state["night"] is None:
        console.print("No night has been run yet: `elevate nightly`.")
        return
    _show_tables(console, state)
    said = [feed["message"] for feed in state["feeds"] if feed["message"] and feed["verdict"] != "green"]
    if not _is_published(state, state["night"]):
        said += [f"{alert['dag']} · {alert['task']}: {alert['message']}" for alert in state["alerts"]]
    for message in dict.fromkeys(said):
        console.print(f"\n{escape(message)}", soft_wrap=True)


def show_replay(outcome: Replay, database: str | None) -> None:
    """Print each table of a replay beside what was published, and the verdict; `database` is where it was kept."""
    console = _console()
    table = Table(title=f"Night {outcome.night}, built again from landing", title_justify="left")
    for column in ("table", "rows", "content hash", "as published"):
        table.add_column(column)
    for built in outcome.tables:
        same = "-" if built.recorded is None else "equal" if built.recorded == built.content_hash else "[red]DIFFERS[/]"
        table.add_row(built.name, f"{built.rows:,}", built.content_hash[:16], same)
    console.print(table)
    if outcome.proven:
        console.print(f"Proven: every table has the content of publication {outcome.publication_id}.")
    elif outcome.publication_id is None:
        console.print("This state was never published, so there is nothing to compare it with.")
    else:
        console.print(f"Not the content of publication {outcome.publication_id}.")
    if database:
        console.print(f"The tables are in schemas candidate_marts and candidate_bi of the database {database}.")


def _show_tables(console: Console, state: dict[str, Any]) -> None:
    for table in (_feeds(state), _marts(state)):
        console.print()
        console.print(table)
    console.print()
    for kind, label in (("published", "Marts"), ("evaluation", "Evaluation")):
        publication = state[kind]
        if publication is None:
            console.print(f"{label}: nothing published yet.")
        else:
            console.print(
                f"{label}: data as of {publication['night']}, publication {publication['id']}, "
                f"content {publication['content_hash'][:12]}."
            )


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_OF_A_FILE)


def _feeds(state: dict[str, Any]) -> Table:
    table = Table(title=f"Feeds of night {state['night']}", title_justify="left", box=None, padding=(0, 2))
    for heading in ("feed", "verdict", "rows in", "accepted", "quarantined"):
        table.add_column(heading, justify="right" if heading in ("rows in", "accepted", "quarantined") else "left")
    for feed in state["feeds"]:
        colour = "green" if feed["verdict"] == "green" else "red" if feed["required"] else "yellow"
        rows = [f"{feed[name]:,}" for name in ("rows_in", "rows_accepted", "rows_quarantined")]
        name = f"{feed['source']}.{feed['feed']}"
        table.add_row(name, f"[{colour}]{feed['verdict']}[/]", *rows)
    return table


def _marts(state: dict[str, Any]) -> Table:
    table = Table(title="Published tables", title_justify="left", box=None, padding=(0, 2))
    table.add_column("table")
    table.add_column("rows", justify="right")
    for mart in state["marts"]:
        table.add_row(f"{mart['schema']}.{mart['table']}", f"{mart['rows']:,}")
    return table
