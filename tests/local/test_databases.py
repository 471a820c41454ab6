"""An existing server: an administrator who is no superuser makes logins and databases there."""

from pathlib import Path

import psycopg
import pytest

from elevate.local import databases, postgres
from elevate.settings import Settings, SettingsError
from elevate.warehouse.migration import migrate


def test_sets_up_an_existing_server(own_server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.start(own_server)
    owner = own_server.database_url("elevate_owner", "postgres")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("create role chief login createdb createrole password 'its-password'")
        connection.execute("create role boss superuser login password 'its-password'")
    with psycopg.connect(f"postgresql://boss:its-password@{owner.split('@')[1]}") as connection:
        connection.execute("alter role elevate_owner rename to somebody")
    place = owner.split("@")[1]
    monkeypatch.setenv("ELEVATE_DATABASE_URL", f"postgresql://chief:its-password@{place}")
    settings = Settings(tmp_path / "home")
    for _ in range(2):
        databases.ensure(settings)
        migrate(settings)
    assert not (settings.home / "postgres").exists()
    with psycopg.connect(settings.database_url()) as connection:
        assert connection.execute("select count(*) from ops.publication").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(settings.database_url("analyst", "airflow"))


def test_says_which_server_did_not_let_it_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVATE_DATABASE_URL", "postgresql://chief:secret@127.0.0.1:1/postgres")
    with pytest.raises(SettingsError, match=r"127.0.0.1:1 did not let chief in") as caught:
        databases.ensure(Settings(tmp_path / "home"))
    assert "secret" not in str(caught.value)
