"""The course of a backlog, against cases worked by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.planning.capacity import Load
from sluice.planning.drain import HORIZON, drain


def test_a_small_backlog_drains_before_all_machines_run() -> None:
    # 5 machines at once and 5 more each second, 1 s an event: 5t + 2.5t^2 have run after t seconds; 1,500 after 23.515.
    assert drain(Load(rate=0, duration_ms=1_000, backlog=1_500)).seconds == pytest.approx(23.515, abs=0.01)


def test_a_large_backlog_drains_on_all_machines() -> None:
    # 105 machines are there after 20 s, when 1,100 have run; the other 8,900 take 105 machines 84.762 s.
    load = Load(rate=0, duration_ms=1_000, backlog=10_000, account_concurrency=105)
    assert drain(load).seconds == pytest.approx(20 + 8_900 / 105)


def test_a_pause_of_a_day_at_a_thousand_events_a_second() -> None:
    drained = drain(Load(rate=1_000, duration_ms=100, pause=86_400))
    # 86.4 million wait. 1,000 machines are there after 199 s, when (5x199 + 2.5x199^2) x 10 - 199,000 of them
    # have run; the rest goes at 10,000 - 1,000 a second.
    assert drained.backlog == 86_400_000
    early = (5 * 199 + 2.5 * 199**2) * 10 - 199_000
    assert drained.seconds == pytest.approx(199 + (86_400_000 - early) / 9_000)
    assert drained.longest_wait == 86_400


def test_the_traces_partitions_may_be_slower_than_the_machines() -> None:
    load = Load(rate=0, duration_ms=10, batch=10, backlog=3_200_000)
    with_room = Load(rate=0, duration_ms=10, batch=10, backlog=3_200_000, handlers=2, table_writes=1e6)
    seconds, with_two = drain(load).seconds, drain(with_room).seconds
    assert seconds is not None
    assert with_two is not None
    # 320 machines run 32,000 a second, from 63 s on; (5x63 + 2.5x63^2) x 100 have run by then.
    assert seconds == pytest.approx(63 + (3_200_000 - 1_023_750) / 32_000, rel=1e-3)
    assert with_two < seconds


def test_a_backlog_that_grows_faster_than_it_runs_never_drains() -> None:
    drained = drain(Load(rate=50_000, pause=86_400))
    assert (drained.seconds, drained.longest_wait) == (None, None)
    assert drained.points[-1].at == 86_400 + HORIZON
    assert drained.points[-1].backlog > drained.backlog
    assert drain(Load(rate=50_000)).seconds is None


def test_without_a_backlog_nothing_drains() -> None:
    drained = drain(Load())
    assert (drained.backlog, drained.seconds, drained.longest_wait) == (0, 0, 0)


@given(
    rate=st.floats(0, 5_000),
    duration=st.floats(1, 5_000),
    batch=st.integers(1, 100),
    backlog=st.floats(0, 1e7),
    pause=st.floats(0, 86_400),
    concurrency=st.none() | st.integers(2, 1_000),
)
def test_no_event_appears_or_vanishes(
    rate: float, duration: float, batch: int, backlog: float, pause: float, concurrency: int | None
) -> None:
    load = Load(rate=rate, duration_ms=duration, batch=batch, backlog=backlog, pause=pause, max_concurrency=concurrency)
    drained = drain(load)
    assert drained.backlog == pytest.approx(backlog + rate * pause)
    assert all(one.at <= other.at for one, other in itertools.pairwise(drained.points))
    assert all(point.backlog >= 0 for point in drained.points)
    if drained.seconds is None:
        assert not load.keeps_up or load.most == pytest.approx(rate)
    else:
        # No faster than all machines at once, and no slower than these once all have been added.
        assert drained.seconds >= drained.backlog / load.most - 1e-6
        assert drained.points[-1].backlog == 0
