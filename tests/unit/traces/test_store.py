from __future__ import annotations

import dataclasses

import pytest
from sluice.event.ids import id_of_message
from sluice.traces import TraceStore
from sluice.worker.attempts import MAX_HISTORY

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.traces import a_trace, unfinished, with_start


def test_a_completed_trace_is_never_overwritten(cloud: Cloud) -> None:
    done = a_trace(result=1)
    assert cloud.store.put(done)
    assert not cloud.store.put(a_trace(id=done.id, status="interrupted"))
    assert not cloud.store.put(a_trace(id=done.id, result=2))
    read = cloud.store.get(HANDLER, done.id)
    assert read is not None
    assert read.result == 1


@pytest.mark.parametrize("status", ["timed-out", "interrupted", "dead", "no-handler"])
def test_an_unfinished_trace_is_overwritten(cloud: Cloud, status: str) -> None:
    first = a_trace(status=status)
    assert cloud.store.put(first)
    assert cloud.store.put(a_trace(id=first.id))


def test_recent_traces_come_newest_first_from_all_shards(cloud: Cloud) -> None:
    event_ids = [id_of_message(str(number), 1_000_000 + number * 1000) for number in range(60)]
    for event_id in event_ids:
        cloud.store.put(a_trace(id=event_id, status="error" if event_id in event_ids[::3] else "ok"))
    cloud.store.put(a_trace(handler="audit-log"))
    assert [trace.id for trace in cloud.store.recent(HANDLER)] == event_ids[:-11:-1]
    assert [trace.id for trace in cloud.store.recent(HANDLER, limit=1000)] == event_ids[::-1]
    assert [trace.id for trace in cloud.store.recent(HANDLER, limit=5, statuses=["error"])] == event_ids[::3][:-6:-1]
    assert [trace.id for trace in cloud.store.recent(HANDLER, limit=1000, since=1050)] == event_ids[:-11:-1]
    assert cloud.store.recent("nobody") == []


def test_a_trace_is_found_by_its_id_alone(cloud: Cloud) -> None:
    trace = a_trace(handler="h150")
    cloud.store.put(trace)
    assert cloud.store.find(trace.id, [f"h{number}" for number in range(250)]) == trace
    assert cloud.store.find(trace.id, ["other"]) is None
    assert cloud.store.find("../../etc", ["h150"]) is None


def test_expired_traces_are_not_shown_though_dynamodb_still_has_them(cloud: Cloud) -> None:
    old = TraceStore(cloud.dynamodb, cloud.names.trace_table, days=1, clock=lambda: 1_000_000.0)
    old.put(a_trace())
    old.unhandled.put([a_trace(handler="nobody", status="no-handler")])
    assert len(old.recent(HANDLER)) == 1
    assert cloud.store.recent(HANDLER) == []
    assert cloud.store.unhandled.counts() == {}


# ---- starts of redelivered events, which are recorded before they happen


def test_the_first_recorded_start_is_refused_once_there_is_a_trace(cloud: Cloud) -> None:
    trace = unfinished(1)
    assert cloud.store.put_start(trace, None)
    assert not cloud.store.put_start(unfinished(2, id=trace.id), None)


@pytest.mark.parametrize("attempts", [0, 1, MAX_HISTORY + 1])
def test_a_start_that_is_written_again_counts_as_written(cloud: Cloud, attempts: int) -> None:
    """The client sends a write again whose answer got lost."""
    prior = unfinished(*range(attempts)) if attempts else None
    if prior:
        cloud.store.put(prior)
    start = with_start(prior or unfinished(), 100)
    assert cloud.store.put_start(start, prior)
    assert cloud.store.put_start(start, prior)
    cloud.store.put(start.ended(status="ok"))
    assert not cloud.store.put_start(start, prior)


@pytest.mark.parametrize("attempts", [1, 2, MAX_HISTORY, MAX_HISTORY + 1])
def test_a_start_is_refused_once_another_is_on_record(cloud: Cloud, attempts: int) -> None:
    prior = unfinished(*range(attempts))
    cloud.store.put(prior)
    assert cloud.store.put_start(with_start(prior, 100), prior)
    assert not cloud.store.put_start(with_start(prior, 101), prior)
    read = cloud.store.get(HANDLER, prior.id)
    assert read is not None
    assert read.history[-1].started_ms == 100
    assert cloud.store.put_start(with_start(read, 102), read)


@pytest.mark.parametrize("status", ["ok", "error", "timed-out", "dead"])
def test_a_start_is_refused_once_the_attempt_before_has_ended(cloud: Cloud, status: str) -> None:
    prior = unfinished(1, 2)
    cloud.store.put(dataclasses.replace(prior, status=status))
    assert not cloud.store.put_start(with_start(prior, 3), prior)
