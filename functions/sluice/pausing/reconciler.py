"""The reconciler: every minute, and whenever AWS tells of a change, all handlers as they should be."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..names import Names
from . import keeping, sweeping
from .attribution import act_of, attribute
from .commands import BUSY
from .decision import RECEIVING
from .keeping import MOVES_A_RUN, Room
from .keeping_state import Kept, KeptStore
from .records import ConflictError
from .settling import Looked, Stage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from ..traces import TraceStore

_logger = logging.getLogger("sluice.reconciler")

RUN_SECONDS = 40.0
"""That a run takes for its work on queues; the function has twenty more."""

UPKEEP = "upkeep"
"""In the payload of the schedule's runs: those that look after the queues, too."""


class ReconcilerError(Exception):
    """Some handlers could not be looked after. The next run tries again; an alarm rings if it cannot either."""


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


class Reconciler:
    """The reconciler of one stage.

    Args:
        names: of the stage.
        stage: its handlers.
        clients: what else there is to talk to.
    """

    def __init__(self, names: Names, stage: Stage, clients: Clients) -> None:
        self._names = names
        self._stage = stage
        self._clients = clients
        self._urls: dict[str, str] = {}

    def run(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Run once.

        Args:
            event: what it was called with: the schedule's payload, an EventBridge event, or anything. Nothing in it
                changes what is done to a handler.

        Returns:
            What was done.

        Raises:
            ReconcilerError: some of it failed.
        """
        started = self._stage.clock()
        failures: list[str] = []
        looked = self._stage.look()
        done = {}
        for found in looked:
            calls = self._settle(found, failures)
            if calls:
                done[found.part.handler] = calls
        act = act_of(event, self._names)
        named = attribute(act, self._stage.records) if act else False
        moved: dict[str, int] = {}
        unsafe = {found.part.handler for found in looked if found.decision.unsafe}
        if unsafe or event.get(UPKEEP) is True:
            room = Room(MOVES_A_RUN, lambda: self._stage.clock() - started > RUN_SECONDS)
            moved = self._upkeep(looked, unsafe, room, failures, everything=event.get(UPKEEP) is True)
        if failures:
            raise ReconcilerError("; ".join(failures))
        return {"settled": done, "named": named, "moved": moved}

    def _settle(self, found: Looked, failures: list[str]) -> list[str]:
        handler = found.part.handler
        try:
            settled = self._stage.settle(found)
        except ConflictError:
            _logger.info("%s: settled by someone else", handler)
            return []
        except ClientError as error:
            if error.response["Error"]["Code"] in BUSY:
                # AWS is still at work on the change before. The next run finds it done.
                _logger.info("%s: %s", handler, error)
            else:
                failures.append(f"{handler}: {error}")
            return []
        except Exception as error:  # noqa: BLE001 - whatever it is, the other handlers are none the worse for it
            failures.append(f"{handler}: {error!r}")
            return []
        calls = [call.value for call in found.decision.calls]
        if calls or settled.changes:
            _logger.info("%s: %s", handler, ", ".join([*calls, *(change.what for change in settled.changes)]))
        return calls

    def _upkeep(
        self, looked: Sequence[Looked], unsafe: set[str], room: Room, failures: list[str], *, everything: bool
    ) -> dict[str, int]:
        remembered = self._clients.kept.all()
        moved = {}
        for found in looked:
            handler = found.part.handler
            before = remembered.get(handler, Kept())
            left = room.moves
            try:
                after = self._look_after(found, before, room) if everything else before
                if handler in unsafe:
                    after = dataclasses.replace(after, throttled_ms=self._stage.now_ms())
                if after != before:
                    self._clients.kept.put(handler, after)
            except (ClientError, BotoCoreError) as error:
                failures.append(f"{handler}: {error}")
            if room.moves < left:
                moved[handler] = left - room.moves
        return moved

    def _look_after(self, found: Looked, kept: Kept, room: Room) -> Kept:
        handler, now_ms = found.part.handler, self._stage.now_ms()
        receives = found.seen.mapping in RECEIVING and not found.decision.stopped
        if receives:
            kept = dataclasses.replace(kept, idle_ms=None, pass_ms=None)
        elif kept.idle_ms is None:
            kept = dataclasses.replace(kept, idle_ms=self._idle_since(handler, now_ms))
        sqs = self._clients.sqs
        if room.left and keeping.due(kept, now_ms):
            kept = keeping.forward(sqs, self._url(self._names.queue(handler)), handler, kept, now_ms, room)
        if room.left and keeping.dead_due(kept, now_ms):
            dead = self._url(self._names.dead_letter_queue(handler))
            if sweeping.count(sqs, dead):
                kept = keeping.forward_dead(sqs, dead, handler, kept, now_ms, room)
            else:
                kept = dataclasses.replace(kept, dead_passed_ms=now_ms)
        if room.left and int(self._stage.clock() // 60) % sweeping.EVERY_MINUTES == 0:
            kept = self._sweep(handler, kept, room)
        return kept

    def _idle_since(self, handler: str, now_ms: int) -> int:
        """Since when events wait here: longer than the pause, if some did so before."""
        return now_ms - 1000 * sweeping.oldest_seconds(
            self._clients.metrics, self._names.queue(handler), datetime.fromtimestamp(now_ms / 1000, UTC)
        )

    def _sweep(self, handler: str, kept: Kept, room: Room) -> Kept:
        dead = self._url(self._names.dead_letter_queue(handler))
        there = sweeping.count(self._clients.sqs, dead)
        if not there or there == kept.dead_seen:
            return dataclasses.replace(kept, dead_seen=there)
        now = datetime.fromtimestamp(self._stage.clock(), UTC)
        throttled = max(
            kept.throttled_ms or 0,
            sweeping.last_throttled_ms(self._clients.metrics, self._names.function(handler), now) or 0,
        )
        if not throttled:
            return dataclasses.replace(kept, dead_seen=there)
        back = sweeping.put_back_throttled(
            self._clients.sqs,
            dead=dead,
            alive=self._url(self._names.queue(handler)),
            handler=handler,
            store=self._clients.traces,
            throttled_ms=throttled,
            room=room,
        )
        if back:
            _logger.info("%s: %d throttled events taken out of the dead-letter queue", handler, back)
        # If there was no room to see them all, the number differs, and the next look goes on.
        return dataclasses.replace(kept, dead_seen=there - back if room.left else 0)

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls[queue] = self._clients.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        return self._urls[queue]
