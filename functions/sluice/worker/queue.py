"""Whether and when SQS delivers an event again, and as which message."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..lean_aws import end_calls_by
from ..lean_aws.errors import aws_errors
from ..queue.send import send_one

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from ..queue.message import ReceivedMessage

_LONGEST = 43_200
"""Seconds. SQS's limit for a visibility timeout."""


class QueueOfHandler:
    """The handler's queue, as the worker changes it.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
    """

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def end_calls_by(self, moment: float | None) -> None:
        """Have what is asked of SQS end by then.

        Args:
            moment: on the clock of `time.monotonic`, in seconds; None for as long as all tries take.
        """
        end_calls_by(self._client, moment)

    def return_after(self, deliveries: Sequence[ReceivedMessage], seconds: Sequence[float]) -> None:
        """Have SQS deliver messages again after this long, unless they are acknowledged before.

        Where that fails, they come back after the queue's visibility timeout: later, but no less surely.
        """
        for start in range(0, len(deliveries), 10):
            entries: list[Any] = [
                {
                    "Id": str(index),
                    "ReceiptHandle": delivery.receipt_handle,
                    "VisibilityTimeout": min(_LONGEST, math.ceil(delay)),
                }
                for index, (delivery, delay) in enumerate(zip(deliveries, seconds, strict=True))
            ][start : start + 10]
            try:
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            except aws_errors():
                continue

    def acknowledge(self, delivery: ReceivedMessage) -> None:
        """Delete a message now rather than by the batch response, which a process that dies never gives.

        Where that fails, the batch response is still to come.
        """
        # Whatever it is: an event that is done must not go back for it.
        with contextlib.suppress(Exception):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=delivery.receipt_handle)

    def put_back(self, delivery: ReceivedMessage, delay: float) -> bool:
        """Send a delivered event again, as a new message that SQS will deliver five times.

        Args:
            delivery: the event.
            delay: seconds until it can be delivered.

        Returns:
            Whether SQS took it. If so, the delivered message may be acknowledged.
        """
        envelope = delivery.envelope.put_back(
            sender=delivery.emitted_by,
            receives=delivery.receive_count,
            sent_ms=delivery.sent_ms,
            now_ms=int(time.time() * 1000),
            claimant=delivery.claimant,
        )
        message = delivery.with_envelope(envelope)
        if message is None:
            return False
        try:
            send_one(self._client, self._url, message, math.ceil(delay))
        except aws_errors():
            return False
        return True
