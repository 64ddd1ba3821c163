"""Dead letters: events whose five attempts all failed to reach an end, kept until someone decides.

Looking at them receives them and lets go of them again. That costs no attempts: a dead-letter queue gives up on
nothing, and an event's attempts are counted in its trace.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .body import is_json
from .envelope import ATTRIBUTE, Envelope
from .errors import SluiceError
from .incoming import read_message
from .names import Names
from .sending import BATCH_BYTES, Message, size_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Progress = Callable[[int, int], None]
"""Told how many messages are dealt with, and of about how many."""

HOLD_SECONDS = 120
"""For how long listed messages are out of others' sight, should the program be stopped: as long as listing takes."""

_MOVE_SECONDS = 30
"""The same, for the few messages that are being moved."""

_BATCH = 10
_EMPTY_RECEIVES = 3
"""In a row, before the queue counts as seen. SQS asks all of its servers on each, as they wait for messages."""

_WAIT_SECONDS = 1


class NotRedrivenError(SluiceError):
    """SQS did not take some messages; those are still in the dead-letter queue."""


@dataclass(frozen=True)
class DeadLetter:
    """A message of a dead-letter queue.

    Attributes:
        message_id: SQS's id of the message.
        body: its text.
        envelope: the event's id and where it comes from.
        attributes: its message attributes, as SQS gives them.
        trace_header: the X-Ray header that it was sent with, if any.
        receipt_handle: of this receive.
    """

    message_id: str
    body: str
    envelope: Envelope
    attributes: dict[str, Any]
    trace_header: str | None
    receipt_handle: str

    @property
    def event_json(self) -> str:
        """The event as JSON text: the body itself if it is JSON."""
        return self.body if is_json(self.body) else json.dumps(self.body)


