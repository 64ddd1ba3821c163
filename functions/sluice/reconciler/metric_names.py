"""The names of the reconciler's metrics, which alarms watch. Depends on nothing, as the template reads it."""

from __future__ import annotations

STOPPED_METRIC = "LongestStop"
NO_HANDLER_METRIC = "NoHandler"
PAUSED_ITSELF_METRIC = "PausedItself"
MAPPING_METRIC = "MappingChanged"


def dimensions_of(stage: str) -> dict[str, str]:
    """Return the dimensions of a stage's metrics."""
    return {"stage": stage}
