"""Ticks: what a schedule sends to its cron's queue."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""What Scheduler puts the time in place of, as 2026-11-30T02:00:00Z."""

EMITTED_BY = "scheduler.amazonaws.com"
"""Who a tick is from, in its trace. No handler can have this name."""

_LONGEST = 300
"""Characters. What is longer is no tick, and need not be parsed to tell."""


def tick_of(cron: str) -> str:
    """The body of the cron's ticks, as Scheduler is told it."""
    return json.dumps({"cron": cron, "scheduled_at": SCHEDULED_TIME})


def due_ms(body: str, handler: str) -> int | None:
    """When a tick was due, in milliseconds since 1970; None if a message's body is no tick of this handler's.

    Args:
        body: the message's text.
        handler: the handler in whose queue the message is.
    """
    if len(body) > _LONGEST or not body.startswith("{"):
        return None
    try:
        fields: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if fields.keys() != {"cron", "scheduled_at"} or fields["cron"] != handler:
        return None
    try:
        due = datetime.fromisoformat(fields["scheduled_at"])
        return int(due.timestamp() * 1000) if due.utcoffset() is not None and due.timestamp() >= 0 else None
    except (ValueError, TypeError, OverflowError):
        return None
