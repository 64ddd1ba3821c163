"""Starts: each is on record before it happens, and no two deliveries of an event make the same one."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
from sluice import emit
from sluice.event.ids import new_id
from sluice.queue.message import ReceivedMessage
from sluice.traces import Attempt, Trace
from sluice.worker.attempts import MAX_HISTORY, Plan, Step, plan

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import make_visible


def unfinished(*starts: int, **fields: Any) -> Trace:
    history = tuple(Attempt(outcome="started", started_ms=start, request_id=f"r{start}") for start in starts)
    return Trace(
        **({"id": new_id(), "handler": HANDLER, "status": "interrupted", "event": "1"} | fields), history=history
    )


def with_start(trace: Trace, start: int) -> Trace:
    history = (*trace.history[-MAX_HISTORY:], Attempt(outcome="started", started_ms=start, request_id=f"r{start}"))
    return dataclasses.replace(trace, history=history)


def test_the_first_recorded_start_is_refused_once_there_is_a_trace(cloud: Cloud) -> None:
    trace = unfinished(1)
    assert cloud.store.put_start(trace, None)
    assert not cloud.store.put_start(unfinished(2, id=trace.id), None)


@pytest.mark.parametrize("attempts", [0, 1, MAX_HISTORY + 1])
def test_a_start_whose_answer_was_lost_is_no_other(cloud: Cloud, attempts: int) -> None:
    """The client sends it again, and it meets itself."""
    prior = unfinished(*range(attempts)) if attempts else None
    if prior:
        cloud.store.put(prior)
    start = with_start(prior or unfinished(), 100)
    assert cloud.store.put_start(start, prior)
    assert cloud.store.put_start(start, prior)
    cloud.store.put(start.ended(status="ok"))
    assert not cloud.store.put_start(start, prior)


@pytest.mark.parametrize("attempts", [1, 2, MAX_HISTORY, MAX_HISTORY + 1])
def test_a_start_is_refused_once_another_is_on_record(cloud: Cloud, attempts: int) -> None:
    prior = unfinished(*range(attempts))
    cloud.store.put(prior)
    assert cloud.store.put_start(with_start(prior, 100), prior)
    assert not cloud.store.put_start(with_start(prior, 101), prior)
    read = cloud.store.get(HANDLER, prior.id)
    assert read is not None
    assert read.history[-1].started_ms == 100
    assert cloud.store.put_start(with_start(read, 102), read)


@pytest.mark.parametrize("status", ["ok", "error", "timed-out", "dead"])
def test_a_start_is_refused_once_the_attempt_before_has_ended(cloud: Cloud, status: str) -> None:
    prior = unfinished(1, 2)
    cloud.store.put(dataclasses.replace(prior, status=status))
    assert not cloud.store.put_start(with_start(prior, 3), prior)


@pytest.mark.parametrize("attempts", [1, 3, MAX_HISTORY + 1])
def test_of_two_deliveries_that_read_the_same_trace_one_starts(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, attempts: int
) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append, batch_size=1)
    now = int(time.time() * 1000)
    cloud.store.put(unfinished(*range(attempts - 1), now, id=emit(HANDLER, 1)))
    function.receive()
    make_visible(cloud)
    store = function.worker._store
    real = store.get

    def overtaken(handler: str, event_id: str) -> Trace | None:
        prior = real(handler, event_id)
        assert prior is not None
        assert cloud.store.put_start(with_start(prior, now + 5), prior)
        return prior

    monkeypatch.setattr(store, "get", overtaken)
    assert len(function.poll()["batchItemFailures"]) == 1
    assert ran == []


def redelivered(sent_ms: int, receives: int = 2) -> ReceivedMessage:
    attributes = {"ApproximateReceiveCount": str(receives), "SentTimestamp": str(sent_ms)}
    return ReceivedMessage.from_lambda(
        {"messageId": "m", "receiptHandle": "r", "body": "1", "attributes": attributes}, HANDLER
    )


def test_attempts_before_the_message_was_sent_do_not_count(cloud: Cloud) -> None:
    """They are those before AWS's own redrive."""
    prior = unfinished(*range(5))
    decided = plan(redelivered(100_000), prior)
    assert (decided.step, decided.used) == (Step.RUN, 1)  # the first delivery, which left no record
    assert len(decided.history) == 6

    again = with_start(prior, 100_001)
    assert plan(redelivered(100_000), again) == Plan(Step.RUN, again.history, 1, again)
    assert plan(redelivered(0), prior).step is Step.GIVE_UP
