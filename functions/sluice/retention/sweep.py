"""A sweep: every message of a queue, in whatever order SQS gives them, by several threads, over many runs.

A run receives no message twice, as it holds each until its end. If it finds the queue empty, it has seen all of it. A
queue with more messages than a run can hold counts as swept once so many in a row needed nothing that few can be left.
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
from ..queue.send import BATCH_COUNT
from ..queue.transfer import EMPTY_RECEIVES
from .state import SweepState

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from ..queue.message import ReceivedMessage
    from .budget import Budget

HOLD = 120
"""Seconds for which a message that was received stays invisible to others: twice the longest run."""

THREADS = 12
"""Threads at most. Each waits for SQS most of the time: three calls of some 15 ms for ten messages, so that twelve move
2,600 messages a second, more than the run has processor time for. If each holds ten messages of 1 MiB, in some four
copies (as received, decoded, parsed, to be sent), they take half of the function's memory."""

MESSAGES_PER_THREAD = 2_000
"""Messages in a queue for each further thread."""

LEAST_CLEAN = 200
"""Messages in a row that need nothing, before a queue that was not seen whole can count as swept."""

CLEAN_ROUNDS = 2
ENOUGH_CLEAN = 500_000
"""A queue counts as swept after twice as many clean messages in a row as it holds. If SQS's order were purely random,
that would leave one event behind in every seventh sweep; to be lost, an event has to be left behind twice. 500,000 in a
row, some ten runs' worth, are enough: then it is one event in 500,000 at most. SQS mostly gives the oldest message
first, which leaves next to none behind."""

_MANY_ERRORS = 3
"""Batches that fail before a run stops working on a queue. One batch that can't be moved doesn't stop the others."""


@dataclass(frozen=True)
class Queue:
    """A queue to sweep.

    Attributes:
        client: a boto3 SQS client.
        url: the queue's.
        handler: the handler whose queue it is.
    """

    client: SQSClient
    url: str
    handler: str


@dataclass(frozen=True)
class BatchResult:
    """The outcome of a batch.

    Attributes:
        moves: messages that were moved.
        new_moves: those of them that this sweep had not moved before.
        left: messages that stay where they are.
    """

    moves: int
    new_moves: int
    left: Sequence[ReceivedMessage]


def begin(state: SweepState, now_ms: int) -> SweepState:
    """Return the state at the start of a run's turn at a queue, which begins a sweep if none is under way."""
    return dataclasses.replace(state, began_ms=state.began_ms or now_ms, runs=state.runs + 1, served_ms=now_ms)


def interrupted(state: SweepState) -> SweepState:
    """Return the state to store before a turn: if the turn doesn't end, nothing that it found counts."""
    return dataclasses.replace(state, clean=0, cut_ms=state.served_ms)


def sweep(
    queue: Queue, state: SweepState, budget: Budget, process: Callable[[list[ReceivedMessage]], BatchResult]
) -> SweepState:
    """Go on with the sweep over a queue, as far as the budget goes.

    Args:
        queue: the queue.
        state: the state that `begin` returned.
        budget: the messages that this run may receive and move.
        process: called with each batch, by several threads; moves the messages that are to be moved.

    Returns:
        The state to store.

    Raises:
        ClientError: SQS refused a call. The other batches were processed nevertheless, unless it refused several.
        BotoCoreError: the same for a call that did not reach SQS.
    """
    size = transfer.count(queue.client, queue.url)
    # Messages of a run that was stopped are still invisible: an empty queue isn't known to be swept.
    partly_hidden = state.cut_ms is not None and state.served_ms - state.cut_ms < 2 * HOLD * 1000
    run = _SweepRun(queue, budget, process, state.clean, max(LEAST_CLEAN, min(CLEAN_ROUNDS * size, ENOUGH_CLEAN)))
    threads = max(1, min(THREADS, size // MESSAGES_PER_THREAD))
    try:
        _each(threads, run.work, [None] * threads)
    finally:
        # Together, once the last thread is done: else this run would receive them again.
        _each(threads, run.release, [run.left[start::threads] for start in range(threads)])
    if run.errors:
        raise run.errors[0]
    if run.done and not partly_hidden:
        return SweepState(last_ms=state.began_ms, served_ms=state.served_ms)
    return dataclasses.replace(state, clean=run.clean, cut_ms=state.cut_ms if partly_hidden else None)


class _SweepRun:
    """One run's part of a sweep, shared by its threads. Of messages that stay it keeps the receipt handles only."""

    def __init__(
        self,
        queue: Queue,
        budget: Budget,
        process: Callable[[list[ReceivedMessage]], BatchResult],
        clean: int,
        enough_clean: int,
    ) -> None:
        self._queue = queue
        self._budget = budget
        self._process = process
        self._enough_clean = enough_clean
        self._empty = 0
        self._lock = threading.Lock()
        self.clean = clean
        self.left: list[str] = []
        self.errors: list[ClientError | BotoCoreError] = []

    @property
    def done(self) -> bool:
        """True if the queue was found empty, or so many messages in a row needed nothing that few can be left."""
        return self._empty >= EMPTY_RECEIVES or self.clean >= self._enough_clean

    def work(self, _: None) -> None:
        """Receive batches and process them until the sweep is done or the budget is used up; one thread's share."""
        while not self.done and len(self.errors) < _MANY_ERRORS and self._budget.take_batch():
            received = moves = 0
            try:
                batch = transfer.receive(self._queue.client, self._queue.url, self._queue.handler, hold=HOLD)
                received = len(batch)
                result = self._process(batch) if batch else BatchResult(0, 0, ())
                moves = result.moves
            except (ClientError, BotoCoreError) as error:
                with self._lock:
                    self.errors.append(error)
                    self.clean = 0
            else:
                self._note(received, result)
            finally:
                self._budget.refund(BATCH_COUNT - moves, BATCH_COUNT - received)

    def _note(self, received: int, result: BatchResult) -> None:
        with self._lock:
            self.left += [message.receipt_handle for message in result.left]
            self._empty = 0 if received else self._empty + 1
            self.clean = 0 if result.new_moves else self.clean + received

    def release(self, handles: Sequence[str]) -> None:
        """Let other receivers have these messages at once, by their receipt handles."""
        transfer.release(self._queue.client, self._queue.url, handles)


def _each(threads: int, call: Callable[..., None], arguments: Sequence[object]) -> None:
    if threads == 1:
        call(arguments[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(call, arguments))
