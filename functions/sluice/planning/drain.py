"""A simulation of a backlog: it grows while handlers are paused, and drains afterwards.

It follows one handler, as all have the same settings. While the mapping adds machines, it goes in steps of time; from
then on all rates are constant, and the rest is one division.
"""

from __future__ import annotations

from dataclasses import dataclass

from .capacity import CONCURRENCY_A_MINUTE, FIRST_CONCURRENCY, Load

STEP = 0.25
"""Seconds of a step. A mapping adds at most 1.25 machines in one."""

HORIZON = 14 * 86_400.0
"""Seconds after unpausing that are shown of a backlog that never drains: as long as SQS keeps a message."""

_BENDS = 2
"""Points at either end of the line where it bends."""


@dataclass(frozen=True)
class Point:
    """The state at one moment.

    Attributes:
        at: seconds since the start, which is the beginning of the pause if there is one.
        backlog: events that wait, of all handlers together.
        concurrency: machines that run, of all handlers together.
    """

    at: float
    backlog: float
    concurrency: float


@dataclass(frozen=True)
class Drain:
    """The course of a backlog.

    Attributes:
        points: the backlog over time, nearly straight between two points.
        backlog: events that wait when the handlers start to run, of all handlers together.
        seconds: seconds from then until the backlog is gone; None if it never is.
        longest_wait: seconds that an event waits at most, if the queue is in order: the pause, and the runs of the
            events before it; None if the backlog never drains.
    """

    points: tuple[Point, ...]
    backlog: float
    seconds: float | None
    longest_wait: float | None


def drain(load: Load) -> Drain:
    """Simulate a load: the pause, then the runs until the backlog is gone."""
    arriving = load.rate / load.handlers
    waiting = load.backlog / load.handlers + arriving * load.pause
    points = [Point(0, load.backlog, 0)]
    if load.pause:
        points.append(Point(load.pause, waiting * load.handlers, 0))
    at, begun = load.pause, waiting
    ceiling = float(load.ceiling)
    running = min(float(FIRST_CONCURRENCY), ceiling)
    while waiting > 0 and running < ceiling:
        # The rate in the middle of the step is its mean, as growth is linear.
        later = min(running + CONCURRENCY_A_MINUTE / 60 * STEP, ceiling)
        net = arriving - load.done_a_second((running + later) / 2)
        taken = min(STEP, waiting / -net) if net < 0 else STEP
        waiting = max(0.0, waiting + net * taken)
        at, running = at + taken, later
        points.append(Point(at, waiting * load.handlers, running * load.handlers))
    net = arriving - load.done_a_second(ceiling)
    if waiting > 0 and net < 0:
        at += waiting / -net
        points.append(Point(at, 0, ceiling * load.handlers))
        waiting = 0.0
    total = begun * load.handlers
    if waiting > 0 or not load.keeps_up:
        end = load.pause + HORIZON
        points.append(Point(end, (waiting + net * (end - at)) * load.handlers, ceiling * load.handlers))
        return Drain(_thinned(points), total, None, None)
    seconds = at - load.pause
    # Later events wait less, as events run faster than they are emitted.
    return Drain(_thinned(points), total, seconds, load.pause + min(seconds, load.backlog / load.most))


def _thinned(points: list[Point], most: int = 400) -> tuple[Point, ...]:
    """Return fewer points. The first and last ones stay, as the line bends there."""
    every = max(1, len(points) // most)
    first, middle, last = points[:_BENDS], points[_BENDS:-_BENDS], points[_BENDS:][-_BENDS:]
    return (*first, *middle[::every], *last)
