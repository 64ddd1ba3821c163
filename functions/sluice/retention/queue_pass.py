"""Through all the messages of a queue, in whatever order SQS gives them, by several threads, over many runs.

Within a run no message is seen twice: what was seen is held until its end. A queue that a run finds empty has been seen
whole. One with more messages than that is done with once so many in a row needed nothing that few can be left.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..queue import transfer
from ..queue.message import ReceivedMessage
from ..queue.send import BATCH_COUNT
from ..queue.transfer import EMPTY_RECEIVES
from .progress import Pass

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MOVES_A_RUN = 50_000
"""Messages that one run of the reconciler sends again at most, of all queues together: 50,000 a minute. Each takes some
0.25 ms of a processor (0.17 measured without the network, of which TLS is the rest): 12 s, and the function has half of
one for 40."""

LOOKS_A_RUN = 50_000
"""Messages that a run looks at at most. They are held meanwhile: SQS allows 120,000 of a queue, and refuses more."""

HOLD = 120
"""Seconds for which a message that is looked at is out of others' sight: twice what a run takes at most."""

MOVERS = 12
"""Threads. Each waits for SQS most of the time: three calls of some 15 ms for ten messages, so that twelve are good for
2,600 a second, more than the run's processor time is. Should each have ten messages of 1 MiB in hand, in some four
copies (as received, decoded, parsed, to be sent), that is half of the function's memory."""

MESSAGES_A_MOVER = 2_000
"""In a queue, for each further thread."""

LEAST_CLEAN = 200
"""Messages in a row without anything to do, before a queue that was not seen whole can count as done with."""

CLEAN_ROUNDS = 2
ENOUGH_CLEAN = 500_000
"""Twice as many in a row as the queue holds. If SQS gave messages in an order quite at random, that left one event
behind in every seventh pass; to be lost, an event has to be left behind twice. 500,000 in a row, some ten runs' worth,
are enough: then it is one event in 500,000 at most, and next to none as SQS goes, the oldest first as a rule."""

_MANY_ERRORS = 3
"""Batches that fail, before a run gives a queue up. One that cannot be moved does not keep the others from it."""


class Room:
    """What one run may still do.

    Args:
        moves: messages that it may move.
        out_of_time: whether its time is over.
        looks: messages that it may look at.
    """

    def __init__(self, moves: int, out_of_time: Callable[[], bool], looks: int = LOOKS_A_RUN) -> None:
        self.moves = moves
        self.looks = looks
        self._out_of_time = out_of_time
        self._lock = threading.Lock()

    @property
    def left(self) -> bool:
        """Whether there is room for a batch."""
        return self.moves >= BATCH_COUNT and self.looks >= BATCH_COUNT and not self._out_of_time()

    def take(self) -> bool:
        """Take the room of a batch, if there is room."""
        with self._lock:
            if not self.left:
                return False
            self.moves -= BATCH_COUNT
            self.looks -= BATCH_COUNT
            return True

    def give_back(self, moves: int, looks: int) -> None:
        """Give back what was not needed."""
        with self._lock:
            self.moves += moves
            self.looks += looks

    def share(self, parts: int, out_of_time: Callable[[], bool]) -> Room:
        """Take one of so many equal parts, a batch's room at least. What it leaves is to be given back.

        Args:
            parts: how many have to share.
            out_of_time: whether this part's time is over; the whole's counts, too.
        """
        part = Room(
            _part(self.moves, parts), lambda: self._out_of_time() or out_of_time(), looks=_part(self.looks, parts)
        )
        self.give_back(-part.moves, -part.looks)
        return part


@dataclass(frozen=True)
class Queue:
    """A queue to go through.

    Attributes:
        client: a boto3 SQS client.
        url: the queue's.
        handler: the handler whose queue it is.
    """

    client: SQSClient
    url: str
    handler: str


@dataclass(frozen=True)
class Treated:
    """What was done with a batch.

    Attributes:
        moves: messages that were moved.
        found: how many of these were not yet moved by this pass.
        left: those that stay.
    """

    moves: int
    found: int
    left: Sequence[ReceivedMessage]


