"""Hundreds of dead letters, and a redrive that is killed half-way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sluice.stage import clients
from sluice.stage.names import Names

from tests.local.support.projects import Project
from tests.local.support.queues import in_queue, url_of
from tests.unit.support.eventually import eventually

HANDLER = "idle"
COUNT = 500
HALF_WAY = 150
"""Messages that are back in the queue when the redrive is killed, at least."""


@dataclass(frozen=True)
class Killed:
    """The queues after a redrive was killed.

    Attributes:
        moved: messages in the handler's queue.
        left: messages in the dead-letter queue.
    """

    moved: int
    left: int


def fill(handler: str, count: int) -> None:
    """Put messages into a handler's dead-letter queue: the numbers from 0."""
    client = clients.sqs("local")
    url = url_of(Names("local").dead_letter_queue(handler))
    for start in range(0, count, 10):
        entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(start, min(start + 10, count))]
        client.send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]


def drain(name: str) -> list[str]:
    """Receive all messages of a queue. Return their bodies."""
    client, url = clients.sqs("local"), url_of(name)
    found: list[str] = []
    while batch := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
        found += [message["Body"] for message in batch]
    return found


def empty(handler: str) -> None:
    """Delete all messages of a handler's two queues."""
    names = Names("local")
    for name in (names.queue(handler), names.dead_letter_queue(handler)):
        clients.sqs("local").purge_queue(QueueUrl=url_of(name))


@contextmanager
def receiving_nothing(handler: str) -> Iterator[None]:
    """Keep a handler's event source mapping disabled."""
    set_receiving(handler, wanted=False)
    try:
        yield
    finally:
        set_receiving(handler, wanted=True)


def set_receiving(handler: str, *, wanted: bool) -> None:
    """Enable or disable a handler's event source mapping, and wait for it."""
    client = clients.client("lambda", "local")
    function = Names("local").function(handler)
    (mapping,) = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=wanted)
    state = "Enabled" if wanted else "Disabled"
    eventually(
        lambda: client.get_event_source_mapping(UUID=mapping["UUID"])["State"] == state, f"the mapping is {state}"
    )


def kill_a_redrive(project: Project) -> Killed:
    """Redrive hundreds of dead letters, and kill the command half-way."""
    names = Names("local")
    set_receiving(HANDLER, wanted=False)
    fill(HANDLER, COUNT)
    with project.start("dead", "redrive", HANDLER) as redrive:

        def half_way() -> bool:
            assert redrive.poll() is None, "the redrive has ended"
            return in_queue(names.queue(HANDLER)) >= HALF_WAY

        eventually(half_way, f"{HALF_WAY} are back in the queue")
        redrive.send_signal(signal.SIGKILL)
    return Killed(in_queue(names.queue(HANDLER)), in_queue(names.dead_letter_queue(HANDLER)))
