"""`--where` for dead letters: a condition on their traces, with the whole event, which the letter has."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ...queue.dead_letters import Choose
from ...queue.message import ReceivedMessage
from ...traces import Trace, open_store
from ...traces.item import key_of
from ..where import Condition


def fulfilling(condition: Condition, stage: str, handler: str) -> Choose:
    """Return a function that returns those of a batch of dead letters that fulfil a condition.

    Args:
        condition: on a letter's trace.
        stage: the stage.
        handler: the handler's name.
    """
    search = open_store(stage).search

    def choose(batch: Sequence[ReceivedMessage]) -> Sequence[ReceivedMessage]:
        # The same event may lie in two messages, and DynamoDB takes a key once.
        ids = {letter.envelope.id for letter in batch}
        found = (search.shown(item) for item in search.items_of([key_of(handler, event_id) for event_id in ids]))
        traces = {trace.id: trace for trace in found}
        return [letter for letter in batch if condition(_trace(letter, traces.get(letter.envelope.id)))]

    return choose


def _trace(letter: ReceivedMessage, stored: Trace | None) -> Trace:
    """Return a letter's trace. An event whose attempts all left no record has none, but for what the letter says."""
    if stored is None:
        stored = Trace(
            id=letter.envelope.id,
            handler=letter.handler,
            status="dead",
            event=letter.body,
            emitted_ms=letter.envelope.emitted_ms,
        )
    return dataclasses.replace(
        stored, event=letter.body, cut=tuple(name for name in stored.cut if name != "event"), status="dead"
    )
