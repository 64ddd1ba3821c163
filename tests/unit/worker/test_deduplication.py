"""One event in several messages: it runs for one of them, and what is left of it still runs."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from sluice import emit
from sluice.event.envelope import Envelope
from sluice.event.ids import new_id
from sluice.event.scheduled_envelope import wrap
from sluice.queue.dead_letters import DeadLetters
from sluice.queue.message import ReceivedMessage
from sluice.traces import Attempt, Trace
from sluice.worker import deduplication

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.console_redrive import redrive_in_the_console, send_again, url_of
from tests.unit.support.faults import FaultyClient, Process
from tests.unit.support.function import Function, no_memory
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet

TICK = json.dumps({"cron": HANDLER, "scheduled_at": "2026-11-30T02:00:00Z"})


def emit_twice(cloud: Cloud, **arguments: Any) -> str:
    """As when an SDK sends a message again whose answer was lost."""
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


def test_what_was_sent_twice_with_a_key_has_five_attempts_in_all(cloud: Cloud) -> None:
    starts: list[object] = []

    def handle(event: object) -> None:
        starts.append(event)
        raise MemoryError

    emit_twice(cloud, key="order-17")
    poll_until_quiet(cloud, Function(cloud, handle, batch_size=1))
    assert len(starts) == 5
    assert dead_letters(cloud) == ["1"]


def test_a_second_message_that_comes_while_the_first_runs_waits_or_is_let_go(cloud: Cloud) -> None:
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


def test_an_event_with_a_key_that_is_put_back_is_the_same_message(cloud: Cloud) -> None:
    """It had been started before that, so it has the claim."""
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


def test_what_is_put_back_is_still_from_whoever_sent_it(cloud: Cloud) -> None:
    function = Function(cloud, str, batch_size=1)
    cloud.sqs.send_message(QueueUrl=function.url, MessageBody="hello")
    (first,) = function.receive()
    for _ in range(2):
        make_visible(cloud)
        function.receive()
    make_visible(cloud)
    function.poll()
    make_visible(cloud)
    (copy,) = cloud.messages(HANDLER)
    assert json.loads(copy["MessageAttributes"]["sluice"]["StringValue"])["by"] == first["attributes"]["SenderId"]


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


def test_a_redriven_tick_whose_last_attempt_left_no_end_runs_once_that_must_have_come(
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


def test_what_another_message_claimed_long_ago_and_never_ended_runs_for_this_one(cloud: Cloud) -> None:
    """As when receives alone brought it to the dead-letter queue, and nothing is on record."""
    ran: list[object] = []
    function = Function(cloud, ran.append)
    event_id = emit(HANDLER, 1, key="k")
    long_ago = int(time.time() * 1000) - deduplication.LONGEST_RUN_MS - 1
    cloud.store.locks.take_event(HANDLER, event_id, "another", long_ago)
    assert function.poll()["batchItemFailures"] == []
    assert ran == [1]


def test_a_claim_is_taken_over_once(cloud: Cloud) -> None:
    locks = cloud.store.locks
    dead = locks.take_event(HANDLER, "e", "dead", 1)
    assert locks.take_over_event(HANDLER, "e", "one", dead, 2)
    assert not locks.take_over_event(HANDLER, "e", "two", dead, 3)
    assert locks.take_event(HANDLER, "e", "two", 4).message == "one"


def test_an_event_whose_claim_is_anothers_waits_while_the_trace_is_out_of_reach(cloud: Cloud) -> None:
    ran: list[object] = []
    table = FaultyClient(cloud.dynamodb, Process(), lambda name: "refuse" if name == "get_item" else None)
    function = Function(cloud, ran.append, dynamodb=table)
    event_id = emit(HANDLER, 1, key="k")
    cloud.store.locks.take_event(HANDLER, event_id, "another", 1)
    assert len(function.poll()["batchItemFailures"]) == 1
    assert ran == []
