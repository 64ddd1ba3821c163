"""What the reconciler does for the queues of all handlers, a share of its run for each."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..pausing.decision import RECEIVING
from ..pausing.handler_states import HandlerStates, Snapshot
from ..queue import transfer
from ..stage.names import Names
from . import rescue, resend
from .progress import Kept, KeptStore, Pass
from .queue_pass import Queue, Room, begin, unfinished

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from ..traces import TraceStore

_logger = logging.getLogger("sluice.reconciler")

RUN_SECONDS = 40.0
"""That a run takes for its work on queues; the function has twenty more."""

TURN_SECONDS = 5.0
"""That a queue is given at least when its turn comes: finding it empty takes three. The others come first in the next
run."""

_LIVE, _SWEEP, _DEAD = range(3)
"""In this order, among those that have waited equally long: events that are to run come first."""


@dataclass(frozen=True, kw_only=True)
class Clients:
    """What the reconciler talks to, besides functions.

    Attributes:
        sqs: a boto3 SQS client.
        metrics: a boto3 CloudWatch client.
        traces: the stage's traces.
        kept: what it remembers of the queues.
    """

    sqs: SQSClient
    metrics: Any
    traces: TraceStore
    kept: KeptStore


@dataclass(frozen=True)
class _Job:
    """A queue's turn.

    Attributes:
        served_ms: when it last had one.
        kind: what is to be done.
        handler: whose queue it is.
        work: does it.
    """

    served_ms: int
    kind: int
    handler: str
    work: Callable[[str, Room], None]


class Upkeep:
    """The reconciler's work on queues.

    Args:
        names: of the stage.
        stage: its handlers.
        clients: what else there is to talk to.
    """

    def __init__(self, names: Names, stage: HandlerStates, clients: Clients) -> None:
        self._names = names
        self._stage = stage
        self._clients = clients
        self._kept: dict[str, Kept] = {}
        self._urls: dict[str, str] = {}

    def run(
        self, looked: Sequence[Snapshot], unsafe: set[str], room: Room, failures: list[str], *, everything: bool
    ) -> dict[str, int]:
        """Look after the queues.

        Args:
            looked: the handlers, as they were found.
            unsafe: those whose function was throttled while its mapping received.
            room: what this run may do.
            failures: what fails is added here, a text each.
            everything: whether it is time for more than to remember who was throttled.

        Returns:
            How many messages were moved, by handler.
        """
        started = self._stage.clock()
        self._kept = self._clients.kept.all()
        jobs: list[_Job] = []
        for found in looked:
            handler = found.handler
            try:
                if handler in unsafe:
                    self._put(handler, dataclasses.replace(self._of(handler), throttled_ms=self._stage.now_ms()))
                if everything:
                    self._notice(found)
                    jobs += self._jobs(handler)
            except (ClientError, BotoCoreError) as error:
                failures.append(f"{handler}: {error}")
        # Whoever waited longest: none of them is kept from its turn by the others, however much they have to do.
        jobs.sort(key=lambda job: (job.served_ms, job.kind))
        moved: dict[str, int] = {}
        for index, job in enumerate(jobs):
            if not room.left:
                break
            share = room.share(len(jobs) - index, self._turn(started, len(jobs) - index))
            before = share.moves
            try:
                job.work(job.handler, share)
            except (ClientError, BotoCoreError) as error:
                failures.append(f"{job.handler}: {error}")
            room.give_back(share.moves, share.looks)
            if share.moves < before:
                moved[job.handler] = moved.get(job.handler, 0) + before - share.moves
        return moved

    def _turn(self, started: float, parts: int) -> Callable[[], bool]:
        now = self._stage.clock()
        end = now + max(TURN_SECONDS, (started + RUN_SECONDS - now) / parts)
        return lambda: self._stage.clock() > end

    def _of(self, handler: str) -> Kept:
        return self._kept.get(handler, Kept())

    def _put(self, handler: str, kept: Kept) -> None:
        if kept != self._of(handler):
            self._clients.kept.put(handler, kept)
            self._kept[handler] = kept

    def _notice(self, found: Snapshot) -> None:
        """Since when events wait here, if they do."""
        handler = found.handler
        kept = self._of(handler)
        if found.observed.mapping in RECEIVING and not found.decision.stopped:
            live = Pass(last_ms=kept.live.last_ms, served_ms=kept.live.served_ms)
            kept = dataclasses.replace(kept, idle_ms=None, moved_ms=None, live=live)
        elif kept.idle_ms is None:
            kept = dataclasses.replace(kept, idle_ms=self._idle_since(handler, self._stage.now_ms()))
        self._put(handler, kept)

    def _idle_since(self, handler: str, now_ms: int) -> int:
        """Longer than the pause, if some waited before."""
        return now_ms - 1000 * rescue.oldest_seconds(self._clients.metrics, self._names.queue(handler), _utc(now_ms))

    def _jobs(self, handler: str) -> Iterator[_Job]:
        kept, now_ms = self._of(handler), self._stage.now_ms()
        if resend.due(kept, now_ms):
            yield _Job(kept.live.served_ms, _LIVE, handler, self._forward)
        if resend.dead_due(kept, now_ms):
            if self._dead_letters(handler):
                yield _Job(kept.dead.served_ms, _DEAD, handler, self._forward_dead)
            else:
                self._put(handler, dataclasses.replace(kept, dead=Pass(last_ms=now_ms)))
        if self._is_to_sweep(handler):
            yield _Job(kept.sweep.served_ms, _SWEEP, handler, self._sweep)

    def _is_to_sweep(self, handler: str) -> bool:
        kept = self._of(handler)
        if kept.sweep.began_ms is not None:
            return True
        if int(self._stage.clock() // 60) % rescue.EVERY_MINUTES:
            return False
        there = self._dead_letters(handler)
        if there and there != kept.dead_seen:
            throttled = rescue.last_throttled_ms(
                self._clients.metrics, self._names.function(handler), _utc(self._stage.now_ms())
            )
            throttled = max(kept.throttled_ms or 0, throttled or 0)
            if throttled:
                self._put(handler, dataclasses.replace(kept, throttled_ms=throttled))
                return True
        self._put(handler, dataclasses.replace(kept, dead_seen=there))
        return False

    def _forward(self, handler: str, room: Room) -> None:
        live = begin(self._of(handler).live, self._stage.now_ms())
        self._begun(handler, live=live)
        moves = room.moves
        try:
            live = resend.forward(self._queue(handler), live, room, self._clients.traces)
            self._put(handler, dataclasses.replace(self._of(handler), live=live))
        finally:
            if room.moves < moves:
                self._put(handler, dataclasses.replace(self._of(handler), moved_ms=self._stage.now_ms()))

    def _forward_dead(self, handler: str, room: Room) -> None:
        if self._of(handler).sweep.began_ms is not None:
            # One after the other: each goes by the marks that it left.
            return
        dead = begin(self._of(handler).dead, self._stage.now_ms())
        self._begun(handler, dead=dead)
        dead = resend.forward_dead(self._dead_queue(handler), dead, room)
        self._put(handler, dataclasses.replace(self._of(handler), dead=dead))

    def _sweep(self, handler: str, room: Room) -> None:
        kept = self._of(handler)
        if kept.dead.began_ms is not None:
            return
        state = begin(kept.sweep, self._stage.now_ms())
        # What dies from here on makes the number another one, and is looked at next.
        seen = self._dead_letters(handler) if kept.sweep.began_ms is None else kept.dead_seen
        self._begun(handler, sweep=state, dead_seen=seen)
        sweep = rescue.Sweep(
            self._dead_queue(handler),
            alive=self._url(self._names.queue(handler)),
            store=self._clients.traces,
            throttled_ms=kept.throttled_ms or 0,
        )
        try:
            state = sweep.carry_on(state, room)
            self._put(handler, dataclasses.replace(self._of(handler), sweep=state))
        finally:
            if sweep.done:
                _logger.info("%s: %d throttled events taken out of the dead-letter queue", handler, sweep.done)
                self._put(handler, dataclasses.replace(self._of(handler), dead_seen=max(0, seen - sweep.done)))

    def _begun(self, handler: str, **changes: Any) -> None:
        """Remember a turn before it: also after one that fails, it is another queue's."""
        for name, state in changes.items():
            changes[name] = unfinished(state) if isinstance(state, Pass) else state
        self._put(handler, dataclasses.replace(self._of(handler), **changes))

    def _queue(self, handler: str) -> Queue:
        return Queue(self._clients.sqs, self._url(self._names.queue(handler)), handler)

    def _dead_queue(self, handler: str) -> Queue:
        return Queue(self._clients.sqs, self._url(self._names.dead_letter_queue(handler)), handler)

    def _dead_letters(self, handler: str) -> int:
        return transfer.count(self._clients.sqs, self._dead_queue(handler).url)

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls[queue] = self._clients.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        return self._urls[queue]


def _utc(now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms / 1000, UTC)
