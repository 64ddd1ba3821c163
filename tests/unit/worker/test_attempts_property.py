"""The promises about attempts hold under any sequence of faults."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sluice import emit_many

from tests.unit.support.cloud import HANDLER, Cloud, new_cloud
from tests.unit.support.faults import FaultyClient, Process, ProcessDiedError
from tests.unit.support.function import Context, Function
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet
from tests.unit.support.rounds import ROUNDS

MAX_DEATHS = 3
"""Deaths of processes by faults around AWS calls. Deaths by handlers come on top."""

BEHAVIOURS = st.sampled_from(["ok", "ok", "ok", "raise", "raise", "die", "memory"])
FAULTS = st.sampled_from([None] * 8 + ["refuse", "time-out", "die-before", "die-after"])
ACTIONS = st.sampled_from(["poll", "poll", "poll", "throttle", "lose-response"])


@dataclass
class Harness:
    """A harsh poller, and a record of what it saw."""

    cloud: Cloud
    data: st.DataObject
    behaviours: list[list[str]]
    starts: Counter[int] = field(default_factory=Counter)
    completed: set[int] = field(default_factory=set)
    started_after_completion: set[int] = field(default_factory=set)
    deaths: int = 0
    failures: int = 0
    calm: bool = False

    def __post_init__(self) -> None:
        self.process = Process()
        self.function = Function(self.cloud, self.handle, batch_size=self.data.draw(st.integers(1, 10)))

    def handle(self, number: int) -> int:
        if number in self.completed:
            self.started_after_completion.add(number)
        behaviour = self.behaviours[number][min(self.starts[number], len(self.behaviours[number]) - 1)]
        self.starts[number] += 1
        if behaviour == "raise":
            raise ValueError(number)
        if behaviour == "die":
            self.process.die()
        if behaviour == "memory":
            raise MemoryError
        return number

    def fault(self, _: str) -> str | None:
        fault = None if self.calm else self.data.draw(FAULTS)
        if fault and fault.startswith("die"):
            self.deaths += 1
            if self.deaths > MAX_DEATHS:
                return None
        elif fault:
            self.failures += 1
        return fault

    def note_completions(self) -> None:
        self.completed = {json.loads(trace.event) for trace in self.function.traces() if trace.completed}

    def step(self) -> None:
        make_visible(self.cloud)
        action = self.data.draw(ACTIONS)
        records = self.function.receive()
        most = max((int(record["attributes"]["ApproximateReceiveCount"]) for record in records), default=0)
        if not records or (action == "throttle" and most < 4):
            return
        self.process = Process()
        self.function.sqs = FaultyClient(self.cloud.sqs, self.process, self.fault)
        self.function.dynamodb = Recording(self.cloud.dynamodb, self.process, self.fault, self)
        worker = self.function.new_process()
        try:
            response: Any = worker.handle({"Records": records}, Context())  # type: ignore[arg-type]
        except ProcessDiedError:
            return
        if action == "lose-response" and most < 4:
            return
        self.function.delete(records, response)

    def settle(self) -> None:
        self.calm = True
        self.function.sqs = self.function.dynamodb = None
        real = self.handle

        def handle(number: int) -> int:
            self.process = type("Now", (), {"die": lambda _: self.function.die()})()  # type: ignore[attr-defined]
            self.note_completions()
            return real(number)

        self.function.handle = handle
        poll_until_quiet(self.cloud, self.function, limit=300)


class Recording(FaultyClient):
    """Notes the events whose completions have been written."""

    def __init__(self, client: Any, process: Process, fault: Any, harness: Harness) -> None:
        super().__init__(client, process, fault)
        self._harness = harness

    def __getattr__(self, name: str) -> Any:
        call = super().__getattr__(name)
        if name != "put_item":
            return call

        def put_item(**arguments: Any) -> Any:
            try:
                return call(**arguments)
            finally:
                self._harness.note_completions()

        return put_item


# Shrinking a failure of these takes minutes; the draws that it prints are enough to follow it.
@settings(
    max_examples=max(10, ROUNDS // 50),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    data=st.data(),
    behaviours=st.lists(st.lists(BEHAVIOURS, min_size=1, max_size=6), min_size=1, max_size=12),
    steps=st.integers(0, 12),
)
def test_no_event_is_lost_run_after_its_completion_or_started_more_than_five_times(
    data: st.DataObject, behaviours: list[list[str]], steps: int
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch, new_cloud() as cloud:
        monkeypatch.setenv("SLUICE_STAGE", "test")
        harness = Harness(cloud, data, behaviours)
        everything = set(range(len(behaviours)))
        emit_many(HANDLER, sorted(everything))
        for _ in range(steps):
            harness.step()
        harness.settle()
        harness.note_completions()

        dead = {json.loads(body) for body in dead_letters(cloud)}
        logged = {
            json.loads(json.loads(line)["trace"])["event"]
            for line in harness.function.log.getvalue().splitlines()
            if json.loads(line)["message"] == "trace not written"
        }
        event(f"dead: {len(dead)}")
        assert harness.completed | dead | logged == everything
        assert harness.started_after_completion == set()
        assert max(harness.starts.values(), default=0) <= 5
        innocent = {number for number in everything if set(behaviours[number]) <= {"ok", "raise"}}
        # Four receives may be lost on the way: to neighbours that die, to throttling. Two more chances are left to
        # put an event back; each fails if its process dies, or if both reading its trace and sending fail.
        if 2 * harness.deaths + harness.failures < 4:
            assert not innocent & dead
        assert {json.loads(trace.event) for trace in harness.function.traces()} | logged >= harness.completed
