"""The state folder of an installation, and its secrets."""

import math
import os
import stat
import traceback
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from elevate.settings import LOGIN_ROLES, Settings, SettingsError
from elevate.warehouse import connect


@pytest.fixture
def fresh(tmp_path: Path) -> Settings:
    """An installation before its first start."""
    return Settings(tmp_path / "home")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_login_has_a_password_of_its_own(fresh: Settings) -> None:
    fresh.ensure_secrets()
    passwords = [value for name, value in fresh.secrets.items() if name.startswith("password_")]
    assert {f"password_{role}" for role in LOGIN_ROLES} <= set(fresh.secrets)
    assert len(set(passwords)) == len(passwords) >= len(LOGIN_ROLES)
    assert min(map(len, passwords)) >= 32
    assert len(fresh.secrets["research_key"]) >= 32
    assert len({fresh.secrets["research_key"], fresh.secrets["opt_out_key"], *passwords}) == len(passwords) + 2


def test_secrets_are_made_once(fresh: Settings) -> None:
    fresh.ensure_secrets()
    before = dict(fresh.secrets)
    fresh.ensure_secrets()
    Settings(fresh.home).ensure_secrets()
    assert Settings(fresh.home).secrets == before


def test_what_a_new_version_needs_is_added_to_what_is_there(fresh: Settings) -> None:
    fresh.save_secrets(research_key="kept", database_host="kept")
    fresh.ensure_secrets()
    assert (fresh.secrets["research_key"], fresh.secrets["database_host"]) == ("kept", "kept")
    assert fresh.secrets["opt_out_key"] == "kept", "who opted out before was marked under the research key"
    fresh.save_secrets(database_host="new")
    assert (fresh.secrets["research_key"], fresh.secrets["database_host"]) == ("kept", "new")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("left_over", [False, True])
def test_only_the_owner_can_read_the_secrets(fresh: Settings, umask: int, left_over: bool) -> None:
    """Whatever the umask, and whatever somebody left where the draft is written."""
    fresh.home.mkdir()
    if left_over:
        fresh.secrets_file.with_suffix(".draft").touch(mode=0o666)
        fresh.secrets_file.with_suffix(".draft").chmod(0o666)
    before = os.umask(umask)
    try:
        fresh.ensure_secrets()
    finally:
        os.umask(before)
    assert mode(fresh.secrets_file) == 0o600
    fresh.save_secrets(more="x")
    assert mode(fresh.secrets_file) == 0o600
    assert [path.name for path in fresh.home.iterdir()] == ["secrets.json"]


def test_a_crash_while_saving_leaves_the_secrets_that_were(fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.ensure_secrets()
    before = fresh.secrets_file.read_text()

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="no space"):
            fresh.save_secrets(more="x")
    assert fresh.secrets_file.read_text() == before


def test_the_secrets_file_may_lie_elsewhere(fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVATE_SECRETS_FILE", str(tmp_path / "elsewhere" / "s.json"))
    fresh.ensure_secrets()
    assert mode(tmp_path / "elsewhere" / "s.json") == 0o600
    assert not (fresh.home / "secrets.json").exists()


def test_before_the_first_start_it_is_said_what_to_do(fresh: Settings) -> None:
    with pytest.raises(SettingsError, match=r"No secrets at .*secrets\.json: start the platform once with `elevate up"):
        fresh.database_url()
    fresh.ensure_secrets()
    with pytest.raises(SettingsError, match="elevate up"):
        fresh.database_url()
    fresh.save_secrets(database_host="127.0.0.1", database_port="5432")
    with pytest.raises(SettingsError, match="No login 'admin'; there are: elevate_pipeline"):
        fresh.database_url("admin")


@pytest.mark.parametrize("content", ["", "{", "[1]", '"x"'])
def test_a_damaged_secrets_file_is_named_and_not_quoted(fresh: Settings, content: str) -> None:
    fresh.ensure_secrets()
    secret = fresh.secrets["research_key"]
    fresh.secrets_file.write_text(content + secret if content == "{" else content)
    with pytest.raises(SettingsError, match=r"secrets\.json") as raised:
        assert Settings(fresh.home).secrets
    assert secret not in "".join(traceback.format_exception(raised.value))


def test_no_secret_stands_in_what_python_prints(settings: Settings) -> None:
    secrets = set(settings.secrets.values()) - {settings.secrets["database_host"], settings.secrets["database_port"]}
    shown = [repr(settings), str(settings), f"{settings!r}", str(vars(Settings(settings.home)))]
    settings.save_secrets(password_analyst="not the right one")
    for role, database in (("analyst", "warehouse"), ("elevate_pipeline", "nowhere")):
        with pytest.raises(psycopg.OperationalError) as raised:
            psycopg.connect(settings.database_url(role, database))
        shown.append("".join(traceback.format_exception(raised.value)))
    with pytest.raises(psycopg.Error) as failed, connect(settings) as connection:
        connection.execute("select gone")
    shown += [repr(connection), "".join(traceback.format_exception(failed.value))]
    for secret in (*secrets, "not the right one"):
        assert not [text for text in shown if secret in text]


@given(password=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_password_fits_into_an_address(password: str) -> None:
    settings = Settings(Path("/nowhere"))
    settings.__dict__["secrets"] = {"password_analyst": password, "database_host": "h", "database_port": "1"}
    found = conninfo_to_dict(settings.database_url("analyst"))
    assert found == {"user": "analyst", "password": password, "host": "h", "port": "1", "dbname": "warehouse"}


def test_an_installation_is_found_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVATE_HOME", str(tmp_path / "a" / ".." / "b"))
    assert Settings.load() == Settings(tmp_path / "b")
    assert Settings.load().landing == tmp_path / "b" / "landing"


@pytest.mark.parametrize(
    ("variables", "refused"),
    [
        ({"small_cell_threshold": 5, "coded_shares": [[20, 0.2], [None, 0.01]]}, ""),
        ({"small_cell_threshold": 2, "coded_shares": [[None, 0.01]]}, "small_cell_threshold .* 3 or more"),
        ({"small_cell_threshold": 5, "coded_shares": [[20, 0.2]]}, "coded_shares .* ascend to null"),
        ({"small_cell_threshold": 5, "coded_shares": [[20, 0.2], [10, 0.1], [None, 0.01]]}, "coded_shares"),
        ({"small_cell_threshold": 5, "coded_shares": [[None, 20]]}, "shares lie between 0 and 0.5"),
    ],
)
def test_what_is_small_is_a_setting(
    fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, Any], refused: str
) -> None:
    (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump({"vars": variables}))
    monkeypatch.setenv("ELEVATE_DBT_PROJECT", str(tmp_path))
    if refused:
        with pytest.raises(SettingsError, match=refused):
            _ = fresh.small_cell_threshold, fresh.coded_shares
    else:
        assert (fresh.small_cell_threshold, fresh.coded_shares) == (5, ((20, 0.2), (math.inf, 0.01)))
