"""The demo finds every difference from the right results."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from sluice.local.demo import ORDERS
from sluice.local.demo_comparison import Run, compare, compare_queues
from sluice.operate.status import HandlerStatus
from sluice.traces import Attempt, Trace

ALL = [json.loads(line) for line in ORDERS.read_text(encoding="utf-8").splitlines()]
ORDER = {
    "id": "A-1",
    "email": "ada@example.com",
    "items": [{"price": "2.50", "quantity": 3}, {"price": "1", "quantity": 1}],
}
TOTAL = "8.50"
NO_ADDRESS = {name: value for name, value in ORDER.items() if name != "email"}


def trace(event_id: str, handler: str, event: Any, **fields: Any) -> Trace:
    once = (Attempt(outcome="ok", started_ms=1),)
    return Trace(
        **{"id": event_id, "handler": handler, "status": "ok", "event": json.dumps(event), "history": once, **fields}
    )


def right(order: dict[str, Any]) -> list[Run]:
    receipt = {**order, "total": TOTAL}
    runs = [Run("order-placed", trace("1", "order-placed", order, result={"total": TOTAL}), None)]
    if "email" in order:
        runs.append(Run("send-receipt", trace("2", "send-receipt", receipt, parent="1"), "1"))
        runs.append(Run("audit-log", trace("3", "audit-log", {}, parent="2"), "2"))
    else:
        error = {"type": "ValueError", "message": "no address", "traceback": ""}
        failed = trace("2", "send-receipt", receipt, parent="1", status="error", error=error)
        runs.append(Run("send-receipt", failed, "1"))
    return [*runs, Run("audit-log", trace("4", "audit-log", {}, parent="1"), "1")]


def test_right_results_have_no_differences() -> None:
    assert compare(ORDER, "1", right(ORDER)) == []
    assert compare(NO_ADDRESS, "1", right(NO_ADDRESS)) == []


@pytest.mark.parametrize("index", range(4))
def test_a_missing_or_doubled_run_is_found(index: int) -> None:
    runs = right(ORDER)

    assert compare(ORDER, "1", runs[:index] + runs[index + 1 :])
    assert compare(ORDER, "1", [*runs, runs[index]])
    assert compare(ORDER, "1", [*runs[:index], dataclasses.replace(runs[index], trace=None), *runs[index + 1 :]])


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize(
    "change",
    [
        {"status": "error"},
        {"status": "timed-out"},
        {"parent": "9"},
        {"history": (Attempt(outcome="timed-out"), Attempt(outcome="ok"))},
    ],
)
def test_a_different_run_is_found(index: int, change: dict[str, Any]) -> None:
    runs = right(ORDER)
    found = runs[index].trace
    assert found is not None
    runs[index] = dataclasses.replace(runs[index], trace=dataclasses.replace(found, **change))

    assert compare(ORDER, "1", runs)


def test_a_different_total_event_or_error_is_found() -> None:
    for index, change in (
        (0, {"result": {"total": "8.51"}}),
        (1, {"event": json.dumps({**NO_ADDRESS, "total": "0"})}),
        (1, {"error": {"type": "KeyError", "message": "", "traceback": ""}}),
    ):
        runs = right(NO_ADDRESS)
        found = runs[index].trace
        assert found is not None
        runs[index] = dataclasses.replace(runs[index], trace=dataclasses.replace(found, **change))
        assert len(compare(NO_ADDRESS, "1", runs)) == 1


def test_queues_that_are_not_empty_are_found() -> None:
    worker = HandlerStatus(
        handler="audit-log", kind="worker", state="running", waiting=0, in_flight=0, delayed=0, dead=0
    )
    cron = dataclasses.replace(worker, handler="nightly-report", kind="cron")
    other = dataclasses.replace(worker, handler="somebody-elses", dead=7)

    assert compare_queues([worker, cron, other]) == []
    for change in ({"waiting": 1}, {"in_flight": 1}, {"dead": 1}, {"state": "paused"}, {"kind": "cron"}):
        (difference,) = compare_queues([dataclasses.replace(worker, **change), cron])
        assert difference.startswith("audit-log: should be a running worker")
    assert compare_queues([dataclasses.replace(cron, kind="worker")])


def test_the_orders_are_worth_showing() -> None:
    assert len(ALL) == 12
    assert len({order["id"] for order in ALL}) == len(ALL)
    assert len([order for order in ALL if "email" not in order]) == 1
    assert any(not json.dumps(order, ensure_ascii=False).isascii() for order in ALL)
