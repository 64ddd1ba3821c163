"""Poisonous events and their neighbours. They are emitted early, as five attempts take minutes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice import emit_many
from sluice.stage import clients
from sluice.stage.names import Names

VISIBILITY = 17
"""Seconds of the queues' visibility timeout: just over the functions' timeout of 15. In the template it is 180."""


@dataclass(frozen=True)
class Batch:
    """Events that were emitted to a handler together.

    Attributes:
        handler: the handler's name.
        ids: the events' ids, in order.
        poisonous: the numbers of the poisonous events.
        starts: the file in which the handler writes down each start.
    """

    handler: str
    ids: list[str]
    poisonous: frozenset[int]
    starts: Path

    def counted(self) -> Counter[int]:
        """Return how often each event was started."""
        return Counter(map(int, self.starts.read_text().split())) if self.starts.exists() else Counter()


def emit_poison(handler: str, directory: Path, *, count: int, poisonous: frozenset[int]) -> Batch:
    """Emit events, some of them poisonous."""
    client: Any = clients.sqs("local")
    url = client.get_queue_url(QueueName=Names("local").queue(handler))["QueueUrl"]
    client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY)})
    starts = directory / f"{handler}.starts"
    ids = emit_many(
        handler,
        [{"n": number, "poison": number in poisonous, "starts": str(starts)} for number in range(count)],
        stage="local",
    )
    return Batch(handler, ids, poisonous, starts)
