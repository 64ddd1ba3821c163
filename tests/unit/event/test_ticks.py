"""Ticks: one run each, however often Scheduler sends them; none that overlap, if the cron asks for that."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sluice import emit
from sluice.event.from_message import read_message
from sluice.event.ids import id_of_tick, is_id, time_of_id
from sluice.event.ticks import due_ms, tick_of
from sluice.queue.dead_letters import DeadLetters
from sluice.queue.message import ReceivedMessage
from sluice.worker.overlap import CronLock

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.counted import Runs, function, send
from tests.unit.support.function import Context, Function
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet

DUE = datetime(2026, 11, 30, 2, tzinfo=UTC)


def tick(due: datetime = DUE, cron: str = HANDLER) -> str:
    return tick_of(cron).replace("<aws.scheduler.scheduled-time>", due.strftime("%Y-%m-%dT%H:%M:%SZ"))


@pytest.fixture
def runs() -> Runs:
    return Runs()


# ---- what a tick is


def test_a_tick_is_told_by_its_whole_body() -> None:
    due = int(DUE.timestamp() * 1000)
    assert due_ms(tick(), HANDLER) == due
    assert due_ms(json.dumps({"scheduled_at": "2026-11-30T03:00:00+01:00", "cron": HANDLER}), HANDLER) == due


@pytest.mark.parametrize(
    "body",
    [
        tick(cron="another"),
        tick_of(HANDLER),
        "",
        "null",
        "[]",
        "{}",
        "{" * 299,
        json.dumps({"cron": HANDLER}),
        json.dumps({"cron": HANDLER, "scheduled_at": None}),
        json.dumps({"cron": HANDLER, "scheduled_at": 5}),
        json.dumps({"cron": HANDLER, "scheduled_at": "2026-11-30T02:00:00"}),
        json.dumps({"cron": HANDLER, "scheduled_at": "0001-01-01T00:00:00+14:00"}),
        json.dumps({"cron": HANDLER, "scheduled_at": "1969-01-01T00:00:00Z"}),
        json.dumps({"cron": HANDLER, "scheduled_at": "2026-11-30T02:00:00Z", "and": "more"}),
        json.dumps({"cron": HANDLER, "scheduled_at": "2026-11-30T02:00:00Z"}) + " " * 300,
    ],
)
def test_all_else_is_an_event_like_any_other(body: str) -> None:
    assert due_ms(body, HANDLER) is None
    text, envelope = read_message(body, None, handler=HANDLER, message_id="m", sent_ms=1)
    assert (text, envelope.key, envelope.emitted_by) == (body, None, None)


def test_a_ticks_id_is_its_crons_name_and_its_time() -> None:
    due = int(DUE.timestamp() * 1000)
    ids = {id_of_tick(cron, moment) for cron in ("a", "b") for moment in (due, due + 60_000)}
    assert len(ids) == 4
    assert all(map(is_id, ids))
    assert time_of_id(id_of_tick("a", due)) == DUE.timestamp()
    assert id_of_tick("a", due) in ids


# ---- once


def test_a_tick_that_is_sent_twice_runs_once(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    for _ in range(2):
        send(cloud, tick())

    assert made.poll()["batchItemFailures"] == []

    assert runs.events == [{"cron": HANDLER, "scheduled_at": "2026-11-30T02:00:00Z"}]
    (trace,) = made.traces()
    assert (trace.id, trace.status, trace.result) == (id_of_tick(HANDLER, int(DUE.timestamp() * 1000)), "ok", 1)
    assert (trace.emitted_by, trace.duplicate_of) == ("scheduler.amazonaws.com", None)


def test_a_tick_that_is_sent_again_later_does_not_run_again(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    send(cloud, tick())
    made.poll()
    send(cloud, tick())
    make_visible(cloud)
    assert made.poll()["batchItemFailures"] == []

    assert len(runs.events) == 1
    assert made.receive() == []


def test_while_one_message_of_a_tick_runs_the_other_is_let_go(cloud: Cloud) -> None:
    first = function(cloud, lambda event: None)
    events: list[Any] = []

    def handle(event: Any) -> str:
        events.append(event)
        second = function(cloud, handle)
        assert second.poll()["batchItemFailures"] == []
        return "the first"

    first.handle = handle
    first.batch_size = 1
    for _ in range(2):
        send(cloud, tick())
    first.poll()

    assert len(events) == 1
    (trace,) = first.traces()
    assert (trace.status, trace.result) == ("ok", "the first")


def test_ticks_of_different_times_all_run(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    for minute in range(5):
        send(cloud, tick(DUE + timedelta(minutes=minute)))
    made.poll()

    assert len(runs.events) == 5
    assert [trace.id for trace in made.traces()] == sorted((trace.id for trace in made.traces()), reverse=True)


def test_a_run_that_a_person_asks_for_is_not_the_tick_of_its_second(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    send(cloud, tick())
    asked = emit(HANDLER, {"cron": HANDLER, "scheduled_at": "2026-11-30T02:00:00Z"})
    made.poll()

    assert len(runs.events) == 2
    assert asked in {trace.id for trace in made.traces()}


def test_a_tick_whose_process_dies_has_five_attempts_and_then_lies_dead_under_its_id(cloud: Cloud) -> None:
    starts: list[Any] = []

    def handle(event: Any) -> None:
        starts.append(event)
        made.die()  # type: ignore[attr-defined]

    made = Function(cloud, handle)
    send(cloud, tick())
    send(cloud, tick())
    poll_until_quiet(cloud, made)

    assert len(starts) == 5
    letters: list[ReceivedMessage] = []
    DeadLetters(cloud.sqs, cloud.names, HANDLER).each(letters.append)
    assert {letter.envelope.id for letter in letters} == {id_of_tick(HANDLER, int(DUE.timestamp() * 1000))}
    assert dead_letters(cloud)


# ---- overlap


def test_a_tick_that_comes_while_another_runs_is_skipped_and_says_so(cloud: Cloud) -> None:
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


def test_by_default_runs_overlap(cloud: Cloud) -> None:
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
def test_the_next_tick_runs_once_the_one_before_has_ended_however_it_did(cloud: Cloud, fails: bool) -> None:
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


def test_a_run_whose_process_died_holds_others_back_until_its_invocation_must_be_over(cloud: Cloud, runs: Runs) -> None:
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


def test_without_its_lock_a_tick_goes_back(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs, overlap="skip")
    made.cron_lock = CronLock(cloud.dynamodb, "no-such-table", HANDLER)
    made.worker = made.new_process()
    send(cloud, tick())

    assert len(made.poll()["batchItemFailures"]) == 1
    assert runs.events == []


# ---- fortnights


def test_a_fortnightly_cron_runs_every_second_week(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs, fortnight=DUE)
    # By the clock of Berlin, over the end of daylight saving.
    hours = [timedelta(weeks=week) for week in (-7, -6, -5, -4, 0, 1, 2)]
    for offset in hours:
        send(cloud, tick(DUE + offset - timedelta(hours=offset < timedelta(weeks=-5))))
    made.poll()

    assert [event["scheduled_at"][:10] for event in runs.events] == [
        "2026-10-19",
        "2026-11-02",
        "2026-11-30",
        "2026-12-14",
    ]
    assert len(made.traces()) == 4
    make_visible(cloud)
    assert made.receive() == []


def test_what_a_person_emits_to_a_fortnightly_cron_runs_in_any_week(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs, fortnight=DUE + timedelta(weeks=1))
    emit(HANDLER, {"cron": HANDLER, "scheduled_at": "2026-11-30T02:00:00Z"})
    made.poll(Context())
    assert len(runs.events) == 1
