"""Sources that misbehave for a night: what a file then looks like.

`misbehave.json` maps a night to a list of {"feed": ..., "kind": ...}. It is read
on each request, so that a misbehaviour also spoils a drop that was made before,
and clearing it gives the original file back.
"""

import csv
import hashlib
import json
import re
import shutil
from collections import Counter
from datetime import date
from io import StringIO
from pathlib import Path

from simulator.feeds import BY_ID, Feed
from simulator.marker import NAME as MARKER
from simulator.marker import since_of, write_marker

FILE = "misbehave.json"
CLEAR = "clear"
KINDS = (
    "missing", "truncated", "wrong_type", "renamed_column", "duplicate_key", "unknown_code", "unknown_school",
    "silent_school", "cut_off", "no_marker",
)  # fmt: skip
AFTER_THE_MARKER = ("cut_off", "no_marker")
"""These the marker contradicts; of all others it knows nothing, as a source does not see its own mistakes."""
OF_A_SCHOOL = ("unknown_school", "silent_school")
EVERY = 20
"""One row in so many is spoilt, the first one always."""
UNKNOWN = {"SchoolName": "Unlisted School"}
Entries = dict[str, list[dict[str, str]]]


class MisbehaviourError(ValueError):
    """No such misbehaviour; the message says which there are."""


def tell(folder: Path, night: date, feed_id: str | None, kind: str) -> None:
    """Add a misbehaviour, or with `clear` take those of the feed (None: of the night) back.

    Raises MisbehaviourError for a feed or kind that does not exist, or a kind
    that the feed has no column for.
    """
    if kind != CLEAR:
        check(feed_id, kind)
    entries = read(folder)
    kept = entries.pop(night.isoformat(), [])
    if kind == CLEAR:
        kept = [entry for entry in kept if feed_id and entry["feed"] != feed_id]
    elif feed_id:
        kept.append({"feed": feed_id, "kind": kind})
    if kept:
        entries[night.isoformat()] = kept
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{FILE}.draft"
    draft.write_text(json.dumps(entries, indent=1, sort_keys=True))
    draft.replace(folder / FILE)


def check(feed_id: str | None, kind: str) -> None:
    """Raises MisbehaviourError unless the feed can misbehave so."""
    if feed_id not in BY_ID:
        raise MisbehaviourError(f"No feed {feed_id!r}; there are: {', '.join(BY_ID)}.")
    if kind not in KINDS:
        raise MisbehaviourError(f"No kind {kind!r}; there are: {', '.join((*KINDS, CLEAR))}.")
    feed = BY_ID[feed_id]
    if (kind == "unknown_code" and not feed.coded) or (kind in OF_A_SCHOOL and not feed.school):
        raise MisbehaviourError(f"{feed_id} has no column for {kind}.")


def read(folder: Path) -> Entries:
    """All misbehaviours told, by night."""
    file = folder / FILE
    return dict(json.loads(file.read_text())) if file.exists() else {}


def spoilt(folder: Path, drop: Path, source: str, night: date) -> Path | None:
    """Where the spoilt copy of a source's drop belongs; None where it behaves."""
    entries = [entry for entry in read(folder).get(night.isoformat(), []) if entry["feed"].startswith(f"{source}.")]
    if not entries:
        return None
    digest = hashlib.sha256(json.dumps([str(drop), entries]).encode()).hexdigest()[:12]
    return folder / "misbehaving" / digest / night.isoformat()


def spoil(folder: Path, drop: Path, source: str, night: date) -> None:
    """Make the spoilt copy of a source's drop unless it is there or the source behaves."""
    target = spoilt(folder, drop, source, night)
    if target is None or target.is_dir():
        return
    draft = target.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(drop, draft)
    entries = [entry for entry in read(folder)[night.isoformat()] if entry["feed"].startswith(f"{source}.")]
    # The marker is of the drop as the first kinds leave it.
    for entry in sorted(entries, key=lambda entry: entry["kind"] in AFTER_THE_MARKER):
        _spoil_file(draft, entry)
        if entry["kind"] not in AFTER_THE_MARKER:
            write_marker(draft, since_of(drop))
    draft.rename(target)


def _spoil_file(draft: Path, entry: dict[str, str]) -> None:
    check(entry["feed"], entry["kind"])
    feed = BY_ID[entry["feed"]]
    file = draft / feed.file_name
    if entry["kind"] == "no_marker":
        (draft / MARKER).unlink(missing_ok=True)
    elif entry["kind"] == "missing":
        file.unlink(missing_ok=True)
    elif file.exists():
        file.write_text(spoil_text(file.read_text(), feed, entry["kind"]))


def spoil_text(text: str, feed: Feed, kind: str) -> str:
    """The file's text after a misbehaviour; a file without rows stays as it is, renamed columns apart."""
    if kind in ("truncated", "cut_off"):
        return text[: len(text) * 3 // 5]
    if feed.layout == "markdown":
        return _spoil_record(text, feed, kind)
    head, *rows = text.splitlines(keepends=True)
    if kind == "renamed_column":
        return "".join([head.replace(feed.typed, f"{feed.typed}_New", 1), *rows])
    if kind == "duplicate_key":
        return "".join([head, *rows, *rows[::EVERY]])
    if kind == "silent_school":
        return "".join([head, *_without_the_largest(rows, _cells(head).index(str(feed.school)))])
    header, value = {
        "wrong_type": (feed.typed, "n/a"),
        "unknown_code": (str(feed.coded), "ZZ"),
        "unknown_school": (str(feed.school), UNKNOWN.get(str(feed.school), "999999")),
    }[kind]
    place = _cells(head).index(header)
    rows[::EVERY] = [_with(row, place, value, feed.quoted) for row in rows[::EVERY]]
    return "".join([head, *rows])


def _spoil_record(text: str, feed: Feed, kind: str) -> str:
    if kind == "duplicate_key":
        return text * 2
    if kind == "renamed_column":
        return text.replace(f"\n{feed.typed}:", f"\n{feed.typed}_new:", 1)
    header, value = {"wrong_type": (feed.typed, "n/a"), "unknown_code": (str(feed.coded), "ZZ")}[kind]
    return re.sub(rf"(?m)^{header}: .*$", f"{header}: {value}", text)


def _cells(line: str) -> list[str]:
    return next(csv.reader(StringIO(line)))


def _without_the_largest(rows: list[str], place: int) -> list[str]:
    """The rows but those of the school that has most of them."""
    schools = [_cells(row)[place] for row in rows]
    largest = dict(Counter(schools).most_common(1))
    return [row for row, school in zip(rows, schools, strict=True) if school not in largest]


def _with(line: str, place: int, value: str, quoted: bool) -> str:
    cells = _cells(line)
    cells[place] = value
    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\n").writerow(cells)
    return out.getvalue()
