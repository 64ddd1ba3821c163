"""Events for later than SQS keeps them: a schedule each, which can be listed and taken back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from sluice import AwsError, EventTooLargeError, NotAcceptedError, emit, emit_many, retry
from sluice.cli import program
from sluice.emitting import scheduled_events
from sluice.errors import InvalidDelayError
from sluice.event.envelope import Envelope
from sluice.event.ids import new_id
from sluice.operate.status import statuses
from sluice.queue.send import Message
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.function import Function

IN_A_MONTH = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
ACCOUNT = "123456789012"


@pytest.fixture
def scheduler(cloud: Cloud) -> Any:
    client: Any = boto3.client("scheduler")
    client.create_schedule_group(Name=cloud.names.schedule_group)
    return client


def schedules(scheduler: Any) -> list[Any]:
    found = scheduler.list_schedules(GroupName="sluice-test")["Schedules"]
    return [scheduler.get_schedule(GroupName="sluice-test", Name=one["Name"]) for one in found]


def fire(cloud: Cloud, schedule: Any) -> None:
    """Do what Scheduler does when the time comes."""
    queue = schedule["Target"]["Arn"].rsplit(":", 1)[-1]
    url = cloud.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    cloud.sqs.send_message(QueueUrl=url, MessageBody=schedule["Target"]["Input"])


def test_an_event_for_later_is_a_schedule_that_deletes_itself(cloud: Cloud, scheduler: Any) -> None:
    event_id = emit(HANDLER, {"id": 1}, at=IN_A_MONTH)

    (schedule,) = schedules(scheduler)
    assert schedule["ScheduleExpression"] == f"at({IN_A_MONTH:%Y-%m-%dT%H:%M:%S})"
    assert schedule["ScheduleExpressionTimezone"] == "UTC"
    assert schedule["ActionAfterCompletion"] == "DELETE"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["Name"].endswith(event_id)
    queues = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:"
    assert schedule["Target"]["Arn"] == f"{queues}sluice-test-{HANDLER}"
    assert schedule["Target"]["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/sluice-test-eu-central-1-scheduler"
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": f"{queues}sluice-test--schedules-dead"}
    assert cloud.messages(HANDLER) == []


def test_when_it_comes_it_is_the_event_that_was_emitted(cloud: Cloud, scheduler: Any) -> None:
    seen: list[Any] = []
    event = {"text": "<aws.scheduler.scheduled-time> \u2028 \uffff", "n": 1.5}

    def first(_: Any) -> None:
        emit(HANDLER, event, delay=timedelta(days=1))

    Function(cloud, first)
    before = emit(HANDLER, None)
    Function(cloud, first).poll()
    (schedule,) = schedules(scheduler)
    fire(cloud, schedule)
    # At least once, says Scheduler.
    fire(cloud, schedule)
    made = Function(cloud, seen.append)
    made.poll()

    assert seen == [event]
    trace, _ = made.traces()
    assert (trace.parent, trace.hops, trace.emitted_by, trace.status) == (before, 1, HANDLER, "ok")
    assert schedule["Name"].endswith(trace.id)


def test_up_to_a_quarter_of_an_hour_is_sqs_own(cloud: Cloud, scheduler: Any) -> None:
    emit(HANDLER, 1, delay=900)
    assert schedules(scheduler) == []
    emit(HANDLER, 1, delay=901)
    assert len(schedules(scheduler)) == 1


def test_a_handler_can_try_again_tomorrow(cloud: Cloud, scheduler: Any) -> None:
    made = Function(cloud, lambda event: retry(event, delay=timedelta(days=1)))
    emit(HANDLER, 1)
    made.poll()

    assert len(schedules(scheduler)) == 1
    (trace,) = made.traces()
    assert trace.emitted[0]["id"] == trace.result


def test_many_events_for_later_are_as_many_schedules(cloud: Cloud, scheduler: Any) -> None:
    ids = emit_many(HANDLER, range(50), delay=timedelta(hours=1))

    found = scheduled_events.list_scheduled(STAGE)
    # Ids of one millisecond are in no order.
    assert {json.loads(one.event): one.envelope.id for one in found} == dict(enumerate(ids))


@pytest.mark.parametrize("known_url", [False, True])
def test_without_a_handler_it_is_kept_as_ever_and_nothing_is_scheduled(
    cloud: Cloud, scheduler: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, known_url: bool
) -> None:
    if known_url:
        monkeypatch.setenv("SLUICE_QUEUE_URL_PREFIX", f"https://sqs.eu-central-1.amazonaws.com/{ACCOUNT}/")
    emit("not-there", 1, at=IN_A_MONTH)

    assert schedules(scheduler) == []
    assert cloud.store.unhandled.counts() == {"not-there": 1}
    assert "which is not the name of a handler" in caplog.text


def test_what_a_schedule_cannot_keep_is_refused_before_anything_is_scheduled(cloud: Cloud, scheduler: Any) -> None:
    with pytest.raises(
        EventTooLargeError, match=r"event 1 .* EventBridge Scheduler has to keep it, which takes 262,144"
    ):
        emit_many(HANDLER, ["small", "x" * 262_144], at=IN_A_MONTH)
    assert schedules(scheduler) == []
    emit(HANDLER, "x" * 262_000, at=IN_A_MONTH)
    (schedule,) = schedules(scheduler)
    assert len(schedule["Target"]["Input"].encode()) <= 262_144


def test_naive_moments_are_refused_and_past_ones_are_now(cloud: Cloud, scheduler: Any) -> None:
    with pytest.raises(InvalidDelayError, match="no time zone"):
        emit(HANDLER, 1, at=datetime(2100, 1, 1))  # noqa: DTZ001 - that is what is tried
    emit(HANDLER, 2, at=datetime(2020, 1, 1, tzinfo=UTC))
    assert [message["Body"] for message in cloud.messages(HANDLER)] == ["2"]
    assert schedules(scheduler) == []


def test_what_scheduler_never_took_is_told_exactly(
    cloud: Cloud, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = clients.client("scheduler", STAGE)
    real = client.create_schedule

    def create(**arguments: Any) -> Any:
        body = arguments["Target"]["Input"].partition("\n")[2]
        if body == "1":
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "CreateSchedule")
        if body == "3":
            raise EndpointConnectionError(endpoint_url="https://scheduler")
        return real(**arguments)

    monkeypatch.setattr(client, "create_schedule", create)
    with pytest.raises(NotAcceptedError) as caught:
        emit_many(HANDLER, range(5), at=IN_A_MONTH)

    assert [(entry.index, entry.code) for entry in caught.value.refused] == [
        (1, "ThrottlingException"),
        (3, None),
    ]
    assert caught.value.refused[1].message.startswith("EndpointConnectionError: ")
    assert [entry.may_be_accepted for entry in caught.value.refused] == [False, True]
    assert sorted(caught.value.accepted) == [0, 2, 4]
    assert {one.envelope.id for one in scheduled_events.list_scheduled(STAGE)} == set(caught.value.accepted.values())


def test_emit_many_of_one_that_scheduler_never_took_is_told_like_many(
    cloud: Cloud, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "CreateSchedule")

    monkeypatch.setattr(clients.client("scheduler", STAGE), "create_schedule", create)
    with pytest.raises(NotAcceptedError, match="1 of 1 events"):
        emit_many(HANDLER, [1], at=IN_A_MONTH)
    with pytest.raises(AwsError, match="ThrottlingException: slow down") as caught:
        emit(HANDLER, 1, at=IN_A_MONTH)
    assert isinstance(caught.value.__cause__, ClientError)


# ---- what is to come


def test_what_is_to_come_is_listed_soonest_first(cloud: Cloud, scheduler: Any) -> None:
    cloud.create_queue("audit-log")
    second = emit(HANDLER, 2, at=IN_A_MONTH + timedelta(days=1))
    third = emit("audit-log", 3, at=IN_A_MONTH + timedelta(days=2))
    first = emit(HANDLER, 1, at=IN_A_MONTH)
    # A schedule that somebody else put there.
    scheduler.create_schedule(
        GroupName="sluice-test",
        Name="other",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": f"arn:aws:sqs:eu-central-1:{ACCOUNT}:x", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x"},
    )

    found = scheduled_events.list_scheduled(STAGE)

    assert [(one.envelope.id, one.handler, one.event) for one in found] == [
        (first, HANDLER, "1"),
        (second, HANDLER, "2"),
        (third, "audit-log", "3"),
    ]
    assert found[0].due == IN_A_MONTH
    assert [one.envelope.id for one in scheduled_events.list_scheduled(STAGE, "audit-log")] == [third]
    assert (
        scheduled_events.count(STAGE, HANDLER),
        scheduled_events.count(STAGE, "audit-log"),
        scheduled_events.count(STAGE, "x"),
    ) == (2, 1, 0)


def test_more_than_a_page_is_counted_and_not_more_than_a_thousand(
    cloud: Cloud, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    emit_many(HANDLER, range(120), at=IN_A_MONTH)
    assert scheduled_events.count(STAGE, HANDLER) == 120
    assert len(scheduled_events.list_scheduled(STAGE)) == 120
    monkeypatch.setattr(scheduled_events, "MAX_COUNTED", 100)
    assert scheduled_events.count(STAGE, HANDLER) == 100


def test_status_counts_them(cloud: Cloud, scheduler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    emit_many(HANDLER, [1, 2], at=IN_A_MONTH)
    emit("not-there", 1, at=IN_A_MONTH)

    rows = {row.handler: row.scheduled for row in statuses(STAGE)}

    assert rows == {HANDLER: 2, "not-there": None}


# ---- taken back


def test_what_is_cancelled_is_gone(cloud: Cloud, scheduler: Any) -> None:
    kept = emit(HANDLER, 1, at=IN_A_MONTH)
    cancelled = emit(HANDLER, 2, at=IN_A_MONTH)

    taken = scheduled_events.cancel(STAGE, cancelled, ["audit-log", HANDLER])
    assert taken is not None
    assert (taken.handler, taken.due, taken.event) == (HANDLER, IN_A_MONTH, "2")

    assert [one.envelope.id for one in scheduled_events.list_scheduled(STAGE)] == [kept]
    assert scheduled_events.cancel(STAGE, cancelled, [HANDLER]) is None
    assert scheduled_events.cancel(STAGE, new_id(), [HANDLER]) is None


def test_what_is_for_a_handler_that_is_no_longer_there_can_be_taken_back(cloud: Cloud, scheduler: Any) -> None:
    event_id = emit(HANDLER, 1, at=IN_A_MONTH)

    taken = scheduled_events.cancel(STAGE, event_id, ["audit-log"])

    assert taken is not None
    assert taken.handler == HANDLER
    assert schedules(scheduler) == []


@pytest.mark.parametrize(("minutes", "code", "said"), [(-1, 1, "may have been sent"), (60, 0, "will not run")])
def test_cancelling_says_whether_it_was_in_time(
    cloud: Cloud, scheduler: Any, minutes: int, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scheduler sends first and deletes then: what is still there when it is due may have been sent."""
    due = datetime.now(UTC) + timedelta(minutes=minutes)
    message = Message("1", Envelope(id=new_id(), emitted_ms=1), {})
    scheduled_events.schedule_one(STAGE, HANDLER, message, due)

    assert program.run(["cancel", message.envelope.id, "--stage", STAGE]) == code
    assert said in capsys.readouterr().err
    assert schedules(scheduler) == []


