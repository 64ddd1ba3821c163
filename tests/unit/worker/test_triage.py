"""An event that takes its process down costs the others of its batch nothing."""

from __future__ import annotations

import json
import time

import pytest
from sluice import emit, emit_many
from sluice.traces import Attempt, Trace

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import dead_letters, make_visible, poll_once, poll_until_quiet
from tests.unit.support.traces import by_event


@pytest.mark.parametrize("poisons", [{3}, {0}, {9}, {0, 4, 9}, {1, 2, 3, 4, 5, 6}, set(range(10))])
def test_events_that_kill_their_process_cost_their_neighbours_nothing(cloud: Cloud, poisons: set[int]) -> None:
    starts: list[int] = []

    def handle(event: int) -> int:
        starts.append(event)
        if event in poisons:
            function.die()  # type: ignore[attr-defined]
        return event

    function = Function(cloud, handle)
    emit_many(HANDLER, range(10))
    poll_until_quiet(cloud, function, limit=200)
    traces = by_event(function)
    for event in range(10):
        trace = traces[event].as_of(2**60)
        if event in poisons:
            assert (trace.status, trace.attempts) == ("dead", 5), event
            assert starts.count(event) <= 5
        else:
            assert trace.status == "ok"
            assert starts.count(event) == 1
    assert sorted(map(int, dead_letters(cloud))) == sorted(poisons)


def test_an_event_that_has_killed_its_process_runs_last(cloud: Cloud) -> None:
    done: list[int] = []

    def handle(event: int) -> None:
        if event == 0:
            function.die()  # type: ignore[attr-defined]
        done.append(event)

    function = Function(cloud, handle)
    emit_many(HANDLER, range(4))
    for _ in range(3):
        poll_once(cloud, function)
    assert sorted(done) == [1, 2, 3]


def test_an_event_that_completes_on_its_last_receive_is_safe_from_the_events_after_it(cloud: Cloud) -> None:
    """The batch response, which would acknowledge it, never comes."""

    def handle(event: str) -> None:
        if event == "poison":
            function.die()  # type: ignore[attr-defined]

    function = Function(cloud, handle)
    for event, receives in (("late", 4), ("poison", 1)):
        event_id = emit(HANDLER, event)
        four = (Attempt(outcome="interrupted", started_ms=int(time.time() * 1000)),) * 4
        cloud.store.put(
            Trace(id=event_id, handler=HANDLER, status="interrupted", event=json.dumps(event), history=four)
        )
        for receive in range(receives):
            assert len(function.receive()) == 1
            if receive < receives - 1:
                make_visible(cloud)
    poll_once(cloud, function)
    poll_until_quiet(cloud, function)
    assert by_event(function)["late"].status == "ok"
    assert dead_letters(cloud) == ['"poison"']
