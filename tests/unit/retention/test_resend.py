"""Which waiting messages are sent again, and which of their events have ended already."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice import emit
from sluice.queue import transfer
from sluice.retention import resend
from sluice.retention.budget import Budget
from sluice.retention.state import SweepState
from sluice.retention.sweep import Queue, begin
from sluice.traces import TraceStore

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.fake_lambda import refused
from tests.unit.support.fake_queues import FakeSqs, NoTraces, Queues
from tests.unit.support.function import Function
from tests.unit.support.polling import make_visible, poll_once, poll_until_quiet
from tests.unit.support.sweep_marks import envelope_of, marked

DAY = 86_400
NO_TRACES: Any = NoTraces()
MONTH = (5, 10, 15, 20, 25, 30)
"""Days of a pause on which waiting events are sent again."""


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "WAIT_SECONDS", 0)


def paused_for_a_month(cloud: Cloud, function: Function, traces: TraceStore) -> None:
    """Sweep the queue as the reconciler does, and delete the traces as DynamoDB does."""
    for day in MONTH:
        make_visible(cloud)
        now_ms = int((time.time() + day * DAY) * 1000)
        resend.resend_waiting(
            Queue(cloud.sqs, function.url, HANDLER), begin(SweepState(), now_ms), Budget(1000, lambda: False), traces
        )
    for item in cloud.dynamodb.scan(TableName=cloud.names.trace_table)["Items"]:
        key: Any = {name: item[name] for name in ("pk", "sk")}
        cloud.dynamodb.delete_item(TableName=cloud.names.trace_table, Key=key)


def beside_poison(cloud: Cloud) -> tuple[Function, list[object]]:
    ran: list[object] = []

    def handle(event: object) -> None:
        ran.append(event)
        if ran == ["good", "poison"]:
            made.die()

    made: Any = Function(cloud, handle)
    for event in ("good", "poison"):
        emit(HANDLER, event)
    poll_once(cloud, made)
    assert ran == ["good", "poison"]
    return made, ran


def test_an_event_that_ran_does_not_run_again_after_a_pause_that_outlives_its_trace(cloud: Cloud) -> None:
    function, ran = beside_poison(cloud)
    paused_for_a_month(cloud, function, cloud.store)
    poll_until_quiet(cloud, function)
    assert ran == ["good", "poison", "poison"]


class Unreadable:
    """Traces that can't be read now."""

    def completed(self, *_: object) -> set[str]:
        raise refused("ProvisionedThroughputExceededException", "BatchGetItem")


def test_messages_stay_while_traces_cannot_be_read(cloud: Cloud) -> None:
    function, _ = beside_poison(cloud)
    traces: Any = Unreadable()
    make_visible(cloud)
    now_ms = int((time.time() + 5 * DAY) * 1000)
    queue = Queue(cloud.sqs, function.url, HANDLER)
    with pytest.raises(ClientError):
        resend.resend_waiting(queue, begin(SweepState(), now_ms), Budget(1000, lambda: False), traces)
    make_visible(cloud)
    assert sorted(message["Body"] for message in cloud.messages(HANDLER)) == ['"good"', '"poison"']


def test_events_with_an_outcome_have_ended(cloud: Cloud) -> None:
    function = Function(cloud, lambda event: 1 / event)
    ids = [emit(HANDLER, event) for event in (1, 0)]
    poll_until_quiet(cloud, function)
    waiting = emit(HANDLER, 2)
    assert cloud.store.completed(HANDLER, [*ids, waiting]) == set(ids)


# ---- which messages are sent again


def test_a_message_that_lost_receives_to_throttling_is_sent_again_although_it_is_new() -> None:
    there = Queues(FakeSqs(), "a")
    now_ms = int(there.sqs.now * 1000)
    there.sqs.put(there.queue("a"), "worn", receives=3)
    there.sqs.put(there.queue("a"), "fresh", receives=0)
    queue = Queue(there.sqs, there.queue("a"), "a")
    resend.resend_waiting(queue, begin(SweepState(), now_ms - 1000), Budget(100, lambda: False), NO_TRACES)

    receives = {message.body: message.receives for message in there.sqs.messages(there.queue("a"))}
    assert receives == {"worn": 0, "fresh": 1}
    (worn,) = [message for message in there.sqs.messages(there.queue("a")) if message.body == "worn"]
    assert envelope_of(worn)["receives"] == 3


def test_a_resent_message_is_recognised_by_its_mark_although_sqs_dates_it_earlier() -> None:
    there = Queues(FakeSqs(), "a")
    now_ms = int(there.sqs.now * 1000)
    state = begin(SweepState(began_ms=now_ms), now_ms)
    for began in (now_ms, now_ms - 1):
        there.sqs.put(there.queue("a"), str(began), age=5.0)
        there.sqs.messages(there.queue("a"))[-1].attributes = marked(began)
    resend.resend_waiting(Queue(there.sqs, there.queue("a"), "a"), state, Budget(100, lambda: False), NO_TRACES)
    assert there.sqs.sent_to[there.queue("a")] == 1


def test_messages_that_stay_are_visible_again_at_once() -> None:
    there = Queues(FakeSqs(), "a")
    for n in range(30):
        there.sqs.put(there.queue("a"), str(n))
        there.sqs.put(there.dead("a"), str(n))
    state = begin(SweepState(), int(there.sqs.now * 1000) - 1000)
    resend.resend_waiting(Queue(there.sqs, there.queue("a"), "a"), state, Budget(100, lambda: False), NO_TRACES)
    resend.resend_dead(Queue(there.sqs, there.dead("a"), "a"), state, Budget(100, lambda: False))
    for queue in (there.queue("a"), there.dead("a")):
        assert [message.visible <= there.sqs.now for message in there.sqs.messages(queue)] == [True] * 30
