"""A look at all messages of a queue, each once, by several receives at a time.

What was received is out of others' sight until the look is over, and what others have received is out of its own: the
numbers that SQS gives tell of that.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from . import transfer
from .message import ReceivedMessage
from .send import BATCH_COUNT
from .transfer import EMPTY_RECEIVES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

RECEIVERS = 8
"""Receives on their way at once: 10,000 messages take 1,000 of them, a quarter of a minute at 130 ms each."""

LONGEST_HOLD = 900
"""Seconds for which messages are out of others' sight at most, should the program be killed. SQS allows 12 hours, which
nobody would want to wait."""

_SHORTEST_HOLD = 120
"""Seconds: some messages may come in small batches, and there is always some time to go until the last is seen."""

_STALE_BATCHES = 20
"""In a row, of nothing but messages that were seen before or sent since the look began, before it is over. A look that
takes longer than it holds messages for would otherwise never see the queue empty, nor would one at a queue in which
messages go on arriving."""

_PAUSE = 2.0
"""Seconds between passes while others hold messages."""


def hold_for(count: int, patience: float) -> int:
    """Seconds for which to hold messages: one for each receive of ten, and the time spent waiting for others.

    Args:
        count: about how many messages there are.
        patience: seconds.
    """
    return min(LONGEST_HOLD, _SHORTEST_HOLD + int(patience) + count // BATCH_COUNT)


class Held(NamedTuple):
    """A message that a look holds, without its body and attributes.

    Attributes:
        receipt_handle: SQS's handle for the receive.
        sent_ms: when SQS accepted it, in milliseconds since 1970.
    """

    receipt_handle: str
    sent_ms: int


class Look:
    """A look at a queue: iterate over it for the messages in batches, within `with`, whose end lets go of them.

    A batch may hold messages that were in one before.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
        handler: the handler whose queue it is.
        hold: seconds for which nobody else receives the messages; by the number of messages if left out.
        receivers: receives at once. With one, nothing is received while a batch is being dealt with.
        patience: seconds to wait for messages that others hold, once all others are seen.
        waiting: told how many those are, when the wait begins.
        clock: seconds on any scale.
        sleep: waits for some seconds.

    Attributes:
        began_ms: when it began by SQS's clock, in milliseconds since 1970.
        about: about how many messages there were then, those included that others held.
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
        visible, self._hidden, self.began_ms = _counted(client, url)
        self.about = visible + self._hidden
        self.held: dict[str, Held] = {}
        self._hold = hold_for(self.about, patience) if hold is None else hold
        self._receivers = receivers
        self._patience = patience
        self._waiting = waiting
        self._clock = clock
        self._sleep = sleep
        self._seen: set[str] = set()
        self._seen_before = 0
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
        self._batches = self._passes()
        return self._batches

    def is_new(self, message: ReceivedMessage | Held) -> bool:
        """Whether a message was sent since the look began, to the second.

        SQS keeps that time when it makes a message a dead letter.
        """
        return message.sent_ms >= self.began_ms

    def gone(self, messages: Iterable[ReceivedMessage]) -> None:
        """Messages that are no longer in the queue."""
        for message in messages:
            self.held.pop(message.message_id, None)

    def out_of_sight(self) -> int:
        """About how many messages are in the queue and held by others."""
        # SQS's numbers lag behind by up to a minute: they are not asked for if all that was there has been seen.
        if not self._hidden and self._seen_before >= self.about:
            return 0
        visible, hidden, _ = _counted(self._client, self._url)
        return max(0, visible + hidden - len(self.held))

    def _passes(self) -> Generator[list[ReceivedMessage]]:
        until: float | None = None
        while True:
            yield from self._pass()
            if not self._patience:
                return
            others = self.out_of_sight()
            if not others:
                return
            if until is None:
                until = self._clock() + self._patience
                if self._waiting:
                    self._waiting(others)
            if self._clock() >= until:
                return
            self._sleep(_PAUSE)

    def _pass(self) -> Generator[list[ReceivedMessage]]:
        flying: set[Future[list[ReceivedMessage]]] = set()
        empty = stale = 0
        pool = ThreadPoolExecutor(self._receivers)
        try:
            while True:
                # What is on its way is waited for in any case: it may bring something after all.
                while len(flying) < self._receivers and empty < EMPTY_RECEIVES and stale < _STALE_BATCHES:
                    flying.add(pool.submit(self._receive))
                if not flying:
                    return
                arrived = wait(flying, return_when=FIRST_COMPLETED).done.pop()
                flying.remove(arrived)
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
            for left in flying:
                if not left.cancelled() and left.exception() is None:
                    self._note(left.result())

    def _receive(self) -> list[ReceivedMessage]:
        return transfer.receive(self._client, self._url, self._handler, hold=self._hold)

    def _note(self, batch: Sequence[ReceivedMessage]) -> bool:
        """Keep what letting go takes; return whether something was in the queue before and had not been seen."""
        before = self._seen_before
        for message in batch:
            if message.message_id not in self._seen and not self.is_new(message):
                self._seen_before += 1
            self._seen.add(message.message_id)
            self.held[message.message_id] = Held(message.receipt_handle, message.sent_ms)
        return self._seen_before > before

    def _release(self, handles: Sequence[str]) -> None:
        if not handles:
            return
        parts = [handles[start : start + BATCH_COUNT] for start in range(0, len(handles), BATCH_COUNT)]
        with ThreadPoolExecutor(RECEIVERS) as pool:
            list(pool.map(lambda part: transfer.release(self._client, self._url, part), parts))


def _counted(client: SQSClient, url: str) -> tuple[int, int, int]:
    """About how many messages can be received and how many are held, and when that was."""
    answer = client.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )
    found = answer["Attributes"]
    visible = int(found["ApproximateNumberOfMessages"])
    return visible, int(found["ApproximateNumberOfMessagesNotVisible"]), _moment_ms(answer)


def _moment_ms(answer: Any) -> int:
    """The end of the second in which SQS answered, by its own clock: this machine's may be minutes off."""
    seconds = time.time()
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if date:
        with contextlib.suppress(ValueError):
            seconds = parsedate_to_datetime(date).timestamp()
    return (int(seconds) + 1) * 1000
