"""The part of a run's execution that its trace keeps.

DynamoDB charges each begun KB of a trace, and calls with their values take one to three:

- A run that did not end `ok` keeps all.
- So does a process's first run of each minute. To find the first of all processes would take a call to AWS for each
  event. A process that runs for a whole minute costs a hundred times what this trace adds, and one that runs a single
  event in a minute twice as much.
- Any other run keeps what fits the write units that its trace costs anyway: its calls with their values, else their
  names and times, else nothing.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..traces.write_units import with_what_fits

if TYPE_CHECKING:
    from ..recording.recorder import Recording
    from ..recording.render import Secrets
    from ..traces import Trace

MAX_CALLS_WITH_VALUES = 10
MAX_CALLS_BY_NAME = 40
"""Calls of a run up to which it is worth trying if they fit. More rarely do, and each try costs time."""

_MINUTE_MS = 60_000


class Executions:
    """Decides for the runs of one process.

    Args:
        level: how much a trace records: `calls`, `basic` or `off`.
    """

    def __init__(self, level: str = "calls") -> None:
        self._level = level
        self._minute = -1

    def stored(self, trace: Trace) -> Trace:
        """Return a trace as it is stored and logged: with the level `off`, without its event, its result and its logs.

        It names them as cut, so that nobody takes them for empty.
        """
        if self._level != "off":
            return trace
        return dataclasses.replace(trace, event="", result=None, logs="", cut=("event", "logs", "result"))

    def kept(self, trace: Trace, recording: Recording, secrets: Secrets) -> Trace:
        """Return a trace with what it keeps of its execution. It never raises: the run has ended.

        Args:
            trace: with everything else.
            recording: the run's.
            secrets: what to hide.
        """
        try:
            if trace.status != "ok" or self._is_first_of_minute(trace.finished_ms or 0):
                return dataclasses.replace(trace, calls=recording.calls(secrets), locals=recording.locals(secrets))
            count = recording.call_count
            # A single call is `handle`, of which the trace says everything already; and so it does of emits and logs.
            if count > MAX_CALLS_BY_NAME or (count <= 1 and not recording.outside_count):
                return trace
            by_name = lambda: recording.calls(secrets, values=False)  # noqa: E731 - beside the one that follows
            with_values = lambda: recording.calls(secrets)  # noqa: E731
            return with_what_fits(trace, [with_values, by_name] if count <= MAX_CALLS_WITH_VALUES else [by_name])
        except Exception:  # noqa: BLE001 - out of memory, say
            return trace

    def _is_first_of_minute(self, now_ms: int) -> bool:
        minute = now_ms // _MINUTE_MS
        is_first, self._minute = minute != self._minute, minute
        return is_first
