"""Emits a delayed event."""

from datetime import datetime
from typing import Any

from sluice import emit


def handle(event: Any) -> str:
    return emit("raiser", event, at=datetime.fromisoformat(event["at"]))
