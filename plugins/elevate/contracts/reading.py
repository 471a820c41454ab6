"""One contract file, checked against the standard and against what this platform can use of it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import yaml
from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject, SchemaProperty, Server

from elevate.contracts.feed import Column, ContractError, Feed, LoadMode, Reference

# The C parser where there is one: contracts are read at the start of every task.
YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LOAD_MODES = ("snapshot", "delta", "append")
FORMATS = ("csv", "workbook", "json", "markdown")
ENCODINGS = ("utf-8", "latin1", "windows-1252")
"""By names that Python and PostgreSQL both know."""
TYPES = ("text", "date", "timestamp", "boolean", "smallint", "integer", "bigint", "numeric")
DATE_FORMATS = ("yyyy-MM-dd", "MM/dd/yyyy")
WHEN_MISSING = ("stop", "last_good")
PACKAGES = ("zip", "oneroster")
UNITS = {"d": "days", "h": "hours", "m": "minutes"}
FEED_PROPERTIES = {
    "loadMode", "changeColumn", "deleteValue", "snapshotScope", "required", "tolerance", "whenMissing",
    "marker", "package", "watermark", "overlap", "history",
}  # fmt: skip
COLUMN_PROPERTIES = {"missingValues", "identifies", "fromPath", "aliases", "mapping"}
"""What this project adds to the standard, as its customProperties."""


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
        location=_location(server, table),
        format=_one_of("servers.format", server.format or ("csv" if server.type == "postgres" else None), FORMATS),
        delimiter=server.delimiter or ",",
        encoding=_one_of("servers.encoding", server.encoding or "utf-8", ENCODINGS),
        columns=columns,
        key=_key(table),
        load_mode=cast(LoadMode, _one_of("loadMode", custom.get("loadMode"), LOAD_MODES)),
        required=bool(_given("customProperties.required", custom.get("required"))),
        tolerance=float(custom.get("tolerance", 0)),
        minimum_rows=_minimum_rows(table),
        partition=_partition(table),
        **_service_levels(contract),
        **_ways_of_delivery(custom),
    )
    _check(feed)
    return feed


def _service_levels(contract: OpenDataContractStandard) -> dict[str, Any]:
    """What the source has agreed to: when a feed is due, how often it comes, how long its rows may be kept."""
    sla = {item.property: item for item in contract.slaProperties or []}
    return {
        "due": _duration("latency", sla.get("latency")),
        "retention_years": _years("retention", sla.get("retention")),
        "every_days": _duration("frequency", sla["frequency"]).days if "frequency" in sla else None,
    }


def _ways_of_delivery(custom: dict[str, Any]) -> dict[str, Any]:
    """How deliveries of the feed build on each other, and what is done when one is missing."""
    return {
        "when_missing": _one_of("whenMissing", custom.get("whenMissing", "stop"), WHEN_MISSING),
        "change_column": custom.get("changeColumn"),
        "delete_value": custom.get("deleteValue", "delete"),
        "snapshot_scope": _list("snapshotScope", custom),
        "marker": custom.get("marker"),
        "package": custom.get("package") and _one_of("package", custom["package"], PACKAGES),
        "watermark": custom.get("watermark"),
        "overlap": _overlap(custom.get("overlap")),
        "history": bool(custom.get("history", False)),
    }


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
        aliases=_list("aliases", custom),
        mapping=tuple((str(text), str(value)) for text, value in _given("mapping", custom.get("mapping", {})).items()),
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


def _location(server: Server, table: SchemaObject) -> str:
    # The standard wants hosts too; here they are blank, because an installation names them in sources.yaml.
    if server.type == "postgres":
        return f"{_given('servers.schema', server.schema_)}.{table.physicalName or table.name}"
    return str(_given("servers.location or path", server.location or server.path)).removeprefix("sftp:///")


def _key(table: SchemaObject) -> tuple[str, ...]:
    parts = [prop for prop in table.properties or [] if prop.primaryKey]
    if not parts:
        raise ContractError("no column is marked primaryKey.")
    return tuple(str(p.name) for p in sorted(parts, key=lambda p: p.primaryKeyPosition or 0))


def _partition(table: SchemaObject) -> str | None:
    marked = [prop for prop in table.properties or [] if prop.partitioned]
    return str(_only("partitioned column", marked).name) if marked else None


def _minimum_rows(table: SchemaObject) -> int:
    for rule in table.quality or []:
        if rule.metric == "rowCount" and rule.mustBeGreaterOrEqualTo is not None:
            return int(rule.mustBeGreaterOrEqualTo)
    raise ContractError("schema.quality states no rowCount (mustBeGreaterOrEqualTo).")


def _duration(what: str, agreed: Any) -> timedelta:
    """A service level such as `{property: latency, value: 6, unit: h}`."""
    agreed = _given(f"slaProperties.{what}", agreed)
    unit = UNITS[_one_of(f"slaProperties.{what}.unit", agreed.unit, tuple(UNITS))]
    return timedelta(**{unit: float(agreed.value)})


def _years(what: str, agreed: Any) -> int:
    agreed = _given(f"slaProperties.{what}", agreed)
    _one_of(f"slaProperties.{what}.unit", agreed.unit, ("y",))
    return int(agreed.value)


def _overlap(given: Any) -> timedelta:
    """`2 d`, `90 m`: by how much each pull reaches back behind the last one."""
    found = re.fullmatch(r"(\d+) ([dhm])", str(given or "0 d"))
    if found is None:
        raise ContractError(f"overlap is {given!r}, expected a number and d, h or m, such as '2 d'.")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


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
    outer, _, member = feed.location.partition("#") if feed.package else (feed.location, "", "")
    folder, _, name = outer.rpartition("/")
    if set(re.findall(r"\{(.*?)\}", folder)) - {"night"}:
        raise ContractError(f"{feed.location!r}: a folder can hold no other placeholder than {{night}}.")
    if sorted(re.findall(r"\{(.*?)\}", name)) != sorted(c.name for c in feed.columns if c.from_path):
        raise ContractError(f"{feed.location!r}: each placeholder of the name must be a column marked fromPath.")
    if feed.package and (not member or "{" in name + member):
        raise ContractError(f"{feed.location!r}: a package is one file, named with its member as 'a.zip#b.csv'.")
    if feed.marker and feed.marker.rpartition("/")[0] != folder:
        raise ContractError(f"marker {feed.marker!r} must stand beside the feed's files, in {folder!r}.")


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
