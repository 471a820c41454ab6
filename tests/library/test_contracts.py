import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elevate import cells
from elevate.contracts import ContractError, Reference, feeds_of, load_feeds, read_contract, reading, sources_of
from tests.library.district import STUDENTS, column, contract, of_values

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feeds"


def write(folder: Path, content: Any, place: str = "sis/students") -> Path:
    file = folder / f"{place}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return file


def test_a_contract_is_read_whole(folder: Path) -> None:
    columns = [
        *STUDENTS,
        column("change_type", enum=of_values("upsert", "delete"), required=True),
        column("vintage", customProperties=[{"property": "fromPath", "value": True}]),
        column(
            "score",
            "numeric",
            physicalName="TestScore",
            customProperties=[{"property": "missingValues", "value": ["N/A", ""]}],
        ),
    ]
    server = {"path": "sis/{night}/students_{vintage}.csv", "delimiter": ";", "encoding": "latin1"}
    content = contract("sis.students", columns, server, 0, loadMode="delta", changeColumn="change_type", tolerance=0.02)
    feed = read_contract(write(folder, content))
    assert (feed.id, feed.table, feed.key, feed.load_mode) == (
        "sis.students",
        "sis__students",
        ("student_id",),
        "delta",
    )
    assert (feed.change_column, feed.tolerance, feed.minimum_rows, feed.required) == ("change_type", 0.02, 0, True)
    assert (feed.delimiter, feed.encoding, feed.owner) == (";", "latin1", "The Registrar")
    assert feed.by_name["student_id"].required, "a part of the key is required without saying so"
    assert feed.by_name["student_id"].pattern == r"^\d{9}$"
    assert feed.by_name["grade"].enum == ("K", "1", "2")
    assert (feed.by_name["days"].minimum, feed.by_name["days"].maximum) == (0, 180)
    assert feed.by_name["score"].header == "TestScore"
    assert feed.by_name["score"].missing_values == ("N/A", "")
    assert "vintage" not in {c.name for c in feed.file_columns}


def test_the_key_is_in_the_order_of_its_positions(folder: Path) -> None:
    columns = [column("c", key=3), column("a", key=1), column("b", key=2)]
    assert read_contract(write(folder, contract(columns=columns))).key == ("a", "b", "c")


def changed(**changes: Any) -> dict[str, Any]:
    return contract() | changes


def with_column(**properties: Any) -> dict[str, Any]:
    return contract(columns=[*STUDENTS, column("more") | properties])


def with_server(**properties: Any) -> dict[str, Any]:
    return contract(server=properties)


