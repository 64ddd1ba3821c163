"""Record what happened. The trace is the record, so the handler stores nothing else."""

from typing import Any


def handle(event: dict[str, Any]) -> str:
    """Return the record as one line."""
    return f"{event['what']}: order {event['order']}"
