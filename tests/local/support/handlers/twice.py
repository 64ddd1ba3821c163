"""Emits once in each run, so that a test can count the runs."""

from typing import Any

from sluice import emit


def handle(event: Any) -> None:
    emit("echo", event["scheduled_at"])
