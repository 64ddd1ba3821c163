"""A handler with `pause_on_failures` counts its failures, and tells the reconciler once there are too many."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from sluice import emit_many
from sluice.stage import clients
from sluice.stage.failure_limit import FailureLimit
from sluice.traces.failure_counter import FailureCounter
from sluice.worker.failure_brake import FailureBrake, tell_reconciler

from tests.unit.support.cloud import HANDLER, STAGE, Cloud, calls_of
from tests.unit.support.function import Function, no_memory


class Bell:
    """What the reconciler is told."""

    def __init__(self, *, broken: bool = False) -> None:
        self.rings = 0
        self.broken = broken

    def __call__(self) -> None:
        self.rings += 1
        if self.broken:
            raise OSError("no answer")


def braked(cloud: Cloud, function: Function, bell: Bell, failures: int = 3) -> Function:
    """Give a function a brake."""
    counter = FailureCounter(cloud.dynamodb, cloud.names.trace_table)
    logger: Any = logging.getLogger(HANDLER)
    limit = FailureLimit(failures, 300)
    function.worker._brake = FailureBrake(HANDLER, limit=limit, counter=counter, tell=bell, logger=logger)
    return function


def fail(event: int) -> None:
    raise ValueError(event)


def test_an_event_that_ends_well_costs_no_call_more_and_one_that_fails_costs_one(cloud: Cloud) -> None:
    emit_many(HANDLER, range(3))
    function, bell = braked(cloud, Function(cloud, str), Bell()), Bell()
    of_traces, of_queue = calls_of(cloud.dynamodb), calls_of(cloud.sqs)
    function.poll()
    assert (of_traces, of_queue[1:-3]) == (["PutItem"] * 3, [])
    of_traces.clear()
    emit_many(HANDLER, range(2))
    braked(cloud, Function(cloud, fail), bell).poll()
    assert of_traces == ["PutItem", "UpdateItem"] * 2
    assert bell.rings == 0


def test_the_failure_at_the_limit_tells(cloud: Cloud) -> None:
    emit_many(HANDLER, range(7))
    bell = Bell()
    braked(cloud, Function(cloud, fail), bell).poll()
    assert bell.rings == 1


def test_an_interrupted_attempt_is_no_failure(cloud: Cloud) -> None:
    emit_many(HANDLER, range(5))
    bell = Bell()
    braked(cloud, Function(cloud, no_memory), bell).poll()
    assert bell.rings == 0


@pytest.mark.parametrize("broken", ["bell", "table"])
def test_an_event_that_ran_is_done_if_its_failure_cannot_be_counted_or_told(cloud: Cloud, broken: str) -> None:
    emit_many(HANDLER, range(4))
    function = braked(cloud, Function(cloud, fail), Bell(broken=broken == "bell"), failures=1)

    def refuse(model: Any, **_: Any) -> None:
        if model.name == "UpdateItem" and broken == "table":
            raise OSError("no answer")

    cloud.dynamodb.meta.events.register("before-call", refuse)
    assert function.poll()["batchItemFailures"] == []
    assert len(function.traces()) == 4


@pytest.fixture
def invoked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    class Client:
        def invoke(self, **asked: Any) -> None:
            calls.append(asked)

    monkeypatch.setattr(clients, "patient_client", lambda *_: Client())
    return calls


def test_the_reconciler_is_told_without_waiting_for_it(invoked: list[Any]) -> None:
    tell_reconciler(STAGE, HANDLER)
    [asked] = invoked
    assert (asked["FunctionName"], asked["InvocationType"]) == (f"sluice-{STAGE}--reconciler", "Event")
    assert json.loads(asked["Payload"]) == {"failing": HANDLER}
