"""Does the truth come back? Every method on small districts with an effect that is known, and without any."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from multiprocessing import get_context

import pandas as pd
import pytest

from elevate.settings import PROJECT
from tests.bench.recovery import NAIVE, failings, findings, summary
from tests.bench.report import table
from tests.bench.results import machine
from tests.bench.trials import MATH, twins

DISTRICTS, SCHOOLS = 200, 64
"""Schools enough that every block of the draw has both arms: 28 offered the programme and 23 controls."""
PROCESSES = 2
FILE = PROJECT / ".elevate" / "bench" / "truth.csv"
TABLES = {
    "Students of the schools that were drawn": ("assigned", "enrolled"),
    "Launched schools against schools that never launched": ("programme",),
    "Where there can be no effect: before the launch": ("placebo",),
}
HEAD = ("sample", "outcome", "follow-up", "method", "truth", "bias", "RMSE", "mean SE", "mean df", "covers, %")
LAST = ("rejects nothing, %", "fails")


@pytest.mark.bench
@pytest.mark.overnight
@pytest.mark.timeout(7200)
def test_the_truth_comes_back(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Measures and reports; what fails is a method that is published and misses the bounds said beforehand."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    found = run(range(1, DISTRICTS + 1))
    FILE.parent.mkdir(parents=True, exist_ok=True)
    found.to_csv(FILE, index=False)
    with capsys.disabled():
        sys.stdout.write(f"\n\n{report(found)}\n\n{machine()}, load {os.getloadavg()[0]:.1f}. All findings: {FILE}\n")
    judged = summary(found)
    published = judged[~judged["method"].isin(NAIVE) & (judged["sample"] != "placebo")]
    wrong = published[published.apply(failings, axis=1) != ""]
    assert wrong.empty, wrong[["sample", "outcome", "follow_up", "method"]].to_string()


def run(seeds: Sequence[int]) -> pd.DataFrame:
    """A row for each district, question and method."""
    with get_context("fork").Pool(PROCESSES) as pool:
        return pd.DataFrame([row for rows in pool.imap_unordered(_district, seeds) for row in rows])


def _district(seed: int) -> list[dict[str, object]]:
    return [asdict(row) | {"seed": seed} for row in findings(twins(SCHOOLS, seed))]


def report(found: pd.DataFrame) -> str:
    """The tables as Markdown; a cohort's own years are in the file alone."""
    of_all = found[~found["follow_up"].str.contains(", I")]
    judged = summary(of_all).sort_values(["sample", "outcome", "follow_up", "method"], kind="stable")
    parts = []
    for title, samples in TABLES.items():
        rows = judged[judged["sample"].isin(samples)]
        is_placebo = samples == ("placebo",)
        head = (*HEAD[1:4], LAST[0]) if is_placebo else (*HEAD, *LAST)
        parts.append(f"{title}\n\n{table(head, _rows(rows, is_placebo))}\n")
    return "\n".join(parts)


def _rows(judged: pd.DataFrame, is_placebo: bool) -> Iterator[Sequence[str]]:
    for _, row in judged.iterrows():
        rejected = f"{100 * row['rejections']:.1f} ± {100 * row['rejections_mc']:.1f}"
        named = (row["outcome"], row["follow_up"], row["method"])
        if is_placebo:
            yield *named, rejected
            continue
        scale = 1.0 if row["outcome"] == MATH else 100.0
        truth, rmse, error = (_number(scale * row[name], 2) for name in ("truth", "rmse", "error"))
        bias = f"{scale * row['bias']:+.2f} ± {scale * row['bias_mc']:.2f}"
        covered = _number(100 * row["coverage"], 1)
        yield row["sample"], *named, truth, bias, rmse, error, _number(row["df"], 0), covered, rejected, failings(row)


def _number(value: float, digits: int) -> str:
    return "" if pd.isna(value) else f"{value:.{digits}f}"