def test_events_of_a_handler_that_is_no_longer_there_are_listed(
    cloud: Cloud, scheduler: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    event_id = emit(HANDLER, 1, at=IN_A_MONTH)
    for name in (cloud.names.queue(HANDLER), cloud.names.dead_letter_queue(HANDLER)):
        cloud.sqs.delete_queue(QueueUrl=cloud.sqs.get_queue_url(QueueName=name)["QueueUrl"])

    assert program.run(["scheduled", HANDLER, "--stage", STAGE]) == 0
    assert event_id in capsys.readouterr().out
    assert program.run(["cancel", event_id, "--stage", STAGE]) == 0
    assert program.run(["scheduled", HANDLER, "--stage", STAGE]) == 3


def test_what_is_sent_while_it_is_listed_is_left_out(
    cloud: Cloud, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    emit(HANDLER, 1, at=IN_A_MONTH)
    sent = emit(HANDLER, 2, at=IN_A_MONTH)
    real = scheduled_events._schedule_names

    def then_one_is_sent(*arguments: Any) -> Any:
        names = list(real(*arguments))
        scheduled_events.cancel(STAGE, sent, [HANDLER])
        return iter(names)

    monkeypatch.setattr(scheduled_events, "_schedule_names", then_one_is_sent)
    assert [one.event for one in scheduled_events.list_scheduled(STAGE)] == ["1"]