SERVER = contract()["servers"][0]
REFUSED = {
    "no YAML": ("a: [", "not an ODCS contract"),
    "empty file": ("", "not an ODCS contract"),
    "a list": ("- 1", "not an ODCS contract"),
    "key that the standard does not have": (changed(owner="me"), "not an ODCS contract"),
    "no server": (changed(servers=[]), "exactly one server, found 0"),
    "two servers": (changed(servers=[SERVER, SERVER]), "exactly one server, found 2"),
    "no schema": (changed(schema=None), "exactly one schema object, found 0"),
    "other domain than its folder": (changed(domain="hr"), "domain and server must be the folder's name"),
    "other name than its file": (changed(name="pupils"), "name and schema name the file's"),
    "other server than its folder": (with_server(server="hr"), "domain and server must be"),
    "no version": (changed(version=None), "version is missing"),
    "no purpose": (changed(description={"usage": "any"}), "description.purpose is missing"),
    "no description": (changed(description=None), "description.purpose is missing"),
    "no owner": (changed(team=None), "team.name is missing"),
    "owner as a list of members": (changed(team=[{"name": "Ann"}]), "team.name is missing"),
    "no protocol": (with_server(type=None), "servers.type is missing"),
    "no place": (with_server(path=None), "servers.location or path is missing"),
    "unknown format": (with_server(format="parquet"), "servers.format is 'parquet', expected one of csv, workbook"),
    "no format": (with_server(format=None), "servers.format is None"),
    "delimiter of two characters": (with_server(delimiter="||"), "delimiter"),
    "unknown encoding": (with_server(encoding="utf-99"), "encoding"),
    "no load mode": (contract(loadMode=None), "loadMode is None"),
    "unknown load mode": (contract(loadMode="upsert"), "loadMode is 'upsert', expected one of snapshot, delta"),
    "required or not is not said": (contract(required=None), "customProperties.required is missing"),
    "tolerance of one": (contract(tolerance=1.0), "tolerance is a share of rows"),
    "negative tolerance": (contract(tolerance=-0.1), "tolerance is a share of rows"),
    "tolerance that is no number": (contract(tolerance="some"), "not an ODCS contract"),
    "tolerance that is not a number": (contract(tolerance=float("nan")), "tolerance is a share of rows"),
    "no key": (contract(columns=[column("a")]), "no column is marked primaryKey"),
    "no columns": (contract(columns=[]), "no column is marked primaryKey"),
    "no volume": (contract(minimum_rows=None), "states no rowCount"),
    "endless volume": (contract(minimum_rows=float("inf")), "not an ODCS contract"),
    "snapshot that may be empty": (contract(minimum_rows=0), "would delete everything"),
    "column twice": (contract(columns=[*STUDENTS, column("grade")]), "a column name stands twice"),
    "header twice": (with_column(physicalName="Grade"), "two columns have the same physicalName"),
    "name in capitals": (with_column(name="More"), "'More'.*lower case with underscores"),
    "name of the loader's own": (with_column(name="_line"), "'_line'.*lower case with underscores"),
    "name longer than PostgreSQL's": (with_column(name="x" * 64), "lower case with underscores"),
    "no name": (with_column(name=None), "property name is missing"),
    "no type": (with_column(physicalType=None), "more.physicalType is None, expected one of text"),
    "type that cells can't have": (with_column(physicalType="jsonb"), "more.physicalType is 'jsonb', expected one of"),
    "type with more behind it": (with_column(physicalType="text); drop table x"), "more.physicalType"),
    "date in an unknown format": (
        with_column(physicalType="date", logicalTypeOptions={"format": "dd.MM.yyyy"}),
        "'dd.MM.yyyy', expected one of",
    ),
    "format of something else than a date": (
        with_column(physicalType="timestamp", logicalTypeOptions={"format": "MM/dd/yyyy"}),
        "format",
    ),
    "pattern that is none": (with_column(logicalTypeOptions={"pattern": "("}), "more.*pattern"),
    "no column description": (with_column(description=None), "more.description is missing"),
    "no classification": (with_column(classification=None), "more.classification is missing"),
    "misspelt custom property": (contract(tolerence=0.02), "'tolerence'"),
    "misspelt custom property of a column": (
        with_column(customProperties=[{"property": "identifes", "value": "student"}]),
        "'identifes'",
    ),
    "somebody else than a student": (
        with_column(customProperties=[{"property": "identifies", "value": "studnet"}]),
        "identifies is 'studnet', expected one of student",
    ),
    "missing values that are no list": (
        with_column(customProperties=[{"property": "missingValues", "value": "N/A"}]),
        "missingValues is 'N/A', expected a list",
    ),
    "two references": (
        with_column(relationships=[{"to": "schools.id"}, {"to": "pupils.id"}]),
        "exactly one relationship of more, found 2",
    ),
    "misspelt key of a column": (with_column(requried=True), "requried"),
    "delta without change column": (contract(loadMode="delta"), "each delta feed needs one"),
    "snapshot with change column": (contract(changeColumn="grade"), "changeColumn belongs to a delta feed"),
    "unknown change column": (contract(loadMode="delta", changeColumn="kind"), "'kind' is named.* but is no column"),
    "unknown scope": (contract(snapshotScope=["term"]), "'term' is named.* but is no column"),
    "scope that is no list": (contract(snapshotScope="grade"), "snapshotScope"),
    "reference without column": (with_column(relationships=[{"to": "schools"}]), "more.*'schools'"),
    "reference to another source": (with_column(relationships=[{"to": "sis.schools.id"}]), "more.*'sis.schools.id'"),
    "column of the path that no place has": (
        with_column(customProperties=[{"property": "fromPath", "value": True}]),
        "each placeholder of the name must be a column",
    ),
    "night in the file's name": (with_server(path="sis/students_{night}.csv"), "each placeholder of the name"),
    "place in the path that no column has": (with_server(path="sis/{night}/s_{vintage}.csv"), "vintage"),
    "place in the path's folders": (with_server(path="sis/{vintage}/students.csv"), "vintage"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_contract_that_cannot_be_used_is_refused(folder: Path, case: str) -> None:
    content, message = REFUSED[case]
    with pytest.raises(ContractError, match=f"^sis/students.yaml: .*{message}"):
        read_contract(write(folder, content))


def referring(feed: str, *targets: str) -> dict[str, Any]:
    parts = [column(f"to_{i}", relationships=[{"type": "foreignKey", "to": to}]) for i, to in enumerate(targets)]
    return contract(feed, [column("id", key=1), *parts])


def test_feeds_come_in_the_order_of_their_references(folder: Path) -> None:
    write(folder, referring("sis.a", "b.id", "c.id", "a.id"), "sis/a")
    write(folder, referring("sis.b", "c.id"), "sis/b")
    write(folder, referring("sis.c"), "sis/c")
    write(folder, contract("hr.people", required=False), "hr/people")
    feeds = load_feeds(folder)
    assert [feed.name for feed in feeds_of(feeds, "sis")] == ["c", "b", "a"]
    assert feeds["sis.a"].by_name["to_0"].reference == Reference("b", "id")
    assert sources_of(feeds.values()) == ["hr", "sis"]
    assert sources_of(feeds.values(), required_only=True) == ["sis"]


def test_references_in_a_circle_are_refused(folder: Path) -> None:
    write(folder, referring("sis.a", "b.id"), "sis/a")
    write(folder, referring("sis.b", "a.id"), "sis/b")
    with pytest.raises(ContractError, match=r"in a circle: .*sis\.a"):
        load_feeds(folder)


@pytest.mark.parametrize("to", ["missing.id", "c.missing", "people.student_id"])
def test_a_reference_to_what_the_source_does_not_have_is_refused(folder: Path, to: str) -> None:
    write(folder, referring("sis.a", to), "sis/a")
    write(folder, referring("sis.c"), "sis/c")
    write(folder, contract("hr.people"), "hr/people")
    with pytest.raises(ContractError, match=rf"sis/a.yaml: to_0 refers to {to}, which no contract of this source has"):
        load_feeds(folder)


@pytest.mark.parametrize("custom", [{"loadMode": "append"}, {"snapshotScope": ["id"]}])
def test_only_whole_snapshots_can_be_referred_to(folder: Path, custom: dict[str, Any]) -> None:
    write(folder, referring("sis.a", "c.id"), "sis/a")
    write(folder, contract("sis.c", [column("id", key=1)], **custom), "sis/c")
    with pytest.raises(ContractError, match="only a feed that sends whole snapshots"):
        load_feeds(folder)


def test_a_folder_without_contracts_is_refused(folder: Path) -> None:
    with pytest.raises(ContractError, match=r"No contract in .*<source>/<feed>\.yaml"):
        load_feeds(folder)


def test_the_types_of_contracts_are_those_that_cells_are_read_as() -> None:
    assert set(reading.TYPES) == {"text", "date", *cells.FORMS}
    assert set(reading.DATE_FORMATS) == set(cells.DATE_FORMATS)


def test_the_districts_own_contracts_can_be_used() -> None:
    feeds = load_feeds(REPOSITORY / "feeds")
    assert {"sis.students", "assessment.map_results", "portal.sqrp_rating"} <= set(feeds)
    assert {c.classification for f in feeds.values() for c in f.columns if c.identifies} == {"restricted"}


def places(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here] + [place for key, value in inside for place in places(value, (*here, key))]


BASE = contract(
    columns=[
        *STUDENTS,
        column("change_type", customProperties=[{"property": "missingValues", "value": ["N/A"]}]),
        column("parent", relationships=[{"type": "foreignKey", "to": "students.student_id"}]),
    ],
    loadMode="delta",
    changeColumn="change_type",
    snapshotScope=["grade"],
    tolerance=0.1,
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def one_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feeds")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(places(BASE)[1:]), odd=ODD, drop=st.booleans())
def test_whatever_a_contract_holds_it_is_read_or_refused(
    one_file: Path, place: tuple[Any, ...], odd: Any, drop: bool
) -> None:
    content = copy.deepcopy(BASE)
    inside: Any = content
    for key in place[:-1]:
        inside = inside[key]
    if drop:
        del inside[place[-1]]
    else:
        inside[place[-1]] = odd
    text = yaml.safe_dump(content, allow_unicode=True)
    file = one_file / "sis" / "students.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8", errors="replace")
    try:
        feed = read_contract(file)
    except ContractError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert (feed.id, bool(feed.key)) == ("sis.students", True)
    assert not refusal or refusal.startswith("sis/students.yaml: ")
