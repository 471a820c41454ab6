"""What a contract says of a feed, in the terms of this platform."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

LoadMode = Literal["snapshot", "delta", "append"]
WhenMissing = Literal["stop", "last_good"]


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
    aliases: tuple[str, ...] = ()
    mapping: tuple[tuple[str, str], ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """The names under which a file may have it, in lower case, the contracted one first."""
        return tuple(name.lower() for name in (self.header, *self.aliases))


@dataclass(frozen=True)
class Feed:
    """One feed. `key` names the columns that identify a row, in order.

    `due` is how long after the end of its night the feed may arrive. `every_days` is the
    longest distance between two deliveries of a delta feed whose files do not say what
    they build on; None where the source says it, or a gap can't be told. `marker` is the
    file that a complete upload ends with, as a path with placeholders like `location`.
    `history`: models read the earlier snapshots too, for the dates of what changed.
    `partition` is the column by which a row belongs to a school year, None where it belongs to all.
    """

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
    due: timedelta
    retention_years: int
    when_missing: WhenMissing = "stop"
    change_column: str | None = None
    delete_value: str = "delete"
    snapshot_scope: tuple[str, ...] = ()
    every_days: int | None = None
    marker: str | None = None
    package: str | None = None
    watermark: str | None = None
    overlap: timedelta = timedelta()
    history: bool = False
    partition: str | None = None

    @property
    def id(self) -> str:
        """`source.feed`, the name by which people speak of it."""
        return f"{self.source}.{self.name}"

    @property
    def table(self) -> str:
        """Table of this feed in schema `raw`."""
        return f"{self.source}__{self.name}"

    @property
    def first_line(self) -> int:
        """The number of a file's first record: lines of JSON have no header above them."""
        return 1 if self.format == "json" else 2

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Column name to column."""
        return {column.name: column for column in self.columns}

    def place(self, column: str) -> str:
        """Where the contract describes a column, as `feeds/sis/attendance.yaml line 42`, for who must act."""
        line = _lines_of_columns(self.file).get(column)
        return f"feeds/{self.source}/{self.name}.yaml" + (f" line {line}" if line else "")

    @property
    def file_columns(self) -> tuple[Column, ...]:
        """The columns that stand in the file; the others come from its path."""
        return tuple(column for column in self.columns if not column.from_path)


def _lines_of_columns(file: Path) -> dict[str, int]:
    """Column name to the line on which its description begins."""
    node: Any = None
    root: Any = yaml.compose(file.read_text(), Loader=yaml.SafeLoader)
    for key in ("schema", "properties"):
        node = next(value for name, value in root.value if name.value == key)
        if key == "schema":
            root = node.value[0]
    return {
        value.value: prop.start_mark.line + 1
        for prop in node.value
        for name, value in prop.value
        if name.value == "name"
    }
