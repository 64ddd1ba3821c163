"""Messages put straight into a dead-letter queue."""

from __future__ import annotations

from sluice.event.envelope import ATTRIBUTE, Envelope
from sluice.event.ids import new_id

from tests.unit.support.cloud import HANDLER, Cloud


def bury(cloud: Cloud, count: int) -> list[str]:
    """Put messages into the dead-letter queue themselves; return their events' ids. Dying takes five attempts each."""
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
