"""Secrets that an address names."""

from pathlib import Path

import pytest

from elevate.settings import Settings
from elevate.sources import SourceError
from elevate.sources.secrets import reveal


@pytest.fixture
def installation(tmp_path: Path) -> Settings:
    own = Settings(tmp_path / "home")
    own.save_secrets(s3_secret="hidden")
    return own


def test_a_secret_is_an_entry_or_a_file(installation: Settings, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("in a file\n")
    assert reveal(installation, "sis", {"secret": "s3_secret", "url": "x"}) == {"secret": "hidden", "url": "x"}
    assert reveal(installation, "sis", {"password": str(tmp_path / "secret")}) == {"password": "in a file"}
    assert reveal(installation, "sis", {"url": "x", "secret": None}) == {"url": "x", "secret": None}


@pytest.mark.parametrize("name", ["hunter2", "/nowhere/hunter2"])
def test_a_secret_that_is_not_there_is_not_repeated(installation: Settings, name: str) -> None:
    """It may be the secret itself, written where its name belongs."""
    with pytest.raises(SourceError, match="source sis") as raised:
        reveal(installation, "sis", {"secret": name})
    assert "hunter2" not in str(raised.value)


def test_an_installation_without_secrets_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no entry of secrets.json"):
        reveal(Settings(tmp_path), "sis", {"secret": "s3_secret"})
