"""Messages into SQS: alone, or in full batches whose refused entries are sent again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import NotAcceptedError, Refused, SluiceError
from ..event.envelope import Envelope
from ..lean_aws.errors import aws_errors, error_code, error_message, may_have_succeeded

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH_COUNT = 10
"""Messages. SQS's limit for a batch."""

BATCH_BYTES = 1_048_576
"""SQS's limit for a batch's messages together."""

MAX_ATTRIBUTES = 10
"""SQS's limit for a message's attributes."""

_TRIES = 5
"""Sends of an entry that SQS refuses for no fault of the sender, before it counts as not accepted."""

_FIRST_PAUSE = 0.1
"""Seconds before the second try; doubled for each further one."""

_SENDERS = 8
"""Batches on their way at once."""


class NoQueueError(SluiceError):
    """There is no queue of this name."""


@dataclass(frozen=True)
class Message:
    """A message to send.

    Attributes:
        body: its text.
        envelope: what its `sluice` attribute says.
        attributes: its message attributes in SQS's form, the `sluice` attribute included.
        options: further parameters of SendMessage, which a message that is sent again keeps; None if there are none.
    """

    body: str
    envelope: Envelope
    attributes: dict[str, Any]
    options: Mapping[str, Any] | None = None

    def parameters(self, delay: int = 0) -> dict[str, Any]:
        """Return what SendMessage takes, and an entry of SendMessageBatch.

        Args:
            delay: seconds for which SQS is to hold the message back.
        """
        sent: dict[str, Any] = {"MessageBody": self.body, "MessageAttributes": self.attributes}
        if delay:
            sent["DelaySeconds"] = delay
        if self.options:
            sent.update(self.options)
        return sent


def fits(message: Message) -> bool:
    """Return True if SQS takes a message with so many attributes and bytes."""
    return len(message.attributes) <= MAX_ATTRIBUTES and size_of(message) <= BATCH_BYTES


def size_of(message: Message) -> int:
    """Return the bytes that SQS counts: the body, and each attribute's name, type and value."""
    size = len(message.body.encode())
    for name, attribute in message.attributes.items():
        value = attribute.get("StringValue") or attribute.get("BinaryValue") or ""
        size += (
            len(name.encode()) + len(attribute["DataType"]) + len(value if isinstance(value, bytes) else value.encode())
        )
    return size


def send_one(client: SQSClient, url: str, message: Message, delay: int = 0) -> None:
    """Send one message.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
        message: what to send.
        delay: seconds that SQS is to hold it back.

    Raises:
        NoQueueError: the queue does not exist.
        botocore.exceptions.ClientError: SQS refused.
    """
    try:
        client.send_message(QueueUrl=url, **message.parameters(delay))
    except client.exceptions.QueueDoesNotExist as error:
        raise NoQueueError(url) from error


def send_all(
    client: SQSClient,
    url: str,
    handler: str,
    messages: Sequence[Message],
    delay: int = 0,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Send messages in batches as full as SQS takes them, several at once.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
        handler: the handler's name, for the error.
        messages: what to send.
        delay: seconds that SQS is to hold each back.
        sleep: waits between tries.

    Raises:
        NoQueueError: the queue does not exist; nothing was accepted.
        NotAcceptedError: some were never accepted, be it that the queue has gone meanwhile; it says which.
    """
    batches = list(_batches(messages))

    def send(batch: Sequence[int], *, first: bool = False) -> list[Refused]:
        return _send_batch(client, url, messages, batch, delay, sleep, first=first)

    # The first alone: if there is no queue, nothing more is tried.
    refused = send(batches[0], first=True)
    if len(batches) > 1:
        with ThreadPoolExecutor(_SENDERS) as senders:
            for more in senders.map(send, batches[1:]):
                refused += more
    if refused:
        lost = {entry.index for entry in refused}
        accepted = {index: message.envelope.id for index, message in enumerate(messages) if index not in lost}
        raise NotAcceptedError(handler, accepted, sorted(refused, key=lambda entry: entry.index))


def _batches(messages: Sequence[Message]) -> Iterator[list[int]]:
    batch: list[int] = []
    room = BATCH_BYTES
    for index, message in enumerate(messages):
        size = size_of(message)
        if batch and (len(batch) == BATCH_COUNT or size > room):
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(index)
        room -= size
    if batch:
        yield batch


def _send_batch(
    client: SQSClient,
    url: str,
    messages: Sequence[Message],
    batch: Sequence[int],
    delay: int,
    sleep: Callable[[float], None],
    *,
    first: bool,
) -> list[Refused]:
    waiting = list(batch)
    hopeless: list[Refused] = []
    for left in reversed(range(_TRIES)):
        entries: list[Any] = [{"Id": str(index), **messages[index].parameters(delay)} for index in waiting]
        try:
            answer = client.send_message_batch(QueueUrl=url, Entries=entries)
        except aws_errors() as error:
            if first and len(waiting) == len(batch) and isinstance(error, client.exceptions.QueueDoesNotExist):
                raise NoQueueError(url) from error
            code, message, maybe = error_code(error), error_message(error), may_have_succeeded(error)
            return hopeless + [Refused(index, code, message, maybe) for index in waiting]
        failed = {int(entry["Id"]): entry for entry in answer.get("Failed", ())}
        said = {index: Refused(index, entry["Code"], entry.get("Message", "")) for index, entry in failed.items()}
        hopeless += [said[index] for index in sorted(said) if failed[index]["SenderFault"]]
        waiting = [index for index in sorted(said) if not failed[index]["SenderFault"]]
        if not waiting:
            return hopeless
        if left:
            sleep(_FIRST_PAUSE * 2 ** (_TRIES - 1 - left) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
    return hopeless + [said[index] for index in waiting]
