"""Sluice's own work goes by the real clock, whatever a handler does to Python's."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sluice.clock import clock
from sluice.emitting.delay import parse_delay
from sluice.event.ids import new_id, time_of_id
from sluice.lean_aws import Credentials, LeanClient
from sluice.lean_aws.sigv4 import Signer
from sluice.worker import unreachable
from sluice.worker.deadline import DeadlinePassed, call_within

LONG_AGO = 1_000_000_000.0


class FrozenDatetime(dt.datetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        return dt.datetime.fromtimestamp(LONG_AGO, tz)


FROZEN: dict[int, Any] = {
    id(time.time): lambda: LONG_AGO,
    id(time.monotonic): lambda: 0.0,
    id(time.thread_time): lambda: 0.0,
    id(time.sleep): lambda _: None,
    id(dt.datetime): FrozenDatetime,
}


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Freeze the clock as test tools do: in its modules, and under each name that a loaded module has for it."""
    modules = [time, dt, *(module for name, module in list(sys.modules.items()) if name.startswith("sluice."))]
    with monkeypatch.context() as patches:
        for module in modules:
            for name, value in list(vars(module).items()):
                if id(value) in FROZEN:
                    patches.setattr(module, name, FROZEN[id(value)])
        yield


def test_the_clock_stands_still_for_everybody_else(frozen: None) -> None:
    assert (time.time(), dt.datetime.now(dt.UTC).timestamp()) == (LONG_AGO, LONG_AGO)
    assert clock.time() > LONG_AGO + 86_400


def of_a_signature() -> float:
    signer = Signer(Credentials("key", "secret", None), "sqs", "eu-central-1")
    stamp = signer.headers("host", "target", "type", b"{}")["X-Amz-Date"]
    return dt.datetime.strptime(stamp, "%Y%m%dT%H%M%S%z").timestamp()


def of_an_id() -> float:
    return time_of_id(new_id()) or 0.0


def of_a_delay() -> float:
    until = parse_delay(dt.timedelta(hours=1), None).until
    return until.timestamp() - 3_600 if until else 0.0


@pytest.mark.parametrize("time_of", [of_a_signature, of_an_id, of_a_delay])
def test_what_sluice_sends_has_the_real_time(frozen: None, time_of: Callable[[], float]) -> None:
    assert time_of() == pytest.approx(clock.time(), abs=60)


def test_calls_to_aws_have_the_time_that_is_left(frozen: None) -> None:
    client = LeanClient(
        "sqs", region="r", endpoint="http://127.0.0.1:1", credentials=Credentials("key", "secret", None)
    )

    class Holder:
        def end_calls_by(self, moment: float | None) -> None:
            client.end_by(moment)

    unreachable.end_calls_in_time(Holder(), Holder(), 10.0)  # type: ignore[arg-type]
    assert 0 < client._time_left() < 10


def test_a_deadline_arrives(frozen: None) -> None:
    def compute() -> None:
        while True:
            pass

    with pytest.raises(DeadlinePassed):
        call_within(compute, 0.01)
