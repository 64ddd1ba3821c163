"""The demo: a dozen orders through the example handlers."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from ..emitting.emit import emit_texts
from ..operate.status import HandlerStatus, statuses
from ..stage.names import LOCAL_STAGE
from ..traces import Trace, TraceStore, open_store
from .demo_comparison import HANDLERS, ORDER, Run, compare, compare_queues
from .errors import LocalCloudError
from .progress import Progress

ORDERS = Path(__file__).with_name("demo_orders.jsonl")

_LIMIT = 180.0
"""Seconds that all runs may take. The first events wait until their handlers' processes have started."""

_POLL = 0.25
"""Seconds between two looks."""


@dataclass(frozen=True)
class Demo:
    """The demo's results.

    Attributes:
        differences: what is not as it should be, a sentence each.
        rows: the handlers' status afterwards.
        sample: the trace of one order.
    """

    differences: list[str]
    rows: list[HandlerStatus]
    sample: Trace | None


def run_demo(progress: Progress, *, limit: float = _LIMIT) -> Demo:
    """Emit the orders, wait until they and all that they emit have run, and compare the results.

    Args:
        progress: receives the progress.
        limit: seconds to wait at most.

    Raises:
        LocalCloudError: this project does not have the example handlers any more.
    """
    deployed = {row.handler: row for row in statuses(LOCAL_STAGE)}
    missing = [name for name in HANDLERS if name not in deployed]
    if missing:
        raise LocalCloudError(
            f"the demo runs the example handlers, and this project does not have {', '.join(missing)} any more",
            then="sluice status",
        )
    orders = ORDERS.read_text(encoding="utf-8").splitlines()
    store = open_store(LOCAL_STAGE)
    deadline = time.monotonic() + limit
    with progress.step(f"emitting {len(orders)} orders to {ORDER}"):
        ids = emit_texts(ORDER, orders, stage=LOCAL_STAGE)
    with progress.step("waiting until the orders and all that they emit have run"):
        runs = {event_id: _follow(store, ORDER, event_id, None, deadline) for event_id in ids}
        rows = _at_rest(deadline)
    differences = [
        difference
        for text, event_id in zip(orders, ids, strict=True)
        for difference in compare(json.loads(text), event_id, runs[event_id])
    ]
    differences += compare_queues(rows)
    first = runs[ids[0]]
    return Demo(differences, rows, first[0].trace if first else None)


def _follow(store: TraceStore, handler: str, event_id: str, parent: str | None, deadline: float) -> list[Run]:
    """Wait for an event's run and for the runs of all that it emits. Return them all."""
    trace = store.get(handler, event_id)
    while (trace is None or not trace.completed) and time.monotonic() < deadline:
        time.sleep(_POLL)
        trace = store.get(handler, event_id)
    runs = [Run(handler, trace, parent)]
    for emitted in trace.emitted if trace else ():
        runs += _follow(store, emitted["handler"], emitted["id"], event_id, deadline)
    return runs


def _at_rest(deadline: float) -> list[HandlerStatus]:
    """Wait until the example handlers' queues are empty. Return the status of all handlers."""
    rows = statuses(LOCAL_STAGE)
    while any(_is_busy(row) for row in rows) and time.monotonic() < deadline:
        time.sleep(_POLL)
        rows = statuses(LOCAL_STAGE)
    return rows


def _is_busy(row: HandlerStatus) -> bool:
    # A team's own handlers may be busy with other things.
    return row.handler in HANDLERS and bool(row.waiting or row.in_flight)
