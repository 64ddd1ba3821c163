"""One message as SQS delivered it to the function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import body
from ..envelope import ATTRIBUTE, Envelope, from_text
from ..ids import id_of_message

ROUND_SLACK_MS = 1_000
"""By how much SQS's clock and Lambda's may differ."""


@dataclass(frozen=True)
class Delivery:
    """A message of a batch.

    Args:
        record: the record as Lambda passes it.
    """

    record: Mapping[str, Any]

    @property
    def message_id(self) -> str:
        """SQS's id of the message."""
        return str(self.record["messageId"])

    @property
    def receipt_handle(self) -> str:
        """What SQS wants to hear in order to change this delivery's visibility."""
        return str(self.record["receiptHandle"])

    @property
    def body(self) -> str:
        """The message's text."""
        return str(self.record["body"])

    @cached_property
    def event(self) -> Any:
        """What the handler is given."""
        return body.decode(self.body)

    @property
    def receive_count(self) -> int:
        """How often SQS has delivered this message, this time included."""
        return int(self.record["attributes"]["ApproximateReceiveCount"])

    @property
    def sent_ms(self) -> int:
        """When SQS accepted this message, in milliseconds since 1970."""
        return int(self.record["attributes"]["SentTimestamp"])

    @property
    def first_received_ms(self) -> int:
        """When SQS first delivered this message, in milliseconds since 1970."""
        return int(self.record["attributes"].get("ApproximateFirstReceiveTimestamp", self.sent_ms))

    @cached_property
    def envelope(self) -> Envelope:
        """Where the event comes from; made up from the message if it was sent without an envelope."""
        attribute = self.record.get("messageAttributes", {}).get(ATTRIBUTE) or {}
        text = attribute.get("stringValue")
        envelope = from_text(text) if isinstance(text, str) else None
        return envelope or Envelope(id=id_of_message(self.message_id, self.sent_ms), emitted_ms=self.sent_ms)

    @property
    def emitted_by(self) -> str | None:
        """The handler that emitted the event, or else the AWS principal that sent the message."""
        return self.envelope.emitted_by or self.record["attributes"].get("SenderId")

    @property
    def is_first(self) -> bool:
        """Whether the event cannot have been started before, as far as SQS tells."""
        return self.receive_count == 1 and self.envelope.receives == 0 and not self.envelope.redriven

    @property
    def round_ms(self) -> int:
        """From when on attempts count against this event: since it was emitted, or AWS's own redrive sent it anew."""
        return (self.envelope.round_ms or self.sent_ms) - ROUND_SLACK_MS
