"""Two thousand events while the cloud is up."""

from __future__ import annotations

from collections import Counter

from sluice import emit_many
from sluice.traces import TraceStore

from tests.local.support.projects import Project
from tests.unit.support.eventually import eventually

COUNT = 2000


def test_every_one_of_two_thousand_events_runs_once(store: TraceStore, project: Project, now: float) -> None:
    ids = emit_many("echo-ten", ({"number": number} for number in range(COUNT)), stage="local")

    eventually(lambda: len(store.recent("echo-ten", limit=COUNT * 2, since=now)) >= COUNT, f"{COUNT} traces", limit=300)

    def at_rest() -> bool:
        (row,) = project.run("status", "echo-ten", "--json").json
        return (row["waiting"], row["in_flight"], row["delayed"], row["dead"]) == (0, 0, 0, 0)

    eventually(at_rest, "an empty queue")
    found = store.recent("echo-ten", limit=COUNT * 2, since=now)
    assert Counter(trace.id for trace in found) == Counter(ids)
    assert Counter((trace.status, trace.attempts) for trace in found) == {("ok", 1): COUNT}
    assert sorted(trace.result["number"] for trace in found) == list(range(COUNT))
