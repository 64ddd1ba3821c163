"""What to do with an event that SQS delivers again.

SQS counts receives; what counts against an event is starts. The two differ when a batch dies before it reaches
an event, or when Lambda is throttled. So every start but the first is recorded before it happens, and an event
that has run out of receives but not of attempts is put back into its queue as a new message.
"""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ..traces import Attempt

if TYPE_CHECKING:
    from ..queue.message import ReceivedMessage
    from ..traces import Trace

MAX_ATTEMPTS = 5
"""Starts of an event's handler, and the maxReceiveCount of its queue."""

PUT_BACK_FROM = MAX_ATTEMPTS - 1
"""Receives. One before the last, so that there is a second chance if putting it back fails."""

MAX_RECEIVES = 100
"""Of an event by all its messages together, after which it is put back no more: twenty times five receives without five
starts is no longer for want of concurrency."""

MAX_HISTORY = 25
"""Attempts that a trace keeps, of events that were redriven again and again."""

_FIRST_DELAY = 5.0
_GROWTH = 3.0
LONGEST_DELAY = 45.0
"""Seconds. A quarter of the shortest visibility timeout that the template gives a queue."""


class Step(Enum):
    """What to do with a redelivered event."""

    ACKNOWLEDGE = "it completed: it must not run again"
    PUT_BACK = "it has lost receives that were not attempts: SQS would give up on it too soon"
    GIVE_UP = "its attempts are used up: leave it to SQS, which moves it to the dead-letter queue"
    RUN = "start it, once that is recorded"


@dataclass(frozen=True)
class Plan:
    """A step, and the attempts that count against the event up to now.

    Attributes:
        step: what to do.
        history: every known attempt, also those before the event was last redriven.
        used: how many of them count against the event.
        prior: the trace that tells of them.
    """

    step: Step
    history: tuple[Attempt, ...]
    used: int
    prior: Trace | None = None


def plan(delivery: ReceivedMessage, prior: Trace | None) -> Plan:
    """Decide what to do with a redelivered event.

    Args:
        delivery: the message, not delivered for the first time.
        prior: the event's trace, if it has one.
    """
    history = prior.history if prior else ()
    counted = [
        attempt
        for attempt in history
        if (attempt.redrive or 0) == delivery.envelope.redrives
        and (attempt.started_ms or 0) >= delivery.attempts_since_ms
    ]
    delivered_before = delivery.receive_count + delivery.envelope.receives > 1
    if not counted and delivered_before and not delivery.envelope.redrives:
        # A first delivery leaves nothing behind when its process dies. It may have died before it got here.
        lost = Attempt(
            outcome="no-record",
            started_ms=delivery.first_received_ms,
            reason="left no record: its process was stopped, or it was never started",
        )
        history, counted = (*history, lost), [lost]
    used = len(counted)
    if prior and prior.completed:
        step = Step.ACKNOWLEDGE
    elif used >= MAX_ATTEMPTS:
        step = Step.GIVE_UP
    elif delivery.receive_count >= PUT_BACK_FROM and used < delivery.receive_count - 1 and may_be_put_back(delivery):
        step = Step.PUT_BACK
    else:
        step = Step.RUN
    return Plan(step, history[-MAX_HISTORY:], used, prior)


def may_be_put_back(delivery: ReceivedMessage) -> bool:
    """Whether it has not gone round and round already, so that the next message can be expected to change anything."""
    return delivery.envelope.receives < MAX_RECEIVES


def ended(history: tuple[Attempt, ...], outcome: str, reason: str | None) -> tuple[Attempt, ...]:
    """The history with the last attempt's end in it."""
    return (*history[:-1], dataclasses.replace(history[-1], outcome=outcome, reason=reason))


def suspicion(planned: Plan) -> int:
    """How likely an event is to take its process down with it: how often it was started without an end.

    A start that left no record says little: its whole batch left none.
    """
    return sum(attempt.outcome != "no-record" for attempt in planned.history[-planned.used :]) if planned.used else 0


def retry_delay(used: int, jitter: random.Random) -> float:
    """Seconds until an event is tried again: growing with its attempts, and never the same for all.

    Args:
        used: how many attempts it has used up.
        jitter: where chance comes from.
    """
    return min(_FIRST_DELAY * _GROWTH ** max(0, used - 1), LONGEST_DELAY) * jitter.uniform(0.5, 1.0)
