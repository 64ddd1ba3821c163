"""Events that wait longer than SQS keeps a message: each is sent again before SQS deletes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..queue import transfer
from .sweep import BatchResult, Queue, sweep

if TYPE_CHECKING:
    from ..event.envelope import Envelope
    from ..queue.message import ReceivedMessage
    from ..traces import TraceStore
    from .budget import Budget
    from .state import RetentionState, SweepState

_DAY_MS = 86_400_000

SWEEP_EVERY_MS = 5 * _DAY_MS
"""Time from one sweep to the next. SQS keeps a message for 14 days: each is sent again twice in that time, so that one
sweep may miss it. A sweep that takes five days and a half is done before the alarm fires at 11 days: that is 400
million events at 50,000 a minute."""

DEAD_SWEEP_EVERY_MS = _DAY_MS
DEAD_AGE_MS = 5 * _DAY_MS
"""Age from which on a dead letter is sent again. It keeps the age that it had in its handler's queue, at most some 11
days, and a sweep receives it the day after."""

COPY_DELAY = 60
"""Seconds until a message that was sent again can be received: longer than the run, which must not receive it again."""

MANY_RECEIVES = 3
"""Receives after which a message is sent again in any case: after five, SQS would move it to the dead-letter queue."""


def is_due(state: RetentionState, now_ms: int) -> bool:
    """Return True if a sweep over the handler's queue has to begin or to go on."""
    if state.idle_ms is None:
        return False
    return state.live.began_ms is not None or now_ms - max(state.idle_ms, state.live.last_ms or 0) >= SWEEP_EVERY_MS


def is_dead_due(state: RetentionState, now_ms: int) -> bool:
    """Return True if a sweep over the dead-letter queue has to begin or to go on."""
    return state.dead.began_ms is not None or now_ms - (state.dead.last_ms or 0) >= DEAD_SWEEP_EVERY_MS


def resend_waiting(queue: Queue, state: SweepState, budget: Budget, traces: TraceStore) -> SweepState:
    """Send the events again that wait in an idle handler's queue, as far as the budget goes.

    An event that has run to its end is deleted, while its trace still tells: it is in the queue because its process
    died together with its batch.

    Args:
        queue: the handler's.
        state: the sweep, which has begun.
        budget: the messages that this run may receive and move.
        traces: the stage's.

    Returns:
        The state to store.
    """

    def process(received: list[ReceivedMessage]) -> BatchResult:
        ended = _ended(received, queue.handler, traces)
        if ended:
            transfer.delete(queue.client, queue.url, ended)
        batch = [message for message in received if message not in ended]
        new = [message for message in batch if not is_done(message, state)]
        # They lost receives to throttling, or to the sweep itself.
        worn = [message for message in batch if message not in new and message.receive_count >= MANY_RECEIVES]
        return resend(batch, [*new, *worn], queue, state, new=len(new), delay=COPY_DELAY, dead=False)

    return sweep(queue, state, budget, process)


def _ended(batch: list[ReceivedMessage], handler: str, traces: TraceStore) -> list[ReceivedMessage]:
    """Return the messages that may have been started, and whose events have ended according to their traces."""
    started = [message for message in batch if message.envelope.receives + message.receive_count > 1]
    ended = traces.completed(handler, {message.envelope.id for message in started}) if started else set()
    return [message for message in started if message.envelope.id in ended]


def resend_dead(queue: Queue, state: SweepState, budget: Budget) -> SweepState:
    """Send the older dead letters again, to the same dead-letter queue. Otherwise as `resend_waiting`."""

    def process(batch: list[ReceivedMessage]) -> BatchResult:
        new = [
            message
            for message in batch
            if not is_done(message, state) and (resends_everything(state) or _is_old(message, state))
        ]
        return resend(batch, new, queue, state, new=len(new), dead=True)

    return sweep(queue, state, budget, process)


def resends_everything(state: SweepState) -> bool:
    """Return True if a sweep has to send all of a dead-letter queue again.

    One run was not enough for it, and as long as messages stay where they are, the next run may receive the same ones.
    """
    return state.runs > 1


def is_done(message: ReceivedMessage, state: SweepState) -> bool:
    """Return True if a sweep leaves a message alone: it sent it itself, or it was sent after the sweep began.

    The envelope's `sweep_ms` tells that also where SQS's clock is behind.
    """
    began = state.began_ms or 0
    return message.envelope.sweep_ms == began or message.sent_ms >= began


def resend(
    batch: list[ReceivedMessage],
    chosen: list[ReceivedMessage],
    queue: Queue,
    state: SweepState,
    *,
    new: int,
    delay: int = 0,
    dead: bool,
) -> BatchResult:
    """Send some messages of a batch to the end of their queue, marked with the sweep's start.

    Args:
        batch: the messages received.
        chosen: those to send again.
        queue: the queue.
        state: the sweep.
        new: how many of the chosen ones it has not sent before.
        delay: seconds for which SQS is to hold each back.
        dead: True for a dead-letter queue.
    """
    # One that is refused stays in the queue, and the next sweep tries again.
    refused = transfer.move(
        queue.client,
        chosen,
        source=queue.url,
        target=queue.url,
        envelope_of=lambda message, now_ms: _resent(message, state, now_ms, dead=dead),
        delay=delay,
    )
    moves = len(chosen) - len(refused)
    left = [message for message in batch if message not in chosen]
    return BatchResult(moves=moves, new_moves=min(new, moves), left=left)


def _is_old(message: ReceivedMessage, state: SweepState) -> bool:
    return state.served_ms - message.sent_ms >= DEAD_AGE_MS


def _resent(message: ReceivedMessage, state: SweepState, now_ms: int, *, dead: bool) -> Envelope:
    """Count the receives before this one, as the event may have been started.

    Receives by this sweep don't count, nor any in a dead-letter queue, as a redrive begins anew.
    """
    envelope = message.envelope
    own = dead or envelope.sweep_ms == state.began_ms
    return envelope.resent(
        sender=message.emitted_by,
        receives=0 if own else message.receive_count - 1,
        sent_ms=message.sent_ms,
        now_ms=now_ms,
        sweep_ms=state.began_ms,
    )
