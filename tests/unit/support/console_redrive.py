"""The redrive button of SQS's console, which neither moto nor the local cloud has."""

from __future__ import annotations

from typing import Any

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.polling import make_visible


def url_of(cloud: Cloud, queue: str = HANDLER) -> str:
    return cloud.sqs.get_queue_url(QueueName=cloud.names.queue(queue))["QueueUrl"]


def send_again(cloud: Cloud, message: Any) -> None:
    """Send a received message again as AWS's redrive does: with a new message id and time, and all else as it was."""
    attributes: Any = {
        name: {part: value for part, value in attribute.items() if part in ("DataType", "StringValue", "BinaryValue")}
        for name, attribute in message.get("MessageAttributes", {}).items()
    }
    cloud.sqs.send_message(QueueUrl=url_of(cloud), MessageBody=message["Body"], MessageAttributes=attributes)


def redrive_in_the_console(cloud: Cloud) -> int:
    make_visible(cloud, f"{HANDLER}-dead")
    letters = cloud.messages(f"{HANDLER}-dead")
    for letter in letters:
        send_again(cloud, letter)
    return len(letters)
