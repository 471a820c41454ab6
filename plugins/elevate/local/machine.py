"""Everything on this machine: up, down, and what runs."""

from elevate.contracts import load_feeds, sources_of
from elevate.local import airflow_server, databases, district, postgres, processes
from elevate.local.saying import say
from elevate.settings import Settings
from elevate.warehouse.migration import migrate

REFRESHES = ("refresh_marts", "refresh_evaluation")


def up(settings: Settings) -> None:
    """Start what does not run: database, synthetic district, Airflow. Harmless where all of it runs."""
    with processes.exclusive(settings.home):
        if down := [name for name, runs in services(settings).items() if not runs]:
            say(f"Starting {', '.join(down)}; logs are in {settings.home / 'logs'}.")
            if postgres.SERVICE in down:
                airflow_server.stop(settings)  # it has lost its database, which may come back elsewhere
        databases.ensure(settings)
        migrate(settings)
        airflow_server.start(settings)
        district.start(settings)
        airflow_server.wait_until_ready(settings, {*extracts(settings), *REFRESHES})


def down(settings: Settings) -> int:
    """Stop all of it, tasks that run included; returns the number of processes ended."""
    with processes.exclusive(settings.home):
        ended = airflow_server.stop(settings) + district.stop(settings) + processes.stop(settings.home)
        return ended + postgres.stop(settings)


def services(settings: Settings) -> dict[str, bool]:
    """Which parts run."""
    parts = {
        name: processes.leader(settings.home, name) is not None for name in (district.SERVICE, *airflow_server.PARTS)
    }
    if settings.external_database_url is None:
        parts = {postgres.SERVICE: postgres.is_running(settings)} | parts
    return parts


def extracts(settings: Settings, *, required_only: bool = True) -> list[str]:
    """The Dags that pull the sources."""
    sources = sources_of(load_feeds(settings.feeds).values(), required_only=required_only)
    return [f"extract_{source}" for source in sources]
