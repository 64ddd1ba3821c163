"""Emits its event to another handler."""

from typing import Any

from sluice import emit


def handle(event: dict[str, Any]) -> str:
    return emit(event["to"], event["event"])
