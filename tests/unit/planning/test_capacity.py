"""The capacity of handlers, against cases worked by hand."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.planning.capacity import ImpossibleLoadError, Load, checks
from sluice.planning.drain import drain


def test_a_load_takes_as_many_machines_as_events_run_at_once() -> None:
    assert Load(rate=1_000, duration_ms=100).needed == 100
    assert Load(rate=1, duration_ms=100).needed == 1
    assert Load(rate=0).needed == 0


@pytest.mark.parametrize(
    ("load", "most"),
    [
        (Load(), 10_000),
        (Load(account_concurrency=10_000), 12_500),
        (Load(max_concurrency=10), 100),
        # 10 ms events: 10 invocations a second of each machine, not 100; batches of ten use all of the machine.
        (Load(duration_ms=10), 10_000),
        (Load(duration_ms=10, batch=10), 32_000),
        (Load(duration_ms=10, batch=10, trace_kb=3.5), 8_000),
        # Two handlers share the account's machines, and the table.
        (Load(handlers=2), 10_000),
        (Load(handlers=2, duration_ms=10, batch=10), 40_000),
    ],
)
def test_the_lowest_limit_decides(load: Load, most: float) -> None:
    assert load.most == pytest.approx(most)


def test_each_limit_that_is_exceeded_is_named() -> None:
    load = Load(rate=50_000)
    failing = {check.name for check in checks(load, drain(load).longest_wait) if not check.holds}
    assert failing == {
        "machines of a handler",
        "machines of the account",
        "invocations a second",
        "trace writes a second of a handler",
        "trace writes a second of the table",
        "days that a message is old",
    }
    assert all(check.holds for check in checks(Load(), 0.0))
    (waits,) = [check for check in checks(Load(), 15 * 86_400) if not check.holds]
    assert waits.name == "days that a message is old"


def test_large_batches_may_exceed_the_events_in_flight() -> None:
    load = Load(rate=10_000, duration_ms=50, batch=1_000)
    assert "events in flight of a queue" in {check.name for check in checks(load, 0.0) if not check.holds}


@pytest.mark.parametrize("wrong", [{"rate": -1}, {"duration_ms": 0}, {"max_concurrency": 1}, {"batch": 10_001}])
def test_a_number_out_of_range_is_refused(wrong: Any) -> None:
    with pytest.raises(ImpossibleLoadError, match="may be"):
        Load(**wrong)


@pytest.mark.parametrize(
    ("rate", "days", "holds"),
    [(150, 30, True), (1_000, 4.5, True), (1_000, 30, False), (10, 365, True), (154, 30, True), (155, 30, False)],
)
def test_a_pause_may_last_while_the_reconciler_keeps_up(rate: float, days: float, holds: bool) -> None:
    load = Load(rate=rate, pause=days * 86_400, duration_ms=10, batch=10)
    failing = [check.name for check in checks(load, drain(load).longest_wait) if not check.holds]
    assert failing == ([] if holds else ["events that wait while paused"])
