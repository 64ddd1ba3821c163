"""Returns its tick."""

from typing import Any


def handle(event: Any) -> Any:
    return event
