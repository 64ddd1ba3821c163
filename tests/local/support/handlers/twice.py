"""Emits once a run, so that runs can be counted."""

from typing import Any

from sluice import emit


def handle(event: Any) -> None:
    emit("echo", event["scheduled_at"])
