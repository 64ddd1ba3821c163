"""Cost and capacity, against cases worked by hand."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.planning import prices
from sluice.planning.capacity import ImpossibleLoadError, Load, checks
from sluice.planning.cost import ImpossibleUsageError, Usage, bill
from sluice.planning.drain import HORIZON, drain
from sluice.planning.picture import picture


def part(usage: Usage, name: str) -> float:
    (found,) = [part.dollars for part in bill(usage).parts if part.name == name]
    return found


# ---- cost


def test_a_million_events_alone() -> None:
    made = bill(Usage())
    # 3 x 0.40 + 0.20 + 1e6 x 0.1 s x 0.25 GB x 0.0000133334 + 0.625
    assert made.per_million == pytest.approx(1.20 + 0.20 + 0.333335 + 0.625)
    assert made.per_million <= 2.40


def test_a_million_events_in_tens() -> None:
    made = bill(Usage(batch=10, emit_batch=10))
    assert made.per_million == pytest.approx(0.12 + 0.02 + 0.333335 + 0.625)
    assert made.per_million <= 1.15


def test_the_total_is_the_sum_of_parts_that_say_how() -> None:
    made = bill(Usage(events=2e6, handlers=3, crons=1))
    assert made.total == pytest.approx(sum(part.dollars for part in made.parts))
    assert all(part.arithmetic for part in made.parts)


def test_large_events_and_traces_cost_more_requests_and_units() -> None:
    # Ten events of 100 KB are 1,000 KB: 16 chunks of 64 KB, sent and received; deleting is one request.
    assert part(Usage(batch=10, emit_batch=10, event_kb=100), "SQS requests") == pytest.approx((1.6 + 1.6 + 0.1) * 0.4)
    assert part(Usage(trace_kb=2.1), "trace writes") == pytest.approx(3 * 0.625)


def test_more_than_ten_are_received_ten_at_a_time() -> None:
    assert part(Usage(batch=500), "SQS requests") == pytest.approx((1 + 0.1 + 0.1) * 0.4)
    assert part(Usage(batch=500), "Lambda requests") == pytest.approx(0.2 / 500)


def test_traces_are_paid_for_as_long_as_they_are_kept() -> None:
    month = prices.DAYS_A_MONTH
    assert part(Usage(trace_days=month), "traces kept") == pytest.approx(1e6 * 1124 / 1024**3 * 0.45)
    assert part(Usage(trace_days=2 * month), "traces kept") == pytest.approx(2 * 1e6 * 1124 / 1024**3 * 0.45)


def test_crons_are_events_that_scheduler_sends() -> None:
    usage = Usage(events=0, handlers=10, crons=10, cron_minutes=1)
    # 437,760 runs: 3 requests, an invocation, 0.025 GB-s, a claim and a trace; Scheduler's are free.
    assert part(usage, "crons") == pytest.approx(0.43776 * (1.2 + 0.2 + 0.333335 + 1.25))
    many = Usage(events=0, handlers=1_000, crons=1_000, cron_minutes=1)
    assert part(many, "crons") == pytest.approx(43.776 * (1.2 + 0.2 + 0.333335 + 1.25) + 29.776)
    assert bill(usage).per_million == 0


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"memory": 64}, "memory may be 128 to 10,240, and not 64"),
        ({"batch": 0}, "batch may be 1 to 10,000"),
        ({"events": float("nan")}, "events may be"),
        ({"crons": 2}, "give a larger handlers"),
    ],
)
def test_impossible_usages_are_refused(wrong: Any, why: str) -> None:
    with pytest.raises(ImpossibleUsageError, match=why):
        Usage(**wrong)


# ---- capacity


def test_machines_are_what_runs_at_any_moment() -> None:
    assert Load(rate=1_000, duration_ms=100).needed == 100
    assert Load(rate=1, duration_ms=100).needed == 1
    assert Load(rate=0).needed == 0


@pytest.mark.parametrize(
    ("load", "most"),
    [
        (Load(), 10_000),
        (Load(account_concurrency=10_000), 12_500),
        (Load(max_concurrency=10), 100),
        # 10 ms events: 10 invocations a second of each machine, not 100; in tens all of the machine is used.
        (Load(duration_ms=10), 10_000),
        (Load(duration_ms=10, batch=10), 32_000),
        (Load(duration_ms=10, batch=10, trace_kb=3.5), 8_000),
        # Two handlers share the account's machines, and the table.
        (Load(handlers=2), 10_000),
        (Load(handlers=2, duration_ms=10, batch=10), 40_000),
    ],
)
def test_the_first_limit_decides(load: Load, most: float) -> None:
    assert load.most == pytest.approx(most)


def test_each_limit_that_does_not_hold_is_named() -> None:
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


def test_too_many_in_flight() -> None:
    load = Load(rate=10_000, duration_ms=50, batch=1_000)
    assert "events in flight of a queue" in {check.name for check in checks(load, 0.0) if not check.holds}


@pytest.mark.parametrize("wrong", [{"rate": -1}, {"duration_ms": 0}, {"max_concurrency": 1}, {"batch": 10_001}])
def test_impossible_loads_are_refused(wrong: Any) -> None:
    with pytest.raises(ImpossibleLoadError, match="may be"):
        Load(**wrong)


# ---- the drain


def test_a_backlog_that_is_gone_before_all_machines_are_there() -> None:
    # 5 machines at once and 5 more each second, 1 s an event: 5t + 2.5t^2 are done after t seconds; 1,500 after 23.515.
    assert drain(Load(rate=0, duration_ms=1_000, backlog=1_500)).seconds == pytest.approx(23.515, abs=0.01)


def test_a_backlog_that_all_machines_work_on() -> None:
    # 105 machines are there after 20 s, when 1,100 are done; the other 8,900 take 105 machines 84.762 s.
    load = Load(rate=0, duration_ms=1_000, backlog=10_000, account_concurrency=105)
    assert drain(load).seconds == pytest.approx(20 + 8_900 / 105)


def test_a_day_at_a_thousand_a_second() -> None:
    drained = drain(Load(rate=1_000, duration_ms=100, pause=86_400))
    # 86.4 million wait. 1,000 machines are there after 199 s, when (5x199 + 2.5x199^2) x 10 - 199,000 of them are
    # done; the rest goes at 10,000 - 1,000 a second.
    assert drained.backlog == 86_400_000
    early = (5 * 199 + 2.5 * 199**2) * 10 - 199_000
    assert drained.seconds == pytest.approx(199 + (86_400_000 - early) / 9_000)
    assert drained.longest_wait == 86_400


def test_partitions_hold_back_what_machines_could_do() -> None:
    load = Load(rate=0, duration_ms=10, batch=10, backlog=3_200_000)
    with_room = Load(rate=0, duration_ms=10, batch=10, backlog=3_200_000, handlers=2, table_writes=1e6)
    seconds, with_two = drain(load).seconds, drain(with_room).seconds
    assert seconds is not None
    assert with_two is not None
    # 320 machines do 32,000 a second, 63 s from the start; (5x63 + 2.5x63^2) x 100 are done by then.
    assert seconds == pytest.approx(63 + (3_200_000 - 1_023_750) / 32_000, rel=1e-3)
    assert with_two < seconds


def test_what_comes_faster_than_it_is_done_never_drains() -> None:
    drained = drain(Load(rate=50_000, pause=86_400))
    assert (drained.seconds, drained.longest_wait) == (None, None)
    assert drained.points[-1].at == 86_400 + HORIZON
    assert drained.points[-1].backlog > drained.backlog
    assert drain(Load(rate=50_000)).seconds is None


def test_nothing_to_drain() -> None:
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
def test_no_event_is_made_up_or_lost(
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
        # No faster than all machines at once, and no slower than these once they have been added.
        assert drained.seconds >= drained.backlog / load.most - 1e-6
        assert drained.points[-1].backlog == 0


# ---- the picture and the commands


def test_the_picture_is_svg_with_the_whole_course_in_it() -> None:
    drained = drain(Load(pause=86_400))
    drawn = ET.fromstring(picture("a < b", drained.points, unpaused=86_400))
    space = "{http://www.w3.org/2000/svg}"
    (line,) = drawn.iter(f"{space}polyline")
    corners = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert corners[0][1] == corners[-1][1] == max(y for _, y in corners)
    assert [x for x, _ in corners] == sorted(x for x, _ in corners)
    assert {"a < b", "unpaused", "hours", "80M"} <= {text.text for text in drawn.iter(f"{space}text")}


@pytest.mark.parametrize("points", [drain(Load()).points, drain(Load(rate=0, backlog=1)).points])
def test_little_can_be_drawn_too(points: Any) -> None:
    ET.fromstring(picture("little", points))


@pytest.mark.parametrize(
    ("rate", "days", "holds"),
    [(150, 30, True), (1_000, 4.5, True), (1_000, 30, False), (10, 365, True), (154, 30, True), (155, 30, False)],
)
def test_a_pause_may_be_as_long_as_the_reconciler_keeps_up(rate: float, days: float, holds: bool) -> None:
    load = Load(rate=rate, pause=days * 86_400, duration_ms=10, batch=10)
    failing = [check.name for check in checks(load, drain(load).longest_wait) if not check.holds]
    assert failing == ([] if holds else ["events that wait while paused"])