class DeadLetters:
    """The dead letters of one handler.

    Args:
        client: a boto3 SQS client.
        names: of the stage.
        handler: the handler's name.

    Raises:
        botocore.exceptions.ClientError: QueueDoesNotExist, if there is no such handler.
    """

    def __init__(self, client: SQSClient, names: Names, handler: str) -> None:
        self._client = client
        self._handler = handler
        self._dead = client.get_queue_url(QueueName=names.dead_letter_queue(handler))["QueueUrl"]
        self._alive = client.get_queue_url(QueueName=names.queue(handler))["QueueUrl"]

    def count(self) -> int:
        """About how many there are, those included that someone is looking at."""
        attributes = self._client.get_queue_attributes(
            QueueUrl=self._dead,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(map(int, attributes.values()))

    def all(self, progress: Progress | None = None) -> list[DeadLetter]:
        """Every dead letter, oldest emit first. They stay where they are.

        Args:
            progress: told after each batch.
        """
        about = self.count()
        held: dict[str, DeadLetter] = {}
        try:
            for batch in self._batches(HOLD_SECONDS):
                held.update((letter.message_id, letter) for letter in batch)
                if progress:
                    progress(len(held), max(len(held), about))
        finally:
            self._let_go(list(held.values()))
        return sorted(held.values(), key=lambda letter: letter.envelope.emitted_ms)

    def redrive(self, event_ids: Collection[str] | None = None, progress: Progress | None = None) -> int:
        """Put dead letters back into the handler's queue, with their ids and their first emit time.

        Each is sent before it is deleted: whenever this is stopped, no event is lost, and those of one batch at most
        are in both queues.

        Args:
            event_ids: only these events; all if left out.
            progress: told after each batch.

        Returns:
            How many were put back.

        Raises:
            NotRedrivenError: SQS did not take some.
        """
        about = self.count() if event_ids is None else len(event_ids)
        done = 0
        refused: list[str] = []
        passed_over: list[DeadLetter] = []
        try:
            for batch in self._batches(_MOVE_SECONDS if event_ids is None else HOLD_SECONDS):
                wanted = [letter for letter in batch if event_ids is None or letter.envelope.id in event_ids]
                passed_over += [letter for letter in batch if letter not in wanted]
                for part in _within_bytes(wanted):
                    lost = self._move(part)
                    done += len(part) - len(lost)
                    refused += lost
                if progress:
                    progress(done, max(done, about))
                if event_ids is not None and done + len(refused) >= len(event_ids):
                    break
        finally:
            self._let_go(passed_over)
        if refused:
            raise NotRedrivenError(f"{done} redriven; SQS did not take {len(refused)}: {refused[0]}. Redrive again")
        return done

    def purge(self) -> None:
        """Delete every dead letter. SQS takes up to a minute, and allows it once a minute."""
        self._client.purge_queue(QueueUrl=self._dead)

    def _batches(self, hold: int) -> Iterator[list[DeadLetter]]:
        empty = 0
        while empty < _EMPTY_RECEIVES:
            messages = self._client.receive_message(
                QueueUrl=self._dead,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=hold,
                WaitTimeSeconds=_WAIT_SECONDS,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            empty = 0 if messages else empty + 1
            if messages:
                yield [_letter(message, self._handler) for message in messages]

    def _move(self, letters: Sequence[DeadLetter]) -> list[str]:
        entries: list[Any] = [
            {
                "Id": str(index),
                "MessageBody": letter.body,
                "MessageAttributes": _redriven(letter),
                **(_header(letter.trace_header) if letter.trace_header else {}),
            }
            for index, letter in enumerate(letters)
        ]
        answer = self._client.send_message_batch(QueueUrl=self._alive, Entries=entries)
        taken: list[Any] = [
            {"Id": entry["Id"], "ReceiptHandle": letters[int(entry["Id"])].receipt_handle}
            for entry in answer.get("Successful", [])
        ]
        if taken:
            self._client.delete_message_batch(QueueUrl=self._dead, Entries=taken)
        return [f"{entry['Code']} {entry.get('Message', '')}".strip() for entry in answer.get("Failed", [])]

    def _let_go(self, letters: Sequence[DeadLetter]) -> None:
        for start in range(0, len(letters), _BATCH):
            self._client.change_message_visibility_batch(
                QueueUrl=self._dead,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": letter.receipt_handle, "VisibilityTimeout": 0}
                    for index, letter in enumerate(letters[start : start + _BATCH])
                ],
            )


_MAX_ATTRIBUTES = 10
"""SQS's limit for a message."""


def _letter(message: Any, handler: str) -> DeadLetter:
    attributes = message.get("MessageAttributes", {})
    sent_ms = int(message["Attributes"]["SentTimestamp"])
    incoming = read_message(
        message["Body"],
        attributes.get(ATTRIBUTE, {}).get("StringValue"),
        handler=handler,
        message_id=message["MessageId"],
        sent_ms=sent_ms,
    )
    return DeadLetter(
        message_id=message["MessageId"],
        body=incoming.body,
        envelope=incoming.envelope,
        attributes=attributes,
        trace_header=message["Attributes"].get("AWSTraceHeader"),
        receipt_handle=message["ReceiptHandle"],
    )


def _redriven(letter: DeadLetter) -> dict[str, Any]:
    """The attributes to send it with.

    A message that somebody sent with ten attributes of his own, or at the size limit, has no room for ours: it is
    sent as it was, and is a new event.
    """
    envelope = dataclasses.replace(letter.envelope, redriven=letter.envelope.redriven + 1, receives=0, round_ms=None)
    attributes = {
        name: {part: value for part, value in attribute.items() if part in ("DataType", "StringValue", "BinaryValue")}
        for name, attribute in letter.attributes.items()
    }
    marked = attributes | {ATTRIBUTE: {"DataType": "String", "StringValue": envelope.to_text()}}
    if len(marked) > _MAX_ATTRIBUTES or size_of(Message(letter.body, envelope, marked)) > BATCH_BYTES:
        return attributes
    return marked


def _within_bytes(letters: Sequence[DeadLetter]) -> Iterator[list[DeadLetter]]:
    part: list[DeadLetter] = []
    room = BATCH_BYTES
    for letter in letters:
        size = size_of(Message(letter.body, letter.envelope, _redriven(letter)))
        if part and size > room:
            yield part
            part, room = [], BATCH_BYTES
        part.append(letter)
        room -= size
    if part:
        yield part


def _header(trace_header: str) -> Any:
    return {
        "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": trace_header}},
    }
