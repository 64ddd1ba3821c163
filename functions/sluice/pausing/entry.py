"""What Lambda calls: `sluice.pausing.entry.handle`, and how everything about pausing is put together."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from .. import aws
from ..names import Names
from ..traces import open_store
from .functions import Functions
from .keeping_state import KeptStore
from .reconciler import Reconciler
from .records import RecordStore
from .settling import Clock, Stage
from .upkeep import Clients


def open_stage(stage: str, clock: Clock = time.time) -> Stage:
    """The handlers of a stage, with the caller's own credentials."""
    names = Names(stage)
    functions = Functions(
        names, aws.client("lambda", stage), aws.client("scheduler", stage), aws.client("cloudformation", stage)
    )
    return Stage(functions, RecordStore(aws.dynamodb(stage), names.trace_table), clock)


def open_reconciler(stage: str) -> Reconciler:
    """The reconciler of a stage."""
    names = Names(stage)
    clients = Clients(
        sqs=aws.sqs(stage),
        metrics=aws.client("cloudwatch", stage),
        traces=open_store(stage),
        kept=KeptStore(aws.dynamodb(stage), names.trace_table),
    )
    return Reconciler(names, open_stage(stage), clients)


def handle(event: Any, _context: object) -> dict[str, Any]:
    """Run the reconciler.

    Args:
        event: the schedule's payload, or an EventBridge event.
        _context: Lambda's.

    Returns:
        What was done.
    """
    logging.getLogger("sluice").setLevel(logging.INFO)
    return open_reconciler(os.environ["SLUICE_STAGE"]).run(event if isinstance(event, dict) else {})
