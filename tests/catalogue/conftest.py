"""The project and a database for its examples; neither holds a row."""

from pathlib import Path

import pytest

from elevate.settings import Settings
from tests.catalogue.project import Project, read


@pytest.fixture(scope="session")
def empty(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation on the test server's template, which nobody writes to."""
    home: Path = tmp_path_factory.mktemp("catalogue")
    own = Settings(home, database="warehouse_template")
    own.save_secrets(**postgres.secrets)
    return own


@pytest.fixture(scope="session")
def project(empty: Settings) -> Project:
    """The dbt project of this checkout."""
    return read(empty)
