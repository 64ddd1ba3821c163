"""Ticks: the events that a schedule sends to its cron's queue."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""Scheduler's placeholder for the time, which it writes as 2026-11-30T02:00:00Z."""

EMITTED_BY = "scheduler.amazonaws.com"
"""The sender of a tick, in its trace. No handler can have this name."""

_LONGEST = 300
"""Characters of the longest tick. A longer body is not parsed to find out."""


def tick_of(cron: str, scheduled_at: str = SCHEDULED_TIME) -> str:
    """Return the body of a tick.

    Args:
        cron: the cron's name.
        scheduled_at: when the tick is due, in ISO 8601; Scheduler's placeholder if left out, for the cron's schedule.
    """
    return json.dumps({"cron": cron, "scheduled_at": scheduled_at})


def due_ms(body: str, handler: str) -> int | None:
    """Return when a tick was due, in milliseconds since 1970; None if a body is not a tick of this handler.

    Args:
        body: the message's body.
        handler: the handler whose queue it was in.
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
