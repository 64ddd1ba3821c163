"""Move messages to another queue, or to the end of the same one. Nothing of an event is lost on the way.

SQS cannot move a message. It is received, sent again and then deleted: whenever that is stopped, the event is in a
queue, at worst twice, with the same id.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..event.envelope import Envelope
from .message import ReceivedMessage
from .send import BATCH_COUNT, Message, in_batches, size_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

EMPTY_RECEIVES = 3
"""Empty receives in a row after which a queue counts as seen. Each asks all of SQS's servers, as it waits."""

WAIT_SECONDS = 1
"""Seconds for which a receive waits for a message. If it waits, SQS asks all of its servers, and not just some."""


def count(client: SQSClient, url: str) -> int:
    """Return about how many messages of a queue are visible or held by somebody. Those sent with a delay are not."""
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
        hold: seconds for which they are invisible to others.
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
        delay: seconds for which SQS is to hold each back.

    Returns:
        SQS's error for each message that it refused, by message id. These are still in `source`.
    """
    refused: dict[str, str] = {}
    for batch in in_batches(_replacements(messages, envelope_of), lambda pair: size_of(pair[1])):
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
    """Make messages visible to others again, at once. If that fails, they become visible once the hold is over.

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


def _replacements(
    messages: Sequence[ReceivedMessage], envelope_of: Callable[[ReceivedMessage, int], Envelope]
) -> Iterator[tuple[ReceivedMessage, Message]]:
    """Yield each message with the one that is sent in its place."""
    for message in messages:
        envelope = envelope_of(message, int(time.time() * 1000))
        yield message, message.with_envelope(envelope) or message.unchanged()
