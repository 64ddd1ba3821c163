"""Sweeps of queues: larger than a run, in any order, of many handlers, with calls that fail or take long."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from typing import Any

import pytest
from sluice.queue import transfer
from sluice.reconciler import reconciler
from sluice.retention import sweep
from sluice.retention.budget import Budget
from sluice.retention.state import SweepState
from sluice.retention.sweep import BatchResult, Queue, begin
from sluice.retention.turns import RUN_SECONDS

from tests.unit.support.fake_queues import DAY, FakeSqs, NoTraces, Queues
from tests.unit.support.sweep_marks import envelope_of, with_budget

HOUR = 3600.0
NO_TRACES: Any = NoTraces()


# ---- large queues, in any order


@pytest.mark.parametrize(("order", "seed"), [("oldest", 1), *(("random", seed) for seed in range(5))])
def test_a_sweep_of_many_runs_moves_every_message_in_any_order(
    monkeypatch: pytest.MonkeyPatch, order: str, seed: int
) -> None:
    with_budget(monkeypatch, 200, 200)
    there = Queues(FakeSqs(order, seed=seed), "a")
    there.run()
    for n in range(1000):
        there.sqs.put(there.queue("a"), str(n))
    there.sqs.now += 5 * DAY
    runs = 0
    while there.retention.all()["a"].live.last_ms is None:
        there.run()
        runs += 1
        # Somebody emits between two runs.
        there.sqs.put(there.queue("a"), f"new-{runs}")
        assert all(message.receives < 5 for message in there.sqs.messages(there.queue("a")))
        assert runs < 150, "the sweep does not end"

    began = there.retention.all()["a"].live.last_ms
    old = [message for message in there.sqs.messages(there.queue("a")) if not message.body.startswith("new-")]
    assert there.sqs.dead == []
    assert sorted(int(message.body) for message in old) == list(range(1000))
    # In random order it may miss one, which the next sweep moves.
    assert sum(envelope_of(message).get("pass") != began for message in old) <= (0 if order == "oldest" else 2)
    assert all("receives" not in envelope_of(message) for message in old), "its own receives are no attempts"
    assert there.sqs.sent_to[there.queue("a")] < (1_700 if order == "oldest" else 6_000)


def test_a_sweep_within_one_run_takes_a_receive_a_send_and_a_delete_for_ten_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = Queues(FakeSqs("random"), "a")
    for n in range(1000):
        there.sqs.put(there.queue("a"), str(n))
    there.run()
    there.sqs.now += 5 * DAY
    there.sqs.calls.clear()
    assert there.run() == {"a": 1000}
    assert there.retention.all()["a"].live.began_ms is None
    assert there.sqs.calls == {"receive": 100 + transfer.EMPTY_RECEIVES, "send": 100, "delete": 100}


def test_several_threads_move_each_message_once() -> None:
    there = Queues(FakeSqs("random"), "a")
    for n in range(5 * sweep.MESSAGES_PER_THREAD):
        there.sqs.put(there.queue("a"), str(n))
    there.run()
    there.sqs.now += 5 * DAY
    assert there.run() == {"a": 5 * sweep.MESSAGES_PER_THREAD}
    assert Counter(message.body for message in there.sqs.messages(there.queue("a"))) == Counter(
        str(n) for n in range(5 * sweep.MESSAGES_PER_THREAD)
    )
    assert len(there.sqs.threads) > 1


@pytest.mark.parametrize(
    ("size", "enough_clean"),
    [(0, sweep.LEAST_CLEAN), (90, sweep.LEAST_CLEAN), (700, 1400), (5000, 3000)],
)
def test_a_sweep_ends_once_twice_its_messages_in_a_row_needed_nothing(
    monkeypatch: pytest.MonkeyPatch, size: int, enough_clean: int
) -> None:
    """The queue of this test is never found empty."""
    monkeypatch.setattr(sweep, "ENOUGH_CLEAN", 3000)
    monkeypatch.setattr(transfer, "count", lambda *_: size)
    monkeypatch.setattr(sweep, "THREADS", 1)
    sqs = FakeSqs()
    sqs.put("queue", "1")
    batch = transfer.receive(sqs, "queue", "a", hold=60) * 10  # type: ignore[arg-type]
    monkeypatch.setattr(transfer, "receive", lambda *_, **__: batch)
    seen = 0

    def process(given: list[Any]) -> BatchResult:
        nonlocal seen
        seen += len(given)
        # One message of the tenth batch is moved.
        return BatchResult(moves=0, new_moves=1 if seen == 100 else 0, left=())

    state = begin(SweepState(), 1000)
    queue: Any = Queue(sqs, "queue", "a")  # type: ignore[arg-type]
    state = sweep.sweep(queue, state, Budget(10_000, lambda: False, receives=100), process)
    assert (state.clean, state.last_ms) == (0, None)
    state = sweep.sweep(queue, begin(state, 2000), Budget(10_000, lambda: False, receives=enough_clean - 10), process)
    assert (state.began_ms, state.clean, state.runs) == (1000, enough_clean - 10, 2)
    state = sweep.sweep(queue, begin(state, 3000), Budget(10_000, lambda: False), process)
    assert (state.began_ms, state.last_ms, state.clean, state.runs) == (None, 1000, 0, 0)
    assert seen == 100 + enough_clean


# ---- memory, time, failures


def test_only_the_receipts_of_messages_that_stay_are_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Queues(FakeSqs(), "a")
    for _ in range(300):
        there.sqs.put(there.dead("a"))
    real = there.sqs.receive_message

    def receive(**arguments: Any) -> Any:
        answer = real(**arguments)
        for message in answer.get("Messages", []):
            message["Body"] = '"' + "x" * 100_000 + message["MessageId"] + '"'
        return answer

    monkeypatch.setattr(there.sqs, "receive_message", receive)
    tracemalloc.start()
    there.run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert there.sqs.calls["receive"] > 30
    assert peak < 10_000_000, "30 MB were received"


def test_a_run_stops_in_time() -> None:
    """Each call takes half a second."""
    there = Queues(FakeSqs(latency=0.5), "a")
    for _ in range(500):
        there.sqs.put(there.queue("a"))
    there.run()
    there.sqs.now += 5 * DAY
    began = there.sqs.now
    there.run(step=0)
    assert RUN_SECONDS <= there.sqs.now - began < RUN_SECONDS + 3
    for _ in range(10):
        there.run()
    assert there.retention.all()["a"].live.last_ms is not None


def test_a_batch_that_sqs_refuses_stops_no_other_batch() -> None:
    there = Queues(FakeSqs(), "a", "b")
    for n in range(100):
        there.sqs.put(there.queue("a"), "illegal" if n == 0 else "1")
        there.sqs.put(there.queue("b"))
    there.run()
    there.sqs.now += 5 * DAY
    there.sqs.refuses = lambda body: body == "illegal"
    with pytest.raises(reconciler.ReconcilerError, match=r"a: .*InvalidMessageContents"):
        there.run()
    # The messages of the refused batch are invisible for now.
    there.run()
    with pytest.raises(reconciler.ReconcilerError, match=r"a: .*InvalidMessageContents"):
        there.run()
    states = there.retention.all()
    assert states["a"].live.runs == 3, "the sweep goes on, and does not begin anew"
    assert states["b"].live.last_ms is not None
    assert sum("kept" in envelope_of(message) for message in there.sqs.messages(there.queue("a"))) == 90
    assert max(envelope_of(message).get("kept", 0) for message in there.sqs.messages(there.queue("a"))) == 1
    there.sqs.refuses = lambda body: False
    for _ in range(6):
        there.run()
    assert there.retention.all()["a"].live.last_ms is not None
    assert sum("kept" in envelope_of(message) for message in there.sqs.messages(there.queue("a"))) == 100


def test_a_run_gives_up_a_queue_that_refuses_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Queues(FakeSqs(), "a")
    for _ in range(1000):
        there.sqs.put(there.queue("a"))
    there.run()
    there.sqs.now += 5 * DAY
    there.sqs.refuses = lambda body: True
    with pytest.raises(reconciler.ReconcilerError):
        there.run()
    assert there.sqs.calls["send"] == 3
