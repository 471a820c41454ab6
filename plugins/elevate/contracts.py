"""Feeds as their contracts describe them.

A contract is one YAML file in the Open Data Contract Standard (ODCS v3.1),
`feeds/<source>/<feed>.yaml`. It is read here and nowhere else: raw tables, Dag
tasks, the structural rules of gate 1 and the dbt sources all come from `Feed`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from open_data_contract_standard.model import (
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

# The C parser where there is one: contracts are read at the start of every task.
YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LoadMode = Literal["snapshot", "delta", "append"]
LOAD_MODES = ("snapshot", "delta", "append")
FORMATS = ("csv", "workbook")
ENCODINGS = ("utf-8", "latin1", "windows-1252")
"""By names that Python and PostgreSQL both know."""
TYPES = ("text", "date", "timestamp", "boolean", "smallint", "integer", "bigint", "numeric")
DATE_FORMATS = ("yyyy-MM-dd", "MM/dd/yyyy")
FEED_PROPERTIES = {"loadMode", "changeColumn", "snapshotScope", "required", "tolerance"}
COLUMN_PROPERTIES = {"missingValues", "identifies", "fromPath"}
"""What this project adds to the standard, as its customProperties."""


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


def load_feeds(folder: Path) -> dict[str, Feed]:
    """All contracts below `folder`, by feed id, each source's in the order of their references.

    Raises ContractError for a file that breaks the standard or this project's
    use of it, and for references in a circle.
    """
    feeds = [read_contract(file) for file in sorted(folder.glob("*/*.yaml"))]
    if not feeds:
        raise ContractError(f"No contract in {folder}: expected <source>/<feed>.yaml files.")
    by_id = {feed.id: feed for feed in feeds}
    _check_references(by_id)
    graph = {
        feed.id: {f"{feed.source}.{c.reference.feed}" for c in feed.columns if c.reference} - {feed.id}
        for feed in feeds
    }
    try:
        return {feed_id: by_id[feed_id] for feed_id in TopologicalSorter(graph).static_order()}
    except CycleError as error:
        raise ContractError(f"Contracts refer to each other in a circle: {error.args[1]}") from error


def feeds_of(feeds: dict[str, Feed], source: str) -> list[Feed]:
    """The feeds of one source, referenced ones first."""
    return [feed for feed in feeds.values() if feed.source == source]


def sources_of(feeds: Iterable[Feed], required_only: bool = False) -> list[str]:
    """Source names in alphabetical order; with `required_only`, those with a required feed."""
    return sorted({feed.source for feed in feeds if feed.required or not required_only})


def read_contract(file: Path) -> Feed:
    """One contract as a Feed. Raises ContractError naming the file and what to mend."""
    try:
        content = yaml.load(file.read_text(), Loader=YamlLoader)  # noqa: S506 - a safe one either way
        contract = OpenDataContractStandard(**content)
        _refuse_unknown_keys(content, contract.model_dump(by_alias=True))
        return _feed(file, contract)
    except ContractError as error:
        raise ContractError(f"{file.parent.name}/{file.name}: {error}") from error
    except (ValueError, TypeError, OverflowError, re.error, yaml.YAMLError) as error:
        raise ContractError(f"{file.parent.name}/{file.name}: not an ODCS contract: {error}") from error


def _feed(file: Path, contract: OpenDataContractStandard) -> Feed:
    server = _only("server", contract.servers)
    table = _only("schema object", contract.schema_)
    custom = _custom(contract.customProperties, FEED_PROPERTIES)
    columns = tuple(_column(prop) for prop in table.properties or [])
    source, name = file.parent.name, file.stem
    if (contract.domain, contract.name, table.name, server.server) != (source, name, name, source):
        raise ContractError("domain and server must be the folder's name, name and schema name the file's.")
    feed = Feed(
        source=source,
        name=name,
        version=_given("version", contract.version),
        file=file,
        description=_given("description.purpose", contract.description and contract.description.purpose),
        owner=_given("team.name", getattr(contract.team, "name", None)),
        protocol=_given("servers.type", server.type),
        # The standard wants a URL; its host is empty, because an installation names it in sources.yaml.
        location=_given("servers.location or path", server.location or server.path).removeprefix("sftp:///"),
        format=_one_of("servers.format", server.format, FORMATS),
        delimiter=server.delimiter or ",",
        encoding=_one_of("servers.encoding", server.encoding or "utf-8", ENCODINGS),
        columns=columns,
        key=_key(table),
        load_mode=cast(LoadMode, _one_of("loadMode", custom.get("loadMode"), LOAD_MODES)),
        required=bool(_given("customProperties.required", custom.get("required"))),
        tolerance=float(custom.get("tolerance", 0)),
        minimum_rows=_minimum_rows(table),
        change_column=custom.get("changeColumn"),
        snapshot_scope=_list("snapshotScope", custom),
    )
    _check(feed)
    return feed


def _column(prop: SchemaProperty) -> Column:
    name = _given("property name", prop.name)
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise ContractError(f"column {name!r}: names are lower case with underscores, as in the warehouse.")
    options, custom = prop.logicalTypeOptions or {}, _custom(prop.customProperties, COLUMN_PROPERTIES)
    kind, date_format = _one_of(f"{name}.physicalType", prop.physicalType, TYPES), options.get("format")
    if date_format is not None:
        _one_of(f"{name}.logicalTypeOptions.format", date_format, DATE_FORMATS if kind == "date" else ())
    return Column(
        name=name,
        header=prop.physicalName or name,
        type=kind,
        description=_given(f"{name}.description", prop.description),
        required=bool(prop.required or prop.primaryKey),
        classification=_given(f"{name}.classification", prop.classification),
        enum=tuple(str(value.value) for value in prop.enum or []),
        pattern=_pattern(name, options.get("pattern")),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        date_format=date_format,
        missing_values=_list("missingValues", custom),
        identifies=custom.get("identifies") and _one_of("identifies", custom["identifies"], ("student",)),
        from_path=bool(custom.get("fromPath", False)),
        reference=_reference(name, prop),
    )


def _pattern(column: str, pattern: Any) -> str | None:
    try:
        return re.compile(pattern).pattern if pattern is not None else None
    except (re.error, TypeError) as error:
        raise ContractError(f"{column}.logicalTypeOptions.pattern is no regular expression: {error}.") from error


def _reference(column: str, prop: SchemaProperty) -> Reference | None:
    if not prop.relationships:
        return None
    parts = str(_only(f"relationship of {column}", prop.relationships).to).split(".")
    if len(parts) != 2:
        raise ContractError(f"{column} refers to {'.'.join(parts)!r}, expected <feed of this source>.<column>.")
    return Reference(*parts)


def _key(table: SchemaObject) -> tuple[str, ...]:
    parts = [prop for prop in table.properties or [] if prop.primaryKey]
    if not parts:
        raise ContractError("no column is marked primaryKey.")
    return tuple(str(p.name) for p in sorted(parts, key=lambda p: p.primaryKeyPosition or 0))


def _minimum_rows(table: SchemaObject) -> int:
    for rule in table.quality or []:
        if rule.metric == "rowCount" and rule.mustBeGreaterOrEqualTo is not None:
            return int(rule.mustBeGreaterOrEqualTo)
    raise ContractError("schema.quality states no rowCount (mustBeGreaterOrEqualTo).")


def _check(feed: Feed) -> None:
    names = [column.name for column in feed.columns]
    if len(set(names)) != len(names):
        raise ContractError("a column name stands twice.")
    headers = [column.header.lower() for column in feed.file_columns]
    if len(set(headers)) != len(headers):
        raise ContractError("two columns have the same physicalName.")
    if len(feed.delimiter.encode()) != 1 or feed.delimiter in '"\r\n':
        raise ContractError(f"servers.delimiter is {feed.delimiter!r}, expected one character.")
    _check_location(feed)
    if (feed.load_mode == "delta") != (feed.change_column is not None):
        raise ContractError("changeColumn belongs to a delta feed, and each delta feed needs one.")
    for name in (*feed.snapshot_scope, *([feed.change_column] if feed.change_column else [])):
        if name not in names:
            raise ContractError(f"{name!r} is named in customProperties but is no column.")
    if feed.minimum_rows < 1 and feed.load_mode == "snapshot":
        raise ContractError("a snapshot with no rows would delete everything: rowCount must be 1 or more.")
    if not 0 <= feed.tolerance < 1:
        raise ContractError("tolerance is a share of rows, from 0 to below 1.")


def _check_location(feed: Feed) -> None:
    folder, _, name = feed.location.rpartition("/")
    if set(re.findall(r"\{(.*?)\}", folder)) - {"night"}:
        raise ContractError(f"{feed.location!r}: a folder can hold no other placeholder than {{night}}.")
    if sorted(re.findall(r"\{(.*?)\}", name)) != sorted(c.name for c in feed.columns if c.from_path):
        raise ContractError(f"{feed.location!r}: each placeholder of the name must be a column marked fromPath.")


def _check_references(feeds: dict[str, Feed]) -> None:
    for feed in feeds.values():
        for column in feed.columns:
            if column.reference:
                _check_reference(feeds, feed, column, column.reference)


def _check_reference(feeds: dict[str, Feed], feed: Feed, column: Column, reference: Reference) -> None:
    place = f"{feed.source}/{feed.name}.yaml: {column.name} refers to {reference.feed}.{reference.column}"
    target = feeds.get(f"{feed.source}.{reference.feed}")
    if target is None or reference.column not in target.by_name:
        raise ContractError(f"{place}, which no contract of this source has.")
    if target.load_mode != "snapshot" or target.snapshot_scope:
        # One batch must hold all that can be referred to.
        raise ContractError(f"{place}, but only a feed that sends whole snapshots can be referred to.")


def _refuse_unknown_keys(given: Any, known: Any) -> None:
    """The standard's models drop the keys they do not know: a misspelt `required` would go unnoticed."""
    if isinstance(given, dict):
        for key, value in given.items():
            if key not in known:
                raise ContractError(f"the standard has no key {key!r} here.")
            _refuse_unknown_keys(value, known[key])
    elif isinstance(given, list):
        for value, read in zip(given, known, strict=True):
            _refuse_unknown_keys(value, read)


def _custom(properties: list[Any] | None, known: set[str]) -> dict[str, Any]:
    custom = {item.property: item.value for item in properties or []}
    if set(custom) - known:
        raise ContractError(f"unknown customProperties {sorted(map(str, set(custom) - known))}.")
    return custom


def _list(what: str, custom: dict[str, Any]) -> tuple[Any, ...]:
    value = custom.get(what, [])
    if not isinstance(value, list):
        raise ContractError(f"{what} is {value!r}, expected a list.")
    return tuple(value)


def _given(what: str, value: Any) -> Any:
    if value is None:
        raise ContractError(f"{what} is missing.")
    return value


def _one_of(what: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ContractError(f"{what} is {value!r}, expected one of {', '.join(allowed)}.")
    return str(value)


def _only(what: str, items: list[Any] | None) -> Any:
    if not items or len(items) != 1:
        raise ContractError(f"expected exactly one {what}, found {len(items or [])}.")
    return items[0]
