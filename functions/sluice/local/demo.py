"""A dozen orders through the example handlers, and whether all came out as it should."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..emitting.emit import emit_texts
from ..operate.status import HandlerStatus, statuses
from ..stage.names import LOCAL_STAGE
from ..traces import Trace, TraceStore, open_store
from .errors import LocalCloudError
from .progress import Progress

ORDERS = Path(__file__).with_name("demo_orders.jsonl")

_ORDER, _RECEIPT, _AUDIT, _CRON = _HANDLERS = ("order-placed", "send-receipt", "audit-log", "nightly-report")
"""The example handlers."""

_LIMIT = 180.0
"""Seconds that all of it may take: the first events wait for their handlers' processes to start."""

_POLL = 0.25


@dataclass(frozen=True)
class Demo:
    """What came of the orders.

    Attributes:
        differences: what is not as it should be, a sentence each.
        rows: how the handlers are doing afterwards.
        sample: the trace of an order.
    """

    differences: list[str]
    rows: list[HandlerStatus]
    sample: Trace | None


def run_demo(progress: Progress, *, limit: float = _LIMIT) -> Demo:
    """Emit the orders, wait for everything that comes of them, and compare.

    Args:
        progress: told what happens.
        limit: seconds that it may take.

    Raises:
        LocalCloudError: this project no longer has the example handlers.
    """
    deployed = {row.handler: row for row in statuses(LOCAL_STAGE)}
    missing = [name for name in _HANDLERS if name not in deployed]
    if missing:
        raise LocalCloudError(
            f"the demo is about the example handlers, and this project has no {', '.join(missing)} any more",
            then="sluice status",
        )
    orders = ORDERS.read_text(encoding="utf-8").splitlines()
    store = open_store(LOCAL_STAGE)
    deadline = time.monotonic() + limit
    with progress.step(f"emitting {len(orders)} orders to {_ORDER}"):
        ids = emit_texts(_ORDER, orders, stage=LOCAL_STAGE)
    with progress.step("waiting until they and what they emit have run"):
        runs = {event_id: _follow(store, _ORDER, event_id, None, deadline) for event_id in ids}
        rows = _at_rest(deadline)
    differences = [
        difference
        for text, event_id in zip(orders, ids, strict=True)
        for difference in compare(json.loads(text), event_id, runs[event_id])
    ]
    differences += compare_queues(rows)
    first = runs[ids[0]]
    return Demo(differences, rows, first[0].trace if first else None)


@dataclass(frozen=True)
class Run:
    """An event that was to run.

    Attributes:
        handler: the handler's name.
        trace: its trace; None if there was none in time.
        parent: the id of the event that it came from.
    """

    handler: str
    trace: Trace | None
    parent: str | None


def _follow(store: TraceStore, handler: str, event_id: str, parent: str | None, deadline: float) -> list[Run]:
    """The run of an event and those of everything that came of it, once they have ended."""
    trace = store.get(handler, event_id)
    while (trace is None or not trace.completed) and time.monotonic() < deadline:
        time.sleep(_POLL)
        trace = store.get(handler, event_id)
    runs = [Run(handler, trace, parent)]
    for emitted in trace.emitted if trace else ():
        runs += _follow(store, emitted["handler"], emitted["id"], event_id, deadline)
    return runs


def _at_rest(deadline: float) -> list[HandlerStatus]:
    """The handlers' states once no order is left in a queue, or when the time is up."""
    rows = statuses(LOCAL_STAGE)
    # Of the example handlers: what a team's own are busy with is none of the demo's.
    while any(_is_busy(row) for row in rows) and time.monotonic() < deadline:
        time.sleep(_POLL)
        rows = statuses(LOCAL_STAGE)
    return rows


def _is_busy(row: HandlerStatus) -> bool:
    return row.handler in _HANDLERS and bool(row.waiting or row.in_flight)


def compare(order: dict[str, Any], event_id: str, runs: Sequence[Run]) -> list[str]:
    """What is not as it should be with one order."""
    total = str(sum(Decimal(item["price"]) * item["quantity"] for item in order["items"]))
    receipt = "ok" if "email" in order else "error"
    wanted = [(_ORDER, "ok"), (_RECEIPT, receipt), (_AUDIT, "ok")] + [(_AUDIT, "ok")] * (receipt == "ok")
    got = [(run.handler, run.trace.status if run.trace else "no trace") for run in runs]
    name = f"order {order['id']} ({event_id})"
    differences = []
    if sorted(got) != sorted(wanted):
        differences.append(f"{name}: should be {_listed(wanted)}, is {_listed(got)}")
    for run in runs:
        trace = run.trace
        if trace is None:
            continue
        which = f"{name}: {run.handler} ({trace.id})"
        if trace.attempts != 1:
            differences.append(f"{which}: should have been started once, was {trace.attempts} times")
        if trace.parent != run.parent:
            differences.append(f"{which}: its parent should be {run.parent}, is {trace.parent}")
        if run.handler == _ORDER and trace.result != {"total": total}:
            differences.append(f"{which}: its total should be {total}, its result is {trace.result}")
        if run.handler == _RECEIPT and json.loads(trace.event) != {**order, "total": total}:
            differences.append(f"{which}: its event should be the order with its total, is {trace.event}")
        if trace.status == "error" and (trace.error or {}).get("type") != "ValueError":
            differences.append(f"{which}: should have raised ValueError, raised {(trace.error or {}).get('type')}")
    return differences


def compare_queues(rows: Sequence[HandlerStatus]) -> list[str]:
    """What is not as it should be with the example handlers afterwards."""
    differences = []
    for row in rows:
        if row.handler in _HANDLERS:
            kind = "cron" if row.handler == _CRON else "worker"
            got = (row.kind, row.state, row.waiting, row.in_flight, row.dead)
            if got != (kind, "running", 0, 0, 0):
                differences.append(
                    f"{row.handler}: should be a running {kind} with 0 events waiting, 0 in flight and 0 dead; is a"
                    f" {row.state} {row.kind} with {row.waiting} waiting, {row.in_flight} in flight and {row.dead} dead"
                )
    return differences


def _listed(outcomes: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{handler} {status}" for handler, status in sorted(outcomes))
