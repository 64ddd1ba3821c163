"""Emits to a name that has no handler: their events are kept in the trace table."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..errors import SluiceError
from ..queue.send import Message
from ..stage import clients
from ..stage.names import Names
from ..traces import Trace, TraceStore

_logger = logging.getLogger("sluice")


class NotKeptError(SluiceError):
    """Events were emitted to a name without a handler, and could not be kept.

    Attributes:
        kept: the ids of the events that were kept.
        lost: the texts of the others.
    """

    def __init__(self, handler: str, kept: Sequence[str], lost: Sequence[str]) -> None:
        super().__init__(f"no handler is named {handler!r}, and {len(lost)} events could not be kept")
        self.kept = tuple(kept)
        self.lost = tuple(lost)


def keep(handler: str, messages: Sequence[Message], stage: str) -> None:
    """Keep events that have no handler, so that they can be replayed once there is one.

    Args:
        handler: the name without a handler.
        messages: the events' messages.
        stage: the stage.

    Raises:
        NotKeptError: from AWS's error, if some could not be kept. They are in the log.
    """
    traces = [
        Trace(
            id=message.envelope.id,
            handler=handler,
            status="no-handler",
            event=message.body,
            parent=message.envelope.parent,
            hops=message.envelope.hops,
            emitted_ms=message.envelope.emitted_ms,
            emitted_by=message.envelope.emitted_by,
        )
        for message in messages
    ]
    table = Names(stage).trace_table
    lost = TraceStore(clients.dynamodb(stage), table).unhandled.put(traces)
    many = "an event" if len(messages) == 1 else f"{len(messages)} events"
    where = f"emitted {many} to {handler!r}, which is not the name of a handler in stage {stage!r}"
    if not lost:
        _logger.warning("%s; kept with the status no-handler", where)
        return
    gone = {trace.id for trace, _ in lost}
    events = [trace.event for trace, _ in lost]
    message = "%s; %d of them could not be recorded in the table %s; their text: %s"
    _logger.error(message, where, len(lost), table, events)
    kept = [trace.id for trace in traces if trace.id not in gone]
    raise NotKeptError(handler, kept, events) from lost[0][1]
