"""The times that AWS is told, derived from a handler's settings."""

from __future__ import annotations

from dataclasses import dataclass

from ..entries import Entry

RECORDING_MARGIN = 5
"""Seconds that a function has beyond its events' own: to import the handler's module, and, when the last event of
a batch used up its time, to record that before Lambda ends the process."""

VISIBILITY_FACTOR = 6
"""AWS's rule: room for Lambda to retry a batch that was throttled, while SQS keeps it hidden."""

SHORTEST_VISIBILITY = 180
"""Seconds: two runs of an every-minute reconciler and a margin. An event that is received in the minute after its
function was throttled in the console then costs one receive at most, however short the function's timeout is."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds.

    Attributes:
        function_timeout: when Lambda ends an invocation.
        visibility_timeout: when SQS delivers a message again that was not acknowledged.
    """

    function_timeout: int
    visibility_timeout: int


def timing_of(entry: Entry) -> Timing:
    """The times for a handler."""
    function_timeout = entry.timeout * entry.batch_size + RECORDING_MARGIN
    return Timing(
        function_timeout=function_timeout,
        visibility_timeout=max(SHORTEST_VISIBILITY, VISIBILITY_FACTOR * function_timeout + entry.batch_window),
    )
