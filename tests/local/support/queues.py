"""Queues of the local cloud, read with boto3: polling with commands would take the processor from the other tests."""

from __future__ import annotations

from sluice.stage import clients
from sluice.stage.names import Names


def url_of(queue: str) -> str:
    """Return a queue's URL."""
    return clients.sqs("local").get_queue_url(QueueName=queue)["QueueUrl"]


def in_queue(name: str) -> int:
    """Return about how many messages a queue has: waiting, in flight and delayed."""
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = clients.sqs("local").get_queue_attributes(
        QueueUrl=url_of(name),
        AttributeNames=[*counts, "ApproximateNumberOfMessagesDelayed"],  # type: ignore[list-item]
    )["Attributes"]
    return sum(map(int, attributes.values()))


def at_rest(handler: str, *, dead: int = 0) -> bool:
    """Return True if a handler's queue is empty, and its dead-letter queue has so many messages."""
    names = Names("local")
    return in_queue(names.queue(handler)) == 0 and in_queue(names.dead_letter_queue(handler)) == dead


def waiting(handler: str) -> int:
    """Return how many messages of a handler's queue can be received now."""
    attributes = clients.sqs("local").get_queue_attributes(
        QueueUrl=url_of(Names("local").queue(handler)), AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


def schedule_state(cron: str) -> str:
    """Return the state of a cron's schedule: ENABLED or DISABLED."""
    group = Names("local").cron_schedule_group
    state: str = clients.client("scheduler", "local").get_schedule(GroupName=group, Name=cron)["State"]
    return state
