"""The reconciler's work on the queues of all handlers. Each queue gets a turn, with a share of the run."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..pausing.handler_states import HandlerStates, Snapshot
from ..pausing.state import RECEIVING
from ..queue import transfer
from ..stage.names import Names
from . import rescue, resend
from .ages import WORTH_TELLING, Age, dead_seconds, waiting_seconds
from .state import RetentionState, RetentionStore, SweepState
from .sweep import Queue, begin, interrupted

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from ..traces import TraceStore
    from .budget import Budget

_logger = logging.getLogger("sluice.reconciler")

RUN_SECONDS = 40.0
"""Seconds that a run spends on queues; the function has twenty more."""

TURN_SECONDS = 5.0
"""Seconds of the shortest turn: finding a queue empty takes three. Queues without a turn come first in the next run."""

_AGE_EVERY_MINUTES = 60
"""Minutes between two looks at the age of a running handler's oldest event: $0.01 a thousand."""

_LIVE, _RESCUE, _DEAD = range(3)
"""Order of turns that have waited equally long: events that are to run come first."""


@dataclass(frozen=True, kw_only=True)
class Clients:
    """The clients that the work on queues takes.

    Attributes:
        sqs: a boto3 SQS client.
        metrics: a boto3 CloudWatch client.
        traces: the stage's traces.
        retention: the states of its queues.
    """

    sqs: SQSClient
    metrics: Any
    traces: TraceStore
    retention: RetentionStore


@dataclass(frozen=True)
class _Turn:
    """A queue's turn.

    Attributes:
        served_ms: when it last had one, in milliseconds since 1970.
        kind: its place among turns that have waited equally long.
        handler: the handler whose queue it is.
        work: does the work.
    """

    served_ms: int
    kind: int
    handler: str
    work: Callable[[str, Budget], None]


