"""What Great Expectations would pass over in silence is refused when the suite is read."""

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elevate.gates.rules import TABLE_CHECKS, VALUE_CHECKS, Rule, SuiteError, check_rules, filled_in, read_suite
from tests.library.district import HAS_ROWS, query_rule, rule

BETWEEN = rule("range", "expect_column_values_to_be_between", column="days", min_value=0)
NOT_NULL = rule("filled", "expect_column_values_to_not_be_null", column="days")
UNIQUE = rule("one_a_school", "expect_compound_columns_to_be_unique", column_list=["school", "year"])


def write(folder: Path, *rules: Any, **more: Any) -> Path:
    return write_content(folder, {"suite": "sis.students", "rules": list(rules)} | more)


def write_content(folder: Path, content: Any) -> Path:
    file = folder / "sis" / "students.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True))
    return file


def not_null(*columns: str) -> list[dict[str, Any]]:
    return [rule(f"{name}_filled", "expect_column_values_to_not_be_null", column=name) for name in columns]


def test_a_suite_is_read_whole(tmp_path: Path) -> None:
    nullable = BETWEEN | {"rule": "maybe", "nullable": "unknown for schools that closed"}
    suite = read_suite(write(tmp_path, HAS_ROWS, nullable, BETWEEN | {"severity": "warning"}, NOT_NULL, needs="portal"))
    assert (suite.name, suite.needs, len(suite.rules)) == ("sis.students", "portal", 4)
    assert suite.rules[1] == Rule(
        "maybe", "expect_column_values_to_be_between", {"column": "days", "min_value": 0},
        "critical", "Because.", "Mend it.", nullable=True, column="days",
    )  # fmt: skip
    assert suite.rules[2].severity == "warning"


def without(entry: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in entry.items() if k != key}


def kwargs(entry: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return entry | {"kwargs": entry["kwargs"] | changes}


REFUSED: dict[str, tuple[list[Any], str]] = {
    "empty suite": ([], "no rule: an empty suite would pass"),
    "unknown type": ([rule("x", "expect_column_values_to_be_nice", column="days")], "unknown type 'expect_column_va"),
    "type that raises on good data": (
        [rule("x", "expect_column_quantile_values_to_be_between", column="days", quantile_ranges={})], "unknown type",
    ),
    "unknown severity": ([HAS_ROWS | {"severity": "info"}], "severity is 'info', expected critical or warning"),
    "severity of the contract's rules": ([HAS_ROWS | {"severity": "row"}], "severity is 'row'"),
    "severity left empty": ([HAS_ROWS | {"severity": None}], "severity is None"),
    "no name": ([without(HAS_ROWS, "rule")], "rule None: needs a name"),
    "no reason": ([without(HAS_ROWS, "why")], "'why' is missing"),
    "no remedy": ([without(HAS_ROWS, "fix")], "'fix' is missing"),
    "no type": ([without(HAS_ROWS, "type")], "'type' is missing"),
    "unknown key": ([HAS_ROWS | {"mostly": 0.9}], "unknown keys .*mostly"),
    "name twice": ([HAS_ROWS, HAS_ROWS], "rule name .*has_rows.* stands twice"),
    "parameter that is None": ([kwargs(BETWEEN, max_value=None), NOT_NULL], "parameter .*max_value.* is not set"),
    "parameter that is no number": ([kwargs(BETWEEN, max_value=float("nan")), NOT_NULL], "max_value.* is not set"),
    "empty set": (
        [rule("x", "expect_column_values_to_be_in_set", column="days", value_set=[]), NOT_NULL], "value_set.* not set",
    ),
    "range without bounds": ([rule("x", "expect_column_values_to_be_between", column="days")], "one of .*min_value"),
    "row count without bounds": ([rule("x", "expect_table_row_count_to_be_between")], "one of .*min_value"),
    "no parameters": ([without(BETWEEN, "kwargs")], "one of .*min_value"),
    "mostly": ([kwargs(BETWEEN, mostly=0.9), NOT_NULL], "mostly.* can't be used"),
    "part of the rows": ([kwargs(BETWEEN, row_condition="1=0"), NOT_NULL], "row_condition.* can't be used"),
    "values beside nulls": ([BETWEEN], "nulls pass such a check"),
    "values beside nulls of another column": ([BETWEEN, *not_null("year")], "nulls pass such a check"),
    "unique key with nulls": ([UNIQUE, *not_null("school")], "'one_a_school' checks values of 'year', and nulls pass"),
    "query without the table": ([query_rule("x", "select 1 from marts.dim_school")], "does not read {batch}"),
    "query that names the table a second time": (
        [query_rule("x", "select 1 from {batch} as day where day.n > (select max(n) from marts.s)")],
        "without a join {batch} is given a name of its own",
    ),
    "query with a quantifier": (
        [query_rule("x", "select 1 from {batch} where key !~ '^[0-9]{24}$'")],
        r"\{24\} in the query .*without braces",
    ),
    "query that is none": ([rule("x", "unexpected_rows_expectation", unexpected_rows_query=5)], "'x'"),
    "column that is none": ([rule("x", "expect_compound_columns_to_be_unique", column_list=[{}]), NOT_NULL], ""),
    "rule that is none": (["has_rows"], "a rule is 'has_rows', expected names and values"),
    "parameters that are none": ([HAS_ROWS | {"kwargs": ["min_value"]}], "kwargs"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_suite_that_could_pass_silently_is_refused(tmp_path: Path, case: str) -> None:
    rules, message = REFUSED[case]
    with pytest.raises(SuiteError, match=rf"^expectations/sis/students\.yaml: .*{message}"):
        read_suite(write(tmp_path, *rules))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"suite is None, by its place it must be 'sis\.students'"),
        ({"suite": "sis.pupils", "rules": [HAS_ROWS]}, r"suite is 'sis\.pupils'"),
        ({"suite": "sis.students", "rulez": [HAS_ROWS]}, "unknown key .*rulez"),
        ({"suite": "sis.students", "rules": HAS_ROWS}, "rule"),
        ("a: [", ""),
        ("- 1", ""),
        ("5", ""),
    ],
)
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(SuiteError, match=rf"^expectations/sis/students\.yaml: .*{message}"):
        read_suite(write_content(tmp_path, content))


