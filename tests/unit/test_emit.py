from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pytest
import sluice
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from sluice import (
    EventNotSerializableError,
    EventTooLargeError,
    InvalidDelayError,
    InvalidNameError,
    NotAcceptedError,
    StageNotSetError,
    aws,
    emit,
    emit_many,
    sending,
)
from sluice.delays import Wait, wait_of
from sluice.envelope import from_text
from sluice.ids import is_id

from .conftest import HANDLER, Cloud


def test_an_emit_is_one_message_whose_body_is_the_event(cloud: Cloud) -> None:
    event_id = emit(HANDLER, {"id": "1", "name": "Zoë"})
    (message,) = cloud.messages(HANDLER)
    assert message["Body"] == '{"id":"1","name":"Zoë"}'
    envelope = from_text(message["MessageAttributes"]["sluice"]["StringValue"])
    assert envelope is not None
    assert envelope.id == event_id
    assert (envelope.parent, envelope.hops, envelope.emitted_by) == (None, 0, None)


def test_many_events_keep_their_order_of_ids(cloud: Cloud) -> None:
    event_ids = emit_many(HANDLER, range(25))
    sent = {
        json.loads(message["Body"]): from_text(message["MessageAttributes"]["sluice"]["StringValue"])
        for message in cloud.messages(HANDLER)
    }
    assert [envelope.id for _, envelope in sorted(sent.items()) if envelope] == event_ids
    assert all(map(is_id, event_ids))
    assert emit_many(HANDLER, []) == []


