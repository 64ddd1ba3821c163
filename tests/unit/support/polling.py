"""Lambda's poller, which runs a handler's events until its queue is empty. Each batch has a process of its own."""

from __future__ import annotations

from typing import Any

# moto's inside, to pass time without waiting for it.
from moto.sqs.models import sqs_backends

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.faults import FaultyClient, Process, ProcessDiedError
from tests.unit.support.function import Context, Function


def make_visible(cloud: Cloud, handler: str = HANDLER) -> None:
    """Make all messages of a queue visible, as if their delays and visibility timeouts were over."""
    queue = sqs_backends["123456789012"]["eu-central-1"].queues[cloud.names.queue(handler)]
    for message in queue._messages:
        message.visible_at = 0
        message.delayed_until = 0


def poll_once(cloud: Cloud, function: Function, context: Context | None = None) -> bool:
    """Make all messages visible, and run one batch. Return False if the queue was empty."""
    make_visible(cloud)
    records = function.receive()
    if not records:
        return False
    process = Process()
    function.die = process.die  # type: ignore[attr-defined]
    function.sqs = FaultyClient(cloud.sqs, process, lambda _: None)
    function.dynamodb = FaultyClient(cloud.dynamodb, process, lambda _: None)
    try:
        worker = function.new_process()
        response: Any = worker.handle({"Records": records}, context or Context())  # type: ignore[arg-type]
    except ProcessDiedError:
        return True
    function.delete(records, response)
    return True


def poll_until_quiet(cloud: Cloud, function: Function, limit: int = 60, *, context: Context | None = None) -> int:
    """Poll until the queue is empty; return the number of polls."""
    for polls in range(limit):
        if not poll_once(cloud, function, context):
            return polls
    raise AssertionError("the queue never became empty")


def dead_letters(cloud: Cloud) -> list[str]:
    """Receive all messages of the dead-letter queue, and return their bodies."""
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.dead_letter_queue(HANDLER))["QueueUrl"]
    found = []
    while batch := cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in batch]
    return found
