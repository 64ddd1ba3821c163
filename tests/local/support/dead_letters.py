"""Dead letters by the hundred, and a redrive that is killed half-way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sluice.stage import clients
from sluice.stage.names import Names

from tests.local.support.projects import Project
from tests.unit.support.eventually import eventually

HANDLER = "idle"
COUNT = 500
HALF_WAY = 150
"""How many are back in the queue when it is killed, at least."""


@dataclass(frozen=True)
class Killed:
    """What a redrive left that was killed.

    Attributes:
        moved: how many messages were in the handler's queue then.
        left: how many were still in the dead-letter queue.
    """

    moved: int
    left: int


def fill(handler: str, count: int) -> None:
    """Put messages into a handler's dead-letter queue: the numbers from 0."""
    client = clients.sqs("local")
    url = _url(Names("local").dead_letter_queue(handler))
    for start in range(0, count, 10):
        entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(start, min(start + 10, count))]
        client.send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]


def in_queue(name: str) -> int:
    """About how many messages there are, those included that someone holds."""
    attributes = clients.sqs("local").get_queue_attributes(
        QueueUrl=_url(name), AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    return sum(map(int, attributes.values()))


def drain(name: str) -> list[str]:
    """The texts of all messages."""
    client, url = clients.sqs("local"), _url(name)
    found: list[str] = []
    while batch := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
        found += [message["Body"] for message in batch]
    return found


def empty(handler: str) -> None:
    """Leave nothing in either queue of a handler."""
    names = Names("local")
    for name in (names.queue(handler), names.dead_letter_queue(handler)):
        clients.sqs("local").purge_queue(QueueUrl=_url(name))


@contextmanager
def receiving_nothing(handler: str) -> Iterator[None]:
    """Keep a handler's event source mapping disabled."""
    set_receiving(handler, wanted=False)
    try:
        yield
    finally:
        set_receiving(handler, wanted=True)


def set_receiving(handler: str, *, wanted: bool) -> None:
    """Enable or disable a handler's event source mapping, and wait until it is so."""
    client = clients.client("lambda", "local")
    function = Names("local").function(handler)
    (mapping,) = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=wanted)
    state = "Enabled" if wanted else "Disabled"
    eventually(
        lambda: client.get_event_source_mapping(UUID=mapping["UUID"])["State"] == state, f"the mapping is {state}"
    )


def kill_a_redrive(project: Project) -> Killed:
    """Redrive many, and kill the command half-way."""
    names = Names("local")
    set_receiving(HANDLER, wanted=False)
    fill(HANDLER, COUNT)
    with project.start("dead", "redrive", HANDLER) as redrive:
        eventually(lambda: in_queue(names.queue(HANDLER)) >= HALF_WAY, f"{HALF_WAY} are back in the queue")
        redrive.send_signal(signal.SIGKILL)
    return Killed(in_queue(names.queue(HANDLER)), in_queue(names.dead_letter_queue(HANDLER)))


def _url(name: str) -> str:
    return clients.sqs("local").get_queue_url(QueueName=name)["QueueUrl"]
