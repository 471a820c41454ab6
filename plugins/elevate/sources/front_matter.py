"""Markdown files with a head of YAML between lines of `---`, the front matter: one record a file.

Registries of trials and static sites keep a record so. A column's header is a key of the
head, or a path into it, such as `dates.start`. Values are the texts as they stand, so that a
date or a code is judged like any other cell; a list becomes its items with `; ` between.
Anchors, tags and merged keys have no place in a record, and are refused.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import yaml

from elevate.contracts import Feed

MARK = "---"
BETWEEN = "; "
LARGEST_BYTES = 256 * 1024
DEEPEST = 3
"""Levels of a head: keys, the keys or items below one, and the fields of an item."""
PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value")}
NULL_TAG = "tag:yaml.org,2002:null"


class FrontMatterError(ValueError):
    """A file that is no record; the message names the line and says what is expected, never a value."""


def to_csv(feed: Feed, landed: Path, out: Path) -> None:
    """Write the head as the one row of a CSV file, in the feed's delimiter and encoding.

    The columns are the keys of the head in their order, nested ones as paths; what stands below
    the head is the file's text and no part of the record. Raises FrontMatterError for a file
    without a head, one with more than one, and a head that is not plain keys and values.
    """
    record = _record(_head(feed, landed))
    with out.open("w", encoding=feed.encoding, newline="") as file:
        csv.writer(file, delimiter=feed.delimiter, lineterminator="\n").writerows([record.keys(), record.values()])


def _head(feed: Feed, landed: Path) -> str:
    if landed.stat().st_size > LARGEST_BYTES:
        raise FrontMatterError(f"is larger than {LARGEST_BYTES} bytes; one record was expected.")
    try:
        text = landed.read_text(encoding=feed.encoding).removeprefix("\ufeff")
    except UnicodeError:
        raise FrontMatterError(f"the bytes are not {feed.encoding} text.") from None
    lines = text.splitlines(keepends=True)
    marks = [place for place, line in enumerate(lines) if line.rstrip() == MARK]
    if marks[:1] != [0]:
        raise FrontMatterError(f"line 1: expected {MARK!r}, which opens the front matter.")
    if len(marks) < 2:
        raise FrontMatterError(f"no second line {MARK!r} closes the front matter; the file may be cut off.")
    key = feed.by_name[feed.key[0]].header.partition(".")[0]
    again = [place for place, line in enumerate(lines) if place > marks[1] and line.startswith(f"{key}:")]
    if again:
        raise FrontMatterError(f"line {again[0] + 1}: {key!r} stands here again; expected one record a file.")
    return "".join(lines[1 : marks[1]])


def _record(head: str) -> dict[str, str]:
    try:
        _check_events(head)
        node = yaml.compose(head, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 2}: " if mark else ""
        raise FrontMatterError(f"{where}the front matter can't be read as YAML.") from None
    except yaml.YAMLError:
        raise FrontMatterError("the front matter holds characters that YAML does not allow.") from None
    if not isinstance(node, yaml.MappingNode):
        raise FrontMatterError("line 2: expected keys with values, such as 'title: ...'.")
    record: dict[str, str] = {}
    for line, name, value in _values(node):
        if name in record:
            raise FrontMatterError(f"line {line}: a key stands there for the second time.")
        record[name] = value
    return record


def _check_events(head: str) -> None:
    """Look for what a record has no use for, before anything is built of it."""
    depth = 0
    for event in yaml.parse(head, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 2 if event.start_mark else 2
        if getattr(event, "anchor", None):
            raise FrontMatterError(f"line {line}: an anchor or alias; expected each value written out.")
        if getattr(event, "tag", None):
            raise FrontMatterError(f"line {line}: a tag; expected plain values.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise FrontMatterError(f"line {line}: nested more than {DEEPEST} levels deep.")


def _values(node: yaml.MappingNode, above: str = "") -> Iterator[tuple[int, str, str]]:
    """Line, path and text of every value."""
    for key, value in node.value:
        line = key.start_mark.line + 2
        if not isinstance(key, yaml.ScalarNode) or not key.value.strip() or key.tag not in PLAIN_TAGS:
            raise FrontMatterError(f"line {line}: expected a word as key.")
        name = f"{above}{key.value.strip()}"
        if isinstance(value, yaml.MappingNode):
            yield from _values(value, f"{name}.")
        elif isinstance(value, yaml.SequenceNode):
            yield line, name, BETWEEN.join(_item(item) for item in value.value)
        else:
            yield line, name, _text(value)


def _item(node: yaml.Node) -> str:
    """An item of a list: a value, or the values of its fields, such as a name and an affiliation."""
    if isinstance(node, yaml.MappingNode):
        return ", ".join(_text(value) for _, value in node.value)
    return _text(node)


def _text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise FrontMatterError(f"line {node.start_mark.line + 2}: a list within a list; expected values.")
    return "" if node.tag == NULL_TAG else " ".join(node.value.split())
