"""Sending messages to SQS: one, or many in full batches. Messages of a batch that SQS refuses are sent again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..errors import NotAcceptedError, Refused, SluiceError
from ..event.envelope import Envelope
from ..lean_aws.errors import aws_errors, error_code, error_message, may_have_succeeded

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH_COUNT = 10
"""SQS's limit for the messages of a batch."""

MAX_MESSAGE_BYTES = 1_048_576
"""SQS's limit for the bytes of a message, and of a batch's messages together."""

MAX_ATTRIBUTES = 10
"""SQS's limit for a message's attributes."""

_TRIES = 5
"""Tries of an entry that SQS refuses for no fault of the sender, before it counts as not accepted."""

_FIRST_PAUSE = 0.1
"""Seconds before the second try; doubled for each further one."""

_SENDERS = 8
"""Threads, each of which sends a batch at a time."""

_Item = TypeVar("_Item")


class NoQueueError(SluiceError):
    """There is no queue of this name."""


class Message(NamedTuple):
    """A message to send.

    Attributes:
        body: its text.
        envelope: the value of its `sluice` attribute.
        attributes: its message attributes in SQS's form, the `sluice` attribute included.
        options: further parameters of SendMessage, which a message that is sent again keeps; None if there are none.
    """

    body: str
    envelope: Envelope
    attributes: dict[str, Any]
    options: Mapping[str, Any] | None = None

    def parameters(self, delay: int = 0) -> dict[str, Any]:
        """Return the message's parameters of SendMessage, which an entry of SendMessageBatch has too.

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
    """Return True if SQS takes as many attributes and bytes as the message has."""
    return len(message.attributes) <= MAX_ATTRIBUTES and size_of(message) <= MAX_MESSAGE_BYTES


def size_of(message: Message) -> int:
    """Return the bytes that SQS counts: those of the body, and of each attribute's name, type and value."""
    size = len(message.body.encode())
    for name, attribute in message.attributes.items():
        value = attribute.get("StringValue") or attribute.get("BinaryValue") or ""
        size += (
            len(name.encode()) + len(attribute["DataType"]) + len(value if isinstance(value, bytes) else value.encode())
        )
    return size


class SendInterruptedError(KeyboardInterrupt):
    """Ctrl-C while messages were being sent.

    Attributes:
        accepted: the ids of the events that SQS has accepted, in order.
    """

    def __init__(self, accepted: Sequence[str]) -> None:
        super().__init__()
        self.accepted = tuple(accepted)


def send_one(client: SQSClient, url: str, message: Message, delay: int = 0) -> None:
    """Send one message.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
        message: the message.
        delay: seconds for which SQS is to hold it back.

    Raises:
        NoQueueError: the queue does not exist.
        CallError, or botocore's errors: SQS refused it, or did not answer.
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
    """Send messages in batches as full as SQS takes them, several at the same time.

    Args:
        client: a boto3 SQS client.
        url: the queue's.
        handler: the handler's name, for the error.
        messages: the messages, at least one.
        delay: seconds for which SQS is to hold each back.
        sleep: waits between tries.

    Raises:
        NoQueueError: the queue does not exist; nothing was accepted.
        NotAcceptedError: some were not accepted, also if the queue was deleted meanwhile; it says which.
        SendInterruptedError: the user pressed Ctrl-C; it says which were accepted.
    """
    accepted: list[int] = []
    batches = list(in_batches(range(len(messages)), lambda index: size_of(messages[index])))

    def send(batch: Sequence[int], *, first: bool = False) -> list[Refused]:
        refused = _send_batch(client, url, messages, batch, delay, sleep, first=first)
        accepted.extend({*batch} - {entry.index for entry in refused})
        return refused

    # The first alone: if there is no queue, the others are not sent.
    refused = send(batches[0], first=True)
    try:
        if len(batches) > 1:
            # Interrupted, it ends the calls that are under way, and begins no other.
            with ThreadPoolExecutor(_SENDERS) as senders:
                for more in senders.map(send, batches[1:]):
                    refused += more
    except KeyboardInterrupt as interrupt:
        raise SendInterruptedError([messages[index].envelope.id for index in sorted(accepted)]) from interrupt
    if refused:
        ids = {index: messages[index].envelope.id for index in sorted(accepted)}
        raise NotAcceptedError(handler, ids, sorted(refused, key=lambda entry: entry.index))


def in_batches(items: Iterable[_Item], size: Callable[[_Item], int]) -> Iterator[list[_Item]]:
    """Group items in order, as many as SQS takes in a batch.

    Args:
        items: each stands for a message.
        size: returns the bytes of an item's message.
    """
    batch: list[_Item] = []
    bytes_left = MAX_MESSAGE_BYTES
    for item in items:
        bytes_of_item = size(item)
        if batch and (len(batch) == BATCH_COUNT or bytes_of_item > bytes_left):
            yield batch
            batch, bytes_left = [], MAX_MESSAGE_BYTES
        batch.append(item)
        bytes_left -= bytes_of_item
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
    """Send a batch, and again those of its messages that SQS refuses for no fault of theirs; return the refused."""
    waiting = list(batch)
    at_fault: list[Refused] = []
    for tries_left in reversed(range(_TRIES)):
        entries: list[Any] = [{"Id": str(index), **messages[index].parameters(delay)} for index in waiting]
        try:
            answer = client.send_message_batch(QueueUrl=url, Entries=entries)
        except aws_errors() as error:
            if first and len(waiting) == len(batch) and isinstance(error, client.exceptions.QueueDoesNotExist):
                raise NoQueueError(url) from error
            code, message, maybe = error_code(error), error_message(error), may_have_succeeded(error)
            return at_fault + [Refused(index, code, message, maybe) for index in waiting]
        failed = {int(entry["Id"]): entry for entry in answer.get("Failed", ())}
        refused = {index: Refused(index, entry["Code"], entry.get("Message", "")) for index, entry in failed.items()}
        at_fault += [refused[index] for index in sorted(refused) if failed[index]["SenderFault"]]
        waiting = [index for index in sorted(refused) if not failed[index]["SenderFault"]]
        if not waiting:
            return at_fault
        if tries_left:
            sleep(_FIRST_PAUSE * 2 ** (_TRIES - 1 - tries_left) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
    return at_fault + [refused[index] for index in waiting]