class QueueWork:
    """The reconciler's work on queues.

    Args:
        names: names of the stage.
        states: the states of the stage's handlers.
        clients: the clients for everything else.
    """

    def __init__(self, names: Names, states: HandlerStates, clients: Clients) -> None:
        self._names = names
        self._handlers = states
        self._clients = clients
        self._states: dict[str, RetentionState] = {}
        self._urls: dict[str, str] = {}

    def run(
        self,
        snapshots: Sequence[Snapshot],
        unsafe: set[str],
        budget: Budget,
        failures: list[str],
        *,
        everything: bool,
    ) -> dict[str, int]:
        """Do the work of a run.

        Args:
            snapshots: the handlers as they were found.
            unsafe: handlers whose function was throttled while its mapping received.
            budget: the messages that this run may receive and move.
            failures: list to add an error's text to for each failure.
            everything: False if only the throttled handlers are to be remembered.

        Returns:
            Number of messages moved, by handler.
        """
        started = self._handlers.clock()
        self._states = self._clients.retention.all()
        turns: list[_Turn] = []
        for snapshot in snapshots:
            handler = snapshot.handler
            try:
                if handler in unsafe:
                    self._update(handler, throttled_ms=self._handlers.now_ms())
                if everything:
                    self._note_idle(snapshot)
                    turns += self._turns(handler)
            except (ClientError, BotoCoreError) as error:
                failures.append(f"{handler}: {error}")
        # The longest wait first: no queue loses its turn to others, however much these have to do.
        turns.sort(key=lambda turn: (turn.served_ms, turn.kind))
        moved: dict[str, int] = {}
        for index, turn in enumerate(turns):
            if not budget.has_batch:
                break
            share = budget.take_share(len(turns) - index, self._end_of_turn(started, len(turns) - index))
            moves = share.moves
            try:
                turn.work(turn.handler, share)
            except (ClientError, BotoCoreError) as error:
                failures.append(f"{turn.handler}: {error}")
            budget.refund(share.moves, share.receives)
            if share.moves < moves:
                moved[turn.handler] = moved.get(turn.handler, 0) + moves - share.moves
        return moved

    def ages(self, snapshots: Sequence[Snapshot], failures: list[str]) -> list[Age]:
        """Return how long events and dead letters have been waiting, after the work of a run.

        Args:
            snapshots: the handlers as they were found.
            failures: list to add an error's text to for each failure.
        """
        found: list[Age] = []
        for snapshot in snapshots:
            try:
                found += self._ages(snapshot)
            except (ClientError, BotoCoreError) as error:
                failures.append(f"{snapshot.handler}: {error}")
        return found

    def _ages(self, snapshot: Snapshot) -> Iterator[Age]:
        handler, now_ms = snapshot.handler, self._handlers.now_ms()
        state = self._state(handler)
        dead = dead_seconds(state, now_ms)
        if dead is not None:
            yield Age(handler, dead=True, seconds=dead)
        if state.idle_ms is not None:
            if transfer.count(self._clients.sqs, self._url(self._names.queue(handler))):
                yield Age(handler, dead=False, seconds=waiting_seconds(state, now_ms))
        elif int(now_ms // 60_000) % _AGE_EVERY_MINUTES == 0:
            # Its queue is received from by its mapping alone, so CloudWatch's age is right. Asking costs money.
            seconds = rescue.oldest_seconds(self._clients.metrics, self._names.queue(handler), _utc(now_ms))
            if seconds >= WORTH_TELLING:
                yield Age(handler, dead=False, seconds=seconds)

    def _end_of_turn(self, started: float, turns_left: int) -> Callable[[], bool]:
        now = self._handlers.clock()
        end = now + max(TURN_SECONDS, (started + RUN_SECONDS - now) / turns_left)
        return lambda: self._handlers.clock() > end

    def _state(self, handler: str) -> RetentionState:
        return self._states.get(handler, RetentionState())

    def _update(self, handler: str, **changes: Any) -> None:
        before = self._state(handler)
        state = dataclasses.replace(before, **changes)
        if state != before:
            self._clients.retention.put(handler, state)
            self._states[handler] = state

    def _note_idle(self, snapshot: Snapshot) -> None:
        """Note since when events have been waiting in a handler's queue, or that its mapping receives."""
        handler = snapshot.handler
        state = self._state(handler)
        if snapshot.observed.mapping in RECEIVING and not snapshot.decision.stopped:
            live = SweepState(last_ms=state.live.last_ms, served_ms=state.live.served_ms)
            self._update(handler, idle_ms=None, moved_ms=None, live=live)
        elif state.idle_ms is None:
            self._update(handler, idle_ms=self._idle_since(handler, self._handlers.now_ms()))

    def _idle_since(self, handler: str, now_ms: int) -> int:
        """Return when the oldest event began to wait: before the pause, if the handler was slow."""
        return now_ms - 1000 * rescue.oldest_seconds(self._clients.metrics, self._names.queue(handler), _utc(now_ms))

    def _turns(self, handler: str) -> Iterator[_Turn]:
        state, now_ms = self._state(handler), self._handlers.now_ms()
        if resend.is_due(state, now_ms):
            yield _Turn(state.live.served_ms, _LIVE, handler, self._resend_waiting)
        if resend.is_dead_due(state, now_ms):
            if self._count_dead(handler):
                yield _Turn(state.dead.served_ms, _DEAD, handler, self._resend_dead)
            else:
                self._update(handler, dead=SweepState(last_ms=now_ms))
        if self._is_rescue_due(handler):
            yield _Turn(state.rescue.served_ms, _RESCUE, handler, self._rescue)

    def _is_rescue_due(self, handler: str) -> bool:
        state = self._state(handler)
        if state.rescue.began_ms is not None:
            return True
        if int(self._handlers.clock() // 60) % rescue.EVERY_MINUTES:
            return False
        dead = self._count_dead(handler)
        if dead and dead != state.dead_seen:
            throttled_ms = rescue.last_throttled_ms(
                self._clients.metrics, self._names.function(handler), _utc(self._handlers.now_ms())
            )
            throttled_ms = max(state.throttled_ms or 0, throttled_ms or 0)
            if throttled_ms:
                self._update(handler, throttled_ms=throttled_ms)
                return True
        self._update(handler, dead_seen=dead)
        return False

    def _resend_waiting(self, handler: str, budget: Budget) -> None:
        live = begin(self._state(handler).live, self._handlers.now_ms())
        self._begin_turn(handler, live=live)
        moves = budget.moves
        try:
            live = resend.resend_waiting(self._queue(handler), live, budget, self._clients.traces)
            self._update(handler, live=live)
        finally:
            if budget.moves < moves:
                self._update(handler, moved_ms=self._handlers.now_ms())

    def _resend_dead(self, handler: str, budget: Budget) -> None:
        if self._state(handler).rescue.began_ms is not None:
            # One sweep over a queue at a time: each knows its messages by its own start in their envelopes.
            return
        dead = begin(self._state(handler).dead, self._handlers.now_ms())
        self._begin_turn(handler, dead=dead)
        dead = resend.resend_dead(self._dead_queue(handler), dead, budget)
        self._update(handler, dead=dead)

    def _rescue(self, handler: str, budget: Budget) -> None:
        state = self._state(handler)
        if state.dead.began_ms is not None:
            return
        sweep = begin(state.rescue, self._handlers.now_ms())
        # Dead letters that arrive during the sweep change the count, so the next run looks again.
        seen = self._count_dead(handler) if state.rescue.began_ms is None else state.dead_seen
        # In one write: stopped between two, the next run would work with an old count.
        self._update(handler, rescue=interrupted(sweep), dead_seen=seen)
        work = rescue.Rescue(
            self._dead_queue(handler),
            alive=self._url(self._names.queue(handler)),
            store=self._clients.traces,
            throttled_ms=state.throttled_ms or 0,
        )
        try:
            sweep = work.run(sweep, budget)
            self._update(handler, rescue=sweep)
        finally:
            if work.rescued:
                _logger.info("%s: %d throttled events put back from the dead-letter queue", handler, work.rescued)
                self._update(handler, dead_seen=max(0, seen - work.rescued))

    def _begin_turn(self, handler: str, **sweeps: SweepState) -> None:
        """Store a turn's start before its work: if that fails, the next run serves the other queues first."""
        self._update(handler, **{name: interrupted(state) for name, state in sweeps.items()})

    def _queue(self, handler: str) -> Queue:
        return Queue(self._clients.sqs, self._url(self._names.queue(handler)), handler)

    def _dead_queue(self, handler: str) -> Queue:
        return Queue(self._clients.sqs, self._url(self._names.dead_letter_queue(handler)), handler)

    def _count_dead(self, handler: str) -> int:
        dead = transfer.count(self._clients.sqs, self._dead_queue(handler).url)
        since = self._state(handler).dead_since_ms
        if bool(dead) != (since is not None):
            self._update(handler, dead_since_ms=self._handlers.now_ms() if dead else None)
        return dead

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls[queue] = self._clients.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        return self._urls[queue]


def _utc(now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms / 1000, UTC)
