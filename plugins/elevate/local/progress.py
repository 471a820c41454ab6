"""How far a night is: a table that changes in a terminal, one line a finished task elsewhere."""

import time
from datetime import date
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from elevate.local.airflow_api import Task

MARKS = {
    "success": "[green]ok[/]",
    "failed": "[red]FAILED[/]",
    "upstream_failed": "[red]not run[/]",
    "skipped": "skipped",
}


class Progress:
    """Shows the tasks of the night's Dags as they end; use it as a context."""

    def __init__(self, night: date) -> None:
        self._night = night
        self._console = Console(highlight=False, soft_wrap=True)
        self._since = time.monotonic()
        self._tasks: dict[str, list[Task]] = {}
        self._told: set[tuple[str, str, int]] = set()
        self._live = Live(console=self._console, refresh_per_second=4) if self._console.is_terminal else None

    def __enter__(self) -> "Progress":
        self._console.print(f"Night {self._night}")
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, dag: str, tasks: list[Task]) -> None:
        """Show the tasks of a Dag as they are now."""
        self._tasks[dag] = tasks
        if self._live:
            self._live.update(self._table())
            return
        for task in tasks:
            if task.is_finished and (dag, task.name, task.tries) not in self._told:
                self._told.add((dag, task.name, task.tries))
                seconds = f"{task.seconds:.1f} s" if task.seconds is not None else ""
                self._console.print(
                    f"{self._elapsed():>7}  {dag:20} {task.name:40} {MARKS.get(task.state or '', task.state)} {seconds}"
                )

    def _table(self) -> Table:
        table = Table(title=f"Night {self._night}, {self._elapsed()}", title_justify="left", box=None, padding=(0, 2))
        for heading in ("Dag", "tasks", "seconds", "now"):
            table.add_column(heading, justify="right" if heading == "seconds" else "left")
        for dag, tasks in self._tasks.items():
            done = sum(task.is_finished for task in tasks)
            busy = [task.name for task in tasks if task.state in ("running", "queued", "up_for_retry")]
            red = [f"[red]{task.name}[/]" for task in tasks if task.state == "failed"]
            spent = sum(task.seconds or 0 for task in tasks)
            now = ", ".join(red + busy) or ("[green]done[/]" if tasks and done == len(tasks) else "")
            table.add_row(dag, f"{done}/{len(tasks)}", f"{spent:.0f}", now)
        return table

    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._since), 60)
        return f"{minutes}:{seconds:02}"
