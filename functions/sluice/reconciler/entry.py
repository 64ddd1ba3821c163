"""The reconciler's entry point for Lambda: `sluice.reconciler.entry.handle`."""

from __future__ import annotations

import logging
import os
from typing import Any

from ..pausing.open import open_handler_states
from ..retention.state import RetentionStore
from ..retention.turns import Clients
from ..stage import clients
from ..stage.names import Names
from ..traces import open_store
from ..traces.failure_counter import FailureCounter
from .failing import FailingHandlers
from .reconciler import Reconciler
from .watch import Watch


def open_reconciler(stage: str) -> Reconciler:
    """Return a stage's reconciler.

    Args:
        stage: the stage's name.
    """
    names = Names(stage)
    used = Clients(
        sqs=clients.sqs(stage),
        metrics=clients.client("cloudwatch", stage),
        traces=open_store(stage),
        retention=RetentionStore(clients.dynamodb(stage), names.trace_table),
    )
    states, watch = open_handler_states(stage), Watch(stage, used.traces.unhandled)
    counter = FailureCounter(clients.dynamodb(stage), names.trace_table)
    failing = FailingHandlers(states, counter, watch.paused_themselves)
    return Reconciler(names, states, used, watch, failing)


def handle(event: Any, _context: object) -> dict[str, Any]:
    """Run the reconciler once.

    Args:
        event: the schedule's payload, or an EventBridge event.
        _context: Lambda's context.

    Returns:
        The result of `Reconciler.run`.
    """
    logging.getLogger("sluice").setLevel(logging.INFO)
    return open_reconciler(os.environ["SLUICE_STAGE"]).run(event if isinstance(event, dict) else {})
