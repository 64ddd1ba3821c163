"""A received message, whether Lambda passed it to the function or boto3 received it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from ..event.body import decode, is_json
from ..event.envelope import ATTRIBUTE, LAST_MS, Envelope
from ..event.from_message import Read, read_message
from ..event.ids import id_of_message, time_of_id
from ..event.ticks import EMITTED_BY
from .send import Message, fits

CLOCK_SKEW_MS = 1_000
"""Allowance for a difference between SQS's clock and Lambda's."""


class _PartNames(NamedTuple):
    """Names of a message attribute's parts."""

    type: str
    text: str
    binary: str


_LAMBDA = _PartNames("dataType", "stringValue", "binaryValue")
_SQS = _PartNames("DataType", "StringValue", "BinaryValue")


@dataclass(frozen=True)
class ReceivedMessage:
    """A message that was received from a queue. Its event is read when it is first used.

    Attributes:
        handler: the handler whose queue it was in.
        message_id: SQS's id of the message.
        receipt_handle: SQS's handle for this receive, which deleting the message and changing its visibility take.
        text: the message's body.
        system: SQS's own attributes of the message.
        given_attributes: its message attributes as they were given by Lambda or boto3.
        part_names: names of the parts of these.
    """

    handler: str
    message_id: str
    receipt_handle: str
    text: str
    system: Mapping[str, str]
    given_attributes: Mapping[str, Mapping[str, Any]]
    part_names: _PartNames

    @classmethod
    def from_lambda(cls, record: Mapping[str, Any], handler: str) -> ReceivedMessage:
        """Return the message of a record that Lambda passes to the function.

        Args:
            record: the record.
            handler: the handler whose queue it was in.
        """
        return cls(
            handler,
            record["messageId"],
            record["receiptHandle"],
            record["body"],
            record["attributes"],
            record.get("messageAttributes") or {},
            _LAMBDA,
        )

    @classmethod
    def from_receive(cls, message: Mapping[str, Any], handler: str) -> ReceivedMessage:
        """Return the message of boto3's ReceiveMessage, which was asked for all attributes.

        Args:
            message: one of the answer's `Messages`.
            handler: the handler whose queue it was in.
        """
        return cls(
            handler,
            message["MessageId"],
            message["ReceiptHandle"],
            message["Body"],
            message["Attributes"],
            message.get("MessageAttributes") or {},
            _SQS,
        )

    @cached_property
    def _event(self) -> Read:
        attribute = self.given_attributes.get(ATTRIBUTE)
        return read_message(
            self.text,
            attribute and attribute.get(self.part_names.text),
            handler=self.handler,
            message_id=self.message_id,
            sent_ms=self.sent_ms,
        )

    @property
    def body(self) -> str:
        """The event's text: the message's, unless Scheduler sent it with its envelope before it."""
        return self._event.text

    @property
    def envelope(self) -> Envelope:
        """The event's envelope, made from the message if that was sent without one."""
        return self._event.envelope

    @property
    def claim(self) -> str | None:
        """The claim of the message that was not believed, in words; None if there is none."""
        return self._event.claim

    @cached_property
    def event(self) -> Any:
        """The event that the handler is given."""
        return decode(self.body)

    @property
    def event_json(self) -> str:
        """The event as JSON text: the body itself if that is JSON."""
        return self.body if is_json(self.body) else json.dumps(self.body)

    @property
    def receive_count(self) -> int:
        """Receives of this message, this one included."""
        return int(self.system["ApproximateReceiveCount"])

    @property
    def sent_ms(self) -> int:
        """Time at which SQS accepted this message, in milliseconds since 1970."""
        return int(self.system["SentTimestamp"])

    @property
    def first_received_ms(self) -> int:
        """Time of this message's first receive, in milliseconds since 1970."""
        return int(self.system.get("ApproximateFirstReceiveTimestamp", self.sent_ms))

    @property
    def emitted_by(self) -> str | None:
        """The handler that emitted the event, or else the AWS principal that sent its first message, if known."""
        return self.envelope.sender(self.system)

    @property
    def own_id(self) -> str:
        """The id that the event would have if its message had been sent without one."""
        return id_of_message(self.message_id, self.sent_ms)

    @property
    def claimant(self) -> str | None:
        """An id that distinguishes this message from others with the same event; None if no others can matter.

        An event without a key that an SDK sends twice may run twice. With a key it must not.
        """
        envelope = self.envelope
        if envelope.claimant is None and envelope.key is not None:
            return self.own_id
        return envelope.claimant

    @property
    def due(self) -> datetime | None:
        """Time at which the tick was due; None if this is no tick, or if its id has a time that no calendar has."""
        due = time_of_id(self.envelope.id) if self.envelope.emitted_by == EMITTED_BY else None
        return None if due is None or due * 1000 > LAST_MS else datetime.fromtimestamp(due, UTC)

    @property
    def is_first(self) -> bool:
        """True if the event can't have been started before, as far as SQS tells."""
        envelope = self.envelope
        return self.receive_count == 1 and not (envelope.receives or envelope.redrives or envelope.resends)

    @property
    def earliest_attempt_ms(self) -> int:
        """Time from which on attempts count against this event: its emit, or the redrive that AWS's console made."""
        return (self.envelope.attempts_since_ms or self.sent_ms) - CLOCK_SKEW_MS

    def with_envelope(self, envelope: Envelope) -> Message | None:
        """Return the message to send this event again with, with everything else that this message has.

        Args:
            envelope: the new message's.

        Returns:
            The message; None if SQS would not take it, as there are ten attributes of its sender's, or no bytes left.
        """
        marked = self._attributes() | {ATTRIBUTE: {"DataType": "String", "StringValue": envelope.to_text()}}
        message = Message(self.body, envelope, marked, self._options())
        return message if fits(message) else None

    def unchanged(self) -> Message:
        """Return the message to send again as it is."""
        return Message(self.text, self.envelope, self._attributes(), self._options())

    def _attributes(self) -> dict[str, Any]:
        return {name: _to_send(attribute, self.part_names) for name, attribute in self.given_attributes.items()}

    def _options(self) -> dict[str, Any] | None:
        options: dict[str, Any] = {}
        header, group = self.system.get("AWSTraceHeader"), self.system.get("MessageGroupId")
        if header:
            options["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}
        if group:
            # In a standard queue: SQS serves the groups fairly.
            options["MessageGroupId"] = group
        return options or None


def _to_send(attribute: Mapping[str, Any], names: _PartNames) -> dict[str, Any]:
    """Return a message attribute in the form that SQS takes."""
    text = attribute.get(names.text)
    if text is not None:
        return {"DataType": attribute[names.type], "StringValue": text}
    binary = attribute[names.binary]
    # Lambda passes it as base64 in JSON.
    return {
        "DataType": attribute[names.type],
        "BinaryValue": base64.b64decode(binary) if isinstance(binary, str) else binary,
    }
