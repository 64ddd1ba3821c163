"""Messages out of one queue and into another, or to the end of the same: nothing of an event is lost on the way.

SQS cannot move a message. It is received, sent again and then deleted: whenever that is stopped, the event is in the
queue, and at worst twice, which its id tells.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..event.envelope import Envelope
from .message import ReceivedMessage
from .send import BATCH_BYTES, BATCH_COUNT, Message, size_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

EMPTY_RECEIVES = 3
"""In a row, before a queue counts as seen. SQS asks all of its servers on each, as they wait for messages."""

WAIT_SECONDS = 1
"""For a message to come. SQS asks all of its servers then, and not just some."""


def count(client: SQSClient, url: str) -> int:
    """About how many messages a queue holds that could be received by now, or are held by somebody."""
    attributes = client.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    return sum(map(int, attributes.values()))


def receive(client: SQSClient, url: str, handler: str, *, hold: int) -> list[ReceivedMessage]:
    """Receive up to ten messages.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
        handler: the handler whose queue it is.
        hold: seconds for which nobody else receives them.
    """
    answer = client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=BATCH_COUNT,
        VisibilityTimeout=hold,
        WaitTimeSeconds=WAIT_SECONDS,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return [ReceivedMessage.from_receive(message, handler) for message in answer.get("Messages", [])]


def move(
    client: SQSClient,
    messages: Sequence[ReceivedMessage],
    *,
    source: str,
    target: str,
    envelope_of: Callable[[ReceivedMessage, int], Envelope],
    delay: int = 0,
) -> dict[str, str]:
    """Send messages again, and delete those that SQS took.

    Args:
        client: a boto3 SQS client.
        messages: at most ten.
        source: the URL of the queue that they were received from.
        target: the URL of the queue that they are sent to.
        envelope_of: returns the envelope that a message is sent with at a time, in milliseconds since 1970. A message
            with ten attributes of its sender's, or of SQS's largest size, has no room for an envelope: it is sent
            unchanged, and is a new event.
        delay: seconds that SQS is to hold each back.

    Returns:
        SQS's error for each message that it refused, by message id. These are still in `source`.
    """
    refused: dict[str, str] = {}
    for batch in _batches(messages, envelope_of):
        entries: list[Any] = [
            {"Id": str(index), **replacement.parameters(delay)} for index, (_, replacement) in enumerate(batch)
        ]
        answer = client.send_message_batch(QueueUrl=target, Entries=entries)
        taken: list[Any] = [
            {"Id": entry["Id"], "ReceiptHandle": batch[int(entry["Id"])][0].receipt_handle}
            for entry in answer.get("Successful", [])
        ]
        if taken:
            client.delete_message_batch(QueueUrl=source, Entries=taken)
        for entry in answer.get("Failed", []):
            refused[batch[int(entry["Id"])][0].message_id] = f"{entry['Code']} {entry.get('Message', '')}".strip()
    return refused


def delete(client: SQSClient, url: str, messages: Sequence[ReceivedMessage]) -> None:
    """Delete up to ten messages that were received.

    Raises:
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: SQS refused the call, or was not reached.
    """
    entries: list[Any] = [{"Id": str(index), "ReceiptHandle": one.receipt_handle} for index, one in enumerate(messages)]
    client.delete_message_batch(QueueUrl=url, Entries=entries)


def release(client: SQSClient, url: str, handles: Sequence[str]) -> None:
    """Let others receive messages again, at once. Where that fails, they do once the hold is over.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
        handles: the messages' receipt handles.
    """
    for start in range(0, len(handles), BATCH_COUNT):
        entries: list[Any] = [
            {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for index, handle in enumerate(handles[start : start + BATCH_COUNT])
        ]
        with contextlib.suppress(BotoCoreError, ClientError):
            client.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _batches(
    messages: Sequence[ReceivedMessage], envelope_of: Callable[[ReceivedMessage, int], Envelope]
) -> Iterator[list[tuple[ReceivedMessage, Message]]]:
    """Group messages with what is sent in their place, as many as SQS takes the bytes of at once."""
    batch: list[tuple[ReceivedMessage, Message]] = []
    bytes_left = BATCH_BYTES
    for message in messages:
        envelope = envelope_of(message, int(time.time() * 1000))
        replacement = message.with_envelope(envelope) or message.unchanged()
        size = size_of(replacement)
        if batch and size > bytes_left:
            yield batch
            batch, bytes_left = [], BATCH_BYTES
        batch.append((message, replacement))
        bytes_left -= size
    if batch:
        yield batch
