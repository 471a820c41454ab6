import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from elevate.local import postgres
from elevate.settings import Settings


@pytest.fixture
def own_server() -> Iterator[Settings]:
    """An installation with an embedded server that the test may kill.

    Not in pytest's folder: each run of pytest closes that to other users, and for
    root the server is one.
    """
    home = Path(tempfile.mkdtemp(prefix="elevate-tests-")).resolve()
    settings = Settings(home)
    yield settings
    postgres.stop(settings)
    shutil.rmtree(home)
