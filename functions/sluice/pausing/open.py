"""Open a stage's handler states with the caller's own credentials."""

from __future__ import annotations

import time

from ..stage import clients
from ..stage.names import Names
from .changing import StateWriter
from .handler_states import Clock, HandlerStates
from .observed import StateReader
from .record_store import RecordStore


def open_handler_states(stage: str, clock: Clock = time.time) -> HandlerStates:
    """Return the states of a stage's handlers.

    Args:
        stage: the stage's name.
        clock: returns seconds since 1970.
    """
    names = Names(stage)
    functions, schedules = clients.client("lambda", stage), clients.client("scheduler", stage)
    reader = StateReader(names, functions, schedules, clients.client("cloudformation", stage))
    writer = StateWriter(names, functions, schedules)
    return HandlerStates(reader, writer, RecordStore(clients.dynamodb(stage), names.trace_table), clock)
