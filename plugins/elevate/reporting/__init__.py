"""The report of a night: the evaluation's published figures as one page, for reviewers and for paper."""

from datetime import date
from pathlib import Path

from elevate.reporting.page import render
from elevate.reporting.reading import ReportError, read
from elevate.settings import Settings

__all__ = ["ReportError", "folder", "nights", "page", "write"]


def folder(settings: Settings) -> Path:
    """Where the reports are written, and served from."""
    return settings.home / "reports"


def page(settings: Settings, night: date) -> Path:
    """The file of a night's report, whether it was made or not."""
    return folder(settings) / f"{night.isoformat()}.html"


def nights(settings: Settings) -> list[date]:
    """The nights that have a report, the newest first."""
    files = folder(settings).glob("????-??-??.html")
    return sorted((date.fromisoformat(file.stem) for file in files), reverse=True)


def write(settings: Settings, night: date | None = None) -> Path:
    """Make the report of `night`, by default of the last one published; returns its file.

    The same publication gives the same bytes. What is made of a past night from the history of figures
    has a name of its own: the page of the night itself holds more, and stays. Raises ReportError where
    there is nothing published for it.
    """
    figures = read(settings, night)
    text = render(figures, settings.small_cell_threshold)
    file = page(settings, figures.publication.night)
    if figures.publication.is_past:
        file = file.with_stem(f"{file.stem}-from-history")
    file.parent.mkdir(exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(text)
    draft.replace(file)
    return file
