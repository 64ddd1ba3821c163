"""Traces that cannot be written or read, and metrics that fail: no event runs again for it, and none costs another."""

from __future__ import annotations

from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.traces import Trace
from sluice.traces.item import to_item

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.faults import FaultyClient, Process, ProcessDiedError
from tests.unit.support.function import Context, Function
from tests.unit.support.polling import dead_letters, make_visible


def test_an_event_whose_trace_is_not_written_is_safe_from_what_follows_it(cloud: Cloud) -> None:
    """The batch response, which would acknowledge it, never comes, and no trace tells that it ran."""
    starts: list[object] = []
    process = Process()

    def handle(event: object) -> None:
        starts.append(event)
        if event == "poison":
            process.die()

    faulty = FaultyClient(cloud.dynamodb, process, lambda _: "refuse")
    function = Function(cloud, handle, dynamodb=faulty, sqs=FaultyClient(cloud.sqs, process, lambda _: None))
    for event in ("a", "b", "poison"):
        emit(HANDLER, event)
    records = sorted(function.receive(), key=lambda record: record["body"])
    with pytest.raises(ProcessDiedError):
        function.worker.handle({"Records": records}, Context())  # type: ignore[arg-type]

    make_visible(cloud)
    Function(cloud, starts.append).poll()
    assert starts == ["a", "b", "poison", "poison"]


def test_an_event_that_did_not_end_is_not_acknowledged_though_its_trace_is_not_written(cloud: Cloud) -> None:
    def handle(_: object) -> None:
        raise MemoryError

    function = Function(cloud, handle, dynamodb=FaultyClient(cloud.dynamodb, Process(), lambda _: "refuse"))
    emit(HANDLER, 1)
    assert len(function.poll()["batchItemFailures"]) == 1
    make_visible(cloud)
    assert len(cloud.messages(HANDLER)) == 1


def broken(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_telemetry_that_fails_makes_no_event_run_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, written: bool, fails: bool
) -> None:
    def handle(event: int) -> float:
        return 1 / event

    process = Process()
    function = Function(
        cloud, handle, dynamodb=FaultyClient(cloud.dynamodb, process, lambda _: None if written else "refuse")
    )
    telemetry = function.worker._telemetry
    for name in ("add_metric", "flush_metrics"):
        monkeypatch.setattr(telemetry._metrics, name, broken)
    for name in ("warning", "error", "remove_keys"):
        monkeypatch.setattr(telemetry.logger, name, broken)
    emit(HANDLER, 0 if fails else 1)
    assert function.poll()["batchItemFailures"] == []
    assert [trace.status for trace in function.traces()] == (["error" if fails else "ok"] if written else [])


def test_metrics_that_cannot_be_written_fail_no_batch(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    function = Function(cloud, str)
    monkeypatch.setattr(function.worker._telemetry._metrics, "flush_metrics", broken)
    emit(HANDLER, 1)
    assert function.poll()["batchItemFailures"] == []


def test_an_event_whose_trace_is_damaged_waits_and_costs_its_neighbours_nothing(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append)
    event_ids = emit_many(HANDLER, range(3))
    item: Any = to_item(Trace(id=event_ids[0], handler=HANDLER, status="interrupted", event="0"), 2**40)
    cloud.dynamodb.put_item(TableName=cloud.names.trace_table, Item={**item, "trace": {"B": b"no zlib"}})
    function.receive()
    for _ in range(8):
        make_visible(cloud)
        function.poll()
    assert sorted(map(str, ran)) == ["1", "2"]
    assert dead_letters(cloud) == []
    make_visible(cloud)
    assert [message["Body"] for message in cloud.messages(HANDLER)] == ["0"]
