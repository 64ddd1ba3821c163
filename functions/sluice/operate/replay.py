"""Replays: events of past runs are emitted again, each once, and their traces say as which events.

A replay that is cut off goes on when it is run again (replay_marks.py).
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from ..errors import NotAcceptedError, Refused
from ..event.envelope import ATTRIBUTE, Envelope
from ..event.ids import new_id
from ..queue.send import Message, fits, send_all
from ..stage import clients
from ..stage.names import Names
from ..traces import Trace, open_store
from ..traces.item import key_of
from .handlers import queue_urls
from .replay_choice import CUT, GONE, TOO_LARGE, ReplayChoice
from .replay_marks import ReplayMarks

_PART = 50
"""Events that are replayed at a time: their traces fit into DynamoDB's answer of 16 MB, unless these are very large."""

_WRITERS = 16


@dataclass(kw_only=True)
class Replayed:
    """A replay so far.

    Attributes:
        ids: the new events' ids by the old ones', of the last part only.
        done: events that were emitted again.
        already: events that another replay was faster with.
        skipped: events that could not be replayed after all, by the reason.
        refused: what SQS did not accept.
    """

    ids: dict[str, str] = field(default_factory=dict)
    done: int = 0
    already: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)


class _Replay(NamedTuple):
    """One event that is being replayed."""

    trace: Trace
    message: Message

    @property
    def new_id(self) -> str:
        """The id of the event that is sent."""
        return self.message.envelope.id


class Replayer:
    """Emits the events of traces again.

    Args:
        stage: the stage.
        rate: the most events to emit in a second.
        clock: returns seconds on any scale.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        stage: str,
        *,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = open_store(stage)
        self._marks = ReplayMarks(clients.dynamodb(stage), Names(stage).trace_table)
        self._sqs = clients.sqs(stage)
        self._urls = queue_urls(stage)
        self._rate = rate
        self._clock = clock
        self._sleep = sleep

    def replay(self, choice: ReplayChoice) -> Iterator[Replayed]:
        """Emit the chosen events again, and yield how far that is after each part.

        It ends early if SQS does not accept some. These, and whatever is left when it is cut off, are replayed by the
        next run.

        Args:
            choice: the events.

        Raises:
            botocore's errors: DynamoDB did not answer, or did not let the caller mark a trace.
        """
        so_far, began = Replayed(), self._clock()
        with ThreadPoolExecutor(_WRITERS) as writers:
            for part in choice.in_parts(max(1, min(_PART, int(self._rate)))):
                so_far.ids = {}
                replays = list(self._marked(self._read(part, choice, so_far), so_far, writers))
                # groupby needs what it groups in order.
                replays.sort(key=lambda replay: replay.trace.handler)
                for handler, some in groupby(replays, lambda replay: replay.trace.handler):
                    self._send(handler, list(some), so_far, writers)
                yield so_far
                if so_far.refused:
                    return
                self._wait(began + so_far.done / self._rate)

    def _read(
        self, part: Sequence[tuple[str, str]], choice: ReplayChoice, so_far: Replayed
    ) -> Iterator[tuple[Trace, str]]:
        """Yield the traces of a part's events as they are now, with the events' texts."""
        found = {}
        for item in self._store.search.items_of([key_of(handler, event_id) for handler, event_id in part]):
            trace = self._store.search.shown(item)
            found[trace.handler, trace.id] = trace
        for now in map(found.get, part):
            if now is None:
                so_far.skipped[GONE] += 1
            elif choice.was_replayed(now):
                so_far.already += 1
            else:
                text = self._store.unhandled.whole_event(now)
                if text is None:
                    so_far.skipped[CUT] += 1
                else:
                    yield now, text

    def _marked(
        self, events: Iterator[tuple[Trace, str]], so_far: Replayed, writers: ThreadPoolExecutor
    ) -> Iterator[_Replay]:
        """Yield the replays whose traces are marked."""
        replays = []
        for trace, text in events:
            # One that was cut off has sent its event, or not: it is sent under the same id, and runs once.
            replay = _Replay(trace, _message(trace, text, trace.pending_replay or new_id()))
            if fits(replay.message):
                replays.append(replay)
            else:
                so_far.skipped[TOO_LARGE] += 1
        for replay, marked in zip(replays, writers.map(self._mark, replays), strict=True):
            if marked:
                yield replay
            else:
                so_far.already += 1

    def _mark(self, replay: _Replay) -> bool:
        return replay.trace.pending_replay is not None or self._marks.begin(replay.trace, replay.new_id)

    def _send(self, handler: str, replays: list[_Replay], so_far: Replayed, writers: ThreadPoolExecutor) -> None:
        refused: list[Refused] = []
        try:
            send_all(self._sqs, self._urls[handler], handler, [replay.message for replay in replays])
        except NotAcceptedError as error:
            refused = list(error.refused)
        left = {entry.index for entry in refused}
        sent = [replay for index, replay in enumerate(replays) if index not in left]
        list(writers.map(lambda replay: self._marks.finish(replay.trace, replay.new_id), sent))
        so_far.ids.update((replay.trace.id, replay.new_id) for replay in sent)
        so_far.done += len(sent)
        so_far.refused += refused

    def _wait(self, until: float) -> None:
        left = until - self._clock()
        if left > 0:
            self._sleep(left)


def _message(trace: Trace, text: str, event_id: str) -> Message:
    """Return the message of a replay.

    Its claimant has the worker take the event's lock: a replay that was cut off may send the event twice.
    """
    envelope = Envelope(id=event_id, emitted_ms=int(time.time() * 1000), replay_of=trace.id, claimant=str(uuid.uuid4()))
    attribute: dict[str, Any] = {"DataType": "String", "StringValue": envelope.to_text()}
    return Message(text, envelope, {ATTRIBUTE: attribute})
