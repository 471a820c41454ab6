"""What a contract says of a feed, in the terms of this platform."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

LoadMode = Literal["snapshot", "delta", "append"]


class ContractError(ValueError):
    """A contract that can't be used; the message names the file and the place in it."""


@dataclass(frozen=True)
class Reference:
    """A value of this column must exist as `column` of `feed`, a feed of the same source."""

    feed: str
    column: str


@dataclass(frozen=True)
class Column:
    """One contracted column: its name in the file, its type and its rules."""

    name: str
    header: str
    type: str
    description: str
    required: bool = False
    classification: str = "internal"
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    date_format: str | None = None
    missing_values: tuple[str, ...] = ()
    identifies: str | None = None
    from_path: bool = False
    reference: Reference | None = None


@dataclass(frozen=True)
class Feed:
    """One feed. `key` names the columns that identify a row, in order."""

    source: str
    name: str
    version: str
    file: Path
    description: str
    owner: str
    protocol: str
    location: str
    format: str
    delimiter: str
    encoding: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    load_mode: LoadMode
    required: bool
    tolerance: float
    minimum_rows: int
    change_column: str | None = None
    snapshot_scope: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`source.feed`, the name by which people speak of it."""
        return f"{self.source}.{self.name}"

    @property
    def table(self) -> str:
        """Table of this feed in schema `raw`."""
        return f"{self.source}__{self.name}"

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Column name to column."""
        return {column.name: column for column in self.columns}

    @property
    def file_columns(self) -> tuple[Column, ...]:
        """The columns that stand in the file; the others come from its path."""
        return tuple(column for column in self.columns if not column.from_path)
