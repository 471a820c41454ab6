"""The landing task: it waits for a feed that is late without holding a worker."""

from typing import Any

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator

from elevate.rim import steps
from elevate.rim.conventions import POLL


class Land(BaseOperator):
    """Lands one feed of the night. Where it is late, rests deferred and asks again, until it is due no more."""

    def __init__(self, *, feed_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.feed_id = feed_id

    def execute(self, context: Any, event: Any = None) -> int:  # noqa: ARG002 - Airflow's signature
        """Returns the id of the batch that was opened."""
        batch_id = steps.land(self.feed_id)
        if batch_id is None:
            self.defer(trigger=TimeDeltaTrigger(POLL), method_name="execute")
        assert batch_id is not None
        return batch_id
