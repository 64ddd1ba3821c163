"""Events that are delayed by more than 15 minutes: a schedule each."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from sluice import AwsError, EventTooLargeError, NotAcceptedError, emit, emit_many, retry
from sluice.emitting import scheduled_events
from sluice.errors import InvalidDelayError
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.function import Function
from tests.unit.support.schedules import IN_A_MONTH, schedules

ACCOUNT = "123456789012"


def fire(cloud: Cloud, schedule: Any) -> None:
    """Send a schedule's event, as Scheduler does when it is due."""
    queue = schedule["Target"]["Arn"].rsplit(":", 1)[-1]
    url = cloud.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    cloud.sqs.send_message(QueueUrl=url, MessageBody=schedule["Target"]["Input"])


def test_an_event_for_next_month_is_a_schedule_that_deletes_itself(cloud: Cloud, scheduler: Any) -> None:
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


def test_a_scheduled_event_arrives_as_it_was_emitted(cloud: Cloud, scheduler: Any) -> None:
    seen: list[Any] = []
    event = {"text": "<aws.scheduler.scheduled-time> \u2028 \uffff", "n": 1.5}

    def first(_: Any) -> None:
        emit(HANDLER, event, delay=timedelta(days=1))

    Function(cloud, first)
    before = emit(HANDLER, None)
    Function(cloud, first).poll()
    (schedule,) = schedules(scheduler)
    fire(cloud, schedule)
    # Scheduler sends at least once.
    fire(cloud, schedule)
    made = Function(cloud, seen.append)
    made.poll()

    assert seen == [event]
    trace, _ = made.traces()
    assert (trace.parent, trace.hops, trace.emitted_by, trace.status) == (before, 1, HANDLER, "ok")
    assert schedule["Name"].endswith(trace.id)


def test_sqs_keeps_delays_of_up_to_15_minutes(cloud: Cloud, scheduler: Any) -> None:
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


def test_each_of_many_events_has_its_own_schedule(cloud: Cloud, scheduler: Any) -> None:
    ids = emit_many(HANDLER, range(50), delay=timedelta(hours=1))

    found = scheduled_events.list_scheduled(STAGE)
    # Ids of the same millisecond are in no order.
    assert {json.loads(one.event): one.envelope.id for one in found} == dict(enumerate(ids))


@pytest.mark.parametrize("known_url", [False, True])
def test_an_event_without_a_handler_is_kept_and_not_scheduled(
    cloud: Cloud, scheduler: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, known_url: bool
) -> None:
    if known_url:
        monkeypatch.setenv("SLUICE_QUEUE_URL_PREFIX", f"https://sqs.eu-central-1.amazonaws.com/{ACCOUNT}/")
    emit("not-there", 1, at=IN_A_MONTH)

    assert schedules(scheduler) == []
    assert cloud.store.unhandled.counts() == {"not-there": 1}
    assert "which is not the name of a handler" in caplog.text


def test_if_one_event_is_too_large_none_is_scheduled(cloud: Cloud, scheduler: Any) -> None:
    with pytest.raises(
        EventTooLargeError, match=r"event 1 .* EventBridge Scheduler has to keep it, which takes 262,144"
    ):
        emit_many(HANDLER, ["small", "x" * 262_144], at=IN_A_MONTH)
    assert schedules(scheduler) == []
    emit(HANDLER, "x" * 262_000, at=IN_A_MONTH)
    (schedule,) = schedules(scheduler)
    assert len(schedule["Target"]["Input"].encode()) <= 262_144


def test_a_time_without_a_zone_is_refused_and_a_past_one_means_now(cloud: Cloud, scheduler: Any) -> None:
    with pytest.raises(InvalidDelayError, match="no time zone"):
        emit(HANDLER, 1, at=datetime(2100, 1, 1))  # noqa: DTZ001 - the case under test
    emit(HANDLER, 2, at=datetime(2020, 1, 1, tzinfo=UTC))
    assert [message["Body"] for message in cloud.messages(HANDLER)] == ["2"]
    assert schedules(scheduler) == []


def test_each_event_that_scheduler_did_not_accept_is_listed(
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


def test_a_single_event_that_scheduler_refuses_raises_as_one_of_many_does(
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
