"""Feeds as their contracts describe them.

A contract is one YAML file in the Open Data Contract Standard (ODCS v3.1),
`feeds/<source>/<feed>.yaml`. It is read here and nowhere else: raw tables, Dag
tasks, the structural rules of gate 1 and the dbt sources all come from `Feed`.
"""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from elevate.contracts.feed import Column, ContractError, Feed, Reference
from elevate.contracts.reading import read_contract

__all__ = ["Column", "ContractError", "Feed", "Reference", "feeds_of", "load_feeds", "read_contract", "sources_of"]


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
    _check_required(feeds)
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


def _check_required(feeds: list[Feed]) -> None:
    # A source is announced as a whole, so it is waited for as a whole.
    for source in sources_of(feeds):
        if len({feed.required for feed in feeds if feed.source == source}) > 1:
            raise ContractError(f"{source}: required must be the same in all contracts of a source.")


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
