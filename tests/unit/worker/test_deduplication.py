"""One event in several messages runs once, and events with one key run once."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from sluice import (
    emit,
)
from sluice.event.envelope import Envelope
from sluice.event.ids import new_id
from sluice.event.scheduled_envelope import wrap
from sluice.queue.dead_letters import DeadLetters
from sluice.queue.message import ReceivedMessage
from sluice.traces import Attempt, Trace
from sluice.worker import deduplication

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.console_redrive import redrive_in_the_console, send_again, url_of
from tests.unit.support.function import Function, no_memory
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet

# ---- in several messages


TICK = json.dumps({"cron": HANDLER, "scheduled_at": "2025-12-01T02:00:00Z"})


def emit_twice(cloud: Cloud, **arguments: Any) -> str:
    """Send an event as an SDK does when the answer gets lost: again."""
    event_id = emit(HANDLER, 1, **arguments)
    (message,) = cloud.messages(HANDLER)
    for _ in range(2):
        send_again(cloud, message)
    return event_id


@pytest.mark.parametrize("batch_size", [1, 10])
def test_an_event_with_a_key_that_is_sent_twice_with_one_id_runs_once(cloud: Cloud, batch_size: int) -> None:
    ran: list[object] = []
    event_id = emit_twice(cloud, key="order-17")
    function = Function(cloud, ran.append, batch_size=batch_size)
    poll_until_quiet(cloud, function)
    assert ran == [1]
    (trace,) = function.traces()
    assert (trace.id, trace.status, trace.duplicate_of) == (event_id, "ok", None)
    assert dead_letters(cloud) == []


def test_an_event_with_a_key_that_is_sent_twice_has_five_attempts_in_all(cloud: Cloud) -> None:
    starts: list[object] = []

    def handle(event: object) -> None:
        starts.append(event)
        raise MemoryError

    emit_twice(cloud, key="order-17")
    poll_until_quiet(cloud, Function(cloud, handle, batch_size=1))
    assert len(starts) == 5
    assert dead_letters(cloud) == ["1"]


def test_a_second_message_that_comes_while_the_first_runs_does_not_run(cloud: Cloud) -> None:
    ran: list[object] = []

    def handle(event: object) -> None:
        ran.append(event)
        if len(ran) == 1:
            (message,) = cloud.sqs.receive_message(
                QueueUrl=url_of(cloud), AttributeNames=["All"], MessageAttributeNames=["All"], VisibilityTimeout=0
            )["Messages"]
            send_again(cloud, message)
            for _ in range(2):
                Function(cloud, handle, batch_size=1).poll()

    emit_twice(cloud, key="order-17")
    function = Function(cloud, handle, batch_size=1)
    function.poll()
    poll_until_quiet(cloud, function)
    assert ran == [1]
    assert dead_letters(cloud) == []


def test_an_event_with_a_key_keeps_its_lock_when_it_is_put_back(cloud: Cloud) -> None:
    """It was started before that, so its message has the lock."""
    starts: list[object] = []

    def handle(event: object) -> None:
        starts.append(event)
        if len(starts) < 3:
            raise MemoryError

    function = Function(cloud, handle, batch_size=1)
    emit(HANDLER, 1, key="k")
    function.poll()
    for _ in range(3):
        make_visible(cloud)
        function.receive()
    make_visible(cloud)
    function.poll()
    poll_until_quiet(cloud, function)
    assert starts == [1, 1, 1]
    (trace,) = function.traces()
    assert (trace.status, len([one for one in trace.history if one.outcome == "interrupted"])) == ("ok", 2)
    assert trace.emitted_by  # still the AWS principal that sent the first message


# ---- redriven


def send_one(cloud: Cloud, kind: str) -> None:
    if kind == "key":
        emit(HANDLER, 1, key="k")
        return
    body = TICK if kind == "tick" else wrap("1", Envelope(id=new_id(), emitted_ms=int(time.time() * 1000)))
    cloud.sqs.send_message(QueueUrl=url_of(cloud), MessageBody=body)


@pytest.mark.parametrize("how", ["console", "sluice"])
@pytest.mark.parametrize("kind", ["tick", "scheduled", "key"])
def test_a_redriven_dead_letter_runs_for_its_new_message(cloud: Cloud, kind: str, how: str) -> None:
    send_one(cloud, kind)
    poll_until_quiet(cloud, Function(cloud, no_memory))
    if how == "console":
        assert redrive_in_the_console(cloud) == 1
    else:
        make_visible(cloud, f"{HANDLER}-dead")
        assert DeadLetters(cloud.sqs, cloud.names, HANDLER).redrive().done == 1
    ran: list[object] = []
    function = Function(cloud, ran.append)
    poll_until_quiet(cloud, function)
    assert len(ran) == 1
    assert dead_letters(cloud) == []
    (trace,) = function.traces()
    assert (trace.status, trace.attempts) == ("ok", 6)


def test_a_redriven_tick_whose_last_attempt_has_no_end_runs_once_that_attempt_must_be_over(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time() * 1000)
    monkeypatch.setattr(deduplication, "LONGEST_RUN_MS", 36_000_000)
    cloud.sqs.send_message(QueueUrl=url_of(cloud), MessageBody=TICK)
    ran: list[object] = []
    function = Function(cloud, ran.append)
    (record,) = function.receive()
    event_id = ReceivedMessage.from_lambda(record, HANDLER).envelope.id
    cloud.store.locks.take_event(HANDLER, event_id, "the dead letter's", now - 60_000)
    started = Trace(
        id=event_id,
        handler=HANDLER,
        status="interrupted",
        event=TICK,
        history=(Attempt(outcome="started", started_ms=now - 60_000),),
        dead_ms=now + 3_600_000,
    )
    cloud.store.put(started)
    make_visible(cloud)
    assert len(function.poll()["batchItemFailures"]) == 1
    assert ran == []

    monkeypatch.setattr(function.worker, "_clock", lambda: time.time() + 4_000)
    make_visible(cloud)
    assert function.poll()["batchItemFailures"] == []
    assert len(ran) == 1


def test_an_event_locked_long_ago_by_another_message_runs_for_this_one(cloud: Cloud) -> None:
    """Receives alone brought the other message to the dead-letter queue, and nothing is on record."""
    ran: list[object] = []
    function = Function(cloud, ran.append)
    event_id = emit(HANDLER, 1, key="k")
    long_ago = int(time.time() * 1000) - deduplication.LONGEST_RUN_MS - 1
    cloud.store.locks.take_event(HANDLER, event_id, "another", long_ago)
    assert function.poll()["batchItemFailures"] == []
    assert ran == [1]


# ---- with the same key


def test_one_of_several_events_with_the_same_key_runs(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append)
    event_ids = [emit(HANDLER, number, key="order-17") for number in range(5)]
    emit(HANDLER, "other", key="order-18")
    emit(HANDLER, "none")
    poll_until_quiet(cloud, function)
    assert sorted(map(str, ran)) == sorted([str(ran[0]), "none", "other"])
    traces = {trace.id: trace for trace in function.traces()}
    assert len(traces) == 7
    runner = event_ids[int(str(ran[0]))]
    for event_id in event_ids:
        expected = (None, 1) if event_id == runner else (runner, 0)
        assert (traces[event_id].duplicate_of, traces[event_id].attempts) == expected
        assert traces[event_id].status == "ok"


def test_the_same_key_may_be_used_for_two_handlers(cloud: Cloud) -> None:
    cloud.create_queue("audit-log")
    ran: list[str] = []
    for handler in (HANDLER, "audit-log"):
        emit(handler, handler, key="order-17")
        Function(cloud, ran.append, handler=handler).poll()
    assert ran == [HANDLER, "audit-log"]


def test_an_unfinished_event_with_a_key_is_tried_again(cloud: Cloud) -> None:
    """It holds the key's lock itself, so it is no duplicate."""
    starts: list[object] = []

    def handle(event: object) -> None:
        starts.append(event)
        if len(starts) < 3:
            raise MemoryError

    function = Function(cloud, handle)
    emit(HANDLER, 1, key="k")
    poll_until_quiet(cloud, function)
    assert starts == [1, 1, 1]
    assert function.traces()[0].status == "ok"


def test_an_event_without_a_key_costs_no_call_for_locks(cloud: Cloud) -> None:
    function = Function(cloud, lambda _: None)
    emit(HANDLER, 1)
    calls: list[str] = []
    cloud.dynamodb.meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    function.poll()
    assert calls == ["PutItem"]
