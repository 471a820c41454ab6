"""The same file by dlt, in an environment of its own: `python dlt_case.py WAY FOLDER FILE URL`, one line of JSON.

WAY is `default` (its filesystem source and read_csv, as its documentation has it) or
`arrow` (batches of pyarrow's CSV reader, loaded as CSV: the fastest of its ways). It is
no part of the platform and imports nothing of it.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt


def rows(way: str, file: Path) -> Any:
    """The rows of the file as a resource."""
    if way == "default":
        from dlt.sources.filesystem import filesystem, read_csv

        return (filesystem(bucket_url=file.parent.as_uri(), file_glob=file.name) | read_csv()).with_name("attendance")
    import pyarrow.csv

    @dlt.resource(name="attendance")
    def batches() -> Iterator[Any]:
        yield from pyarrow.csv.open_csv(file)

    return batches


def main(way: str, folder: str, file: str, url: str) -> None:
    """Load the file, and print what it has cost."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    pipeline = dlt.pipeline(
        f"bench_{way}", pipelines_dir=folder, destination=dlt.destinations.postgres(url), dataset_name=f"dlt_{way}"
    )
    began, processor = time.perf_counter(), time.process_time()
    options: dict[str, Any] = {"loader_file_format": "csv"} if way == "arrow" else {}
    pipeline.run(rows(way, Path(file)), write_disposition="replace", **options)
    cost = {
        "seconds": time.perf_counter() - began,
        "client_seconds": time.process_time() - processor,
        "client_mb": int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024,
        "rows": pipeline.last_trace.last_normalize_info.row_counts["attendance"],
    }
    sys.stdout.write(json.dumps(cost) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
