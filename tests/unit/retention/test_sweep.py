"""Passes over queues: larger than a run, in any order, of many handlers, with calls that fail or take long."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from typing import Any

import pytest
from sluice.event.envelope import Envelope, from_text
from sluice.event.ids import id_of_message
from sluice.queue import transfer
from sluice.reconciler import reconciler
from sluice.retention import resend, sweep
from sluice.retention.budget import Budget
from sluice.retention.state import RetentionState, SweepState
from sluice.retention.sweep import BatchResult, Queue, begin
from sluice.retention.turns import RUN_SECONDS

from tests.unit.support.fake_queues import DAY, FakeSqs, NoTraces, Queues
from tests.unit.support.sweep_marks import envelope_of, marked, with_budget

HOUR = 3600.0
NO_TRACES: Any = NoTraces()


# ---- large queues, in any order


@pytest.mark.parametrize(("order", "seed"), [("oldest", 1), *(("random", seed) for seed in range(5))])
def test_a_pass_over_many_runs_ends_with_everything_moved_whatever_the_order(
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
        # Between two runs somebody emits.
        there.sqs.put(there.queue("a"), f"new-{runs}")
        assert all(message.receives < 5 for message in there.sqs.messages(there.queue("a")))
        assert runs < 150, "the pass does not end"

    began = there.retention.all()["a"].live.last_ms
    old = [message for message in there.sqs.messages(there.queue("a")) if not message.body.startswith("new-")]
    assert there.sqs.dead == []
    assert sorted(int(message.body) for message in old) == list(range(1000))
    # At random, it may miss one, which the next pass does not.
    assert sum(envelope_of(message).get("pass") != began for message in old) <= (0 if order == "oldest" else 2)
    assert all("receives" not in envelope_of(message) for message in old), "its own looks are no attempts"
    assert there.sqs.sent_to[there.queue("a")] < (1_700 if order == "oldest" else 6_000)


def test_a_queue_that_one_run_can_see_costs_a_receive_a_send_and_a_delete(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_what_lost_receives_to_throttling_is_sent_again_also_when_it_is_new() -> None:
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


def test_a_copy_is_known_by_its_mark_also_where_sqs_has_an_earlier_time() -> None:
    there = Queues(FakeSqs(), "a")
    now_ms = int(there.sqs.now * 1000)
    state = begin(SweepState(began_ms=now_ms), now_ms)
    for began in (now_ms, now_ms - 1):
        there.sqs.put(there.queue("a"), str(began), age=5.0)
        there.sqs.messages(there.queue("a"))[-1].attributes = marked(began)
    resend.resend_waiting(Queue(there.sqs, there.queue("a"), "a"), state, Budget(100, lambda: False), NO_TRACES)
    assert there.sqs.sent_to[there.queue("a")] == 1


def test_what_stays_is_let_go_at_once() -> None:
    there = Queues(FakeSqs(), "a")
    for n in range(30):
        there.sqs.put(there.queue("a"), str(n))
        there.sqs.put(there.dead("a"), str(n))
    state = begin(SweepState(), int(there.sqs.now * 1000) - 1000)
    resend.resend_waiting(Queue(there.sqs, there.queue("a"), "a"), state, Budget(100, lambda: False), NO_TRACES)
    resend.resend_dead(Queue(there.sqs, there.dead("a"), "a"), state, Budget(100, lambda: False))
    for queue in (there.queue("a"), there.dead("a")):
        assert [message.visible <= there.sqs.now for message in there.sqs.messages(queue)] == [True] * 30


@pytest.mark.parametrize(
    ("size", "looks"),
    [(0, sweep.LEAST_CLEAN), (90, sweep.LEAST_CLEAN), (700, 1400), (5000, 3000)],
)
def test_a_pass_looks_twice_at_as_many_as_there_are_before_it_ends(
    monkeypatch: pytest.MonkeyPatch, size: int, looks: int
) -> None:
    """What it is given here never ends."""
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
        # The tenth batch has something in it.
        return BatchResult(moves=0, new_moves=1 if seen == 100 else 0, left=())

    state = begin(SweepState(), 1000)
    queue: Any = Queue(sqs, "queue", "a")  # type: ignore[arg-type]
    state = sweep.sweep(queue, state, Budget(10_000, lambda: False, receives=100), process)
    assert (state.clean, state.last_ms) == (0, None)
    state = sweep.sweep(queue, begin(state, 2000), Budget(10_000, lambda: False, receives=looks - 10), process)
    assert (state.began_ms, state.clean, state.runs) == (1000, looks - 10, 2)
    state = sweep.sweep(queue, begin(state, 3000), Budget(10_000, lambda: False), process)
    assert (state.began_ms, state.last_ms, state.clean, state.runs) == (None, 1000, 0, 0)
    assert seen == 100 + looks


# ---- memory, time, failures


def test_of_what_stays_only_the_receipt_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert peak < 10_000_000, "30 MB have been looked at"


def test_a_run_stops_in_time() -> None:
    """Half a second for each call."""
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


def test_a_batch_that_sqs_refuses_keeps_the_others_from_nothing() -> None:
    there = Queues(FakeSqs(), "a", "b")
    for n in range(100):
        there.sqs.put(there.queue("a"), "illegal" if n == 0 else "1")
        there.sqs.put(there.queue("b"))
    there.run()
    there.sqs.now += 5 * DAY
    there.sqs.refuses = lambda body: body == "illegal"
    with pytest.raises(reconciler.ReconcilerError, match=r"a: .*InvalidMessageContents"):
        there.run()
    # What was received in vain is out of sight.
    there.run()
    with pytest.raises(reconciler.ReconcilerError, match=r"a: .*InvalidMessageContents"):
        there.run()
    kept = there.retention.all()
    assert kept["a"].live.runs == 3, "the pass goes on, and does not begin anew"
    assert kept["b"].live.last_ms is not None
    assert sum("kept" in envelope_of(message) for message in there.sqs.messages(there.queue("a"))) == 90
    assert max(envelope_of(message).get("kept", 0) for message in there.sqs.messages(there.queue("a"))) == 1
    there.sqs.refuses = lambda body: False
    for _ in range(6):
        there.run()
    assert there.retention.all()["a"].live.last_ms is not None
    assert sum("kept" in envelope_of(message) for message in there.sqs.messages(there.queue("a"))) == 100


def test_a_queue_that_refuses_everything_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Queues(FakeSqs(), "a")
    for _ in range(1000):
        there.sqs.put(there.queue("a"))
    there.run()
    there.sqs.now += 5 * DAY
    there.sqs.refuses = lambda body: True
    with pytest.raises(reconciler.ReconcilerError):
        there.run()
    assert there.sqs.calls["send"] == 3


# ---- what is remembered and what travels along


def test_the_mark_travels_in_the_envelope_and_is_checked() -> None:
    envelope = Envelope(id=id_of_message("00000000-0000-4000-8000-000000000001", 1), emitted_ms=1, sweep_ms=5)
    assert from_text(envelope.to_text()) == envelope
    assert "pass" not in Envelope(id=envelope.id, emitted_ms=1).to_text()
    wrongs: list[Any] = ["5", -1, 1.5, [], True]
    for wrong in wrongs:
        assert from_text(json.dumps({"id": envelope.id, "at": 1, "pass": wrong})) is None


def test_what_another_version_remembered_is_no_hindrance() -> None:
    there = Queues(FakeSqs(), "a")
    text = json.dumps({"idle_ms": 7, "pass_ms": 8, "live": {"began_ms": 9, "other": 1}, "dead_seen": 2})
    there.table.put_item(Item={"pk": {"S": "#keeping"}, "sk": {"S": "a"}, "kept": {"S": text}})
    assert there.retention.all() == {"a": RetentionState(idle_ms=7, live=SweepState(began_ms=9), dead_seen=2)}
