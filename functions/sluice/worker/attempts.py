"""Attempts, from top to bottom: what counts as one, how many an event has, when it runs again, and what is recorded.

An attempt is a start of an event's handler. A run that reaches its end completes the event, also if it raised. A run
that does not (it timed out, ran out of memory, its process died, its module could not be imported) makes the event run
again, until it has had five attempts. SQS counts receives instead: after five it moves a message to the dead-letter
queue. A receive is no attempt if Lambda was throttled, or if an earlier event of the batch took the process down.

1. What counts: every start on record since the event was emitted or last redriven. To save a write for each event, the
   start of a first delivery is not recorded; a redelivered event without a start on record has one attempt (`plan`).
2. The limit: `MAX_ATTEMPTS`. An event that has had them goes back to its queue, and SQS moves it to the dead-letter
   queue.
3. The delay before the next attempt: up to 5 s, 15 s, then 45 s (`retry_delay`).
4. Putting back: an event that SQS would move to the dead-letter queue before it has had its attempts is sent to its
   queue again, as a new message with five receives of its own. That happens when it has lost receives that were no
   attempts, when it cannot start now, and when another event of its batch might take its last receive (`Retries`).
5. What is recorded: each start but that of a first delivery, before it happens, and each end (`with_start`,
   `with_end`). If DynamoDB does not answer, unreachable.py says what happens.
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from ..lean_aws.errors import is_transient
from ..traces import Attempt

if TYPE_CHECKING:
    import random

    from ..queue.message import ReceivedMessage
    from ..traces import Trace
    from .queue import HandlerQueue

# ---- the limit

MAX_ATTEMPTS = 5
"""Attempts of an event, and the maxReceiveCount of its queue."""

MAX_TOTAL_RECEIVES = 100
"""Receives of an event, by all its messages together, after which it is not put back any more: if twenty messages
of five receives each did not bring five starts, the cause is not a lack of concurrency."""

PUT_BACK_FROM = MAX_ATTEMPTS - 1
"""Receives of a message after which its event is put back: one before the last, for a second chance if that fails."""

# ---- the delay

_FIRST_DELAY = 5.0
_GROWTH = 3.0
LONGEST_DELAY = 45.0
"""Seconds: a quarter of the shortest visibility timeout that the template gives a queue."""


def retry_delay(used: int, jitter: random.Random) -> float:
    """Return the seconds until an event is tried again: more after each attempt, and not the same for all events.

    Args:
        used: attempts that the event has had.
        jitter: source of chance.
    """
    return min(_FIRST_DELAY * _GROWTH ** max(0, used - 1), LONGEST_DELAY) * jitter.uniform(0.5, 1.0)


# ---- what counts, and what to do with a redelivered event


class Step(Enum):
    """The next step for a redelivered event."""

    ACKNOWLEDGE = "it completed, and must not run again"
    PUT_BACK = "it has lost receives that were no attempts, so SQS would give up on it too soon"
    GIVE_UP = "it has had its attempts; SQS moves it to the dead-letter queue"
    RUN = "start it, once that is recorded"


class Plan(NamedTuple):
    """A step, and the attempts before it.

    Attributes:
        step: what to do.
        history: every known attempt, also those before the event was last redriven.
        used: the number of attempts that count against the event.
        prior: the trace that they were read from.
    """

    step: Step
    history: tuple[Attempt, ...]
    used: int
    prior: Trace | None = None


def plan(message: ReceivedMessage, prior: Trace | None) -> Plan:
    """Decide what to do with a redelivered event.

    Args:
        message: the event's message, not delivered for the first time.
        prior: the event's trace, if it has one.
    """
    history = prior.history if prior else ()
    counted = [attempt for attempt in history if _counts(attempt, message)]
    if not counted and _was_delivered_before(message):
        lost = Attempt(
            outcome="no-record",
            started_ms=message.first_received_ms,
            reason="left no record: its process was stopped, or it was never started",
        )
        history, counted = (*history, lost), [lost]
    used = len(counted)
    lost_receives = message.receive_count - 1 - used
    if prior and prior.completed:
        step = Step.ACKNOWLEDGE
    elif used >= MAX_ATTEMPTS:
        step = Step.GIVE_UP
    elif lost_receives > 0 and message.receive_count >= PUT_BACK_FROM and may_be_put_back(message):
        step = Step.PUT_BACK
    else:
        step = Step.RUN
    return Plan(step, history[-MAX_HISTORY:], used, prior)


def _counts(attempt: Attempt, message: ReceivedMessage) -> bool:
    """Return True if an attempt was made since the event was emitted or last redriven."""
    same_redrive = (attempt.redrive or 0) == message.envelope.redrives
    return same_redrive and (attempt.started_ms or 0) >= message.earliest_attempt_ms


def _was_delivered_before(message: ReceivedMessage) -> bool:
    """Return True if there was a first delivery, whose process may have died before it left anything behind."""
    return message.receive_count + message.envelope.receives > 1 and not message.envelope.redrives


def may_be_put_back(message: ReceivedMessage) -> bool:
    """Return True if another message can be expected to change anything: it has not been tried again and again."""
    return message.envelope.receives < MAX_TOTAL_RECEIVES


def suspicion(planned: Plan) -> int:
    """Return how likely an event is to take its process down: the number of its starts that have no end.

    A start that left no record says little, as its whole batch left none.
    """
    return sum(attempt.outcome != "no-record" for attempt in planned.history[-planned.used :]) if planned.used else 0


# ---- going back to the queue


class Verdict(Enum):
    """The fate of a message of a batch."""

    RUN = "its event is started"
    DONE = "it is acknowledged"
    RETURN = "it goes back to its queue"


class Retries:
    """Returns events to their queue or puts them back, so that SQS delivers them again at the right time.

    Args:
        queue: the handler's queue.
        jitter: source of chance.
    """

    def __init__(self, queue: HandlerQueue, jitter: random.Random) -> None:
        self._queue = queue
        self._jitter = jitter

    def carry_out(self, planned: Plan, message: ReceivedMessage) -> Verdict:
        """Do what was planned for a redelivered event, up to its start.

        If it can't be put back, it is started: that is better than losing a receive.
        """
        match planned.step:
            case Step.ACKNOWLEDGE:
                return Verdict.DONE
            case Step.GIVE_UP:
                self._queue.return_after([message], [0])
                return Verdict.RETURN
            case Step.PUT_BACK if self._put_back(message, planned.used):
                return Verdict.DONE
        return Verdict.RUN

    def put_back_on_last_receive(self, message: ReceivedMessage, used: int) -> bool:
        """Put back an event if this is its message's last receive. An event before it may take the process down.

        Args:
            message: the event's message.
            used: attempts that the event has had.

        Returns:
            True if the message may be acknowledged.
        """
        is_last = message.receive_count >= MAX_ATTEMPTS
        return is_last and may_be_put_back(message) and self._put_back(message, used)

    def postpone(self, message: ReceivedMessage, used: int, error: Exception | None = None) -> Verdict:
        """Send an event that cannot be started now back to its queue, but not to the dead-letter queue.

        An event that can never start, say because its trace is damaged, may end in the dead-letter queue all the same:
        it would go round for as long as someone pays for SQS.

        Args:
            message: the event's message.
            used: attempts that the event has had.
            error: the error that keeps it from starting, if one does.
        """
        may = may_be_put_back(message) or (error is not None and is_transient(error))
        if may and message.receive_count >= PUT_BACK_FROM and self._put_back(message, used):
            return Verdict.DONE
        self._queue.return_after([message], [retry_delay(used, self._jitter)])
        return Verdict.RETURN

    def return_unfinished(self, message: ReceivedMessage, used: int) -> Verdict:
        """Return an event whose attempt did not reach its end.

        Args:
            message: the event's message.
            used: attempts that the event has had, this one included.
        """
        # A dead event need not wait: SQS moves it to the dead-letter queue.
        delay = 0 if used >= MAX_ATTEMPTS else retry_delay(used, self._jitter)
        self._queue.return_after([message], [delay])
        return Verdict.RETURN

    def return_if_process_dies(self, messages: list[ReceivedMessage], used: list[int], remaining: float) -> None:
        """Have SQS deliver events again soon after the invocation, rather than after the visibility timeout.

        An event that ends before is acknowledged or returned then.

        Args:
            messages: the events' messages.
            used: attempts that each event has had.
            remaining: seconds until the invocation must be over.
        """
        delays = [remaining + retry_delay(attempts + 1, self._jitter) for attempts in used]
        self._queue.return_after(messages, delays)

    def _put_back(self, message: ReceivedMessage, used: int) -> bool:
        return self._queue.put_back(message, retry_delay(used, self._jitter))


# ---- what is recorded

MAX_HISTORY = 25
"""Attempts that a trace keeps of an event that was redriven again and again."""


def is_last_attempt(used: int) -> bool:
    """Return True if an event that has had this many attempts is dead unless the next one reaches its end."""
    return used + 1 >= MAX_ATTEMPTS


def with_start(planned: Plan | None, *, started_ms: int, request_id: str, redrives: int) -> tuple[Attempt, ...]:
    """Return an event's history with a new start in it.

    Args:
        planned: the attempts before; None if this is the first delivery.
        started_ms: time of the start, in milliseconds since 1970.
        request_id: Lambda's id of the invocation.
        redrives: redrives of the event so far.
    """
    start = Attempt(outcome="started", started_ms=started_ms, request_id=request_id, redrive=redrives or None)
    return (*(planned.history if planned else ()), start)


def with_end(history: tuple[Attempt, ...], outcome: str, reason: str | None) -> tuple[Attempt, ...]:
    """Return a history with the end of its last attempt in it.

    Args:
        history: every attempt, the last one without its end.
        outcome: how that ended.
        reason: what kept it from reaching its end, in words.
    """
    return (*history[:-1], dataclasses.replace(history[-1], outcome=outcome, reason=reason))
