"""What every Dag shares: when a night runs, who is told, how often a task tries again."""

import os
from datetime import date, timedelta
from typing import Any

import pendulum
from airflow.sdk import Asset, CronPartitionTimetable

from elevate.rim.alerts import alert
from elevate.settings import TIME_ZONE

# A night is pulled at the midnight that ends it, hence the offset: the run that
# starts as 12 February begins has the partition key 2019-02-11. Midnight and a key
# of the date alone keep scheduled, manual and backfilled runs of a night the same
# partition (with another hour Airflow gives a manual run another partition date).
NIGHTLY = CronPartitionTimetable("0 0 * * *", timezone=TIME_ZONE, run_offset=-1, key_format="%Y-%m-%d")

EARLIEST_NIGHT = pendulum.datetime(2014, 9, 1, tz=TIME_ZONE)

# One slot. Two assets that emit in the same instant lose the run that waits for
# both (each sees itself alone), so the tasks that emit take turns.
ANNOUNCEMENTS = "announcements"

TASK_DEFAULTS: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": alert,
}


def last_night() -> pendulum.DateTime | None:
    """The last night that the clock may start by itself; None for no end.

    A synthetic district's calendar ends, so an installation on one names its last
    night in ELEVATE_LAST_NIGHT. Nights asked for by key run all the same.
    """
    named = os.environ.get("ELEVATE_LAST_NIGHT")
    return pendulum.parse(named, tz=TIME_ZONE) if named else None  # type: ignore[return-value]


POLL = timedelta(seconds=30)
"""How long a feed that is late is left alone before the source is asked again."""


def may_still_come(night: date, due: timedelta) -> bool:
    """Whether a feed that is due so long after the end of its night can still be waited for.

    Waiting is the one thing for which the wall clock is asked; a night of the past is never waited for.
    """
    end = pendulum.datetime(night.year, night.month, night.day, tz=TIME_ZONE).add(days=1)
    return pendulum.now(TIME_ZONE) < end + due  # noqa: TID251 - see above


def source_asset(source: str) -> Asset:
    """All feeds of one source are accepted for a night."""
    return Asset(name=source, uri=f"elevate://raw/{source}")


MARTS = Asset(name="marts", uri="elevate://marts")
EVALUATION = Asset(name="evaluation", uri="elevate://evaluation")
