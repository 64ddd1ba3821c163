"""A handler that counts its runs, and messages to it such as Scheduler sends."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sluice.event.ticks import SCHEDULED_TIME, tick_of
from sluice.worker.overlap import CronLock

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function

DUE = datetime(2025, 12, 1, 2, tzinfo=UTC)


class Runs:
    """A handler that keeps what it was given."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def __call__(self, event: Any) -> int:
        self.events.append(event)
        return len(self.events)


def function(cloud: Cloud, handle: Callable[[Any], Any], **settings: Any) -> Function:
    made = Function(cloud, handle)
    made.settings = dataclasses.replace(made.settings, **settings)
    if made.settings.skips_overlap:
        made.cron_lock = CronLock(cloud.dynamodb, cloud.names.trace_table, HANDLER)
    made.worker = made.new_process()
    return made


def send(cloud: Cloud, body: str) -> None:
    cloud.sqs.send_message(
        QueueUrl=cloud.sqs.get_queue_url(QueueName=cloud.names.queue(HANDLER))["QueueUrl"], MessageBody=body
    )


def tick(due: datetime = DUE, cron: str = HANDLER) -> str:
    """Return the body of a tick."""
    return tick_of(cron).replace(SCHEDULED_TIME, due.strftime("%Y-%m-%dT%H:%M:%SZ"))
