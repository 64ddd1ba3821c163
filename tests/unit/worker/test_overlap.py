"""Runs of a cron overlap, unless it asks for one at a time: then a tick that comes during a run is skipped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sluice.worker.overlap import CronLock

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.counted import DUE, Runs, function, send, tick


@pytest.fixture
def runs() -> Runs:
    return Runs()


def test_a_tick_during_another_run_is_skipped_and_its_trace_says_so(cloud: Cloud) -> None:
    ran: list[str] = []

    def handle(event: Any) -> None:
        ran.append(event["scheduled_at"])
        if len(ran) == 1:
            other.poll()

    first, other = (function(cloud, handle, overlap="skip") for _ in range(2))
    first.batch_size = other.batch_size = 1
    send(cloud, tick())
    send(cloud, tick(DUE + timedelta(minutes=1)))
    first.poll()

    assert len(ran) == 1
    skipped, under_way = sorted(first.traces(), key=lambda trace: trace.skipped is None)
    assert skipped.skipped == f"another run was under way: {under_way.id}"
    assert (skipped.status, skipped.attempts, skipped.started_ms, skipped.completed) == ("ok", 0, None, True)
    assert skipped.printed()["skipped"] == skipped.skipped
    assert under_way.status == "ok"


def test_runs_overlap_by_default(cloud: Cloud) -> None:
    ran: list[str] = []

    def handle(event: Any) -> None:
        ran.append(event["scheduled_at"])
        if len(ran) == 1:
            other.poll()

    first, other = (function(cloud, handle) for _ in range(2))
    first.batch_size = other.batch_size = 1
    send(cloud, tick())
    send(cloud, tick(DUE + timedelta(minutes=1)))
    first.poll()

    assert len(ran) == 2


@pytest.mark.parametrize("fails", [False, True])
def test_the_next_tick_runs_once_the_run_before_has_ended(cloud: Cloud, fails: bool) -> None:
    ran: list[str] = []

    def handle(event: Any) -> None:
        ran.append(event["scheduled_at"])
        if fails:
            raise ValueError

    made = function(cloud, handle, overlap="skip")
    for minute in range(3):
        send(cloud, tick(DUE + timedelta(minutes=minute)))
    # All of one batch, one after the other.
    made.poll()

    assert len(ran) == 3


def test_a_run_whose_process_died_keeps_the_lock_until_its_invocation_must_be_over(cloud: Cloud, runs: Runs) -> None:
    now = 1_000_000.0
    lock = CronLock(cloud.dynamodb, cloud.names.trace_table, HANDLER, clock=lambda: now)

    assert lock.take("one", 35) == "one"
    now += 35
    assert lock.take("two", 35) == "one"
    # A redelivery of the one that died is the same event.
    assert lock.take("one", 35) == "one"
    now += 36.1
    assert lock.take("two", 35) == "two"
    # The late end of the first must not free what is the second's.
    lock.release("one")
    assert lock.take("three", 35) == "two"
    lock.release("two")
    assert lock.take("three", 35) == "three"


def test_a_tick_whose_lock_cannot_be_taken_goes_back_to_the_queue(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs, overlap="skip")
    made.cron_lock = CronLock(cloud.dynamodb, "no-such-table", HANDLER)
    made.worker = made.new_process()
    send(cloud, tick())

    assert len(made.poll()["batchItemFailures"]) == 1
    assert runs.events == []
