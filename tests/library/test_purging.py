"""A student leaves: nothing of the student stays anywhere, and nothing else goes."""

import json
import shutil
import stat
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from elevate import batches, landing, landing_purge, loading
from elevate.contracts import Feed
from elevate.delimited import StructureError
from elevate.identity import research_key
from elevate.landing import LandingError
from elevate.purging import Kind, PurgeError, Receipt, purge_student
from elevate.retention import expire
from elevate.warehouse import connect
from elevate.withholding import copy_without, of_opted_out
from tests.library.district import NIGHT, RUN, District, column, contract, of_values

GONE, STAYS, OTHER, THIRD = "123456789", "987654321", "555555555", "111111111"
NEXT, LATER = NIGHT + timedelta(days=1), NIGHT + timedelta(days=2)
IDENTIFIES = [{"property": "identifies", "value": "student"}]
NUMBER = column("student_id", key=1, logicalTypeOptions={"pattern": r"^\d{9}$"}, customProperties=IDENTIFIES)
STUDENTS = [NUMBER, column("last_name"), column("born_on", "date")]
MARKS = [NUMBER, column("n", "integer"), column("change", enum=of_values("upsert", "delete"))]
PEOPLE = (
    f'student_id,last_name,born_on,note\r\n{STAYS},"O""Neil",2010-01-01,\r\n{GONE},Unmistakable,2010-01-02,"a,b"\r\n'
)
REASON = {"reason": "request 17", "requested_by": "privacy officer"}


@pytest.fixture
def students(district: District) -> Feed:
    return district.feed(contract("sis.students", STUDENTS, tolerance=0.5))


def marks_of(district: District) -> Feed:
    return district.feed(contract("sis.marks", MARKS, minimum_rows=0, loadMode="delta", changeColumn="change"))


def purge(district: District, kind: Kind = "erasure", student: str = GONE) -> Receipt:
    return purge_student(district.settings, district.feeds, student, kind, **REASON)


def key_of(district: District, student: str) -> str:
    return research_key(district.settings.secrets["research_key"], student)


def mark_of(district: District, student: str) -> str:
    return research_key(district.settings.secrets["opt_out_key"], student)


