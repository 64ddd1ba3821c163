"""Whose turn it is in a run of the reconciler: many handlers, their queues and their dead-letter queues."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from sluice.retention import rescue
from sluice.retention.state import RetentionState, SweepState
from sluice.retention.turns import RUN_SECONDS, TURN_SECONDS
from sluice.worker import attempts

from tests.unit.support.fake_queues import DAY, FakeSqs, Queues
from tests.unit.support.sweep_marks import envelope_of, marked, with_budget

HOUR = 3600.0


@pytest.mark.parametrize("letters", [40, 60, 400])
def test_another_handler_s_dead_letters_keep_nobody_s_events_from_being_moved(
    monkeypatch: pytest.MonkeyPatch, letters: int
) -> None:
    """50 moves and looks each half hour, in place of 50,000 a minute."""
    with_budget(monkeypatch, 50, 50)
    there = Queues(FakeSqs(), "a", "b")
    there.aws.functions["a"].concurrency, there.aws.functions["a"].mapping = None, "Enabled"
    for n in range(10):
        there.sqs.put(there.queue("b"), str(n))
    for n in range(letters):
        there.sqs.put(there.dead("a"), str(n))
    for _ in range(int(30 * DAY / HOUR * 2)):
        there.run(HOUR / 2)
        assert there.sqs.oldest(there.queue("b")) < 11 * DAY
        assert there.sqs.oldest(there.dead("a")) < 11 * DAY
    assert len(there.sqs.messages(there.queue("b"))) == 10
    assert len(there.sqs.messages(there.dead("a"))) == letters


@pytest.mark.parametrize("size", [4_000, 8_000])
def test_a_large_queue_keeps_nobody_s_events_from_being_moved(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """25 moves every half hour are enough for 8,000 events; of which the second handler's get their share."""
    with_budget(monkeypatch, 50, 50)
    there = Queues(FakeSqs(), "a", "b", "c")
    for n in range(size):
        there.sqs.put(there.queue("a"), str(n))
    for name in "bc":
        for n in range(10):
            there.sqs.put(there.queue(name), str(n))
    for _ in range(int(20 * DAY / HOUR * 2)):
        there.run(HOUR / 2)
        assert there.sqs.oldest(there.queue("b")) < 6 * DAY
        assert there.sqs.oldest(there.queue("c")) < 6 * DAY
        assert there.sqs.oldest(there.queue("a")) < 13 * DAY


def test_a_run_s_room_is_for_all_that_have_something_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with_budget(monkeypatch, 60, 1000)
    there = Queues(FakeSqs(), "a", "b", "c")
    for name in "abc":
        for _ in range(100 if name != "b" else 10):
            there.sqs.put(there.queue(name))
    there.run()
    there.sqs.now += 5 * DAY
    assert there.run() == {"a": 20, "b": 10, "c": 30}


def test_who_got_no_turn_is_first_in_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call takes a second: a run is enough for eight turns."""
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


def test_of_those_that_waited_equally_long_events_come_before_dead_letters(monkeypatch: pytest.MonkeyPatch) -> None:
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
    for kept in ("a", "b"):
        there.retention.put(kept, RetentionState(idle_ms=int((there.sqs.now - 5 * DAY) * 1000)))
    there.run()
    assert order.index(there.queue("b")) < order.index(there.dead("a"))


# ---- dead letters


@pytest.mark.parametrize("order", ["oldest", "random"])
def test_more_throttled_dead_letters_than_a_run_can_see_are_all_put_back(
    monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    with_budget(monkeypatch, 50, 50)
    there = Queues(FakeSqs(order), "a")
    # Those that came after the last throttle are in front.
    for n in range(300):
        there.sqs.put(there.dead("a"), f"guilty-{n}", age=HOUR, receives=5)
    for n in range(70):
        there.sqs.put(there.dead("a"), f"wronged-{n}", age=4 * HOUR, receives=5)
    for message in there.sqs.messages(there.dead("a")):
        message.number += 1000 * (message.body[0] == "w")
        if order == "oldest":
            message.sent = there.sqs.now - (5 if message.body[0] == "g" else 4) * HOUR
    there.metrics.throttled = datetime.fromtimestamp(there.sqs.now - 4 * HOUR, UTC)
    if order == "oldest":
        # They are left for dead for another reason.
        monkeypatch.setattr(rescue, "is_rescuable", lambda letter, *_: letter.body.startswith("wronged"))
    runs = 0
    while (
        not runs or there.retention.all()["a"].rescue.began_ms is not None or not there.retention.all()["a"].dead_seen
    ):
        there.run()
        runs += 1
        assert runs < 80, "the sweep does not end"
    assert sorted(message.body for message in there.sqs.messages(there.queue("a"))) == sorted(
        f"wronged-{n}" for n in range(70)
    )
    assert len(there.sqs.messages(there.dead("a"))) == 300
    # The day's pass comes after it.
    while there.retention.all()["a"].dead.last_ms is None:
        there.run()
    calls = there.sqs.calls["receive"]
    for _ in range(11):
        there.run()
    assert there.sqs.calls["receive"] == calls, "it has been seen to"


def test_a_throttled_event_is_put_back_also_when_the_day_s_pass_has_sent_it_again() -> None:
    there = Queues(FakeSqs(), "a")
    there.sqs.put(there.dead("a"), age=6 * DAY, receives=5)
    there.run()
    (letter,) = there.sqs.messages(there.dead("a"))
    assert envelope_of(letter)["kept"] == 1
    there.metrics.throttled = datetime.fromtimestamp(there.sqs.now - 6 * DAY, UTC)
    there.sqs.put(there.dead("a"), "of today", receives=5)
    for _ in range(6):
        there.run()
    assert [message.body for message in there.sqs.messages(there.queue("a"))] == ["1"]
    assert [message.body for message in there.sqs.messages(there.dead("a"))] == ["of today"]


def test_nothing_is_looked_for_in_a_dead_letter_queue_in_the_midst_of_the_day_s_pass() -> None:
    there = Queues(FakeSqs(), "a")
    there.sqs.put(there.dead("a"), age=HOUR, receives=5)
    there.metrics.throttled = datetime.fromtimestamp(there.sqs.now, UTC)
    now_ms = int(there.sqs.now * 1000)
    there.retention.put(
        "a",
        RetentionState(dead=SweepState(began_ms=now_ms - 1, served_ms=now_ms), rescue=SweepState(began_ms=now_ms - 2)),
    )
    there.run()
    assert (there.retention.all()["a"].rescue.runs, there.retention.all()["a"].rescue.last_ms) == (0, None)


def test_an_event_is_not_put_back_for_ever() -> None:
    there = Queues(FakeSqs(), "a")
    there.metrics.throttled = datetime.fromtimestamp(there.sqs.now, UTC)
    for receives in (attempts.MAX_TOTAL_RECEIVES - 1, attempts.MAX_TOTAL_RECEIVES):
        there.sqs.put(there.dead("a"), str(receives), age=60, receives=5)
        there.sqs.messages(there.dead("a"))[-1].attributes = marked(1, receives=receives)
    for _ in range(6):
        there.run()
    assert [message.body for message in there.sqs.messages(there.queue("a"))] == [str(attempts.MAX_TOTAL_RECEIVES - 1)]
    assert [message.body for message in there.sqs.messages(there.dead("a"))] == [str(attempts.MAX_TOTAL_RECEIVES)]
