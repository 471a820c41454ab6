"""The bodies of the Dag `release`: show a steward the case, take the decision down, act on it."""

import logging
from collections.abc import Mapping
from typing import Any

from elevate import releasing
from elevate.contracts import load_feeds
from elevate.releasing import CHOICES, Case, Choice, Decision, DecisionError
from elevate.rim.steps import step
from elevate.settings import Settings

log = logging.getLogger(__name__)

OPTIONS: dict[str, Choice] = {choice.capitalize(): choice for choice in CHOICES}
"""What a steward reads on the buttons, and the decision that it stands for."""


@step
def look(batch_id: str) -> str:
    """The case as Markdown; fails for a batch with nothing to decide."""
    settings = Settings.load()
    return as_markdown(releasing.case(settings, load_feeds(settings.feeds), int(batch_id)))


@step
def decide(batch_id: str, answer: Mapping[str, Any], run: str) -> None:
    """Record the steward's answer, and replay what it releases; fails where the release is red."""
    settings = Settings.load()
    option, user = answer["chosen_options"][0], answer["responded_by_user"] or {}
    reason, name = (answer["params_input"] or {}).get("reason") or "", user.get("name") or user.get("id") or ""
    made = releasing.decide(settings, load_feeds(settings.feeds), int(batch_id), OPTIONS[option], reason, name, run)
    log.info("Decision %d on batch %s: %s, by %s", made.id, batch_id, made.decision, name)
    if made.release_batch_id is not None:
        _tell(made)


def _tell(made: Decision) -> None:
    if made.verdict != "green":
        raise DecisionError(
            f"Release of batch {made.batch_id}: batch {made.release_batch_id} is {made.verdict}. {made.message}"
        )
    log.info("Batch %d is green, waived: %s", made.release_batch_id, ", ".join(made.waived) or "nothing")


def as_markdown(case: Case) -> str:
    """The case for the person who decides; nothing of a row."""
    head = (
        f"**{case.feed_id}**, night {case.night}, batch {case.batch_id}: **{case.verdict}**, "
        f"{case.rows_quarantined} of {case.rows_in} rows in quarantine. Owner: {case.owner}.\n"
    )
    lines = [
        f"| {r.rule} | {r.column} | {_cell(r.reason)} | {'' if r.rows is None else r.rows} "
        f"| {f'{r.file} line {r.line}' if r.file else ''} | {'yes' if r.waivable else 'no'} |"
        for r in case.refusals
    ]
    table = ["| Rule | Column | Reason | Rows | First | Can be waived |", "|---|---|---|---|---|---|", *lines]
    return "\n".join([head, *(table if lines else [case.message])])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
