"""The research key is rotated: everybody has another key at once, and a secret that merely changed is refused."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from elevate import landing, rotating
from elevate.cli import app
from elevate.contracts import Feed
from elevate.identity import research_key
from elevate.purging import PurgeError, purge_student
from elevate.settings import Settings, SettingsError
from elevate.withholding import of_opted_out
from tests.library.district import NIGHT, District, column, contract

GONE, STAYS, LATER = "123456789", "987654321", "555555555"
NEXT = NIGHT + timedelta(days=1)
IDENTIFIES = [{"property": "identifies", "value": "student"}]
PEOPLE = f"student_id,last_name\n{GONE},Unmistakable\n{STAYS},Brown\n"
REASON = {"reason": "request 17", "requested_by": "privacy officer"}


@pytest.fixture
def students(district: District) -> Feed:
    columns = [column("student_id", key=1, customProperties=IDENTIFIES), column("last_name")]
    feed = district.feed(contract("sis.students", columns))
    assert district.take(feed, PEOPLE).verdict == "green"
    return feed


def keys(district: District) -> dict[str, str]:
    return dict(district.rows("select student_id, student_key from identity.student_key"))


def expected(district: District, *students: str) -> dict[str, str]:
    """As the secrets file has it now."""
    secret = Settings(district.settings.home).secrets["research_key"]
    return {student: research_key(secret, student) for student in students}


def publish(district: District, kind: str) -> None:
    """A publication of a refresh that is opened now."""
    district.run(
        f"insert into ops.refresh (kind, night, run, verdict) values ('{kind}', '{NIGHT}', 'test', 'published')",
        "insert into ops.publication (refresh_id, kind, night, content_hash)"
        f" select max(refresh_id), '{kind}', '{NIGHT}', '' from ops.refresh",
    )


def test_everybody_has_a_new_key_at_once(district: District, students: Feed) -> None:
    before = keys(district)
    shown = CliRunner().invoke(app, ["rotate-key"])
    assert (shown.exit_code, shown.stdout.split(".")[0]) == (0, "2 students have new research keys")
    assert keys(district) == expected(district, GONE, STAYS)
    assert set(keys(district).values()).isdisjoint(before.values())
    district.settings.__dict__.pop("secrets", None)
    assert district.take(students, PEOPLE + f"{LATER},White\n", NEXT).verdict == "green"
    assert keys(district) == expected(district, GONE, STAYS, LATER), "who comes later has a key of the same secret"


def test_who_opted_out_stays_out(district: District, students: Feed) -> None:
    purge_student(district.settings, district.feeds, GONE, "opt-out", **REASON)
    rotating.rotate(district.settings)
    district.deliver(students, PEOPLE, NEXT)
    landed = landing.land(district.settings, students, NEXT, withhold=of_opted_out(district.settings))
    text = (district.settings.landing / landed.files[0].path).read_text()
    assert (GONE in text, STAYS in text) == (False, True)


def test_no_table_between_keeps_an_old_key(district: District, students: Feed) -> None:
    """What a build had begun is not published any more; what readers see they see until the next publication."""
    old = keys(district)[GONE]
    for table in ("candidate_marts.dim_student", "intermediate.int_days", "marts.dim_student"):
        district.run(f"create table {table} as select '{old}' as student_key")
    district.run(f"insert into ops.refresh (kind, night, run) values ('marts', '{NIGHT}', 'test')")
    rotating.rotate(district.settings)
    assert district.value("select count(*) from candidate_marts.dim_student") == 0
    assert district.value("select count(*) from intermediate.int_days") == 0
    assert district.value("select student_key from marts.dim_student") == old
    assert district.value("select verdict from ops.refresh") == "abandoned"


def test_a_student_is_purged_by_the_key_that_readers_see(district: District, students: Feed) -> None:
    """So not between a rotation and the next publications: under the new key nothing would be found."""
    for kind in ("marts", "evaluation"):
        publish(district, kind)
    rotating.rotate(district.settings)
    for kinds, kind in (("marts and evaluation", "marts"), ("evaluation", "evaluation")):
        with pytest.raises(PurgeError, match=f"published {kinds} still have the keys of before"):
            purge_student(district.settings, district.feeds, GONE, "erasure", **REASON)
        assert district.value("select count(*) from raw.sis__students") == 2
        publish(district, kind)
    district.run(f"create table marts.dim_student as select '{keys(district)[GONE]}' as student_key")
    receipt = purge_student(district.settings, district.feeds, GONE, "erasure", **REASON)
    assert receipt.removed["marts.dim_student"] == 1


def land(district: District, feed: Feed) -> None:
    landing.land(district.settings, feed, NEXT, withhold=of_opted_out(district.settings))


REFUSE: dict[str, Callable[[District, Feed], object]] = {
    "land": land,
    "gate 1": lambda district, feed: district.take(feed, f"student_id,last_name\n{LATER},White\n", NEXT),
    "purge": lambda district, _: purge_student(district.settings, district.feeds, GONE, "erasure", **REASON),
    "rotate": lambda district, _: rotating.rotate(district.settings),
}


@pytest.mark.parametrize("what", REFUSE)
def test_a_secret_that_was_merely_changed_is_refused(district: District, students: Feed, what: str) -> None:
    district.deliver(students, PEOPLE, NEXT)
    of_opted_out(district.settings)
    before = keys(district)
    was = district.settings.secrets["research_key"]
    district.settings.save_secrets(research_key="another")
    with pytest.raises(SettingsError, match=r"research_key in .*secrets\.json is not the one .* `elevate rotate-key`"):
        REFUSE[what](district, students)
    assert keys(district) == before
    assert district.value("select count(*) from raw.sis__students") == 2
    district.settings.save_secrets(research_key=was)
    REFUSE[what](district, students)


def test_a_changed_mark_of_the_opted_out_is_refused(district: District, students: Feed) -> None:
    of_opted_out(district.settings)
    district.settings.save_secrets(opt_out_key="another")
    with pytest.raises(SettingsError, match="opt_out_key"):
        of_opted_out(district.settings)


@pytest.mark.parametrize("is_same", [True, False])
def test_keys_of_an_earlier_version_tell_by_themselves(district: District, students: Feed, is_same: bool) -> None:
    """The warehouse had keys before it knew of their secret."""
    district.run("delete from identity.secret_in_use")
    if not is_same:
        district.settings.save_secrets(research_key="another")
        with pytest.raises(SettingsError, match="not the one"):
            of_opted_out(district.settings)
    else:
        assert of_opted_out(district.settings) is None


@pytest.mark.parametrize("saved", [0, 1])
def test_a_rotation_that_was_cut_off_is_ended_by_the_next(
    district: District, students: Feed, saved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies before the warehouse changes, or after that and before the secrets file does."""
    before, save, calls = keys(district), Settings.save_secrets, []

    def dying(self: Settings, **values: str) -> None:
        if len(calls) == saved:
            raise KeyboardInterrupt
        calls.append(values)
        save(self, **values)

    with monkeypatch.context() as patch:
        patch.setattr(Settings, "save_secrets", dying)
        with pytest.raises(KeyboardInterrupt):
            rotating.rotate(district.settings)
    between = keys(district)
    assert (between == before) == (saved == 0)
    assert rotating.rotate(district.settings) == 2
    assert keys(district) == expected(district, GONE, STAYS)
    assert saved == 0 or keys(district) == between, "not a second time"


def test_the_warehouse_never_holds_the_secret(district: District, students: Feed) -> None:
    rotating.rotate(district.settings)
    secrets = json.loads(district.settings.secrets_file.read_text())
    held = str(district.rows("select * from identity.secret_in_use"))
    assert secrets["research_key"] not in held
    assert secrets["research_key_next"] == secrets["research_key"]
