"""One good night of a small district, and the good deliveries of the night that is spoilt."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from elevate.settings import Settings
from elevate.warehouse import connect
from simulator.district import District
from simulator.drops import DropFolder
from simulator.programme import Effects
from simulator.schools import Schools
from tests.hostile.mutations import CANARY, FILES, Good, Mutation
from tests.hostile.platform import Judged, Platform
from tests.hostile.served import publish_schools, served

FIRST, NIGHT, LATER = date(2019, 2, 11), date(2019, 2, 13), date(2019, 2, 14)
LAST_YEAR = (date(2018, 2, 12), date(2018, 2, 14))
SCHOOLS = 8
FULL_AGAIN = {"sis.enrollments", "supports.edtech_usage"}
"""Deltas of a night hold few rows or none: these are spoilt as the whole that the first night brings."""


@dataclass
class Night:
    """The spoilt night: its good deliveries, and what became of each mutation of them."""

    platform: Platform
    good: dict[str, Good]
    secrets: frozenset[str]
    published: tuple[object, ...]
    """What readers saw before the first hostile delivery."""
    seen: dict[str, Judged] = field(default_factory=dict)

    def judged(self, mutation: Mutation) -> Judged:
        """What the platform makes of the mutation."""
        if str(mutation) not in self.seen:
            content = mutation.change(self.good.get(mutation.feed) or Good(mutation.feed, b"", {}))
            files = {FILES[mutation.feed]: content} if isinstance(content, bytes) else dict(content)
            self.seen[str(mutation)] = self.platform.judge(mutation.feed, NIGHT, files, mutation.way)
        return self.seen[str(mutation)]

    def accepted(self, feed: str) -> Judged:
        """What the platform makes of the good file."""
        if feed not in self.seen:
            self.seen[feed] = self.platform.judge(feed, NIGHT, {FILES[feed]: self.good[feed].content})
        return self.seen[feed]


@pytest.fixture(scope="module")
def night(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A platform that has accepted the first night, before the one that is spoilt."""
    district = District(Schools(SCHOOLS, 1), Effects())
    made, before = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("before")
    for root, nights in ((made, (FIRST, NIGHT, LATER)), (before, LAST_YEAR)):
        drops = DropFolder(root, district)
        for one in nights:
            drops.make(one)
    others = {
        (feed, which): _file(root, one, feed)
        for which, root, one in (
            ("first", made, FIRST), ("tonight", made, NIGHT), ("later", made, LATER),
            ("last year", before, LAST_YEAR[1]), ("all of last year", before, LAST_YEAR[0]),
        )
        for feed in FILES
    }  # fmt: skip
    platform = Platform(module_settings, tmp_path_factory.mktemp("drop"))
    platform.open()
    for feed in FILES:
        if feed != "supports.edtech_usage":
            first = platform.judge(feed, FIRST, {FILES[feed]: others[feed, "first"]})
            assert first.verdict == "green", first.message
    publish_schools(module_settings, platform.feeds["sis.schools"], FIRST)
    with connect(module_settings) as connection:
        published = served(connection)
    platform.keeps = False
    good = {f: Good(f, others[f, "first" if f in FULL_AGAIN else "tonight"], others) for f in FILES}
    return Night(platform, good, _secrets(good["sis.students"]), published)


def _file(root: Path, night: date, feed: str) -> bytes:
    content = (root / feed.split(".")[0] / night.isoformat() / FILES[feed]).read_bytes()
    if feed != "sis.students":
        return content
    # The second student's last name gives the canary away.
    header, one, two, *rest = content.decode().split("\n")
    cells = two.split(",")
    return "\n".join([header, one, ",".join([*cells[:2], CANARY.title(), *cells[3:]]), *rest]).encode()


def _secrets(students: Good) -> frozenset[str]:
    """Every student's number, names and birth date, but for names that are a word of the contract as well."""
    words = {cell for row in students.rows for cell in row[4:]}
    return frozenset(cell for row in students.rows for cell in row[:4]) - words
