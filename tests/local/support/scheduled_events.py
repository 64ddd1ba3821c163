"""Events that become due while the other tests run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sluice.emitting import scheduled_events
from sluice.event.envelope import Envelope
from sluice.event.ids import new_id
from sluice.queue.send import Message

AHEAD = timedelta(seconds=70)
"""Time until they are due. `emit` would leave them to SQS, as it does with all that are due within 15 minutes."""


@dataclass(frozen=True)
class Scheduled:
    """Two events that Scheduler has, or had.

    Attributes:
        since: the moment at which they were scheduled.
        due: the moment at which they are due.
        wanted: the id of the event that has to run.
        cancelled: the id of the event that was cancelled.
    """

    since: datetime
    due: datetime
    wanted: str
    cancelled: str


def schedule_two() -> Scheduled:
    """Schedule two events, and cancel one of them."""
    now = datetime.now(UTC)
    due = now.replace(microsecond=0) + AHEAD
    messages = [
        Message(body, Envelope(id=new_id(), emitted_ms=int(time.time() * 1000)), {})
        for body in ('"wanted"', '"cancelled"')
    ]
    scheduled_events.schedule_all("local", "echo", messages, due)
    wanted, cancelled = (message.envelope.id for message in messages)
    taken = scheduled_events.cancel("local", cancelled, ["echo"])
    assert taken is not None
    assert (taken.handler, taken.due) == ("echo", due)
    return Scheduled(now, due, wanted, cancelled)
