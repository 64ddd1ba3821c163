"""Keep a record of what happened. The trace is the record, so there is nothing else to store."""

from typing import Any


def handle(event: dict[str, Any]) -> str:
    """Sum it up in a line."""
    return f"{event['what']}: order {event['order']}"
