"""Longer than retention: what waits for months is sent again before SQS deletes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import moving
from ..envelope import Envelope
from ..moving import EMPTY_RECEIVES, Held
from .keeping_state import Kept

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_DAY_MS = 86_400_000

PASS_EVERY_MS = 5 * _DAY_MS
"""SQS keeps a message for 14 days: each is sent again twice in that time, so that one pass may fail."""

DEAD_PASS_EVERY_MS = _DAY_MS
DEAD_AGE_MS = 5 * _DAY_MS
"""A dead letter has the age that it had in its queue, at most some 10 days: it is looked at the day after. Those
that are this old are sent again."""

MOVES_A_RUN = 5_000
"""Events that one run of the reconciler sends again at most: 5,000 a minute, of all queues together."""

HOLD = 120
"""Seconds for which a message that is being moved is out of others' sight: twice what a run takes at most."""

COPY_DELAY = 60
"""Seconds until what was sent again can be received: longer than the run, so that it isn't received by it again."""

_YOUNG_BATCHES = 20
"""In a row, of nothing but messages that were sent since the pass began, before it counts as done."""

_MANY_RECEIVES = 3
"""A message that was received so often is sent again, however young: at five SQS would give up on it."""


class Room:
    """What one run may still do.

    Args:
        moves: messages that it may move.
        out_of_time: whether its time is over.
    """

    def __init__(self, moves: int, out_of_time: Callable[[], bool]) -> None:
        self.moves = moves
        self._out_of_time = out_of_time

    @property
    def left(self) -> bool:
        """Whether it may go on."""
        return self.moves > 0 and not self._out_of_time()


def due(kept: Kept, now_ms: int) -> bool:
    """Whether a pass over the queue has to begin or to go on."""
    if kept.idle_ms is None:
        return False
    return kept.pass_ms is not None or now_ms - max(kept.idle_ms, kept.passed_ms or 0) >= PASS_EVERY_MS


def dead_due(kept: Kept, now_ms: int) -> bool:
    """Whether a pass over the dead-letter queue has to begin."""
    return now_ms - (kept.dead_passed_ms or 0) >= DEAD_PASS_EVERY_MS


def forward(client: SQSClient, url: str, handler: str, kept: Kept, now_ms: int, room: Room) -> Kept:
    """Send the events again that wait in an idle handler's queue, as far as there is room.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
        handler: the handler's name.
        kept: what is remembered of it.
        now_ms: milliseconds since 1970.
        room: what this run may do.

    Returns:
        What is to be remembered.
    """
    began = kept.pass_ms or now_ms
    young: list[Held] = []
    empty = young_batches = 0
    try:
        while room.left:
            batch = moving.receive(client, url, handler, hold=HOLD)
            empty = 0 if batch else empty + 1
            old = [one for one in batch if one.sent_ms < began or one.receives >= _MANY_RECEIVES]
            young += [one for one in batch if one not in old]
            young_batches = 0 if old else young_batches + bool(batch)
            if old:
                # Failing to move one ends nothing: it is still there, and the next pass tries again.
                moving.move(client, old, source=url, target=url, envelope_of=_forwarded, delay=COPY_DELAY)
                room.moves -= len(old)
            if empty >= EMPTY_RECEIVES or young_batches >= _YOUNG_BATCHES:
                return dataclasses.replace(kept, pass_ms=None, passed_ms=began)
    finally:
        moving.let_go(client, url, young)
    return dataclasses.replace(kept, pass_ms=began)


def forward_dead(client: SQSClient, url: str, handler: str, kept: Kept, now_ms: int, room: Room) -> Kept:
    """Send the older dead letters again, to the same dead-letter queue. Otherwise as `forward`."""
    others: list[Held] = []
    empty = 0
    try:
        while room.left and empty < EMPTY_RECEIVES:
            batch = moving.receive(client, url, handler, hold=HOLD)
            empty = 0 if batch else empty + 1
            old = [one for one in batch if now_ms - one.sent_ms >= DEAD_AGE_MS]
            others += [one for one in batch if one not in old]
            if old:
                moving.move(client, old, source=url, target=url, envelope_of=_forwarded_dead)
            # Also what is only looked at takes time.
            room.moves -= len(batch)
    finally:
        moving.let_go(client, url, others)
    if empty < EMPTY_RECEIVES:
        return kept
    return dataclasses.replace(kept, dead_passed_ms=now_ms)


def _forwarded(held: Held) -> Envelope:
    """The receives before this one still count: the event may have been started."""
    envelope = held.envelope
    before = held.receives - 1
    return dataclasses.replace(
        envelope,
        kept=envelope.kept + 1,
        # SQS names the sender, which from here on is the reconciler.
        emitted_by=envelope.sender(held.system),
        receives=envelope.receives + before,
        round_ms=envelope.round_ms or held.sent_ms,
    )


def _forwarded_dead(held: Held) -> Envelope:
    """Receives no longer count in a dead-letter queue; a redrive begins anew."""
    envelope = held.envelope
    return dataclasses.replace(
        envelope,
        kept=envelope.kept + 1,
        emitted_by=envelope.sender(held.system),
        round_ms=envelope.round_ms or held.sent_ms,
    )
