"""Deletion of traces: with all that belongs to them, and nothing that has changed since it was chosen."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator

import pytest
from sluice.operate.delete_traces import Chosen, Deletion, chosen, delete_traces
from sluice.stage.names import UNHANDLED, UNHANDLED_PARTS
from sluice.traces import Trace
from sluice.traces.trace import Attempt

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.traces import a_trace


def delete(cloud: Cloud, *traces: Chosen) -> list[Deletion]:
    return list(delete_traces(cloud.dynamodb, cloud.names.trace_table, traces))


def rows(cloud: Cloud) -> Iterator[str]:
    for item in cloud.dynamodb.scan(TableName=cloud.names.trace_table)["Items"]:
        yield item["pk"]["S"]


def test_a_trace_goes_and_others_stay(cloud: Cloud) -> None:
    gone, kept = a_trace(), a_trace()
    cloud.store.put(gone)
    cloud.store.put(kept)
    assert delete(cloud, chosen(gone)) == [Deletion.DELETED]
    assert [trace.id for trace in cloud.traces(HANDLER)] == [kept.id]
    assert delete(cloud, chosen(gone)) == [Deletion.DELETED]


def test_a_failed_run_leaves_the_index_with_its_trace(cloud: Cloud, failed: Trace) -> None:
    cloud.store.put(failed)
    assert [run.id for run in cloud.store.search.failures.runs()] == [failed.id]
    delete(cloud, chosen(failed))
    assert list(cloud.store.search.failures.runs()) == []


@pytest.fixture
def failed() -> Trace:
    error = {"type": "ValueError", "message": "no", "traceback": ""}
    return a_trace(status="error", result=None, error=error)


def test_the_parts_of_a_large_event_without_a_handler_go_with_its_trace(cloud: Cloud) -> None:
    large = a_trace(status="no-handler", event=random.Random(7).randbytes(500_000).hex(), history=(), result=None)
    cloud.store.unhandled.put([large])
    (stored,) = cloud.traces(HANDLER)
    assert "event" in stored.cut
    assert UNHANDLED_PARTS + large.id in set(rows(cloud))
    assert delete(cloud, chosen(stored)) == [Deletion.DELETED]
    # The count of the name stays.
    assert list(rows(cloud)) == [UNHANDLED]


def test_a_trace_that_was_completed_since_it_was_chosen_stays(cloud: Cloud) -> None:
    before = a_trace(status="timed-out", result=None, history=(Attempt(outcome="timed-out", started_ms=1),))
    cloud.store.put(before)
    cloud.store.put(dataclasses.replace(before, status="ok"))
    assert delete(cloud, chosen(before)) == [Deletion.CHANGED]
    assert [trace.status for trace in cloud.traces(HANDLER)] == ["ok"]


def test_a_trace_that_was_started_again_since_it_was_chosen_stays(cloud: Cloud) -> None:
    first = Attempt(outcome="timed-out", started_ms=1)
    before = a_trace(status="timed-out", result=None, history=(first,))
    cloud.store.put(dataclasses.replace(before, history=(first, Attempt(outcome="started", started_ms=2))))
    assert delete(cloud, chosen(before)) == [Deletion.CHANGED]


def test_a_damaged_trace_goes_whatever_it_says(cloud: Cloud) -> None:
    trace = a_trace()
    cloud.store.put(trace)
    assert delete(cloud, chosen(dataclasses.replace(trace, status="damaged", history=()))) == [Deletion.DELETED]
    assert cloud.traces(HANDLER) == []
