"""DynamoDB or SQS not answering: no event runs twice because of it, and none is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice import (
    emit,
    emit_many,
)
from sluice.clock import Clock
from sluice.lean_aws.errors import CallError, NotReachedError
from sluice.queue.dead_letters import DeadLetters
from sluice.traces import Trace
from sluice.traces.item import to_item
from sluice.worker import attempts
from sluice.worker.unreachable import end_calls_in_time, leaves_time

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.faults import FaultyClient, Process, ProcessDiedError
from tests.unit.support.function import Context, Function, no_memory
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet

# ---- before the run


@pytest.mark.parametrize("call", ["get_item", "put_item"])
def test_a_redelivered_event_is_not_started_while_its_trace_cannot_be_read_or_written(cloud: Cloud, call: str) -> None:
    """It may have completed, and a start that is not on record would not count."""
    ran: list[object] = []
    down = True
    function = Function(
        cloud,
        ran.append,
        dynamodb=FaultyClient(cloud.dynamodb, Process(), lambda name: "refuse" if down and name == call else None),
    )
    emit(HANDLER, 1)
    function.receive()
    for _ in range(12):
        make_visible(cloud)
        function.poll()
    assert ran == []
    down = False
    for _ in range(2):
        make_visible(cloud)
        function.poll()
    assert ran == [1]
    assert dead_letters(cloud) == []


def test_an_event_whose_key_cannot_be_locked_waits(cloud: Cloud) -> None:
    ran: list[object] = []
    down = True
    function = Function(
        cloud, ran.append, dynamodb=FaultyClient(cloud.dynamodb, Process(), lambda _: "refuse" if down else None)
    )
    emit(HANDLER, 1, key="k")
    for _ in range(7):
        make_visible(cloud)
        function.poll()
    assert ran == []
    down = False
    for _ in range(2):
        make_visible(cloud)
        function.poll()
    assert ran == [1]
    assert dead_letters(cloud) == []


def test_an_event_locked_by_another_message_waits_while_its_trace_cannot_be_read(cloud: Cloud) -> None:
    ran: list[object] = []
    table = FaultyClient(cloud.dynamodb, Process(), lambda name: "refuse" if name == "get_item" else None)
    function = Function(cloud, ran.append, dynamodb=table)
    event_id = emit(HANDLER, 1, key="k")
    cloud.store.locks.take_event(HANDLER, event_id, "another", 1)
    assert len(function.poll()["batchItemFailures"]) == 1
    assert ran == []


def refusing(cloud: Cloud, error: Exception) -> Any:
    """Return a table that answers every write with an error."""

    class Refusing(FaultyClient):
        def __getattr__(self, name: str) -> Any:
            def refuse(**_: Any) -> Any:
                raise error

            return refuse if name == "put_item" else super().__getattr__(name)

    return Refusing(cloud.dynamodb, Process(), lambda _: None)


def polls(cloud: Cloud, function: Function, limit: int) -> int:
    for number in range(limit):
        make_visible(cloud)
        if not function.poll()["records"]:
            return number
    return limit


def test_an_event_that_can_never_start_is_dead_after_many_receives(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "MAX_TOTAL_RECEIVES", 12)
    ran: list[object] = []
    wrong = CallError("PutItem", "ValidationException", "Item size has exceeded the maximum")
    function = Function(cloud, ran.append, dynamodb=refusing(cloud, wrong), batch_size=1)
    event_id = emit(HANDLER, 1, key="k")
    assert 12 < polls(cloud, function, 40) < 20
    assert ran == []
    letter, _ = DeadLetters(cloud.sqs, cloud.names, HANDLER).find(event_id)
    assert letter is not None
    assert letter.envelope.key == "k"

    # A redrive begins anew.
    make_visible(cloud, f"{HANDLER}-dead")
    DeadLetters(cloud.sqs, cloud.names, HANDLER).redrive()
    poll_until_quiet(cloud, Function(cloud, ran.append))
    assert ran == [1]


@pytest.mark.parametrize(
    "error",
    [
        NotReachedError("PutItem", "TimeoutError", "timed out"),
        CallError("PutItem", "ThrottlingException", "slow down"),
        CallError("PutItem", "AccessDeniedException", "not authorized"),
    ],
)
def test_an_event_waits_for_as_long_as_aws_does_not_answer(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(attempts, "MAX_TOTAL_RECEIVES", 12)
    function = Function(cloud, str, dynamodb=refusing(cloud, error), batch_size=1)
    emit(HANDLER, 1, key="k")
    assert polls(cloud, function, 40) == 40
    make_visible(cloud)
    assert len(cloud.messages(HANDLER)) == 1
    assert dead_letters(cloud) == []


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


# ---- after the run


def test_without_dynamodb_every_event_runs_once_and_its_trace_is_in_the_log(cloud: Cloud) -> None:
    ran: list[int] = []
    process = Process()
    function = Function(cloud, ran.append, dynamodb=FaultyClient(cloud.dynamodb, process, lambda _: "refuse"))
    event_ids = emit_many(HANDLER, range(30))
    for _ in range(3):
        assert function.poll()["batchItemFailures"] == []
    make_visible(cloud)
    assert cloud.messages(HANDLER) == []
    assert sorted(ran) == list(range(30))
    logged = [json.loads(line) for line in function.log.getvalue().splitlines()]
    lost = [json.loads(line["trace"]) for line in logged if line["message"] == "trace not written"]
    assert sorted(trace["id"] for trace in lost) == sorted(event_ids)
    assert {line["level"] for line in logged} == {"ERROR"}
    assert all(trace["status"] == "ok" and trace["event"] in range(30) for trace in lost)


def test_a_trace_that_is_not_written_is_counted(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    function = Function(cloud, lambda _: None, dynamodb=FaultyClient(cloud.dynamodb, Process(), lambda _: "refuse"))
    emit(HANDLER, 1)
    function.poll()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counted = {
        tuple(line[name] for name in directive["Dimensions"][0])
        for line in lines
        for directive in line["_aws"]["CloudWatchMetrics"]
        if line.get("TraceNotWritten") in (1, [1.0])
    }
    # For the handler, and for the stage's alarm.
    assert counted == {(STAGE, HANDLER), (STAGE,)}


def test_an_event_that_ran_is_done_whatever_fails_in_writing_its_trace(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = Function(cloud, lambda _: None)
    monkeypatch.setattr(function.worker._store, "put", lambda _: 1 / 0)
    emit(HANDLER, 1)
    assert function.poll()["batchItemFailures"] == []


def test_an_event_whose_trace_is_not_written_is_safe_from_the_events_after_it(cloud: Cloud) -> None:
    """The batch response, which would acknowledge it, never comes, and no trace says that it ran."""
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


def test_an_unfinished_event_whose_trace_is_not_written_is_not_acknowledged(cloud: Cloud) -> None:
    def handle(_: object) -> None:
        raise MemoryError

    function = Function(cloud, handle, dynamodb=FaultyClient(cloud.dynamodb, Process(), lambda _: "refuse"))
    emit(HANDLER, 1)
    assert len(function.poll()["batchItemFailures"]) == 1
    make_visible(cloud)
    assert len(cloud.messages(HANDLER)) == 1


# ---- SQS


def test_an_event_comes_back_though_sqs_refuses_to_change_its_visibility(cloud: Cloud) -> None:
    sqs = FaultyClient(cloud.sqs, Process(), lambda _: "refuse")
    function = Function(cloud, no_memory, sqs=sqs)
    emit(HANDLER, 1)
    assert len(function.poll()["batchItemFailures"]) == 1
    make_visible(cloud)
    assert len(function.poll()["batchItemFailures"]) == 1


# ---- the faults themselves


def test_a_faulty_client_raises_boto3s_own_errors(cloud: Cloud) -> None:
    with pytest.raises(ClientError):
        FaultyClient(cloud.dynamodb, Process(), lambda _: "refuse").get_item(TableName="x", Key={})


# ---- the time that is kept


@pytest.mark.parametrize(("remaining", "leaves"), [(27.0, True), (26.9, False), (0.0, False)])
def test_an_event_is_started_only_if_its_time_and_two_seconds_are_left(remaining: float, leaves: bool) -> None:
    assert leaves_time(remaining, 25) is leaves


def test_calls_to_dynamodb_end_before_calls_to_sqs_and_these_before_the_invocation(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[float | None] = []
    store, queue = Function(cloud, str).worker._store, Function(cloud, str).worker._queue
    for one in (store, queue):
        monkeypatch.setattr(one, "end_calls_by", ends.append)
    monkeypatch.setattr(Clock, "monotonic", lambda _: 100.0)
    end_calls_in_time(store, queue, 10.0)
    end_calls_in_time(store, queue, None)
    assert ends == [109.0, 109.7, None, None]