def as_owner(district: District, query: str) -> list[tuple[str, ...]]:
    with psycopg.connect(district.settings.database_url("elevate_owner"), autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def places(district: District, *sought: str) -> list[str]:
    """Every table, statistic and landed byte that holds one of these texts."""
    tables = [
        f"{schema}.{table}"
        for schema, table in as_owner(
            district,
            """select schemaname, tablename from pg_tables
               where schemaname not in ('pg_catalog', 'information_schema')""",
        )
    ]
    found = []
    for text in sought:
        holds = f"like '%{text}%' limit 1"
        found += [
            t for t in [*tables, "pg_stats"] if as_owner(district, f"select 1 from {t} as t where t::text {holds}")
        ]
        files = (file for file in district.settings.landing.rglob("*") if file.is_file())
        found += [str(file) for file in files if text.encode() in file.read_bytes()]
    return found


def assert_ledger_balances(district: District) -> None:
    """Rows in = raw + quarantined + purged, counted where they lie."""
    for batch, feed, rows_in, purged, verdict in district.rows(
        "select batch_id, feed, rows_in, rows_purged, verdict from ops.batch where verdict in ('green', 'red')"
    ):
        raw = district.value(f"select count(*) from raw.sis__{feed} where _batch_id = %s", batch)
        lines = f"select file, line from quarantine.rejected_row where batch_id = {batch}"
        if district.value("select to_regclass(%s)", f"quarantine.b{batch}"):
            lines += f" union select _file, _line from quarantine.b{batch}"
        elif verdict == "red":
            paths = district.rows("select landed_at_path from ops.delivery where batch_id = %s", batch)
            files = [district.settings.landing / path for (path,) in paths]
            raw += sum(len(file.read_text().splitlines()) - 1 for file in files if file.exists())
        assert rows_in == raw + district.value(f"select count(*) from ({lines}) as q") + purged, (batch, feed)


def everywhere(district: District, students: Feed) -> None:
    """The student in feeds, nights and formats; in raw, quarantined, red, unread and unjudged; in derived tables."""
    district.take(students, PEOPLE)
    district.take(students, PEOPLE.replace("\r\n", "\n").replace("Unmistakable", "Unmistakable2"), NEXT)
    faulty = f"student_id,last_name,born_on\n{STAYS},Neil,2010-01-01\n{GONE},Unmistakable,unknown\n"
    assert district.take(students, faulty, LATER).verdict == "green"
    doubled = f"student_id,last_name,born_on\n{GONE},Unmistakable,2010-01-02\n{GONE},Unmistakable,\n{STAYS},N,\n"
    assert district.take(students, doubled, LATER).verdict == "red"
    headless = f'{GONE},Unmistakable,2010-01-02\n{STAYS},N,2010-01-01\n{OTHER},"M\n{GONE},Unmistakable,2010-01-02\n'
    with pytest.raises(StructureError):
        district.take(students, "student,last_name,born_on\n" + headless, LATER)
    marks = marks_of(district)
    text = f"student_id,n,change\n{STAYS},1,upsert\n{GONE},2,upsert\n{GONE},3,upsert\n{OTHER},1,upsert\n"
    assert district.take(marks, text.replace(f"{GONE},3,upsert\n", "")).verdict == "green"
    district.load(marks, f"student_id,n,change\n{GONE},,delete\n{OTHER},2,upsert\n", NEXT)
    for table in ("marts.dim_student", "evaluation.matched", "bi.none"):
        values = [(key_of(district, GONE), 1), (key_of(district, STAYS), 2)]
        district.candidate(table, "student_key text, n int", *values)
    rows = f"('{key_of(district, GONE)}'), ('{key_of(district, STAYS)}')"
    for schema in ("intermediate", "marts", "evaluation"):
        district.run(f"create table {schema}.s as select * from (values {rows}) as v (student_key)")
    district.run("analyze")


@pytest.mark.parametrize("kind", ["erasure", "opt-out"])
def test_nothing_of_the_student_stays_and_nothing_else_goes(district: District, students: Feed, kind: Kind) -> None:
    everywhere(district, students)
    key = key_of(district, GONE)
    assert len(places(district, GONE, key, "Unmistakable")) > 15, "it was there"
    row = "(to_jsonb(t) - '_line')::text"  # lines are counted anew
    others = f"select string_agg({row}, ' ' order by {row}) from raw.sis__{{}} as t where student_id <> %s"
    before = [district.value(others.format(feed), GONE) for feed in ("students", "marks")]
    assert_ledger_balances(district)
    receipt = purge(district, kind)
    assert places(district, GONE, "Unmistakable") == []
    assert places(district, key) == []
    assert places(district, mark_of(district, GONE)) == (["identity.opted_out"] if kind == "opt-out" else [])
    assert [district.value(others.format(feed), GONE) for feed in ("students", "marks")] == before
    assert places(district, key_of(district, STAYS), key_of(district, OTHER))
    assert district.value("select count(*) from marts.s") == 1
    assert_ledger_balances(district)
    ((found,),) = district.rows("select removed from ops.purge where purge_id = %s", receipt.id)
    assert found == receipt.removed
    assert {
        "landing sis.students": 7,
        "raw.sis__students": 2,
        "raw.sis__marks": 1,
        "marts.s": 1,
    }.items() <= found.items()
    assert "refresh" in receipt.advice


def test_a_purge_can_be_repeated_and_the_batches_loaded_again(district: District, students: Feed) -> None:
    everywhere(district, students)
    purge(district)
    assert purge(district).removed == {}
    assert_ledger_balances(district)
    for feed, batch_id in ((students, 1), (district.feeds["sis.marks"], 7)):
        district.run(f"update ops.batch set verdict = 'open', rows_accepted = 0 where batch_id = {batch_id}")
        loading.load(district.settings, feed, batch_id)
        assert district.value(f"select count(*) from incoming.b{batch_id} where student_id = %s", GONE) == 0
        assert district.value(f"select count(*) from incoming.b{batch_id}") == 1


def test_what_stays_in_a_file_stays_byte_by_byte(district: District, students: Feed) -> None:
    district.open(students, b"\xef\xbb\xbf" + PEOPLE.encode() + f'{OTHER},"two\nlines",,\xe4'.encode("latin-1"))
    purge(district)
    (file,) = district.settings.landing.rglob("students.csv")
    kept = PEOPLE.replace(f'{GONE},Unmistakable,2010-01-02,"a,b"\r\n', "").encode()
    assert file.read_bytes() == b"\xef\xbb\xbf" + kept + f'{OTHER},"two\nlines",,\xe4'.encode("latin-1")
    manifest = json.loads((file.parent / "manifest.json").read_text())
    assert [step["lines"] for step in manifest["purged"]["students.csv"]] == [[3]]
    assert manifest["files"][0]["bytes"] == file.stat().st_size
    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o440}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            '{"s": {"id": "GONE"}, "n": 1.50}\n{"s": {"id": "STAYS"}, "n": 1.50}\n',
            '{"s": {"id": "STAYS"}, "n": 1.50}\n',
        ),
        ('{"id": "GONE", "change_type": "delete"}\n{"n": GONE}\n{"s": {"id": "x"}', '{"s": {"id": "x"}'),
        ('{"s": {"id": "x"}, "also": [{"id": GONE}]}\n', ""),
    ],
)
def test_lines_of_json_go_too(district: District, text: str, kept: str) -> None:
    columns = [NUMBER | {"physicalName": "s.id"}, column("n", "numeric")]
    feed = district.feed(contract("sis.items", columns))
    object.__setattr__(feed, "format", "json")
    source, out = district.root / "in.jsonl", district.root / "out.jsonl"
    source.write_text(text.replace("GONE", GONE).replace("STAYS", STAYS))
    copy_without(feed, source, out, lambda value: value == GONE, everywhere=True)
    assert out.read_text() == kept.replace("STAYS", STAYS)