def sent_batches(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> list[list[Any]]:
    batches: list[list[Any]] = []
    client = aws.sqs("test")
    real = client.send_message_batch

    def spy(**arguments: Any) -> Any:
        batches.append(arguments["Entries"])
        return real(**arguments)

    monkeypatch.setattr(client, "send_message_batch", spy)
    return batches


def test_batches_are_full_by_count(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    batches = sent_batches(monkeypatch, cloud)
    emit_many(HANDLER, range(23))
    assert sorted(len(batch) for batch in batches) == [3, 10, 10]


def test_batches_are_full_by_bytes(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    batches = sent_batches(monkeypatch, cloud)
    emit_many(HANDLER, ["x" * 400_000] * 5)
    assert sorted(len(batch) for batch in batches) == [1, 2, 2]


def test_the_largest_event_is_accepted_and_a_larger_one_refused_before_anything_is_sent(cloud: Cloud) -> None:
    with pytest.raises(EventTooLargeError, match="1,048,576"):
        emit(HANDLER, "x" * 1_048_576)
    overhead = sending.size_of(
        sending.Message("", None, {"sluice": {"DataType": "String", "StringValue": ""}})  # type: ignore[arg-type]
    )
    envelope_size = 64
    largest = 1_048_576 - overhead - envelope_size - 2
    emit(HANDLER, "x" * largest)
    (message,) = cloud.messages(HANDLER)
    assert len(message["MessageAttributes"]["sluice"]["StringValue"]) == envelope_size
    with pytest.raises(EventTooLargeError, match="event 1 "):
        emit_many(HANDLER, ["small", "ü" * (largest // 2 + 1)])
    assert cloud.messages(HANDLER) == []


def test_one_event_that_json_cannot_carry_keeps_all_from_being_sent(cloud: Cloud) -> None:
    with pytest.raises(EventNotSerializableError):
        emit_many(HANDLER, [1, 2, {3}])
    assert cloud.messages(HANDLER) == []


@pytest.mark.parametrize("name", ["", "Nope", "a b", "a_b", "a--b", "-a", "a-", "x-dead", "ä", 7, None])
def test_a_name_that_no_handler_can_have_is_refused(cloud: Cloud, name: Any) -> None:
    with pytest.raises(InvalidNameError, match="handler"):
        emit(name, 1)


def test_outside_of_a_handler_the_stage_must_be_told(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICE_STAGE")
    with pytest.raises(StageNotSetError, match="SLUICE_STAGE"):
        emit(HANDLER, 1)
    with pytest.raises(InvalidNameError, match="stage"):
        emit(HANDLER, 1, stage="no-hyphens")
    emit(HANDLER, 1, stage="test")
    assert len(cloud.messages(HANDLER)) == 1


def test_in_a_handler_an_emit_is_one_call(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_QUEUE_URL_PREFIX", "https://sqs.eu-central-1.amazonaws.com/123456789012/")
    calls: list[str] = []
    aws.sqs("test").meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    emit(HANDLER, 1)
    assert calls == ["SendMessage"]
    calls.clear()
    emit_many(HANDLER, range(20))
    assert calls == ["SendMessageBatch"] * 2


# ---- no handler


@pytest.mark.parametrize("known_url", [False, True])
def test_an_event_without_a_handler_is_kept(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, known_url: bool
) -> None:
    if known_url:
        monkeypatch.setenv("SLUICE_QUEUE_URL_PREFIX", "https://sqs.eu-central-1.amazonaws.com/123456789012/")
    event_id = emit("not-there", {"a": 1.50})
    emit_many("not-there", ["x"] * 11)
    (warning, second) = [record for record in caplog.records if record.name == "sluice"]
    assert (warning.levelno, second.levelno) == (logging.WARNING, logging.WARNING)
    assert "'not-there', which is not the name of a handler in stage 'test'" in warning.getMessage()
    trace = cloud.store.find(event_id, [])
    assert trace is not None
    assert (trace.status, trace.event, trace.attempts, trace.started_ms) == ("no-handler", '{"a":1.5}', 0, None)
    assert len(cloud.store.recent("not-there", limit=100)) == 12
    assert cloud.store.unhandled() == {"not-there": 12}


def test_once_the_handler_exists_its_events_reach_it(cloud: Cloud) -> None:
    emit("late", 1)
    cloud.create_queue("late")
    emit("late", 2)
    assert [message["Body"] for message in cloud.messages("late")] == ["2"]


def test_a_queue_that_went_away_does_not_fail_the_caller(cloud: Cloud) -> None:
    url = cloud.create_queue("gone")
    emit("gone", 1)
    cloud.sqs.delete_queue(QueueUrl=url)
    emit("gone", 2)
    assert cloud.store.unhandled() == {"gone": 1}


def test_an_event_without_a_handler_that_cannot_be_recorded_is_in_the_log(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.dynamodb.delete_table(TableName=cloud.names.trace_table)
    emit("not-there", {"precious": 1})
    assert '{"precious":1}' in caplog.text


# ---- what SQS refuses


class Sqs:
    """SQS that answers batches as the test says."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers
        self.batches: list[list[str]] = []
        self.exceptions = boto3.client("sqs").exceptions

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803 - boto3's names
        self.batches.append([entry["MessageBody"] for entry in Entries])
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        failed = [
            {"Id": entry["Id"], "SenderFault": fault, "Code": "Busy", "Message": "later"}
            for body, fault in answer
            for entry in Entries
            if entry["MessageBody"] == body
        ]
        return {"Failed": failed} if failed else {}


def use(monkeypatch: pytest.MonkeyPatch, sqs: Sqs) -> None:
    monkeypatch.setenv("SLUICE_QUEUE_URL_PREFIX", "https://sqs/")
    monkeypatch.setattr(aws, "sqs", lambda _: sqs)
    monkeypatch.setattr(sending.send_all, "__kwdefaults__", {"sleep": lambda _: None})


def test_entries_that_sqs_refuses_are_sent_again_alone(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = Sqs([[("1", False), ("2", False)], [("2", False)]])
    use(monkeypatch, sqs)
    assert len(emit_many(HANDLER, range(4))) == 4
    assert sqs.batches == [["0", "1", "2", "3"], ["1", "2"], ["2"]]


def test_what_was_never_accepted_is_told_exactly(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = Sqs([[("3", True), ("1", False)]] + [[("1", False)]] * 10)
    use(monkeypatch, sqs)
    with pytest.raises(NotAcceptedError) as caught:
        emit_many(HANDLER, range(5))
    assert [(entry.index, entry.code) for entry in caught.value.refused] == [(1, "Busy"), (3, "Busy")]
    assert sorted(caught.value.accepted) == [0, 2, 4]
    assert all(map(is_id, caught.value.accepted.values()))
    assert sqs.batches[1:] == [["1"]] * 4
    assert "2 of 5 events for 'send-receipt' were not accepted; the first is number 1: Busy: later" in str(caught.value)


def test_a_batch_that_fails_whole_costs_the_others_nothing(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SendMessageBatch")
    sqs = Sqs([[], denied])
    use(monkeypatch, sqs)
    with pytest.raises(NotAcceptedError) as caught:
        emit_many(HANDLER, range(30))
    lost = {entry.index for entry in caught.value.refused}
    assert len(lost) == 10
    assert lost | set(caught.value.accepted) == set(range(30))
    assert len(sqs.batches) == 3


def test_a_network_that_is_gone_is_told_too(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Sqs([EndpointConnectionError(endpoint_url="https://sqs")]))
    with pytest.raises(NotAcceptedError, match="EndpointConnectionError"):
        emit_many(HANDLER, range(2))


# ---- later

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delay", "at", "seconds"),
    [
        (None, None, 0),
        (0, None, 0),
        (1.2, None, 2),
        (timedelta(minutes=15), None, 900),
        (None, NOON + timedelta(seconds=30), 30),
        (None, NOON - timedelta(days=1), 0),
        (None, (NOON + timedelta(seconds=5)).astimezone(), 5),
    ],
)
def test_delays_are_whole_seconds_and_never_too_short(delay: Any, at: Any, seconds: int) -> None:
    assert wait_of(delay, at, now=NOON) == Wait(seconds=seconds)


@pytest.mark.parametrize(
    ("delay", "at", "until"),
    [
        (901, None, NOON + timedelta(seconds=901)),
        (900.2, None, NOON + timedelta(seconds=901)),
        (timedelta(days=3650), None, NOON + timedelta(days=3650)),
        (None, NOON + timedelta(minutes=16, microseconds=1), NOON + timedelta(minutes=16, seconds=1)),
        (None, datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (
            None,
            datetime(2027, 3, 28, 1, 59, tzinfo=ZoneInfo("Europe/Berlin")),
            datetime(2027, 3, 28, 0, 59, tzinfo=UTC),
        ),
    ],
)
def test_longer_waits_end_at_a_whole_second_and_never_too_soon(delay: Any, at: Any, until: datetime) -> None:
    assert wait_of(delay, at, now=NOON) == Wait(until=until)


@pytest.mark.parametrize(
    ("delay", "at", "why"),
    [
        (-1, None, "may be 0 or more"),
        (float("nan"), None, "may be 0 or more"),
        (float("inf"), None, "after the year 2199"),
        (1e300, None, "after the year 2199"),
        (timedelta.max, None, "after the year 2199"),
        (None, NOON.replace(tzinfo=None), "no time zone"),
        (None, NOON.replace(year=2200), "after the year 2199"),
        (1, NOON, "give one of them"),
    ],
)
def test_impossible_delays_are_refused(delay: Any, at: Any, why: str) -> None:
    with pytest.raises(InvalidDelayError, match=why):
        wait_of(delay, at, now=NOON)


def test_a_delayed_event_waits(cloud: Cloud) -> None:
    emit(HANDLER, 1, delay=60)
    emit_many(HANDLER, [2, 3], delay=timedelta(minutes=1))
    assert cloud.messages(HANDLER) == []
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.queue(HANDLER))["QueueUrl"]
    attributes = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "3"


# ---- clients


def test_a_client_from_before_moto_is_not_used_under_moto() -> None:
    program = """
import os
os.environ.update(AWS_DEFAULT_REGION="eu-central-1", AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x")
from sluice import aws, emit
aws.sqs("test")
import boto3
from moto import mock_aws
with mock_aws():
    url = boto3.client("sqs").create_queue(QueueName="sluice-test-a")["QueueUrl"]
    emit("a", 1, stage="test")
    print(boto3.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == ("1\n", 0), done.stderr


def test_the_local_stage_is_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SLUICE_PORT", str(listener.getsockname()[1]))
        aws.forget_clients()
        assert aws.sqs("local").meta.endpoint_url == f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert aws.sqs("local").meta.region_name == "us-east-1"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    aws.forget_clients()
    assert aws.sqs("local").meta.endpoint_url == "http://127.0.0.1:9"
    assert "amazonaws.com" not in aws.sqs("local").meta.endpoint_url
    aws.forget_clients()


def test_the_public_names_are_these() -> None:
    assert sorted(sluice.__all__) == [
        "EventNotSerializableError",
        "EventTooLargeError",
        "InvalidDelayError",
        "InvalidKeyError",
        "InvalidNameError",
        "NotAcceptedError",
        "NotInHandlerError",
        "Refused",
        "SluiceError",
        "StageNotSetError",
        "TooManyHopsError",
        "emit",
        "emit_many",
        "retry",
    ]


def test_a_users_own_test_on_moto_needs_nothing_but_a_stage() -> None:
    with mock_aws():
        os.environ["SLUICE_STAGE"] = "mine"
        boto3.client("sqs").create_queue(QueueName="sluice-mine-a")
        assert is_id(emit("a", {"x": 1}))
