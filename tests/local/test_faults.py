"""A run that cannot reach its end costs its event the attempts, and its neighbours nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sluice.stage.names import Names
from sluice.traces import TraceStore

from tests.local.support.dead_letters import COUNT, HANDLER, Killed, drain, empty, fill, receiving_nothing
from tests.local.support.poison import Batch
from tests.local.support.projects import Project
from tests.local.support.queues import at_rest, in_queue
from tests.unit.support.eventually import eventually

ENDED_AS = {
    "exits": "was cut off",
    "exits-among-many": "was cut off",
    "sleeps": "did not end within 1 s",
    "hogs": "out of memory",
}


@pytest.mark.parametrize("handler", ENDED_AS)
def test_a_poisonous_event_dies_after_five_attempts_and_its_neighbours_run_once(
    project: Project, store: TraceStore, poison: dict[str, Batch], handler: str
) -> None:
    batch = poison[handler]
    poisonous = [batch.ids[number] for number in sorted(batch.poisonous)]

    eventually(lambda: at_rest(handler, dead=len(poisonous)), f"{handler}: {len(poisonous)} dead, no other", limit=900)
    (row,) = project.run("status", handler, "--json").json
    assert (row["dead"], row["waiting"], row["in_flight"], row["delayed"]) == (len(poisonous), 0, 0, 0)

    counted = batch.counted()
    traces = {trace.id: trace for trace in store.recent(handler, limit=1000)}
    assert sorted(traces) == sorted(batch.ids)
    for number, event_id in enumerate(batch.ids):
        trace = traces[event_id]
        if number in batch.poisonous:
            eventually(partial(is_dead, store, handler, event_id), f"{event_id} reads as dead")
            assert trace.attempts == 5
            # Of two in one batch, the second may not have been started when the first one killed the process.
            assert counted[number] == 5 or (len(poisonous) > 1 and counted[number] == 4)
        else:
            assert (trace.status, trace.result) == ("ok", number)
            assert [attempt.outcome for attempt in trace.history] in (["ok"], ["no-record", "ok"])
            assert counted[number] == 1

    listed = project.run("dead", "list", handler, "--json").json
    assert sorted(letter["id"] for letter in listed) == sorted(poisonous)
    shown = project.run("dead", "show", handler, poisonous[0], "--json").json
    assert shown["event"]["n"] == min(batch.poisonous)
    assert shown["trace"]["attempts"] == 5
    assert "attempt 5 " in shown["why"]
    assert ENDED_AS[handler] in shown["why"]


def is_dead(store: TraceStore, handler: str, event_id: str) -> bool:
    return any(trace.id == event_id for trace in store.recent(handler, limit=1000, statuses=["dead"]))


# ---- dead letters


@pytest.fixture
def dead_letters(store: TraceStore) -> Iterator[Callable[[int], str]]:
    """Return a function that fills the dead-letter queue of a handler that receives no events."""
    handler = "echo-ten"

    def filled(count: int) -> str:
        fill(handler, count)
        return handler

    with receiving_nothing(handler):
        yield filled
        empty(handler)


def test_a_redrive_that_is_killed_half_way_loses_nothing(project: Project, store: TraceStore, killed: Killed) -> None:
    assert killed.left > 0, "the redrive had ended before it was killed"
    assert COUNT <= killed.moved + killed.left <= COUNT + 10
    names = Names("local")

    def rest() -> bool:
        assert project.run("dead", "redrive", HANDLER).code == 0
        return in_queue(names.dead_letter_queue(HANDLER)) == 0

    eventually(rest, "the rest is redriven")
    bodies = drain(names.queue(HANDLER))
    assert set(bodies) == {str(number) for number in range(COUNT)}
    assert len(bodies) <= COUNT + 10


def test_ten_thousand_dead_letters_are_all_listed(project: Project, dead_letters: Callable[[int], str]) -> None:
    handler = dead_letters(10_000)
    began = time.monotonic()
    ran = project.run("dead", "list", handler, "--json", limit=600)
    assert ran.code == 0, ran.err
    assert sorted(letter["event"] for letter in ran.json) == list(range(10_000)), time.monotonic() - began
    assert in_queue(Names("local").dead_letter_queue(handler)) == 10_000


def test_purging_asks_first(project: Project, dead_letters: Callable[[int], str]) -> None:
    handler = dead_letters(3)
    assert project.run("dead", "purge", handler).code == 2
    assert in_queue(Names("local").dead_letter_queue(handler)) == 3
    assert project.run("dead", "purge", handler, "--yes").code == 0
    assert in_queue(Names("local").dead_letter_queue(handler)) == 0


def test_an_unknown_handler_or_dead_letter_is_not_found(project: Project) -> None:
    for command in ("list", "redrive", "purge"):
        assert project.run("dead", command, "nobody").code == 3
    assert project.run("dead", "show", "echo", "00000000-0000-7000-8000-000000000000").code == 3
    assert project.run("dead", "redrive", "echo", "--id", "00000000-0000-7000-8000-000000000000").code == 3
