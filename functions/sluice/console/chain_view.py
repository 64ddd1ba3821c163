"""A chain of events as bars: which waited and ran when, across handlers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..operate.chain import Link, chain_from, first_of
from ..operate.handlers import handler_names
from ..traces import Trace, open_store

_MOST = 60
"""Events of a chain that are shown."""

_TICKS = 7

_SEEN = 0.2
"""Per cent of the chain's time that a wait has to take to be seen."""

_US = 1_000
"""Microseconds of a millisecond."""

WAITS = "no trace yet"
"""Stands for the status of an event without a trace."""


@dataclass(frozen=True, kw_only=True)
class ChainRow:
    """An event of a chain. Its places are in per cent of the chain's time.

    Attributes:
        id: the event's id.
        handler: the handler's name.
        depth: how many events led to it, since the first.
        cause: `emit` or `replay`; None for the first.
        status: its trace's status, or `WAITS`.
        failed: True if it failed.
        emitted, start, width: when it was emitted, when it started, and how long it ran.
        wait: True if it waited visibly.
        us: microseconds that it ran; None if that is not known.
    """

    id: str
    handler: str
    depth: int
    cause: str | None
    status: str
    failed: bool
    emitted: float
    start: float
    width: float
    wait: bool
    us: int | None


@dataclass(frozen=True, kw_only=True)
class ChainView:
    """A chain's events, each after its cause; the times of the axis; and how many events are left out."""

    rows: Sequence[ChainRow]
    ticks: Sequence[int]
    more: int


def chain_view(stage: str, trace: Trace) -> ChainView | None:
    """Return the chain that an event is part of; None if it is the only one.

    Args:
        stage: the stage.
        trace: the event's trace.
    """
    if not (trace.parent or trace.emitted or trace.replay_of or trace.last_replay):
        return None
    store = open_store(stage)
    first = first_of(trace, store, handler_names(stage))
    return view_of(chain_from(first, store, most=_MOST))


def view_of(first: Link) -> ChainView | None:
    """Return a chain's events as rows; None if there is only one."""
    links = list(_flat(first, 0))
    if len(links) == 1:
        return None
    began = min((link.trace.emitted_ms or 0 for link, _ in links if link.trace), default=0)
    ended = max((_end(link) for link, _ in links), default=0)
    total = max(1, ended - began)
    return ChainView(
        rows=[_row(link, depth, began, total) for link, depth in links],
        ticks=[_US * total * tick // _TICKS for tick in range(_TICKS)],
        more=sum(link.more for link, _ in links),
    )


def _flat(link: Link, depth: int) -> Iterator[tuple[Link, int]]:
    # Not by recursion: a chain may have as many levels as it has events.
    left = [(link, depth)]
    while left:
        one, level = left.pop()
        yield one, level
        left += [(effect, level + 1) for effect in reversed(one.effects)]


def _end(link: Link) -> int:
    trace = link.trace
    return 0 if trace is None else max(trace.finished_ms or 0, trace.started_ms or 0, trace.emitted_ms or 0)


def _row(link: Link, depth: int, began: int, total: int) -> ChainRow:
    trace = link.trace
    emitted = trace.emitted_ms if trace and trace.emitted_ms is not None else began
    started = trace.started_ms if trace and trace.started_ms is not None else emitted
    duration = trace.duration_ms if trace else None

    def place(ms: int) -> float:
        return round(100 * min(max(0, ms - began), total) / total, 2)

    start = min(place(started), 99.5)
    return ChainRow(
        id=link.id,
        handler=link.handler,
        depth=min(depth, 5),
        cause=link.cause,
        status=trace.status if trace else WAITS,
        failed=bool(trace and trace.cause),
        emitted=min(place(emitted), start),
        start=start,
        width=round(max(0.5, min(100 - start, 100 * (duration or 0) / total)), 2),
        wait=start - place(emitted) > _SEEN,
        us=None if duration is None else duration * _US,
    )
