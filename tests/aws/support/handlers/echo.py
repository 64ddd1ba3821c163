"""Returns its event."""

from typing import Any


def handle(event: Any) -> Any:
    return event
