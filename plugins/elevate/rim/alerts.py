"""Telling the person on call that a task has failed for good."""

import logging
from typing import Any

import httpx

from elevate.settings import Settings
from elevate.warehouse import connect

log = logging.getLogger(__name__)
WEBHOOK_SECONDS = 10


def alert(context: Any) -> None:
    """Record the failure in `ops.alert`, and send it to the webhook where one is set.

    Never raises: a failing alert must not hide the failure it is about.
    """
    task, run = context["task_instance"], context["dag_run"]
    message = str(context.get("exception") or "failed without a message")
    values = (task.dag_id, task.task_id, run.run_id, run.partition_key, message)
    settings = Settings.load()
    try:
        with connect(settings) as connection:
            connection.execute(
                "insert into ops.alert (dag, task, run, night, message) values (%s, %s, %s, %s, %s)", values
            )
    except Exception as error:
        log.error("The alert could not be recorded: %s", type(error).__name__)
    if settings.alert_url:
        text = f"{task.dag_id} · {task.task_id} · night {run.partition_key}: {message}"
        try:
            httpx.post(settings.alert_url, json={"text": text}, timeout=WEBHOOK_SECONDS).raise_for_status()
        except httpx.HTTPError as error:
            log.error("The alert could not be sent: %s", type(error).__name__)
