"""Messages out of one queue and into another, or to the end of the same: nothing of an event is lost on the way.

SQS cannot move a message. It is received, sent again and then deleted: whenever that is stopped, the event is in the
queue, and at worst twice, which its id tells.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..event.body import is_json
from ..event.envelope import ATTRIBUTE, Envelope
from ..event.from_message import read_message
from .send import BATCH_BYTES, BATCH_COUNT, MAX_ATTRIBUTES, Message, size_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

EMPTY_RECEIVES = 3
"""In a row, before a queue counts as seen. SQS asks all of its servers on each, as they wait for messages."""

WAIT_SECONDS = 1
"""For a message to come. SQS asks all of its servers then, and not just some."""


@dataclass(frozen=True)
class Held:
    """A message that was received.

    Attributes:
        body: its text.
        envelope: the event's id and where it comes from.
        attributes: its message attributes, as SQS gives them.
        system: SQS's own attributes of it.
        message_id: SQS's id of the message.
        receipt_handle: of this receive.
    """

    body: str
    envelope: Envelope
    attributes: dict[str, Any]
    system: dict[str, str]
    message_id: str
    receipt_handle: str

    @property
    def sent_ms(self) -> int:
        """When SQS accepted it, in milliseconds since 1970."""
        return int(self.system["SentTimestamp"])

    @property
    def receives(self) -> int:
        """How often it has been received, this time included."""
        return int(self.system["ApproximateReceiveCount"])

    @property
    def event_json(self) -> str:
        """The event as JSON text: the body itself if it is JSON."""
        return self.body if is_json(self.body) else json.dumps(self.body)


def count(client: SQSClient, url: str) -> int:
    """About how many messages a queue holds that could be received by now, or are held by somebody."""
    attributes = client.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    return sum(map(int, attributes.values()))


def receive(client: SQSClient, url: str, handler: str, *, hold: int) -> list[Held]:
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
    return [_held(message, handler) for message in answer.get("Messages", [])]


def move(
    client: SQSClient,
    held: Sequence[Held],
    *,
    source: str,
    target: str,
    envelope_of: Callable[[Held], Envelope],
    delay: int = 0,
) -> dict[str, str]:
    """Send messages again, and delete those that SQS took.

    Args:
        client: a boto3 SQS client.
        held: at most ten messages.
        source: the URL of the queue that they were received from.
        target: the URL of the queue that they are sent to.
        envelope_of: what each is sent with. One with ten attributes of its sender's, or as large as can be, has no
            room for it: it is sent as it was, and is a new event.
        delay: seconds that SQS is to hold each back.

    Returns:
        What SQS said of those that it did not take, by message id; they are still where they were.
    """
    refused: dict[str, str] = {}
    for part in _within_bytes(held, envelope_of):
        entries: list[Any] = [
            {
                "Id": str(index),
                "MessageBody": one.body,
                "MessageAttributes": attributes,
                **({"DelaySeconds": delay} if delay else {}),
                **_trace_header(one),
            }
            for index, (one, attributes) in enumerate(part)
        ]
        answer = client.send_message_batch(QueueUrl=target, Entries=entries)
        taken: list[Any] = [
            {"Id": entry["Id"], "ReceiptHandle": part[int(entry["Id"])][0].receipt_handle}
            for entry in answer.get("Successful", [])
        ]
        if taken:
            client.delete_message_batch(QueueUrl=source, Entries=taken)
        for entry in answer.get("Failed", []):
            refused[part[int(entry["Id"])][0].message_id] = f"{entry['Code']} {entry.get('Message', '')}".strip()
    return refused


def delete(client: SQSClient, url: str, messages: Sequence[Held]) -> None:
    """Delete up to ten messages that were received.

    Raises:
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: SQS refused the call, or was not reached.
    """
    entries: list[Any] = [{"Id": str(index), "ReceiptHandle": one.receipt_handle} for index, one in enumerate(messages)]
    client.delete_message_batch(QueueUrl=url, Entries=entries)


def let_go(client: SQSClient, url: str, handles: Sequence[str]) -> None:
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


def _held(message: Any, handler: str) -> Held:
    attributes = message.get("MessageAttributes", {})
    incoming = read_message(
        message["Body"],
        attributes.get(ATTRIBUTE, {}).get("StringValue"),
        handler=handler,
        message_id=message["MessageId"],
        sent_ms=int(message["Attributes"]["SentTimestamp"]),
    )
    return Held(
        body=incoming.body,
        envelope=incoming.envelope,
        attributes=attributes,
        system=message["Attributes"],
        message_id=message["MessageId"],
        receipt_handle=message["ReceiptHandle"],
    )


def _attributes(held: Held, envelope: Envelope) -> dict[str, Any]:
    attributes = {
        name: {part: value for part, value in attribute.items() if part in ("DataType", "StringValue", "BinaryValue")}
        for name, attribute in held.attributes.items()
    }
    marked = attributes | {ATTRIBUTE: {"DataType": "String", "StringValue": envelope.to_text()}}
    if len(marked) > MAX_ATTRIBUTES or size_of(Message(held.body, envelope, marked)) > BATCH_BYTES:
        return attributes
    return marked


def _within_bytes(
    held: Sequence[Held], envelope_of: Callable[[Held], Envelope]
) -> Iterator[list[tuple[Held, dict[str, Any]]]]:
    part: list[tuple[Held, dict[str, Any]]] = []
    room = BATCH_BYTES
    for one in held:
        envelope = envelope_of(one).at_send(int(time.time() * 1000))
        attributes = _attributes(one, envelope)
        size = size_of(Message(one.body, envelope, attributes))
        if part and size > room:
            yield part
            part, room = [], BATCH_BYTES
        part.append((one, attributes))
        room -= size
    if part:
        yield part


def _trace_header(held: Held) -> Any:
    header = held.system.get("AWSTraceHeader")
    if not header:
        return {}
    return {"MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}}
