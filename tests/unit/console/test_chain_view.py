"""A chain of events as bars."""

from __future__ import annotations

from sluice.console.chain_view import WAITS, view_of
from sluice.operate.chain import EMIT, Link
from sluice.traces.failure import failure

from tests.unit.support.traces import a_trace


def link(name: str, *times: int, effects: tuple[Link, ...] = (), **fields: object) -> Link:
    """An event with the times of its emit, start and end in milliseconds; without a trace if there are none."""
    trace = None
    if times:
        emitted, started, finished = times
        more = {"emitted_ms": emitted, "started_ms": started, "finished_ms": finished}
        trace = a_trace(id=name, handler=name, **more, **fields)
    return Link(id=name, handler=name, cause=EMIT, trace=trace, effects=list(effects))


def test_each_event_stands_after_its_cause_where_it_ran() -> None:
    cause = failure("c", kind="KeyError", message="")
    leaf = link("c", 1_100, 1_500, 2_000, status="error", failure=cause)
    found = view_of(
        link("a", 1_000, 1_000, 1_200, effects=(link("b", effects=(leaf,)), link("d", 1_200, 1_200, 1_300)))
    )

    assert found is not None
    assert [(row.handler, row.depth, row.status, row.failed) for row in found.rows] == [
        ("a", 0, "ok", False),
        ("b", 1, WAITS, False),
        ("c", 2, "error", True),
        ("d", 1, "ok", False),
    ]
    assert [(row.emitted, row.start, row.width, row.wait) for row in found.rows if row.us is not None] == [
        (0, 0, 20, False),
        (10, 50, 50, True),
        (20, 20, 10, False),
    ]
    assert found.ticks[1] == 1_000_000 // 7


def test_one_event_is_no_chain() -> None:
    assert view_of(link("a", 1, 2, 3)) is None


def test_a_chain_of_many_levels_is_shown() -> None:
    last = link("last", 1, 2, 3)
    for _ in range(3_000):
        last = link("one", 1, 2, 3, effects=(last,))

    found = view_of(last)

    assert found is not None
    assert len(found.rows) == 3_001
    assert max(row.depth for row in found.rows) == 5
