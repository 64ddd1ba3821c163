"""A tick runs once, however often Scheduler sends it, and only in the weeks of its cron."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sluice import emit
from sluice.event.ids import id_of_tick
from sluice.queue.dead_letters import DeadLetters
from sluice.queue.message import ReceivedMessage

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.counted import DUE, Runs, function, send, tick
from tests.unit.support.function import Context, Function
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet


@pytest.fixture
def runs() -> Runs:
    return Runs()


# ---- once


def test_a_tick_that_is_sent_twice_runs_once(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    for _ in range(2):
        send(cloud, tick())

    assert made.poll()["batchItemFailures"] == []

    assert runs.events == [{"cron": HANDLER, "scheduled_at": "2025-12-01T02:00:00Z"}]
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


def test_while_one_message_of_a_tick_runs_the_other_is_acknowledged(cloud: Cloud) -> None:
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


def test_an_emitted_event_that_looks_like_a_tick_is_not_that_tick(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    send(cloud, tick())
    asked = emit(HANDLER, {"cron": HANDLER, "scheduled_at": "2025-12-01T02:00:00Z"})
    made.poll()

    assert len(runs.events) == 2
    assert asked in {trace.id for trace in made.traces()}


def test_a_tick_whose_process_dies_five_times_is_a_dead_letter_with_its_id(cloud: Cloud) -> None:
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


# ---- fortnights


def test_a_fortnightly_cron_runs_every_second_week(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs, fortnight=DUE)
    # By the clock of Berlin, over the end of daylight saving.
    hours = [timedelta(weeks=week) for week in (-7, -6, -5, -4, 0, 1, 2)]
    for offset in hours:
        send(cloud, tick(DUE + offset - timedelta(hours=offset < timedelta(weeks=-5))))
    made.poll()

    assert [event["scheduled_at"][:10] for event in runs.events] == [
        "2025-10-20",
        "2025-11-03",
        "2025-12-01",
        "2025-12-15",
    ]
    assert len(made.traces()) == 4
    make_visible(cloud)
    assert made.receive() == []


def test_an_event_emitted_to_a_fortnightly_cron_runs_in_any_week(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs, fortnight=DUE + timedelta(weeks=1))
    emit(HANDLER, {"cron": HANDLER, "scheduled_at": "2025-12-01T02:00:00Z"})
    made.poll(Context())
    assert len(runs.events) == 1
