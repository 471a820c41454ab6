import configparser
import stat
from pathlib import Path

import pytest

from elevate.local import airflow_config, airflow_server
from elevate.rim import conventions
from elevate.settings import Settings


@pytest.fixture
def installation(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path / "home")
    settings.ensure_secrets()
    settings.save_secrets(database_host="127.0.0.1", database_port="5432")
    airflow_config.ensure_secrets(settings)
    return settings


def test_secrets_are_in_a_file_of_the_owner_and_not_in_the_environment(installation: Settings) -> None:
    airflow_config.write(installation, 8080)
    file = installation.home / "airflow" / "airflow.cfg"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert installation.secrets["password_airflow_database"] in file.read_text()
    environment = "\n".join(airflow_config.environment(installation).values())
    assert not [name for name, secret in installation.secrets.items() if len(secret) > 10 and secret in environment]


def test_listens_on_the_loopback_address_with_a_password(installation: Settings) -> None:
    airflow_config.write(installation, 8123)
    config = configparser.ConfigParser()
    config.read(installation.home / "airflow" / "airflow.cfg")
    assert (config["api"]["host"], config["api"]["port"]) == ("127.0.0.1", "8123")
    assert config["core"]["simple_auth_manager_users"] == "engineer:admin,viewer:viewer"
    assert "simple_auth_manager_all_admins" not in config["core"]


def test_the_persons_airflow_is_not_in_the_way(installation: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("ELEVATE_DATABASE_URL", "postgresql://chief:secret@server/postgres")
    environment = airflow_config.environment(installation)
    assert "AIRFLOW__CORE__EXECUTOR" not in environment
    assert "ELEVATE_DATABASE_URL" not in environment


def test_the_clock_starts_no_night_on_the_synthetic_district(installation: Settings) -> None:
    assert airflow_config.environment(installation)["ELEVATE_LAST_NIGHT"] == "2019-06-30"
    installation.sources_file.write_text("sis: {type: sftp}\n")
    assert "ELEVATE_LAST_NIGHT" not in airflow_config.environment(installation)


def test_secrets_stay_the_same(installation: Settings) -> None:
    before = dict(installation.secrets)
    airflow_config.ensure_secrets(installation)
    assert installation.secrets == before


def test_the_pool_is_the_one_of_the_dags() -> None:
    assert conventions.ANNOUNCEMENTS == airflow_server.POOL
