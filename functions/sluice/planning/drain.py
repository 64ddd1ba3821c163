"""How a backlog grows while handlers are paused, and how it goes away afterwards: a small simulation.

One handler is followed; alike ones do the same. While its mapping adds machines, time goes in steps; from then on all
rates are constant, and the rest is one division.
"""

from __future__ import annotations

from dataclasses import dataclass

from .capacity import CONCURRENCY_A_MINUTE, FIRST_CONCURRENCY, Load

STEP = 0.25
"""Seconds. A mapping adds at most 1.25 machines in one."""

HORIZON = 14 * 86_400.0
"""Seconds after unpausing that are shown of a backlog that has no end: as long as SQS keeps an event."""


_BENDS = 2


@dataclass(frozen=True)
class Point:
    """A moment.

    Attributes:
        at: seconds since the pause began; if there was none, since the start.
        backlog: events that wait, of all handlers together.
        concurrency: machines that run, of all handlers together.
    """

    at: float
    backlog: float
    concurrency: float


@dataclass(frozen=True)
class Drain:
    """What becomes of a backlog.

    Attributes:
        points: its course. Between two of them it is as good as straight.
        backlog: events that wait when the handlers start, all together.
        seconds: from then until none waits that could be running; None if that never comes.
        longest_wait: seconds that the event that waits longest does so, were the queue in order: through the pause,
            and until those before it are done; None if there is no end to it.
    """

    points: tuple[Point, ...]
    backlog: float
    seconds: float | None
    longest_wait: float | None


def drain(load: Load) -> Drain:
    """Pause, then run until the backlog is gone."""
    arriving = load.rate / load.handlers
    waiting = load.backlog / load.handlers + arriving * load.pause
    points = [Point(0, load.backlog, 0)]
    if load.pause:
        points.append(Point(load.pause, waiting * load.handlers, 0))
    at, begun = load.pause, waiting
    ceiling = float(load.ceiling)
    running = min(float(FIRST_CONCURRENCY), ceiling)
    while waiting > 0 and running < ceiling:
        # The middle of the step stands for all of it: exact, as growth is linear.
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
    # Who comes later waits less: events are done faster than they came.
    return Drain(_thinned(points), total, seconds, load.pause + min(seconds, load.backlog / load.most))


def _thinned(points: list[Point], most: int = 400) -> tuple[Point, ...]:
    """Fewer points, of which the first and the last ones are where lines bend."""
    every = max(1, len(points) // most)
    first, middle, last = points[:_BENDS], points[_BENDS:-_BENDS], points[_BENDS:][-_BENDS:]
    return (*first, *middle[::every], *last)
