"""Two thousand events at once."""

from __future__ import annotations

from collections import Counter

from sluice import emit_many
from sluice.traces import TraceStore

from tests.local.support.queues import at_rest
from tests.unit.support.eventually import eventually

COUNT = 2000


def test_every_one_of_two_thousand_events_runs_once(store: TraceStore, now: float) -> None:
    ids = emit_many("echo-ten", ({"number": number} for number in range(COUNT)), stage="local")

    # Reading thousands of traces again and again would take the processor from their handler.
    eventually(lambda: at_rest("echo-ten"), "an empty queue", poll=0.5)
    found = store.recent("echo-ten", limit=COUNT * 2, since=now)
    assert Counter(trace.id for trace in found) == Counter(ids)
    assert Counter((trace.status, trace.attempts) for trace in found) == {("ok", 1): COUNT}
    assert sorted(trace.result["number"] for trace in found) == list(range(COUNT))
