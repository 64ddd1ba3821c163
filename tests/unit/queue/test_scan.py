"""Scans of a dead-letter queue: slow ones, concurrent ones, and ones during which messages arrive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sluice.queue import dead_letters, scan, transfer
from sluice.queue.dead_letters import DeadLetters, Redriven
from sluice.queue.message import ReceivedMessage
from sluice.queue.scan import LONGEST_HOLD, hold_for
from sluice.stage.names import Names

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.dead import bury, wait_for_nothing
from tests.unit.support.slow_queue import LONG_AGO, SlowQueue


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_nothing(monkeypatch)


def letters_of(queue: SlowQueue, waits: list[int] | None = None) -> DeadLetters:
    waiting = None if waits is None else waits.append
    names: Any = Names(STAGE)
    client: Any = queue
    return DeadLetters(client, names, HANDLER, waiting=waiting, clock=queue.clock, sleep=queue.sleep)


# ---- every scan ends, and is complete


@pytest.mark.parametrize("rtt", [0.05, 0.13, 0.5, 1.2])
def test_listing_ten_thousand_ends_and_is_complete_however_slow_the_link(rtt: float) -> None:
    queue = SlowQueue(10_000, rtt)
    found: list[ReceivedMessage] = []
    progress: list[tuple[int, int]] = []
    assert letters_of(queue).each(found.append, lambda *done: progress.append(done)) == 0
    assert sorted(int(letter.body) for letter in found) == list(range(10_000))
    assert progress[-1] == (10_000, 10_000)
    assert len(progress) >= 1000
    assert len(queue.released) == 10_000, "some stay invisible after the scan"


def test_an_event_that_is_not_there_takes_one_scan() -> None:
    queue = SlowQueue(10_000, 0.13)
    assert letters_of(queue).find("no-such-event") == (None, 0)
    assert letters_of(queue).redrive("no-such-event") == Redriven(0)


def test_a_scan_ends_when_the_event_is_found() -> None:
    queue = SlowQueue(10_000, 0.13)
    found: list[ReceivedMessage] = []
    letters_of(queue).each(found.append)
    queue.calls = 0
    queue.released.clear()
    wanted = next(letter for letter in found if letter.body == "57")
    assert letters_of(queue).find(wanted.envelope.id) == (wanted, 0)
    assert queue.calls < 50
    assert len(queue.released) <= 10 * queue.calls
    assert not queue._hidden, "messages of receives under way are visible again, too"


def test_a_scan_that_is_stopped_makes_every_message_visible_again() -> None:
    queue = SlowQueue(1_000, 0.01)

    def stop(_: ReceivedMessage) -> None:
        if queue.calls > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        letters_of(queue).each(stop)
    assert not queue._hidden
    assert len(queue.bodies()) == 1_000


def test_holds_grow_with_the_count_and_end_within_a_quarter_of_an_hour() -> None:
    few, many = SlowQueue(10, 0.01), SlowQueue(5_000, 0.01)
    for queue in (few, many):
        letters_of(queue).each(lambda _: None)
    assert max(few.holds) < 130
    assert max(many.holds) >= 500
    assert hold_for(10**6, 150) == LONGEST_HOLD == 900


@pytest.mark.parametrize("command", ["list", "redrive"])
def test_a_scan_ends_although_letters_keep_arriving(command: str) -> None:
    queue = SlowQueue(30, 0.1)
    queue.arriving = lambda: f"new-{queue.calls}"
    if command == "list":
        letters_of(queue).each(lambda _: None)
    else:
        redriven = letters_of(queue).redrive()
        assert redriven.done == len(queue.sent) == 30
        assert redriven.arrived > 0
    assert queue.now - LONG_AGO < 60


@pytest.mark.parametrize("count", [40, 1000, 5000])
def test_an_event_that_becomes_a_dead_letter_again_is_redriven_by_the_next_command_only(count: int) -> None:
    queue = SlowQueue(count, 0.05, dies_again=5)
    redriven = letters_of(queue).redrive()
    assert redriven.done == count
    assert sorted(map(int, queue.sent)) == list(range(count))
    assert redriven.held_by_others == 0
    queue.sleep(60)
    assert sorted(map(int, queue.bodies())) == list(range(count))
    assert (redriven.arrived > 0) == (count > 40)
    # The next command redrives them.
    queue.sent.clear()
    assert letters_of(queue).redrive().done == count


@pytest.mark.parametrize("empty", [1, 2])
def test_a_few_empty_receives_do_not_end_a_scan(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, empty: int) -> None:
    """SQS may return nothing although there are messages."""
    bury(cloud, 35)
    real = transfer.receive
    calls: Iterator[int] = iter(range(10_000))

    def sometimes(*arguments: Any, **options: Any) -> list[ReceivedMessage]:
        return real(*arguments, **options) if next(calls) % (empty + 1) == empty else []

    monkeypatch.setattr(transfer, "receive", sometimes)
    letters = DeadLetters(cloud.sqs, cloud.names, HANDLER)
    found: list[ReceivedMessage] = []
    with letters._scan(0, receivers=1) as scanned:
        for batch in scanned:
            found += batch
    assert len(found) == 35
    assert letters.redrive() == Redriven(35)


def test_a_scan_has_several_receives_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, many = threading.Lock(), threading.Event()
    active: list[int] = [0]
    most: list[int] = [0]
    real = transfer.receive

    def slow(*arguments: Any, **options: Any) -> list[ReceivedMessage]:
        with lock:
            active[0] += 1
            most[0] = max(most[0], active[0])
        if active[0] == scan.RECEIVERS:
            many.set()
        many.wait(10)
        with lock:
            active[0] -= 1
        return real(*arguments, **options)

    monkeypatch.setattr(transfer, "receive", slow)
    letters_of(SlowQueue(100, 0.01)).each(lambda _: None)
    assert most == [scan.RECEIVERS]


def test_a_redrive_of_all_letters_has_one_receive_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """If it is killed, one batch at most is in both queues."""
    threads: list[int] = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, count: int) -> None:
            threads.append(count)
            super().__init__(count)

    monkeypatch.setattr(scan, "ThreadPoolExecutor", Pool)
    assert letters_of(SlowQueue(100, 0.01)).redrive() == Redriven(100)
    assert set(threads) == {1}


# ---- messages that others hold


def test_a_scan_waits_for_messages_that_others_hold_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "PATIENCE", 150.0)
    monkeypatch.setattr(dead_letters, "LISTING_PATIENCE", 20.0)
    waits: list[int] = []
    queue = SlowQueue(57, 0.05)
    queue.hold(15)
    assert letters_of(queue, waits).each(lambda _: None) == 0
    queue.hold(120)
    assert letters_of(queue, waits).redrive() == Redriven(57)
    assert waits == [57, 57]


def test_messages_that_others_hold_for_longer_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "PATIENCE", 150.0)
    monkeypatch.setattr(dead_letters, "LISTING_PATIENCE", 20.0)
    queue = SlowQueue(57, 0.05)
    queue.hold(900)
    found: list[ReceivedMessage] = []
    assert letters_of(queue).each(found.append) == 57
    assert letters_of(queue).find("some-id") == (None, 57)
    assert letters_of(queue).redrive() == Redriven(0, held_by_others=57)
    assert not found
    assert not queue.sent
    assert queue.now - LONG_AGO < 400
