"""A dead-letter queue at the end of a slow link, with a clock of its own."""

# ruff: noqa: N803 - the names are boto3's

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from sluice.stage.names import Names

from tests.unit.support.cloud import HANDLER, STAGE

LONG_AGO = 1_700_000_000.89
"""Start of the queue's clock, in seconds since 1970: just before the end of a second, which is all that SQS tells."""


class StillAtItError(AssertionError):
    """An hour of the queue's time has passed."""


class SlowQueue:
    """A boto3 client of such a queue. Its calls wait for each other, and each moves the clock.

    Args:
        count: messages in it, sent an hour before.
        rtt: seconds that a call takes.
        dies_again: seconds after which a message that was sent to the handler's queue is a dead letter again; never if
            None.
    """

    def __init__(self, count: int, rtt: float, dies_again: float | None = None) -> None:
        self.now = LONG_AGO
        self.calls = 0
        self.holds: set[int] = set()
        self.sent: list[str] = []
        self.released: set[str] = set()
        self.arriving: Callable[[], str | None] = lambda: None
        self._rtt = rtt
        self._dies_again = dies_again
        self._lock = threading.Lock()
        self._visible = deque(_message(str(number), str(number), LONG_AGO - 3600) for number in range(count))
        self._hidden: dict[str, tuple[float, Any]] = {}
        self._dying: deque[tuple[float, Any]] = deque()

    def bodies(self) -> list[str]:
        """Return the bodies in the dead-letter queue."""
        return [message["Body"] for message in [*self._visible, *(message for _, message in self._hidden.values())]]

    def hold(self, seconds: float) -> None:
        """Have somebody else hold every message for some seconds."""
        while self._visible:
            message = self._visible.popleft()
            self._hidden[message["MessageId"]] = (self.now + seconds, message)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._pass(seconds)

    def clock(self) -> float:
        return self.now

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        with self._lock:
            self._pass(self._rtt)
            return {
                "Attributes": {
                    "ApproximateNumberOfMessages": str(len(self._visible)),
                    "ApproximateNumberOfMessagesNotVisible": str(len(self._hidden)),
                },
                "ResponseMetadata": {"HTTPHeaders": {"date": formatdate(self.now, usegmt=True)}},
            }

    def receive_message(self, VisibilityTimeout: int, **_: Any) -> dict[str, Any]:
        with self._lock:
            self.calls += 1
            self.holds.add(VisibilityTimeout)
            self._pass(self._rtt)
            new = self.arriving()
            if new is not None:
                self._visible.append(_message(new, new, self.now))
            if not self._visible:
                self._pass(1)
                return {}
            batch = [self._visible.popleft() for _ in range(min(10, len(self._visible)))]
            for message in batch:
                self._hidden[message["MessageId"]] = (self.now + VisibilityTimeout, message)
            return {"Messages": batch}

    def send_message_batch(self, QueueUrl: str, Entries: Any) -> dict[str, Any]:
        assert QueueUrl == Names(STAGE).queue(HANDLER)
        with self._lock:
            self._pass(self._rtt)
            for entry in Entries:
                self.sent.append(entry["MessageBody"])
                if self._dies_again is not None:
                    message = _message(f"{len(self.sent)}-again", entry["MessageBody"], self.now)
                    self._dying.append((self.now + self._dies_again, message))
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def delete_message_batch(self, QueueUrl: str, Entries: Any) -> None:
        with self._lock:
            self._pass(self._rtt)
            for entry in Entries:
                del self._hidden[entry["ReceiptHandle"]]

    def change_message_visibility_batch(self, QueueUrl: str, Entries: Any) -> None:
        with self._lock:
            for entry in Entries:
                assert entry["VisibilityTimeout"] == 0
                self.released.add(entry["ReceiptHandle"])
                self._show(entry["ReceiptHandle"])

    def _pass(self, seconds: float) -> None:
        self.now += seconds
        if self.now > LONG_AGO + 3600:
            raise StillAtItError(f"after {self.calls} receives and {len(self.sent)} sends")
        while self._dying and self._dying[0][0] <= self.now:
            self._visible.append(self._dying.popleft()[1])
        # Holds of one scan are equally long: the first end first.
        for key in list(self._hidden):
            if self._hidden[key][0] > self.now:
                break
            self._show(key)

    def _show(self, key: str) -> None:
        held = self._hidden.pop(key, None)
        if held:
            self._visible.append(held[1])


def _message(key: str, body: str, sent: float) -> dict[str, Any]:
    return {
        "MessageId": key,
        "Body": json.dumps(int(body)) if body.isdigit() else body,
        "ReceiptHandle": key,
        "Attributes": {"SentTimestamp": str(int(sent * 1000)), "ApproximateReceiveCount": "6"},
    }
