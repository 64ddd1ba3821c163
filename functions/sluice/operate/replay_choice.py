"""The events to replay, chosen from traces: how many they are, and why others are left out.

Their ids are kept in a file, so memory does not grow with their number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from ..event.ids import first_id_at
from ..traces import Trace
from ..traces.pages import Reading
from ..traces.search import TraceSearch

_IN_MEMORY = 1024 * 1024
"""Bytes of the ids to keep in memory: some 20,000 of them. More go to a temporary file."""

LOST = "damaged"
REDACTED = "redacted"
CUT = "cut"
RETRIED = "tried again anyway"
DEAD = "dead letters"
NO_HANDLER = "no handler"
TOO_LARGE = "too large"
GONE = "gone"
"""Reasons for which events are left out."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The traces to choose from.

    Attributes:
        handler: only this handler's; every handler's if None, which takes a group.
        group: only failed runs of this cause.
        statuses: of the traces.
        since, until: times of the oldest and the newest, in seconds since 1970: those of the failure for failed runs,
            or else of the emit.
        condition: only traces of which this is true.
    """

    handler: str | None
    group: str | None
    statuses: Collection[str]
    since: float | None
    until: float | None
    condition: Callable[[Trace], bool] | None

    def traces(self, search: TraceSearch, reading: Reading) -> Iterator[Trace]:
        """Yield the traces as they are read.

        Args:
            search: the stage's traces.
            reading: counts what is read.
        """
        when: Any = {"statuses": self.statuses, "since": self.since, "until": self.until, "reading": reading}
        if self.handler is not None and self.group is None:
            found = search.traces(self.handler, **when)
        else:
            runs = search.failures.runs(self.handler, **when)
            of_group = (run for run in runs if self.group in (None, run.failure.group))
            # Since its entry was read, a later attempt may have ended well.
            traced = search.with_traces(of_group, reading=reading)
            found = (trace for _, trace in traced if trace.status in self.statuses)
        return found if self.condition is None else filter(self.condition, found)


Reason = Callable[[Trace], str | None]
"""Returns the reason for which a trace's event can't be replayed; None if it can."""


class ReplayChoice:
    """The events to replay, and the number of those that are left out.

    Args:
        again: True to replay also events that were replayed before.
        until: with `again`, leave out events whose last replay began after this time, in seconds since 1970.

    Attributes:
        counts: the number of events to replay, by handler.
        already: events that are left out because they were replayed before.
        skipped: events that can't be replayed, by the reason.
        oldest_ms, newest_ms: when the events to replay were first emitted, in milliseconds since 1970.
    """

    def __init__(self, *, again: bool, until: float) -> None:
        self.counts: Counter[str] = Counter()
        self.already = 0
        self.skipped: Counter[str] = Counter()
        self.oldest_ms: int | None = None
        self.newest_ms: int | None = None
        self._again_before = first_id_at(until) if again else ""
        self._ids: IO[str] = SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="ascii")  # noqa: SIM115 - close()

    @property
    def count(self) -> int:
        """The number of events to replay."""
        return self.counts.total()

    def close(self) -> None:
        """Delete the file."""
        self._ids.close()

    def was_replayed(self, trace: Trace) -> bool:
        """Return True if an event is left out because it was replayed before."""
        return trace.last_replay is not None and trace.last_replay >= self._again_before

    def add(self, traces: Iterable[Trace], why_not: Reason) -> None:
        """Choose from traces.

        Args:
            traces: the traces.
            why_not: returns why a trace's event can't be replayed.
        """
        for trace in traces:
            reason = why_not(trace)
            if reason is not None:
                self.skipped[reason] += 1
            elif self.was_replayed(trace):
                self.already += 1
            else:
                self.counts[trace.handler] += 1
                self._ids.write(f"{trace.handler} {trace.id}\n")
                if trace.emitted_ms is not None:
                    moments = (trace.emitted_ms, self.oldest_ms, self.newest_ms)
                    known = [moment for moment in moments if moment is not None]
                    self.oldest_ms, self.newest_ms = min(known), max(known)

    def in_parts(self, size: int) -> Iterator[list[tuple[str, str]]]:
        """Yield handlers and ids of the events, as many as `size` at a time."""
        self._ids.seek(0)
        while some := list(islice(self._ids, size)):
            yield [(handler, event_id) for handler, event_id in map(str.split, some)]


def why_not(trace: Trace, *, handlers: Collection[str], asked: Collection[str]) -> str | None:
    """Return the reason for which a trace's event can't be replayed; None if it can.

    Args:
        trace: the trace.
        handlers: the names of the stage's handlers.
        asked: statuses that were asked for by name.
    """
    reasons = (
        (trace.status == "damaged", LOST),
        (trace.handler not in handlers, NO_HANDLER),
        ("event" in trace.redacted, REDACTED),
        # The events of names without a handler are kept whole, in parts if they are large.
        ("event" in trace.cut and trace.status != "no-handler", CUT),
        (trace.status in ("timed-out", "interrupted", "running") and trace.status not in asked, RETRIED),
        (trace.status == "dead" and trace.status not in asked, DEAD),
    )
    return next((reason for holds, reason in reasons if holds), None)
