"""The number of events that a handler's queues and Scheduler hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ..emitting import scheduled_events
from ..stage import clients
from ..stage.names import DEAD_SUFFIX, Names

IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
_VISIBLE = "ApproximateNumberOfMessages"
_DELAYED = "ApproximateNumberOfMessagesDelayed"
"""A queue's attributes."""

_CALLERS = 16
"""Threads that call AWS."""


@dataclass(frozen=True, kw_only=True)
class EventCounts:
    """SQS's and Scheduler's counts of a handler's events. SQS's are approximations.

    Attributes:
        waiting: events that could start now.
        in_flight: events that are running.
        delayed: events that SQS holds back for up to 15 minutes.
        dead: events in the dead-letter queue.
        scheduled: events that EventBridge Scheduler keeps for later; 1,000 stands for that many or more.
    """

    waiting: int = 0
    in_flight: int = 0
    delayed: int = 0
    dead: int = 0
    scheduled: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(vars(self).values())


def event_counts(stage: str, handler: str, url: str) -> EventCounts:
    """Ask for a handler's counts.

    Args:
        stage: the stage.
        handler: the handler's name.
        url: its queue's URL.
    """
    sqs: Any = clients.sqs(stage)
    live = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_VISIBLE, IN_FLIGHT, _DELAYED])["Attributes"]
    dead = sqs.get_queue_attributes(QueueUrl=url + DEAD_SUFFIX, AttributeNames=[_VISIBLE, IN_FLIGHT])
    return EventCounts(
        waiting=int(live[_VISIBLE]),
        in_flight=int(live[IN_FLIGHT]),
        delayed=int(live[_DELAYED]),
        dead=sum(map(int, dead["Attributes"].values())),
        scheduled=scheduled_events.count(stage, handler),
    )


def counts_of_all(stage: str, queues: Mapping[str, str]) -> dict[str, EventCounts]:
    """Ask for several handlers' counts, several at once.

    Args:
        stage: the stage.
        queues: the URLs of their queues, by handler.
    """
    with ThreadPoolExecutor(_CALLERS) as callers:
        counted = callers.map(lambda name: event_counts(stage, name, queues[name]), queues)
        return dict(zip(queues, counted, strict=True))


def in_flight(stage: str, handler: str) -> int:
    """Return how many of a handler's events are running, or were received for a paused one: SQS's approximation."""
    sqs: Any = clients.sqs(stage)
    url = sqs.get_queue_url(QueueName=Names(stage).queue(handler))["QueueUrl"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[IN_FLIGHT])["Attributes"]
    return int(counts[IN_FLIGHT])


def in_words(counts: Iterable[tuple[str, EventCounts]]) -> list[str]:
    """Return handlers' counts in words, such as `send-receipt: 3 waiting, 1 dead`, without those that are zero."""
    return [
        f"{handler}: " + ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in vars(one).items() if count)
        for handler, one in counts
    ]