def test_who_opted_out_is_withheld_from_later_deliveries(district: District, students: Feed) -> None:
    assert of_opted_out(district.settings) is None
    district.take(students, PEOPLE)
    purge(district, "opt-out")
    district.deliver(students, PEOPLE, NEXT)
    landed = landing.land(district.settings, students, NEXT, withhold=of_opted_out(district.settings))
    assert GONE.encode() not in (district.settings.landing / landed.files[0].path).read_bytes()
    with connect(district.settings) as connection:
        batch_id = batches.open_batch(connection, students, NEXT, RUN, landed)
    loading.load(district.settings, students, batch_id)
    assert district.rows(f"select student_id from incoming.b{batch_id}") == [(STAYS,)]
    assert places(district, GONE, "Unmistakable") == []


def test_the_same_delivery_again_stays_as_it_was_purged(district: District, students: Feed) -> None:
    district.take(students, PEOPLE)
    purge(district)
    assert district.take(students, PEOPLE).verdict == "unchanged"
    assert places(district, GONE, "Unmistakable") == []


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_crash_in_between_is_mended_by_a_repeat(
    district: District, students: Feed, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies after so many replaced files, of the manifest and the file itself, or before the database."""
    everywhere(district, students)
    replaced = landing_purge._replace
    done: list[Path] = []

    def dying(draft: Path, target: Path) -> None:
        if len(done) == after:
            raise KeyboardInterrupt
        done.append(target)
        replaced(draft, target)

    with monkeypatch.context() as patch:
        patch.setattr(landing_purge, "_replace", dying)
        with pytest.raises(KeyboardInterrupt):
            purge(district)
    assert district.value("select count(*) from ops.purge") == 0, "a receipt says that all is gone"
    purge(district)
    assert places(district, GONE, "Unmistakable", key_of(district, GONE)) == []
    assert_ledger_balances(district)


def test_a_landing_that_somebody_changed_is_told_before_anything_goes(district: District, students: Feed) -> None:
    district.take(students, PEOPLE)
    (file,) = district.settings.landing.rglob("students.csv")
    file.chmod(0o640)
    file.write_text(PEOPLE + f"{OTHER},X,,\n")
    with pytest.raises(LandingError):
        purge(district)
    assert district.value("select count(*) from raw.sis__students") == 2


def test_a_reason_must_not_name_the_student(district: District, students: Feed) -> None:
    with pytest.raises(PurgeError):
        purge_student(district.settings, {students.id: students}, GONE, "erasure", f"request of {GONE}", "officer")


def test_expiry_keeps_the_current_state(district: District, students: Feed) -> None:
    marks = marks_of(district)
    terms = district.feed(
        contract("sis.terms", [column("term", key=1), column("n", "integer", key=2)], snapshotScope=["term"])
    )
    log = district.feed(contract("sis.log", [column("id", key=1)], loadMode="append"))
    for night, n in ((NIGHT, 1), (NEXT, 2), (LATER, 3)):
        district.take(
            students, f"student_id,last_name,born_on\n{STAYS},N{n},\n{GONE},x,{'no' if n < 3 else ''}\n", night
        )
        district.take(
            marks, f"student_id,n,change\n{STAYS},{n},upsert\n{[GONE, OTHER, THIRD][n - 1]},1,upsert\n", night
        )
        district.take(terms, f"term,n\n{'ABB'[n - 1]},{n}\n", night)
        district.take(log, f"id\n{n}\n", night)
    district.take(terms, "term,n\nB,3\nB,3\n", NIGHT)  # red: quarantined as a whole
    as_of = date(NIGHT.year + 7, NIGHT.month, NIGHT.day + 2)
    receipt = expire(district.settings, district.feeds, as_of, "officer")
    assert district.rows("select last_name from raw.sis__students order by 1") == [("N3",), ("x",)]
    assert district.rows("select student_id, n from raw.sis__marks order by 1, 2") == sorted(
        [(GONE, 1), (OTHER, 1), (THIRD, 1), (STAYS, 3)]
    )
    assert district.rows("select term, n from raw.sis__terms order by 1") == [("A", 1), ("B", 3)]
    assert district.rows("select id from raw.sis__log") == [("3",)]
    assert {path.parent.parent.name for path in district.settings.landing.rglob("*.csv")} == {LATER.isoformat()}
    assert district.value("select count(*) from quarantine.rejected_row") == 0
    assert district.value("select count(*) from ops.batch") == 13, "the ledger stays"
    assert_ledger_balances(district)
    assert receipt.removed["raw.sis__marks"] == 2
    assert expire(district.settings, district.feeds, as_of, "officer").removed == {}


def test_what_came_again_within_the_retention_stays(district: District, students: Feed) -> None:
    district.take(students, PEOPLE)
    assert district.take(students, PEOPLE, LATER).verdict == "unchanged"
    district.take(students, f"student_id,last_name,born_on\n{STAYS},N,\n", LATER + timedelta(days=1))
    expire(district.settings, district.feeds, date(NIGHT.year + 7, NIGHT.month, NIGHT.day + 2), "officer")
    assert district.value("select count(*) from raw.sis__students where _batch_id = 1") == 2
    assert district.value("select count(*) from identity.student_key") == 2
    shutil.rmtree(str(district.settings.landing))
    expire(district.settings, district.feeds, date(NIGHT.year + 8, NIGHT.month, NIGHT.day), "officer")
    assert district.value("select count(*) from raw.sis__students where _batch_id = 1") == 0
    assert district.value("select count(*) from raw.sis__students") == 1
    assert district.rows("select student_id from identity.student_key") == [(STAYS,)]
