"""Marks of replays: of several commands that read the same trace, one replays its event."""

from __future__ import annotations

import pytest
from sluice.event.ids import new_id
from sluice.operate.replay_marks import ReplayMarks
from sluice.traces import Trace

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.traces import a_trace


def stored(cloud: Cloud, event_id: str) -> Trace | None:
    return cloud.store.get(HANDLER, event_id)


@pytest.mark.parametrize("before", [None, new_id()], ids=["first", "again"])
def test_a_trace_that_has_got_a_mark_since_it_was_read_gets_no_other(cloud: Cloud, before: str | None) -> None:
    trace, mine, other = a_trace(status="error", replayed_as=before), new_id(), new_id()
    cloud.store.put(trace)
    marks = ReplayMarks(cloud.dynamodb, cloud.names.trace_table)
    assert marks.begin(trace, mine)
    assert not marks.begin(trace, other)
    pending = stored(cloud, trace.id)
    assert pending is not None
    assert (pending.last_replay, pending.pending_replay) == (None, mine)
    marks.finish(trace, other)
    marks.finish(trace, mine)
    finished = stored(cloud, trace.id)
    assert finished is not None
    assert (finished.last_replay, finished.pending_replay) == (mine, None)


def test_a_trace_that_is_gone_stays_gone(cloud: Cloud) -> None:
    marks, gone = ReplayMarks(cloud.dynamodb, cloud.names.trace_table), a_trace()
    assert not marks.begin(gone, new_id())
    marks.finish(gone, new_id())
    assert stored(cloud, gone.id) is None
