"""AWS that takes requests and never answers, on a clock that stands still unless somebody waits."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from sluice.lean_aws import Credentials, LeanClient
from sluice.lean_aws import client as client_module
from sluice.lean_aws.http1 import Response
from sluice.worker import unreachable

from tests.unit.support.function import Context


class StandingClock:
    """A clock in place of `time.monotonic`. Only `wait` advances it, so that no test depends on the machine's speed."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self.waited = 0.0

    def now(self) -> float:
        return self._begun + self.waited

    def wait(self, seconds: float) -> None:
        self.waited += seconds


class HangingAws:
    """The other side of a lean client's connections, which never answers but `answers` times.

    Attributes:
        answers: the requests that it still answers.
        connections: the connections that were opened.
        timeouts: the timeout of each wait for an answer.
    """

    def __init__(self, clock: StandingClock) -> None:
        self.clock = clock
        self.answers = 0
        self.connections = 0
        self.timeouts: list[float] = []

    def client(self, service: str) -> Any:
        return LeanClient(
            service,
            region="us-east-1",
            endpoint="http://127.0.0.1:9",
            credentials=Credentials("AKID", "secret"),
            sleep=self.clock.wait,
        )

    def connect(self, *arguments: Any) -> HangingConnection:
        self.connections += 1
        return HangingConnection(self, timeout=arguments[-1])


class HangingConnection:
    """In place of `http1.Connection`."""

    def __init__(self, aws: HangingAws, timeout: float) -> None:
        self._aws = aws
        self._timeout = timeout

    def set_timeout(self, timeout: float) -> None:
        self._timeout = timeout

    def post(self, *_: object) -> None:
        pass

    def receive(self) -> Response:
        if self._aws.answers:
            self._aws.answers -= 1
            return Response(200, {}, b"{}", last=False)
        self._aws.timeouts.append(self._timeout)
        self._aws.clock.wait(self._timeout)
        raise TimeoutError("timed out")

    def close(self) -> None:
        pass


class Countdown(Context):
    """A context of Lambda whose time runs out on the standing clock."""

    def __init__(self, clock: StandingClock, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._end = clock.now() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - self._clock.now()) * 1000)


def hanging_aws(monkeypatch: pytest.MonkeyPatch) -> HangingAws:
    """Have lean clients connect to AWS that hangs, and have them and the worker use a standing clock."""
    aws = HangingAws(StandingClock())
    for module in (client_module, unreachable):
        monkeypatch.setattr(module, "clock", SimpleNamespace(monotonic=aws.clock.now, time=time.time))
    monkeypatch.setattr(client_module, "Connection", aws.connect)
    return aws
