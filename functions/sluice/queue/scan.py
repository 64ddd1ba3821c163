"""A scan: receives all messages of a queue, each once, with several receives at a time.

Messages that it received stay invisible to others until its end, and messages that others received are invisible to it.
SQS's counts of a queue's messages tell how many these are.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from . import transfer
from .send import BATCH_COUNT
from .transfer import EMPTY_RECEIVES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from .message import ReceivedMessage

RECEIVERS = 8
"""Receives at the same time: 10,000 messages take 1,000 receives, a quarter of a minute at 130 ms each."""

LONGEST_HOLD = 900
"""Seconds for which messages stay invisible to others at most, if the program is killed. SQS allows 12 hours, which
nobody wants to wait."""

_SHORTEST_HOLD = 120
"""Seconds: SQS may return small batches, and the last ones take time too."""

_STALE_BATCHES = 20
"""Batches in a row without a message that was in the queue at the start and had not been seen, after which a scan is
over. Without that limit, a scan that takes longer than its hold would never find the queue empty, nor would a scan of a
queue in which messages keep arriving."""

_PAUSE = 2.0
"""Seconds between rounds while others hold messages."""


def hold_for(count: int, patience: float) -> int:
    """Return the seconds for which to hold messages: one for each receive of ten, and the wait for others' messages.

    Args:
        count: about how many messages there are.
        patience: seconds to wait for messages that others hold.
    """
    return min(LONGEST_HOLD, _SHORTEST_HOLD + int(patience) + count // BATCH_COUNT)


class Held(NamedTuple):
    """A message that a scan holds, without its body and attributes.

    Attributes:
        receipt_handle: SQS's handle for the receive.
        sent_ms: when SQS accepted it, in milliseconds since 1970.
    """

    receipt_handle: str
    sent_ms: int


class Scan:
    """A scan of a queue: iterate over it within `with` for batches of messages, whose end makes them visible again.

    A batch may hold messages of an earlier one.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
        handler: the handler whose queue it is.
        hold: seconds for which messages stay invisible to others; chosen by the number of messages if left out.
        receivers: receives at the same time. With one, nothing is received while a batch is being used.
        patience: seconds to wait for messages that others hold, once all others are seen.
        waiting: called once, when that wait begins, with about how many these are.
        clock: returns seconds on any scale.
        sleep: waits for a number of seconds.

    Attributes:
        began_ms: its start by SQS's clock, in milliseconds since 1970.
        about: about how many messages there were then, the ones that others held included.
        held: the messages that it has received and still holds, by message id.
    """

    def __init__(
        self,
        client: SQSClient,
        url: str,
        handler: str,
        *,
        hold: int | None = None,
        receivers: int = RECEIVERS,
        patience: float = 0,
        waiting: Callable[[int], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._url = url
        self._handler = handler
        visible, self._hidden, self.began_ms = _count(client, url)
        self.about = visible + self._hidden
        self.held: dict[str, Held] = {}
        self._hold = hold_for(self.about, patience) if hold is None else hold
        self._receivers = receivers
        self._patience = patience
        self._waiting = waiting
        self._clock = clock
        self._sleep = sleep
        self._seen: set[str] = set()
        self._seen_old = 0
        self._batches: Generator[list[ReceivedMessage]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._batches is not None:
                self._batches.close()
        finally:
            self._release([message.receipt_handle for message in self.held.values()])

    def __iter__(self) -> Generator[list[ReceivedMessage]]:
        self._batches = self._rounds()
        return self._batches

    def is_new(self, message: ReceivedMessage | Held) -> bool:
        """Return True if a message was sent since the scan began, to the second.

        When SQS moves a message to the dead-letter queue, it keeps that time.
        """
        return message.sent_ms >= self.began_ms

    def forget(self, messages: Iterable[ReceivedMessage]) -> None:
        """Hold messages no longer that are no longer in the queue."""
        for message in messages:
            self.held.pop(message.message_id, None)

    def held_by_others(self) -> int:
        """Return about how many messages are in the queue and held by others."""
        # SQS's counts lag behind by up to a minute: don't ask for them if everything that was there has been seen.
        if not self._hidden and self._seen_old >= self.about:
            return 0
        visible, hidden, _ = _count(self._client, self._url)
        return max(0, visible + hidden - len(self.held))

    def _rounds(self) -> Generator[list[ReceivedMessage]]:
        until: float | None = None
        while True:
            yield from self._round()
            if not self._patience:
                return
            others = self.held_by_others()
            if not others:
                return
            if until is None:
                until = self._clock() + self._patience
                if self._waiting:
                    self._waiting(others)
            if self._clock() >= until:
                return
            self._sleep(_PAUSE)

    def _round(self) -> Generator[list[ReceivedMessage]]:
        pending: set[Future[list[ReceivedMessage]]] = set()
        empty = stale = 0
        pool = ThreadPoolExecutor(self._receivers)
        try:
            while True:
                # Receives that have begun are waited for in any case: one may return messages after all.
                while len(pending) < self._receivers and empty < EMPTY_RECEIVES and stale < _STALE_BATCHES:
                    pending.add(pool.submit(self._receive))
                if not pending:
                    return
                arrived = wait(pending, return_when=FIRST_COMPLETED).done.pop()
                pending.remove(arrived)
                batch = arrived.result()
                if self._note(batch):
                    empty = stale = 0
                elif batch:
                    stale += 1
                else:
                    empty += 1
                if batch:
                    yield batch
        finally:
            pool.shutdown(cancel_futures=True)
            for left in pending:
                if not left.cancelled() and left.exception() is None:
                    self._note(left.result())

    def _receive(self) -> list[ReceivedMessage]:
        return transfer.receive(self._client, self._url, self._handler, hold=self._hold)

    def _note(self, batch: Sequence[ReceivedMessage]) -> bool:
        """Hold messages; return True if one of them was in the queue at the start and had not been seen."""
        before = self._seen_old
        for message in batch:
            if message.message_id not in self._seen and not self.is_new(message):
                self._seen_old += 1
            self._seen.add(message.message_id)
            self.held[message.message_id] = Held(message.receipt_handle, message.sent_ms)
        return self._seen_old > before

    def _release(self, handles: Sequence[str]) -> None:
        if not handles:
            return
        batches = [handles[start : start + BATCH_COUNT] for start in range(0, len(handles), BATCH_COUNT)]
        with ThreadPoolExecutor(RECEIVERS) as pool:
            list(pool.map(lambda batch: transfer.release(self._client, self._url, batch), batches))


def _count(client: SQSClient, url: str) -> tuple[int, int, int]:
    """Return about how many messages are visible and how many are held, and when SQS said so, in milliseconds."""
    answer = client.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )
    found = answer["Attributes"]
    visible = int(found["ApproximateNumberOfMessages"])
    return visible, int(found["ApproximateNumberOfMessagesNotVisible"]), _answered_ms(answer)


def _answered_ms(answer: Any) -> int:
    """Return the end of the second in which SQS answered, by its own clock: this machine's may be minutes off."""
    seconds = time.time()
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if date:
        with contextlib.suppress(ValueError):
            seconds = parsedate_to_datetime(date).timestamp()
    return (int(seconds) + 1) * 1000