def test_a_feed_without_a_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"expectations/sis/students\.yaml does not exist: each feed and each"):
        read_suite(tmp_path / "sis" / "students.yaml")


def test_nulls_are_allowed_where_a_person_says_why(tmp_path: Path) -> None:
    reason = {"nullable": "not known for closed schools"}
    assert len(read_suite(write(tmp_path, BETWEEN | reason)).rules) == 1
    assert len(read_suite(write(tmp_path, UNIQUE | reason)).rules) == 1
    assert len(read_suite(write(tmp_path, UNIQUE, *not_null("school", "year"))).rules) == 3
    with pytest.raises(SuiteError, match="nulls pass"):
        read_suite(write(tmp_path, BETWEEN | {"nullable": ""}))


def test_rules_from_elsewhere_are_held_to_the_same(tmp_path: Path) -> None:
    (one,) = read_suite(write(tmp_path, HAS_ROWS)).rules
    with pytest.raises(SuiteError, match="stands twice"):
        check_rules([one, one])
    with pytest.raises(SuiteError, match="no rule"):
        check_rules([])


def test_a_name_in_braces_gets_its_value_or_is_refused(tmp_path: Path) -> None:
    """Great Expectations would take what is left in braces for a table of its own."""
    query = "select 1 from {batch} where night > {night} or n < {small_cell_threshold}"
    one, other = read_suite(write(tmp_path, query_rule("few", query), HAS_ROWS)).rules
    filled = filled_in(one, night=date(2019, 2, 11), small_cell_threshold=5)
    assert filled.kwargs["unexpected_rows_query"].endswith("where night > '2019-02-11'::date or n < 5")
    assert filled_in(other, night=date(2019, 2, 11)) == other
    with pytest.raises(SuiteError, match=r"rule 'few': \{night\} has no value"):
        filled_in(one, small_cell_threshold=5)


def places(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here] + [place for key, value in inside for place in places(value, (*here, key))]


RULES = [HAS_ROWS, BETWEEN, NOT_NULL, UNIQUE, *not_null("school", "year")]
BASE = {"suite": "sis.students", "needs": "portal", "rules": RULES}
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("expectations")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(places(BASE)), odd=ODD, drop=st.booleans())
def test_whatever_a_suite_holds_it_is_read_or_refused(
    folder: Path, place: tuple[Any, ...], odd: Any, drop: bool
) -> None:
    content: Any = copy.deepcopy(BASE)
    inside = content
    for key in place[:-1]:
        inside = inside[key]
    if not place:
        content = odd
    elif drop:
        del inside[place[-1]]
    else:
        inside[place[-1]] = odd
    try:
        suite = read_suite(write_content(folder, content))
    except SuiteError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert suite.rules
        for checked in suite.rules:
            assert checked.severity in ("critical", "warning")
            assert checked.type in VALUE_CHECKS | TABLE_CHECKS
    assert not refusal or refusal.startswith("expectations/sis/students.yaml: ")


def test_the_projects_own_suites_can_be_read() -> None:
    files = sorted((Path(__file__).resolve().parents[3] / "expectations").glob("*/*.yaml"))
    assert [read_suite(file).name for file in files] == [f"{file.parent.name}.{file.stem}" for file in files]
