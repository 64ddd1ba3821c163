"""The list of scheduled events: read, counted, and events cancelled from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.cli import program
from sluice.emitting import scheduled_events
from sluice.event.envelope import Envelope
from sluice.event.ids import new_id
from sluice.queue.send import Message
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.schedules import IN_A_MONTH, schedules

ACCOUNT = "123456789012"


def test_scheduled_events_are_listed_soonest_first(cloud: Cloud, scheduler: Any) -> None:
    cloud.create_queue("audit-log")
    second = emit(HANDLER, 2, at=IN_A_MONTH + timedelta(days=1))
    third = emit("audit-log", 3, at=IN_A_MONTH + timedelta(days=2))
    first = emit(HANDLER, 1, at=IN_A_MONTH)
    # A schedule that Sluice did not make.
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


def test_the_count_goes_beyond_a_page_and_ends_at_its_limit(
    cloud: Cloud, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (scheduled_events._PAGE, scheduled_events.MAX_COUNTED) == (100, 1_000)
    monkeypatch.setattr(scheduled_events, "_PAGE", 10)
    emit_many(HANDLER, range(12), at=IN_A_MONTH)
    calls: list[str] = []
    clients.client("scheduler", STAGE).meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    assert scheduled_events.count(STAGE, HANDLER) == 12
    assert calls == ["ListSchedules"] * 2
    assert len(scheduled_events.list_scheduled(STAGE)) == 12
    monkeypatch.setattr(scheduled_events, "MAX_COUNTED", 10)
    assert scheduled_events.count(STAGE, HANDLER) == 10


def test_a_cancelled_event_is_gone(cloud: Cloud, scheduler: Any) -> None:
    kept = emit(HANDLER, 1, at=IN_A_MONTH)
    cancelled = emit(HANDLER, 2, at=IN_A_MONTH)

    cancelled_event = scheduled_events.cancel(STAGE, cancelled, ["audit-log", HANDLER])
    assert cancelled_event is not None
    assert (cancelled_event.handler, cancelled_event.due, cancelled_event.event) == (HANDLER, IN_A_MONTH, "2")

    assert [one.envelope.id for one in scheduled_events.list_scheduled(STAGE)] == [kept]
    assert scheduled_events.cancel(STAGE, cancelled, [HANDLER]) is None
    assert scheduled_events.cancel(STAGE, new_id(), [HANDLER]) is None


def test_an_event_for_a_removed_handler_can_be_cancelled(cloud: Cloud, scheduler: Any) -> None:
    event_id = emit(HANDLER, 1, at=IN_A_MONTH)

    cancelled_event = scheduled_events.cancel(STAGE, event_id, ["audit-log"])

    assert cancelled_event is not None
    assert cancelled_event.handler == HANDLER
    assert schedules(scheduler) == []


@pytest.mark.parametrize(("minutes", "code", "text"), [(-1, 1, "may have been sent"), (60, 0, "will not run")])
def test_cancel_tells_whether_the_event_may_have_been_sent(
    cloud: Cloud, scheduler: Any, minutes: int, code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scheduler sends an event before it deletes the schedule: an event that is due may have been sent already."""
    due = datetime.now(UTC) + timedelta(minutes=minutes)
    message = Message("1", Envelope(id=new_id(), emitted_ms=1), {})
    scheduled_events.schedule_one(STAGE, HANDLER, message, due)

    assert program.run(["cancel", message.envelope.id, "--stage", STAGE]) == code
    assert text in capsys.readouterr().err
    assert schedules(scheduler) == []


def test_the_events_of_a_removed_handler_are_listed(
    cloud: Cloud, scheduler: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    event_id = emit(HANDLER, 1, at=IN_A_MONTH)
    for name in (cloud.names.queue(HANDLER), cloud.names.dead_letter_queue(HANDLER)):
        cloud.sqs.delete_queue(QueueUrl=cloud.sqs.get_queue_url(QueueName=name)["QueueUrl"])

    assert program.run(["scheduled", HANDLER, "--stage", STAGE]) == 0
    assert event_id in capsys.readouterr().out
    assert program.run(["cancel", event_id, "--stage", STAGE]) == 0
    assert program.run(["scheduled", HANDLER, "--stage", STAGE]) == 3


def test_a_cancelled_event_leaves_a_record_without_its_secrets(
    cloud: Cloud, scheduler: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    event_id = emit(HANDLER, {"password": "zebra-hunter2", "n": 1}, at=IN_A_MONTH)
    assert program.run(["cancel", event_id]) == 0
    trace = cloud.store.get(HANDLER, event_id)
    assert trace is not None
    assert (trace.status, trace.attempts, trace.redacted) == ("cancelled", 0, ("event",))
    assert "zebra-hunter2" not in trace.event
    assert f"next: sluice trace {event_id}" in capsys.readouterr().err
    cloud.dynamodb.delete_table(TableName=cloud.names.trace_table)
    another = emit(HANDLER, 2, at=IN_A_MONTH)
    assert program.run(["cancel", another]) == 0
    assert "the trace that it was cancelled could not be written" in capsys.readouterr().err


def test_an_event_that_is_sent_while_they_are_listed_is_left_out(
    cloud: Cloud, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    emit(HANDLER, 1, at=IN_A_MONTH)
    sent = emit(HANDLER, 2, at=IN_A_MONTH)
    real = scheduled_events._schedule_names

    def and_one_is_sent(*arguments: Any) -> Any:
        names = list(real(*arguments))
        scheduled_events.cancel(STAGE, sent, [HANDLER])
        return iter(names)

    monkeypatch.setattr(scheduled_events, "_schedule_names", and_one_is_sent)
    assert [one.event for one in scheduled_events.list_scheduled(STAGE)] == ["1"]
