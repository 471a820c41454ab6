"""A real warehouse for every test that asks for one.

`settings`: an installation of the test's own, with an empty, migrated warehouse.
`module_settings`: the same, kept for all tests of a module. One module uses one of them.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from elevate.local import databases
from elevate.local import postgres as embedded
from elevate.settings import Settings
from elevate.warehouse.migration import migrate

# What a test loses in a crash it makes again.
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
# Folders of the servers, each with its test process's number; not in pytest's folder,
# which every run of pytest closes to other users, such as root's database server.
SERVERS = "elevate-test-server-"
COPY_OF_THE_TEMPLATE = """
    drop database if exists warehouse with (force);
    create database warehouse template warehouse_template owner elevate_owner strategy file_copy;
    update pg_database set datacl = (select datacl from pg_database where datname = 'warehouse_template')
    where datname = 'warehouse'
"""


@pytest.fixture(autouse=True, scope="session")
def _own_environment() -> None:
    """No test reaches the installation of the person who runs it."""
    for name in [name for name in os.environ if name.startswith(("ELEVATE_", "AIRFLOW_", "DBT_", "PG"))]:
        del os.environ[name]


@pytest.fixture(scope="session", name="postgres")
def postgres_server() -> Iterator[Settings]:
    """One embedded server a test process; `warehouse_template` in it is migrated."""
    _clear_up_after_the_killed()
    home = Path(tempfile.mkdtemp(prefix=f"{SERVERS}{os.getpid()}-")).resolve()
    server = Settings(home)
    try:
        embedded.start(server, **HASTE)
        databases.ensure(server)
        migrate(server)
        _execute(server, "alter database warehouse rename to warehouse_template")
        yield server
    finally:
        embedded.stop(server)
        shutil.rmtree(home)


@pytest.fixture
def settings(postgres: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation with an empty, migrated warehouse, named by ELEVATE_HOME too."""
    own = _installation(postgres, tmp_path / "home")
    monkeypatch.setenv("ELEVATE_HOME", str(own.home))
    return own


@pytest.fixture(scope="module")
def module_settings(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The same, shared by the tests of a module."""
    own = _installation(postgres, tmp_path_factory.mktemp("module") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELEVATE_HOME", str(own.home))
        yield own


def _clear_up_after_the_killed() -> None:
    """Test processes that were killed have left their servers running."""
    for home in Path(tempfile.gettempdir()).resolve().glob(f"{SERVERS}*"):
        if not psutil.pid_exists(int(home.name.removeprefix(SERVERS).split("-")[0])):
            embedded.stop(Settings(home))
            shutil.rmtree(home, ignore_errors=True)


def _installation(server: Settings, home: Path) -> Settings:
    for statement in COPY_OF_THE_TEMPLATE.split(";"):
        _execute(server, statement)
    own = Settings(home)
    own.save_secrets(**server.secrets)
    return own


def _execute(server: Settings, statement: str) -> None:
    with psycopg.connect(server.database_url("elevate_owner", "postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())
