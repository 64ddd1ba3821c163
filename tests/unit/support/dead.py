"""Messages put straight into a dead-letter queue."""

from __future__ import annotations

import pytest
from sluice.event.envelope import ATTRIBUTE, Envelope
from sluice.event.ids import new_id
from sluice.queue import dead_letters, scan, transfer

from tests.unit.support.cloud import HANDLER, Cloud


def bury(cloud: Cloud, count: int) -> list[str]:
    """Send messages straight to the dead-letter queue, and return their events' ids."""
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.dead_letter_queue(HANDLER))["QueueUrl"]
    ids = [new_id() for _ in range(count)]
    for number, event_id in enumerate(ids):
        envelope = Envelope(id=event_id, emitted_ms=number)
        cloud.sqs.send_message(
            QueueUrl=url,
            MessageBody=str(number),
            MessageAttributes={ATTRIBUTE: {"DataType": "String", "StringValue": envelope.to_text()}},
        )
    return ids


def hold_all(cloud: Cloud) -> None:
    """Receive all dead letters and hold them, as another command does."""
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.dead_letter_queue(HANDLER))["QueueUrl"]
    while cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
        pass


def wait_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make commands wait neither for messages nor for letters that others hold."""
    monkeypatch.setattr(transfer, "WAIT_SECONDS", 0)
    monkeypatch.setattr(scan, "_PAUSE", 0.01)
    monkeypatch.setattr(dead_letters, "PATIENCE", 0.05)
    monkeypatch.setattr(dead_letters, "LISTING_PATIENCE", 0.05)
