"""A run's calls as bars, which show where its time went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..traces.calls import TracedCall

_MOST = 60
"""Bars of a page."""

_TICKS = 7


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A call's bar. Its start and its width are in per cent of the run."""

    name: str
    note: str
    depth: int
    start: float
    width: float
    us: int | None
    failed: bool
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """The bars in the order in which the calls started, the times of the axis, and how many calls are left out."""

    bars: Sequence[Bar]
    ticks: Sequence[int]
    left_out: int


def waterfall(calls: Sequence[TracedCall]) -> Waterfall | None:
    """Return the bars of a run's calls, outer calls first; None without calls.

    Args:
        calls: the calls in the order in which they started.
    """
    total = max((call.start_us + (call.us or 0) for call in calls), default=0)
    if total <= 0:
        return None
    depths: list[int] = []
    for call in calls:
        depths.append(0 if call.parent is None else depths[call.parent] + 1)
    # The longest calls of all, and those that ended badly, tell where the time went.
    order = sorted(range(len(calls)), key=lambda index: (calls[index].state == "returned", -(calls[index].us or 0)))
    chosen = sorted(order[:_MOST])
    return Waterfall(
        bars=[_bar(index, calls[index], depths[index], total) for index in chosen],
        ticks=[total * tick // _TICKS for tick in range(_TICKS)],
        left_out=len(calls) - len(chosen),
    )


def _bar(index: int, call: TracedCall, depth: int, total: int) -> Bar:
    start = 100 * call.start_us / total
    width = 100 * (total - call.start_us if call.us is None else call.us) / total
    return Bar(
        name=call.function,
        note=f"{call.file}:{call.line}",
        depth=min(depth, 5),
        start=round(min(start, 99.7), 2),
        width=round(max(0.3, min(width, 100 - start)), 2),
        us=call.us,
        failed=call.state != "returned",
        anchor=f"c{index}",
    )
