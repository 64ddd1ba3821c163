"""The pace of GetFunction, by a clock that only moves when somebody waits or a call takes time."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from sluice.pausing.observed import GET_FUNCTION_PER_SECOND, StateReader
from sluice.pausing.pace import Pace

from tests.unit.support.fake_lambda import FakeAws, FakeClient

HALF_OF_AWS_LIMIT = 50
"""Calls of GetFunction in a second."""


class Clock:
    """A clock that the calls themselves move."""

    def __init__(self, call_seconds: float) -> None:
        self.now = 0.0
        self.slept = 0.0
        self.calls: list[float] = []
        self._call_seconds = call_seconds
        self._lock = threading.Lock()

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.slept += seconds

    def call(self) -> None:
        with self._lock:
            self.calls.append(self.now)
            self.now += self._call_seconds

    def most_in_a_second(self) -> int:
        return max(sum(start <= one < start + 1 for one in self.calls) for start in self.calls)


@pytest.mark.parametrize("call_seconds", [0.0, 0.004, 0.05])
@pytest.mark.parametrize("handlers", [40, 130])
def test_a_look_at_all_handlers_stays_under_half_of_awss_limit(
    handlers: int, call_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(call_seconds)
    real = FakeClient.get_function

    def get_function(self: Any, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        clock.call()
        return real(self, FunctionName)

    monkeypatch.setattr(FakeClient, "get_function", get_function)
    aws = FakeAws(*(f"handler-{number}" for number in range(handlers)))
    client = FakeClient(aws)
    pace = Pace(GET_FUNCTION_PER_SECOND, clock=clock.time, sleep=clock.sleep)
    found = StateReader(aws.names, client, client, client, pace=pace).read()

    assert len(found) == len(clock.calls) == handlers
    assert clock.most_in_a_second() < HALF_OF_AWS_LIMIT
    # A stage of 40 loses no time by it.
    assert handlers > HALF_OF_AWS_LIMIT or not clock.slept


def test_a_pace_holds_for_any_gaps_between_calls() -> None:
    chance = random.Random(1)
    for _ in range(20):
        clock = Clock(0)
        pace = Pace(7, clock=clock.time, sleep=clock.sleep)
        for _ in range(60):
            clock.now += chance.choice([0, 0, 0.01, 0.3])
            pace.wait()
            clock.call()
        assert clock.most_in_a_second() <= 7
