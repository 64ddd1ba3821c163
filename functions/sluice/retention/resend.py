"""Longer than retention: what waits for months is sent again before SQS deletes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..event.envelope import Envelope
from ..queue import transfer
from ..queue.message import ReceivedMessage
from .progress import Kept, Pass
from .queue_pass import Queue, Room, Treated, carry_on

if TYPE_CHECKING:
    from ..traces import TraceStore

_DAY_MS = 86_400_000

PASS_EVERY_MS = 5 * _DAY_MS
"""SQS keeps a message for 14 days: each is sent again twice in that time, so that one pass may miss it. A pass that
takes as long as five days and a half is done before the alarm rings at 11 days: that is 400 million events at 50,000 a
minute."""

DEAD_PASS_EVERY_MS = _DAY_MS
DEAD_AGE_MS = 5 * _DAY_MS
"""A dead letter has the age that it had in its queue, at most some 11 days: it is looked at the day after. Those
that are this old are sent again."""

COPY_DELAY = 60
"""Seconds until what was sent again can be received: longer than the run, so that it isn't received by it again."""

MANY_RECEIVES = 3
"""A message that was received so often is sent again, whatever else: at five SQS would give up on it."""


def due(kept: Kept, now_ms: int) -> bool:
    """Whether a pass over the queue has to begin or to go on."""
    if kept.idle_ms is None:
        return False
    return kept.live.began_ms is not None or now_ms - max(kept.idle_ms, kept.live.last_ms or 0) >= PASS_EVERY_MS


def dead_due(kept: Kept, now_ms: int) -> bool:
    """Whether a pass over the dead-letter queue has to begin or to go on."""
    return kept.dead.began_ms is not None or now_ms - (kept.dead.last_ms or 0) >= DEAD_PASS_EVERY_MS


def forward(queue: Queue, state: Pass, room: Room, traces: TraceStore) -> Pass:
    """Send the events again that wait in an idle handler's queue, as far as there is room.

    Those that have run to their end are deleted, while their traces still tell: a process that died with their batch
    left them there.

    Args:
        queue: the handler's.
        state: the pass, which has begun.
        room: what this run may do.
        traces: the handler's, among others.

    Returns:
        What is to be remembered of it.
    """

    def treat(received: list[ReceivedMessage]) -> Treated:
        ended = _ended(received, queue.handler, traces)
        if ended:
            transfer.delete(queue.client, queue.url, ended)
        batch = [one for one in received if one not in ended]
        new = [one for one in batch if not seen_to(one, state)]
        # Receives that were lost to throttling, or to the pass itself.
        worn = [one for one in batch if one not in new and one.receive_count >= MANY_RECEIVES]
        return move(batch, [*new, *worn], queue, state, new=len(new), delay=COPY_DELAY, dead=False)

    return carry_on(queue, state, room, treat)


def _ended(batch: list[ReceivedMessage], handler: str, traces: TraceStore) -> list[ReceivedMessage]:
    """Those that may have been started, and whose traces say that they ended."""
    started = [one for one in batch if one.envelope.receives + one.receive_count > 1]
    ended = traces.completed(handler, {one.envelope.id for one in started}) if started else set()
    return [one for one in started if one.envelope.id in ended]


def forward_dead(queue: Queue, state: Pass, room: Room) -> Pass:
    """Send the older dead letters again, to the same dead-letter queue. Otherwise as `forward`."""

    def treat(batch: list[ReceivedMessage]) -> Treated:
        new = [one for one in batch if not seen_to(one, state) and (again(state) or _is_old(one, state))]
        return move(batch, new, queue, state, new=len(new), dead=True)

    return carry_on(queue, state, room, treat)


def again(state: Pass) -> bool:
    """Whether a pass has to send all of a dead-letter queue again.

    One run was not enough for it. As long as what was looked at stays where it was, the next one may be given the same.
    """
    return state.runs > 1


def seen_to(held: ReceivedMessage, state: Pass) -> bool:
    """Whether a pass has nothing to do for a message: it sent it itself, or it was sent since.

    The mark tells also where SQS's clock is behind.
    """
    began = state.began_ms or 0
    return held.envelope.sweep_ms == began or held.sent_ms >= began


def move(
    batch: list[ReceivedMessage],
    chosen: list[ReceivedMessage],
    queue: Queue,
    state: Pass,
    *,
    new: int,
    delay: int = 0,
    dead: bool,
) -> Treated:
    """Send some of a batch to the end of their queue, with the mark of the pass.

    Args:
        batch: what was received.
        chosen: what of it is to be sent again.
        queue: the queue.
        state: the pass.
        new: how many of them it has not sent before.
        delay: seconds that SQS is to hold each back.
        dead: whether it is a dead-letter queue.
    """
    # Failing to move one ends nothing: it is still there, and the next pass tries again.
    refused = transfer.move(
        queue.client,
        chosen,
        source=queue.url,
        target=queue.url,
        envelope_of=lambda message, now_ms: _resent(message, state, now_ms, dead=dead),
        delay=delay,
    )
    moves = len(chosen) - len(refused)
    return Treated(moves=moves, found=min(new, moves), left=[one for one in batch if one not in chosen])


def _is_old(held: ReceivedMessage, state: Pass) -> bool:
    return state.served_ms - held.sent_ms >= DEAD_AGE_MS


def _resent(message: ReceivedMessage, state: Pass, now_ms: int, *, dead: bool) -> Envelope:
    """Count the receives before this one, as the event may have been started.

    Receives by this pass do not count, nor any in a dead-letter queue, as a redrive begins anew.
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
