"""Failed runs are found by a query of their index, and runs that end well are not in it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.event.ids import id_of_message
from sluice.traces import TraceStore
from sluice.traces.failure import INDEX
from sluice.traces.failure_index import FailedRun
from sluice.traces.pages import Reading

from tests.unit.support.cloud import HANDLER, Cloud, calls_of
from tests.unit.support.function import Context, Function, no_memory
from tests.unit.support.polling import make_visible, poll_until_quiet
from tests.unit.support.traces import a_trace

NOW = time.time()


def entries(cloud: Cloud) -> list[Any]:
    """Everything in the index, whatever the time."""
    return cloud.dynamodb.scan(TableName=cloud.names.trace_table, IndexName=INDEX)["Items"]


def failed(cloud: Cloud, handler: str | None = HANDLER, **how: Any) -> list[FailedRun]:
    return list(cloud.store.search.failures.runs(handler, **how))


def test_a_run_that_raised_is_entered_with_its_cause_and_others_are_not(cloud: Cloud) -> None:
    def handle(event: int) -> None:
        if event == 3:
            raise ValueError(f"order {event} is bad")

    function = Function(cloud, handle)
    bad = emit_many(HANDLER, range(5))[3]
    function.poll()
    [run] = failed(cloud)
    assert (run.id, run.handler, run.status) == (bad, HANDLER, "error")
    assert (run.failure.type, run.failure.message) == ("ValueError", "order <number> is bad")
    assert "test_failure_index.py:" in run.failure.where
    assert run.failure.where.endswith(".handle")
    assert len(entries(cloud)) == 1


def test_an_attempt_that_timed_out_is_a_failure_until_a_later_one_reaches_its_end(cloud: Cloud) -> None:
    function = Function(cloud, lambda event: time.sleep(600), timeout=0.01)
    event_id = emit(HANDLER, 1)
    function.poll()
    [run] = failed(cloud)
    assert (run.id, run.status, run.failure.type) == (event_id, "timed-out", "TimedOut")

    function = Function(cloud, lambda _: len(failed(cloud)), timeout=60)
    make_visible(cloud)
    function.poll(Context(300_000))
    [trace] = function.traces()
    # While it runs, it has not failed either.
    assert (trace.status, trace.result, entries(cloud)) == ("ok", 0, [])


def test_an_interrupted_attempt_is_no_failure(cloud: Cloud) -> None:
    function = Function(cloud, no_memory)
    emit(HANDLER, 1)
    function.poll()
    assert entries(cloud) == []


def test_the_fifth_interrupted_attempt_is(cloud: Cloud) -> None:
    function = Function(cloud, no_memory)
    emit(HANDLER, 1)
    poll_until_quiet(cloud, function)
    [run] = failed(cloud)
    assert (run.status, run.failure.type) == ("dead", "MemoryError")


def test_a_fifth_attempt_whose_process_dies_is_a_failure_once_it_must_be_over(cloud: Cloud) -> None:
    function = Function(cloud, lambda _: function.die())  # type: ignore[attr-defined]
    event_id = emit(HANDLER, 1)
    poll_until_quiet(cloud, function)
    assert failed(cloud) == []

    over = 2 * Context().remaining_ms / 1000
    later = TraceStore(cloud.dynamodb, cloud.names.trace_table, clock=lambda: time.time() + over)
    [run] = later.search.failures.runs()
    assert (run.id, run.status, run.failure.type) == (event_id, "dead", "ProcessDied")
    assert later.search.failures.counts(since=NOW - 60).by_handler == {HANDLER: 1}
    [trace] = later.recent(HANDLER, statuses=["dead"])
    assert trace.cause == run.failure._asdict()


def test_a_last_attempt_that_ends_well_leaves_no_failure(cloud: Cloud) -> None:
    attempts: list[int] = []

    def handle(_: object) -> None:
        attempts.append(1)
        if len(attempts) < 5:
            raise MemoryError

    function = Function(cloud, handle)
    emit(HANDLER, 1)
    poll_until_quiet(cloud, function)
    assert (len(attempts), function.traces()[0].status, entries(cloud)) == (5, "ok", [])


def put_failures(cloud: Cloud, count: int, handler: str = HANDLER, *, status: str = "error") -> list[str]:
    """Record failures a second apart, the last one a minute ago; return their ids, newest first."""
    began = int(NOW - 60) - count + 1
    event_ids = [id_of_message(f"{handler} {status} {number}", 1_000_000) for number in range(count)]
    for number, event_id in enumerate(event_ids):
        cloud.store.put(a_trace(id=event_id, handler=handler, status=status, finished_ms=(began + number) * 1000))
    return event_ids[::-1]


def test_failures_come_newest_first_whenever_their_events_were_emitted(cloud: Cloud) -> None:
    event_ids = put_failures(cloud, 70)
    put_failures(cloud, 3, "audit-log")
    assert [run.id for run in failed(cloud)] == event_ids
    assert [run.id for run in failed(cloud, page=1)] == event_ids
    assert [run.id for run in failed(cloud, since=int(NOW) - 69)] == event_ids[:10]
    assert [run.id for run in failed(cloud, until=int(NOW) - 70)] == event_ids[10:]
    assert failed(cloud, since=NOW + 60) == []
    assert len(failed(cloud, None)) == 73


def test_traces_of_a_failed_status_are_read_through_the_index_alone(cloud: Cloud) -> None:
    event_ids = put_failures(cloud, 12)
    put_failures(cloud, 2, status="dead")
    for _ in range(5):
        cloud.store.put(a_trace())
    reading, calls = Reading(), calls_of(cloud.dynamodb)
    found = list(cloud.store.search.traces(HANDLER, statuses=["error"], reading=reading))
    assert [trace.id for trace in found] == event_ids
    # Entries and traces of failed runs, and nothing of the others.
    assert reading.items == 14 + 12
    assert sorted(set(calls)) == ["BatchGetItem", "Query"]
    assert {trace.status for trace in cloud.store.recent(HANDLER, statuses=["error", "dead"], limit=100)} == {
        "error",
        "dead",
    }


@pytest.mark.parametrize("handler", [None, HANDLER])
def test_failures_are_counted_with_one_query_for_each_partition(cloud: Cloud, handler: str | None) -> None:
    put_failures(cloud, 40)
    put_failures(cloud, 3, "audit-log")
    calls = calls_of(cloud.dynamodb)
    counts = cloud.store.search.failures.counts(since=int(NOW) - 80, handler=handler)
    assert counts.by_handler == {HANDLER: 21, **({} if handler else {"audit-log": 3})}
    assert counts.complete
    assert calls == ["Query"] * 32


def test_expired_failures_are_not_listed_though_dynamodb_still_has_them(cloud: Cloud) -> None:
    old = TraceStore(cloud.dynamodb, cloud.names.trace_table, days=1, clock=lambda: 1_000_000.0)
    old.put(a_trace(status="error", finished_ms=999_999_000))
    assert len(list(old.search.failures.runs())) == 1
    assert failed(cloud) == []


def test_an_entry_that_something_else_wrote_is_listed_as_unreadable(cloud: Cloud) -> None:
    [event_id] = put_failures(cloud, 1)
    assert [run.failure.group for run in failed(cloud)] == ["damaged"]
    assert [run.id for run in failed(cloud)] == [event_id]
