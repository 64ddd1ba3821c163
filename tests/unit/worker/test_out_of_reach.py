"""DynamoDB or SQS out of reach: nothing runs twice for it, and nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice import emit, emit_many

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.faults import FaultyClient, Process
from tests.unit.support.function import Function, no_memory
from tests.unit.support.polling import dead_letters, make_visible


def refuse(process: Process, *names: str) -> Any:
    def fault(name: str) -> str | None:
        return "refuse" if not names or name in names else None

    return process, fault


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
    assert json.loads(capsys.readouterr().out)["TraceNotWritten"] == [1.0]


def test_whatever_breaks_in_writing_a_trace_an_event_that_ran_is_done(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = Function(cloud, lambda _: None)
    monkeypatch.setattr(function.worker._store, "put", lambda _: 1 / 0)
    emit(HANDLER, 1)
    assert function.poll()["batchItemFailures"] == []


@pytest.mark.parametrize("call", ["get_item", "put_item"])
def test_a_redelivered_event_is_not_started_while_its_trace_is_out_of_reach(cloud: Cloud, call: str) -> None:
    """It may have completed; and a start that is not on record would not count."""
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


def test_sqs_refusing_to_change_visibility_harms_nothing(cloud: Cloud) -> None:
    sqs = FaultyClient(cloud.sqs, Process(), lambda _: "refuse")
    function = Function(cloud, no_memory, sqs=sqs)
    emit(HANDLER, 1)
    assert len(function.poll()["batchItemFailures"]) == 1
    make_visible(cloud)
    assert len(function.poll()["batchItemFailures"]) == 1


def test_a_message_whose_attributes_are_all_taken_cannot_be_put_back_and_is_started_instead(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append)
    cloud.sqs.send_message(
        QueueUrl=function.url,
        MessageBody="full",
        MessageAttributes={f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(10)},
    )
    for _ in range(4):
        function.receive()
        make_visible(cloud)
    function.poll()
    assert ran == ["full"]


def test_errors_of_the_table_are_boto3s_own(cloud: Cloud) -> None:
    with pytest.raises(ClientError):
        FaultyClient(cloud.dynamodb, Process(), lambda _: "refuse").get_item(TableName="x", Key={})
