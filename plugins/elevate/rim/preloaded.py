"""Airflow's command with what its children use loaded before: `python -m elevate.rim.preloaded scheduler`.

Where the executor is local, each task is forked from the scheduler, and need not load what
that has. Great Expectations alone takes three to four seconds of a processor, in every gate.
The dag-processor forks one child a Dag file, twice a minute, which reads contracts and no more.
"""

import sys

from airflow.__main__ import main

from elevate.gates.engine import great_expectations
from elevate.rim import steps  # noqa: F401 - and with it what the library uses
from elevate.transforming import dbt_runner

if __name__ == "__main__":
    if "scheduler" in sys.argv:
        great_expectations()
        dbt_runner()
    # The library itself is forgotten again: each task takes it as it stands in its files.
    for name in [name for name in sys.modules if name.split(".")[0] == "elevate"]:
        del sys.modules[name]
    main()  # type: ignore[no-untyped-call]
