"""Turns in a run of the reconciler: many handlers, their queues and their dead-letter queues."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sluice.retention.state import RetentionState
from sluice.retention.turns import RUN_SECONDS, TURN_SECONDS

from tests.unit.support.fake_queues import DAY, FakeSqs, Queues
from tests.unit.support.sweep_marks import with_budget

HOUR = 3600.0


@pytest.mark.parametrize("letters", [40, 60, 400])
def test_one_handlers_dead_letters_take_no_turn_from_anothers_events(
    monkeypatch: pytest.MonkeyPatch, letters: int
) -> None:
    """A budget of 50 messages an hour, in place of 50,000 a minute."""
    with_budget(monkeypatch, 50, 50)
    there = Queues(FakeSqs(), "a", "b")
    there.aws.functions["a"].concurrency, there.aws.functions["a"].mapping = None, "Enabled"
    for n in range(10):
        there.sqs.put(there.queue("b"), str(n))
    for n in range(letters):
        there.sqs.put(there.dead("a"), str(n))
    for _ in range(int(30 * DAY / HOUR)):
        there.run(HOUR)
        assert there.sqs.oldest(there.queue("b")) < 11 * DAY
        assert there.sqs.oldest(there.dead("a")) < 11 * DAY
    assert len(there.sqs.messages(there.queue("b"))) == 10
    assert len(there.sqs.messages(there.dead("a"))) == letters


@pytest.mark.parametrize("size", [2_000, 4_000])
def test_a_large_queue_takes_no_turn_from_the_others(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """25 moves an hour are enough for 4,000 events, and the other queues get their share."""
    with_budget(monkeypatch, 50, 50)
    there = Queues(FakeSqs(), "a", "b", "c")
    for n in range(size):
        there.sqs.put(there.queue("a"), str(n))
    for name in "bc":
        for n in range(10):
            there.sqs.put(there.queue(name), str(n))
    for _ in range(int(20 * DAY / HOUR)):
        there.run(HOUR)
        assert there.sqs.oldest(there.queue("b")) < 6 * DAY
        assert there.sqs.oldest(there.queue("c")) < 6 * DAY
        assert there.sqs.oldest(there.queue("a")) < 13 * DAY


def test_a_runs_budget_is_shared_by_all_queues_with_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with_budget(monkeypatch, 60, 1000)
    there = Queues(FakeSqs(), "a", "b", "c")
    for name in "abc":
        for _ in range(100 if name != "b" else 10):
            there.sqs.put(there.queue(name))
    there.run()
    there.sqs.now += 5 * DAY
    assert there.run() == {"a": 20, "b": 10, "c": 30}


def test_queues_without_a_turn_come_first_in_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call takes a second, and a run has time for eight turns."""
    names = [f"h{n:02}" for n in range(20)]
    there = Queues(FakeSqs(), *names)
    for name in names:
        for _ in range(1000):
            there.sqs.put(there.queue(name))
    there.run()
    there.sqs.now += 5 * DAY
    there.sqs._latency = 1.0
    served: Counter[str] = Counter()
    for _ in range(6):
        served.update(there.run().keys())
    assert set(served) == set(names)
    assert max(served.values()) - min(served.values()) <= 1
    assert RUN_SECONDS / TURN_SECONDS == 8


def test_events_come_before_dead_letters_that_waited_equally_long(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Queues(FakeSqs(), "a", "b")
    there.run()
    there.sqs.now += 5 * DAY
    there.sqs.put(there.dead("a"), age=5 * DAY)
    there.sqs.put(there.queue("b"), age=5 * DAY)
    order: list[str] = []
    real = there.sqs.receive_message

    def receive(**arguments: Any) -> Any:
        order.append(arguments["QueueUrl"])
        return real(**arguments)

    monkeypatch.setattr(there.sqs, "receive_message", receive)
    there.table.items.clear()
    for handler in ("a", "b"):
        there.retention.put(handler, RetentionState(idle_ms=int((there.sqs.now - 5 * DAY) * 1000)))
    there.run()
    assert order.index(there.queue("b")) < order.index(there.dead("a"))
