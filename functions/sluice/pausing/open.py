"""The handlers of a stage as pausing sees them, with the caller's own credentials."""

from __future__ import annotations

import time

from ..stage import clients
from ..stage.names import Names
from .observed import Functions
from .record_store import RecordStore
from .stage import Clock, Stage


def open_stage(stage: str, clock: Clock = time.time) -> Stage:
    """The handlers of a stage, with the caller's own credentials.

    Args:
        stage: the stage's name.
        clock: the time in seconds since 1970.
    """
    names = Names(stage)
    functions = Functions(
        names,
        clients.client("lambda", stage),
        clients.client("scheduler", stage),
        clients.client("cloudformation", stage),
    )
    return Stage(functions, RecordStore(clients.dynamodb(stage), names.trace_table), clock)
