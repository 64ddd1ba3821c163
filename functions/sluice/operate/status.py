"""How each of a stage's handlers is doing, asked of AWS itself: its queue, its function, its event source mapping."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from ..emitting import scheduled_events
from ..pausing.describe import state_of
from ..pausing.handler_states import Snapshot
from ..pausing.open import open_handler_states
from ..retention.progress import Kept, KeptStore
from ..stage import clients
from ..stage.names import DEAD_SUFFIX, Names
from ..traces import open_store
from ..traces.trace import iso
from .handlers import UnknownHandlerError, queues_of

_CALLERS = 16
"""Handlers that are asked about at once."""

_AGE_WINDOW = timedelta(minutes=15)
"""How old a measurement of CloudWatch's may be. It is some minutes late by itself."""


@dataclass(frozen=True, kw_only=True)
class HandlerStatus:
    """How a handler is doing.

    Attributes:
        handler: its name.
        kind: `worker` or `cron`; None if nothing runs under this name.
        state: `running`, `pausing`, `paused` or `blocked`; `no-handler` for a name that events were emitted to but
            that has no function.
        waiting: events that could start now. This number and the next three are SQS's approximations; None
            where there is no queue.
        in_flight: events that run.
        delayed: events whose time has not come.
        dead: events in the dead-letter queue.
        oldest_s: seconds that the oldest event had been waiting when CloudWatch measured last, some minutes ago;
            None if it hasn't.
        reason: why it is paused or blocked.
        by: who paused or blocked it, if known.
        since: when that was, if known.
        until: when the pause ends by itself.
        also_paused: whether a blocked handler stays paused once the block is lifted.
        scheduled: events for later than SQS keeps them; 1,000 stands for that many or more.
        unhandled: events emitted to this name while it had no handler.
        moved_at: when events that wait for a paused or blocked handler were last sent again, so that SQS does not
            delete them; None if they were not yet.
        moving: whether that is under way.
    """

    handler: str
    kind: str | None = None
    state: str
    waiting: int | None = None
    in_flight: int | None = None
    delayed: int | None = None
    dead: int | None = None
    oldest_s: int | None = None
    reason: str | None = None
    by: str | None = None
    since: str | None = None
    until: str | None = None
    also_paused: bool = False
    scheduled: int | None = None
    unhandled: int = 0
    moved_at: str | None = None
    moving: bool = False


def statuses(stage: str, handler: str | None = None) -> list[HandlerStatus]:
    """How the handlers are doing, and the names that events without a handler were emitted to.

    Args:
        stage: the stage.
        handler: only this one; all of them if left out.

    Raises:
        NotDeployedError: the stage is not deployed.
        UnknownHandlerError: no handler has this name, and nothing was emitted to it.
    """
    queues = queues_of(stage)
    unhandled = open_store(stage).unhandled.counts()
    names = sorted({*queues, *unhandled})
    if handler is not None:
        if handler not in names:
            raise UnknownHandlerError(handler, stage, queues)
        names = [handler]
    crons = _crons(stage)
    kept = KeptStore(clients.dynamodb(stage), Names(stage).trace_table).all()
    looked = {found.handler: found for found in open_handler_states(stage).read(None if handler is None else names)}

    def ask(name: str) -> HandlerStatus:
        kind = "cron" if name in crons else "worker"
        return _ask(stage, name, queues.get(name), kind, looked.get(name))

    with ThreadPoolExecutor(_CALLERS) as callers:
        rows = list(callers.map(ask, names))
    ages = _ages(stage, [row.handler for row in rows if row.waiting])
    return [
        replace(
            _with_moves(row, kept.get(row.handler, Kept())),
            unhandled=unhandled.get(row.handler, 0),
            oldest_s=ages.get(row.handler),
        )
        for row in rows
    ]


def _crons(stage: str) -> set[str]:
    """The handlers that a schedule of the same name emits to."""
    prefix = Names(stage).prefix
    pages = clients.client("scheduler", stage).get_paginator("list_schedules").paginate(NamePrefix=prefix)
    return {schedule["Name"].removeprefix(prefix) for page in pages for schedule in page["Schedules"]}


def _ask(stage: str, handler: str, queue: str | None, kind: str, found: Snapshot | None) -> HandlerStatus:
    row = (
        HandlerStatus(handler=handler, kind=kind, state="running") if found else _without_mapping(stage, handler, kind)
    )
    if queue is not None:
        row = _with_counts(stage, row, queue)
    if found is None:
        return row
    state = state_of(found, row.in_flight or 0, int(time.time() * 1000))
    return replace(row, **vars(state))


def in_flight(stage: str, handler: str) -> int:
    """How many of a handler's events were received and have not come to an end, by SQS's approximation."""
    sqs = clients.sqs(stage)
    url = sqs.get_queue_url(QueueName=Names(stage).queue(handler))["QueueUrl"]
    counts: Any = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    return int(counts["Attributes"]["ApproximateNumberOfMessagesNotVisible"])


def _with_counts(stage: str, row: HandlerStatus, queue: str) -> HandlerStatus:
    sqs = clients.sqs(stage)
    counts: Any = sqs.get_queue_attributes(
        QueueUrl=queue,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )["Attributes"]
    dead: Any = sqs.get_queue_attributes(
        QueueUrl=queue + DEAD_SUFFIX,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return replace(
        row,
        waiting=int(counts["ApproximateNumberOfMessages"]),
        in_flight=int(counts["ApproximateNumberOfMessagesNotVisible"]),
        delayed=int(counts["ApproximateNumberOfMessagesDelayed"]),
        scheduled=scheduled_events.count(stage, row.handler),
        dead=sum(int(count) for count in dead.values()),
    )


def _with_moves(row: HandlerStatus, kept: Kept) -> HandlerStatus:
    return replace(row, moved_at=iso(kept.moved_ms), moving=kept.live.began_ms is not None)


def _without_mapping(stage: str, handler: str, kind: str) -> HandlerStatus:
    """Of a handler that cannot be paused, as nothing receives for it."""
    functions = clients.client("lambda", stage)
    try:
        functions.get_function(FunctionName=Names(stage).function(handler))
    except functions.exceptions.ResourceNotFoundException:
        return HandlerStatus(handler=handler, state="no-handler")
    return HandlerStatus(handler=handler, kind=kind, state="paused", reason="it has no event source mapping")


def _ages(stage: str, names: list[str]) -> dict[str, int]:
    """What CloudWatch last measured as the age of the oldest waiting event, in seconds."""
    if not names:
        return {}
    now = datetime.now(UTC)
    queries = [
        {
            "Id": f"age{index}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS",
                    "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [{"Name": "QueueName", "Value": Names(stage).queue(name)}],
                },
                "Period": 60,
                "Stat": "Maximum",
            },
        }
        for index, name in enumerate(names)
    ]
    found: dict[str, int] = {}
    try:
        pages = (
            clients.client("cloudwatch", stage)
            .get_paginator("get_metric_data")
            .paginate(MetricDataQueries=queries, StartTime=now - _AGE_WINDOW, EndTime=now, ScanBy="TimestampDescending")
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                if result["Values"]:
                    found.setdefault(names[int(result["Id"].removeprefix("age"))], int(result["Values"][0]))
    except ClientError:
        # Who may not read metrics still gets the rest.
        return {}
    return found