def begin(state: Pass, now_ms: int) -> Pass:
    """A run's turn at a queue: the pass under way, or a new one."""
    return dataclasses.replace(state, began_ms=state.began_ms or now_ms, runs=state.runs + 1, served_ms=now_ms)


def unfinished(state: Pass) -> Pass:
    """What is to be remembered of a turn that has begun, should it not come to its end: nothing of what it found."""
    return dataclasses.replace(state, clean=0, cut_ms=state.served_ms)


def carry_on(queue: Queue, state: Pass, room: Room, treat: Callable[[list[ReceivedMessage]], Treated]) -> Pass:
    """Go through a queue as far as there is room.

    Args:
        queue: which.
        state: as `begin` made it.
        room: what this run may do.
        treat: is given each batch, by several threads, and moves what is to be moved.

    Returns:
        What is to be remembered.

    Raises:
        ClientError: SQS refused a call; the rest was gone through nevertheless, unless it refused several.
        BotoCoreError: the same of a call that did not reach it.
    """
    size = transfer.count(queue.client, queue.url)
    blind = state.cut_ms is not None and state.served_ms - state.cut_ms < 2 * HOLD * 1000
    turn = _Turn(queue, room, treat, state.clean, max(LEAST_CLEAN, min(CLEAN_ROUNDS * size, ENOUGH_CLEAN)))
    movers = max(1, min(MOVERS, size // MESSAGES_A_MOVER))
    try:
        _each(movers, turn.work, [None] * movers)
    finally:
        # All at once, and not before the last one is done: else they would be seen again.
        _each(movers, turn.let_go, [turn.left[start::movers] for start in range(movers)])
    if turn.errors:
        raise turn.errors[0]
    if turn.done and not blind:
        return Pass(last_ms=state.began_ms, served_ms=state.served_ms)
    return dataclasses.replace(state, clean=turn.clean, cut_ms=state.cut_ms if blind else None)


class _Turn:
    """A run's turn at a queue, shared by its threads. Of what stays it knows the receipt handles, not the bodies."""

    def __init__(
        self, queue: Queue, room: Room, treat: Callable[[list[ReceivedMessage]], Treated], clean: int, enough: int
    ) -> None:
        self._queue = queue
        self._room = room
        self._treat = treat
        self._enough = enough
        self._empty = 0
        self._lock = threading.Lock()
        self.clean = clean
        self.left: list[str] = []
        self.errors: list[ClientError | BotoCoreError] = []

    @property
    def done(self) -> bool:
        return self._empty >= EMPTY_RECEIVES or self.clean >= self._enough

    def work(self, _: None) -> None:
        while not self.done and len(self.errors) < _MANY_ERRORS and self._room.take():
            seen = moves = 0
            try:
                batch = transfer.receive(self._queue.client, self._queue.url, self._queue.handler, hold=HOLD)
                seen = len(batch)
                treated = self._treat(batch) if batch else Treated(0, 0, ())
                moves = treated.moves
            except (ClientError, BotoCoreError) as error:
                with self._lock:
                    self.errors.append(error)
                    self.clean = 0
            else:
                self._note(seen, treated)
            finally:
                self._room.give_back(BATCH_COUNT - moves, BATCH_COUNT - seen)

    def _note(self, seen: int, treated: Treated) -> None:
        with self._lock:
            self.left += [one.receipt_handle for one in treated.left]
            self._empty = 0 if seen else self._empty + 1
            self.clean = 0 if treated.found else self.clean + seen

    def let_go(self, handles: Sequence[str]) -> None:
        transfer.let_go(self._queue.client, self._queue.url, handles)


def _each(movers: int, call: Callable[..., None], parts: Sequence[object]) -> None:
    if movers == 1:
        call(parts[0])
        return
    with ThreadPoolExecutor(movers) as threads:
        list(threads.map(call, parts))


def _part(whole: int, parts: int) -> int:
    """Of room, in batches."""
    return min(whole, max(1, whole // parts // BATCH_COUNT) * BATCH_COUNT)
