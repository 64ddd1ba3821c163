"""The timeouts of a handler's function and queue, derived from its settings."""

from __future__ import annotations

from dataclasses import dataclass

from ..entries import Entry

RECORDING_MARGIN = 5
"""Seconds that a function has besides its events' own. In them it imports the handler's module and, if the last event
of a batch timed out, records that before Lambda ends the process."""

VISIBILITY_FACTOR = 6
"""Function timeouts in a visibility timeout. AWS's rule: Lambda can then retry a throttled batch while SQS hides it."""

SHORTEST_VISIBILITY = 180
"""Seconds: two runs of an every-minute reconciler and a margin. After a function is throttled in the console, its
mapping receives for up to a minute. That costs an event at most one receive, however short the function's timeout."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """A handler's timeouts, in seconds.

    Attributes:
        function_timeout: Lambda ends an invocation after this time.
        visibility_timeout: SQS delivers a received message again after this time, unless it was deleted.
    """

    function_timeout: int
    visibility_timeout: int


def timing_of(entry: Entry) -> Timing:
    """Return the timeouts for a handler."""
    function_timeout = entry.timeout * entry.batch_size + RECORDING_MARGIN
    return Timing(
        function_timeout=function_timeout,
        visibility_timeout=max(SHORTEST_VISIBILITY, VISIBILITY_FACTOR * function_timeout + entry.batch_window),
    )
