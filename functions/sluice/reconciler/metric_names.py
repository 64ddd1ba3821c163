"""The names of the reconciler's metrics, which alarms watch. Depends on nothing, as the template reads it."""

from __future__ import annotations

STOPPED_METRIC = "LongestStop"
NO_HANDLER_METRIC = "NoHandler"
PAUSED_ITSELF_METRIC = "PausedItself"
MAPPING_METRIC = "MappingChanged"


WAITING_METRIC = "OldestWaiting"
DEAD_METRIC = "OldestDeadLetter"
"""Metrics of each handler, in seconds."""


def dimensions_of(stage: str, handler: str | None = None) -> dict[str, str]:
    """Return the dimensions of a stage's metrics, or of a handler's."""
    return {"stage": stage} if handler is None else {"stage": stage, "service": handler}
