"""Raises."""

from typing import Any


def handle(event: Any) -> Any:
    raise LookupError(f"no {event}")
