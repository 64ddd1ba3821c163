"""The names of the worker's metrics, which alarms watch: a contract with every dashboard of a team's own.

Depends on nothing, as the template reads it.
"""

from __future__ import annotations

FAILED_METRIC = "Failed"
NOT_WRITTEN_METRIC = "TraceNotWritten"

METRIC_OF_STATUS = {
    "ok": "Ok",
    "error": "Error",
    "timed-out": "TimedOut",
    "interrupted": "Interrupted",
    "dead": "Dead",
}
"""Metrics that count attempts, by how they ended."""

DURATION_METRIC = "Duration"
WAIT_METRIC = "Wait"
"""Metrics in milliseconds."""


def dimensions_of_stage(stage: str) -> dict[str, str]:
    """Return the dimensions of what is counted for all handlers together: `TraceNotWritten`."""
    return {"stage": stage}


def dimensions_of(stage: str, handler: str) -> dict[str, str]:
    """Return the dimensions of a handler's metrics."""
    return {"stage": stage, "service": handler}
