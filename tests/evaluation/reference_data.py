"""Public example data with published results, which the estimates must reproduce.

They are not part of the project: tests that need them are skipped where the folder
`shared/data/reference_statistics` beside the project is absent.
"""

import pandas as pd
import pytest

from elevate.settings import PROJECT

FOLDER = PROJECT.parent / "shared" / "data" / "reference_statistics"
needs_reference_data = pytest.mark.skipif(
    not (FOLDER / "mpdta.csv").exists(), reason="the reference data are not beside the project"
)


def reference(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv")
