"""`unpause --sample`: the function takes one of its waiting events out of its queue and runs it.

Whoever may run one event of a paused handler invokes the function for that. Only the function may receive from its
queue, so nobody needs a further right.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..queue.message import ReceivedMessage
from .worker import ACKNOWLEDGE_KEY

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from .worker import Worker


def run_sample(worker: Worker, sqs: Any, url: str, handler: str, context: LambdaContext) -> dict[str, str | None]:
    """Receive one message as the mapping would, and run it. An event that is not done afterwards waits again.

    Args:
        worker: the function's worker.
        sqs: an SQS client.
        url: the queue's URL.
        handler: the handler's name.
        context: of the invocation.

    Returns:
        `event_id`: the event's id; None if no event waits.
    """
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=1,
        # It waits, so that SQS asks all of its servers and not just some.
        WaitTimeSeconds=1,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    messages = answer.get("Messages") or ()
    if not messages:
        return {"event_id": None}
    worker.handle({"Records": [_record(messages[0])], ACKNOWLEDGE_KEY: True}, context)
    return {"event_id": ReceivedMessage.from_receive(messages[0], handler).envelope.id}


def _record(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a received message as Lambda passes it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: _attribute(value) for name, value in (message.get("MessageAttributes") or {}).items()
        },
        "eventSource": "aws:sqs",
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    shown = {"dataType": value["DataType"]}
    if "StringValue" in value:
        shown["stringValue"] = value["StringValue"]
    binary = value.get("BinaryValue")
    if binary is not None:
        # The lean client has it as base64 already.
        shown["binaryValue"] = binary if isinstance(binary, str) else base64.b64encode(binary).decode()
    return shown
