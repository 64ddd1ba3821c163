"""Raises, each time that it is started."""

from typing import Any

from ._starts import count_start


def handle(event: dict[str, Any]) -> None:
    count_start(event["mark"])
    raise LookupError(f"no {event['what']}")
