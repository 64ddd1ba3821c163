"""One message as SQS delivered it to the function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ..event import body
from ..event.envelope import ATTRIBUTE, LAST_MS, Envelope
from ..event.from_message import Incoming, read_message
from ..event.ids import id_of_message, time_of_id
from ..event.ticks import EMITTED_BY

ROUND_SLACK_MS = 1_000
"""By how much SQS's clock and Lambda's may differ."""


@dataclass(frozen=True)
class Delivery:
    """A message of a batch.

    Args:
        record: the record as Lambda passes it.
        handler: the name of the handler whose queue it is from.
    """

    record: Mapping[str, Any]
    handler: str

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
        """The event's text: the message's, unless that is wrapped."""
        return self._incoming.body

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

    @property
    def envelope(self) -> Envelope:
        """Where the event comes from; made up from the message if it was sent without an envelope."""
        return self._incoming.envelope

    @cached_property
    def _incoming(self) -> Incoming:
        attribute = self.record.get("messageAttributes", {}).get(ATTRIBUTE) or {}
        return read_message(
            str(self.record["body"]),
            attribute.get("stringValue"),
            handler=self.handler,
            message_id=self.message_id,
            sent_ms=self.sent_ms,
        )

    @property
    def emitted_by(self) -> str | None:
        """The handler that emitted the event, or else the AWS principal that sent the message, if known."""
        return self.envelope.sender(self.record["attributes"])

    @property
    def claimant(self) -> str | None:
        """What tells this message from others in which its event may lie; None if there cannot be any that matter.

        An event without a key that an SDK sends twice may run twice. With a key it must not.
        """
        envelope = self.envelope
        if envelope.claimant is None and envelope.key is not None:
            return id_of_message(self.message_id, self.sent_ms)
        return envelope.claimant

    @property
    def due(self) -> datetime | None:
        """When the schedule that sent it was due; None if none did, or if its id tells no time that can be."""
        due = time_of_id(self.envelope.id) if self.envelope.emitted_by == EMITTED_BY else None
        return None if due is None or due * 1000 > LAST_MS else datetime.fromtimestamp(due, UTC)

    @property
    def is_first(self) -> bool:
        """Whether the event cannot have been started before, as far as SQS tells."""
        envelope = self.envelope
        return self.receive_count == 1 and not (envelope.receives or envelope.redriven or envelope.kept)

    @property
    def round_ms(self) -> int:
        """From when on attempts count against this event: since it was emitted, or AWS's own redrive sent it anew."""
        return (self.envelope.round_ms or self.sent_ms) - ROUND_SLACK_MS
