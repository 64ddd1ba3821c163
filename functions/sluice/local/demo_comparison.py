"""The demo's results, compared with what they should be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..operate.status import HandlerStatus
from ..traces import Trace

ORDER, RECEIPT, AUDIT, CRON = HANDLERS = ("order-placed", "send-receipt", "audit-log", "nightly-report")
"""The example handlers."""


@dataclass(frozen=True)
class Run:
    """An event that had to run.

    Attributes:
        handler: the handler's name.
        trace: its trace; None if there was none in time.
        parent: the id of the event whose handler emitted it.
    """

    handler: str
    trace: Trace | None
    parent: str | None


def compare(order: dict[str, Any], event_id: str, runs: Sequence[Run]) -> list[str]:
    """Compare the runs of one order with what they should be.

    Args:
        order: the order.
        event_id: its event's id.
        runs: its run and the runs of all that it emitted.

    Returns:
        The differences, a sentence each.
    """
    total = str(sum(Decimal(item["price"]) * item["quantity"] for item in order["items"]))
    receipt = "ok" if "email" in order else "error"
    wanted = [(ORDER, "ok"), (RECEIPT, receipt), (AUDIT, "ok")] + [(AUDIT, "ok")] * (receipt == "ok")
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
        if run.handler == ORDER and trace.result != {"total": total}:
            differences.append(f"{which}: its total should be {total}, its result is {trace.result}")
        if run.handler == RECEIPT and json.loads(trace.event) != {**order, "total": total}:
            differences.append(f"{which}: its event should be the order with its total, is {trace.event}")
        if trace.status == "error" and (trace.error or {}).get("type") != "ValueError":
            differences.append(f"{which}: should have raised ValueError, raised {(trace.error or {}).get('type')}")
    return differences


def compare_queues(rows: Sequence[HandlerStatus]) -> list[str]:
    """Compare the example handlers' status after the demo with what it should be.

    Returns:
        The differences, a sentence each.
    """
    differences = []
    for row in rows:
        if row.handler in HANDLERS:
            kind = "cron" if row.handler == CRON else "worker"
            got = (row.kind, row.state, row.waiting, row.in_flight, row.dead)
            if got != (kind, "running", 0, 0, 0):
                differences.append(
                    f"{row.handler}: should be a running {kind} with 0 events waiting, 0 in flight and 0 dead; is a"
                    f" {row.state} {row.kind} with {row.waiting} waiting, {row.in_flight} in flight and {row.dead} dead"
                )
    return differences


def _listed(outcomes: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{handler} {status}" for handler, status in sorted(outcomes))
