"""Events for a moment that comes while the other tests run, and the ticks of a cron since then."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sluice.emitting import scheduled_events
from sluice.event.envelope import Envelope
from sluice.event.ids import new_id
from sluice.queue.send import Message

AHEAD = timedelta(seconds=70)


@dataclass(frozen=True)
class Later:
    """What was set up.

    Attributes:
        since: when that was.
        due: when the events are due.
        wanted: the id of the one that is to run.
        cancelled: the id of the one that was taken back.
    """

    since: datetime
    due: datetime
    wanted: str
    cancelled: str


def set_up() -> Later:
    """Leave two events to Scheduler, which `emit` does for those that are more than 15 minutes ahead."""
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
    return Later(now, due, wanted, cancelled)
