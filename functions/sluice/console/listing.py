"""One page of a handler's traces. The next page begins where this one ended, so that no page reads much."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from ..cli.hide_secrets import hide_secrets
from ..event.ids import is_id, time_of_id
from ..traces import Trace, TraceStore
from ..traces.failure import FAILED
from ..traces.pages import PAGE, Reading

ANY_FAILED = "failed"
"""Stands for the statuses of failed runs."""

ROWS = 25
"""Traces of a page."""

MOST_READ = 2_000
"""Traces that are looked at for one page of a search. The reader is then asked whether to go on."""


_HALF = 0.0005
"""Half a millisecond, in seconds: with it, a time in seconds is within its millisecond, however it is rounded."""

_DIGITS = 15
"""Digits of a time in milliseconds, at most."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The traces that a listing shows.

    Attributes:
        status: of the traces; None for any; `ANY_FAILED` for all failed ones.
        since: time of the oldest trace, in seconds since 1970; None for any.
        condition: what else has to be true of a trace; None for nothing.
        after: the cursor of an earlier page; None for the first page.
    """

    status: str | None = None
    since: float | None = None
    condition: Callable[[Trace], bool] | None = None
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of traces.

    Attributes:
        traces: the traces, newest first.
        cursor: where the next page begins; None if there is none.
        read: items that were read for it.
        cut_off: True if the search stopped early, as it had looked at `MOST_READ` traces.
    """

    traces: Sequence[Trace]
    cursor: str | None
    read: int
    cut_off: bool = False


def page_of(store: TraceStore, handler: str, wanted: Wanted, *, rows: int = ROWS, most: int = MOST_READ) -> Page:
    """Return one page of a handler's traces.

    Args:
        store: the stage's traces.
        handler: the handler's name.
        wanted: which traces.
        rows: traces of a page.
        most: traces to look at, at most.
    """
    statuses = FAILED if wanted.status == ANY_FAILED else (wanted.status,) if wanted.status else ()
    indexed = bool(statuses) and set(statuses) <= set(FAILED)
    searching = wanted.condition is not None or (bool(statuses) and not indexed)
    reading = Reading()
    found: list[Trace] = []
    looked_at, last = 0, wanted.after
    with closing(_candidates(store, handler, statuses if indexed else (), wanted, rows, reading, searching)) as traces:
        for cursor, trace in traces:
            looked_at += 1
            shown = hide_secrets(trace)
            fits = (not statuses or shown.status in statuses) and (wanted.condition is None or wanted.condition(shown))
            if fits and len(found) == rows:
                return Page(traces=found, cursor=last, read=reading.items)
            last = cursor
            if fits:
                found.append(shown)
            if searching and looked_at >= most:
                return Page(traces=found, cursor=last, read=reading.items, cut_off=True)
    return Page(traces=found, cursor=None, read=reading.items)


def _candidates(
    store: TraceStore,
    handler: str,
    failed: Sequence[str],
    wanted: Wanted,
    rows: int,
    reading: Reading,
    searching: bool,
) -> Generator[tuple[str, Trace], None, None]:
    """Yield traces after the cursor, newest first, each with its own cursor."""
    few = None if searching else rows + 1
    if failed:
        yield from _failed(store, handler, failed, wanted, few, reading)
        return
    after = wanted.after if wanted.after and is_id(wanted.after) else None
    made = None if after is None else time_of_id(after)
    until = None if made is None else made + _HALF
    for trace in store.search.traces(handler, since=wanted.since, until=until, few=few, reading=reading):
        # The ids of the cursor's own millisecond are read again.
        if after is None or trace.id < after:
            yield trace.id, trace


def _failed(
    store: TraceStore, handler: str, statuses: Sequence[str], wanted: Wanted, few: int | None, reading: Reading
) -> Generator[tuple[str, Trace], None, None]:
    """Yield failed runs in the order of their failures. A cursor is a failure's time and its event's id."""
    ms, _, after = (wanted.after or "").partition(".")
    until = int(ms) / 1000 + _HALF if ms.isdigit() and len(ms) <= _DIGITS else None
    search = store.search
    runs = search.failures.runs(
        handler, statuses=statuses, since=wanted.since, until=until, page=few or PAGE, reading=reading
    )
    passed = until is None
    for run, trace in search.with_traces(runs, few=few, reading=reading):
        if not passed and run.failed_ms == int(ms):
            passed = run.id == after
            continue
        passed = True
        if trace.status in statuses:
            yield f"{run.failed_ms}.{run.id}", trace
