"""The handler's queue, as the worker uses it: when SQS delivers an event again, and in which message."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..clock import clock
from ..lean_aws import end_calls_by
from ..lean_aws.errors import aws_errors
from ..queue.send import BATCH_COUNT, send_one

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from ..queue.message import ReceivedMessage

_LONGEST = 43_200
"""SQS's limit for a visibility timeout, in seconds."""


class HandlerQueue:
    """The handler's queue.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
    """

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def end_calls_by(self, moment: float | None) -> None:
        """End every call of SQS by a moment.

        Args:
            moment: on the clock of `time.monotonic`, in seconds; None for as long as all tries take.
        """
        end_calls_by(self._client, moment)

    def return_after(self, messages: Sequence[ReceivedMessage], seconds: Sequence[float]) -> None:
        """Have SQS deliver messages again after a time each, unless they are deleted before.

        If that fails, they become visible after the queue's visibility timeout: later, but as surely.

        Args:
            messages: the messages.
            seconds: the time of each.
        """
        for start in range(0, len(messages), BATCH_COUNT):
            entries: list[Any] = [
                {
                    "Id": str(index),
                    "ReceiptHandle": message.receipt_handle,
                    "VisibilityTimeout": min(_LONGEST, math.ceil(delay)),
                }
                for index, (message, delay) in enumerate(zip(messages, seconds, strict=True))
            ][start : start + BATCH_COUNT]
            try:
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            except aws_errors():
                continue

    def acknowledge(self, message: ReceivedMessage) -> None:
        """Delete a message now rather than by the batch response, which a process that dies never returns.

        If that fails, the batch response deletes it.
        """
        # Any error: an event that is done must not go back to the queue for it.
        with contextlib.suppress(Exception):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt_handle)

    def put_back(self, message: ReceivedMessage, delay: float) -> bool:
        """Send an event again, in a new message that SQS delivers five times.

        Args:
            message: the message that it was received in.
            delay: seconds until the new one can be received.

        Returns:
            True if SQS accepted it. Then the received message can be acknowledged.
        """
        envelope = message.envelope.put_back(
            sender=message.emitted_by,
            receives=message.receive_count,
            sent_ms=message.sent_ms,
            now_ms=int(clock.time() * 1000),
            claimant=message.claimant,
        )
        new = message.with_envelope(envelope)
        if new is None:
            return False
        try:
            send_one(self._client, self._url, new, math.ceil(delay))
        except aws_errors():
            return False
        return True
