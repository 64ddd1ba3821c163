"""When crons run, in EventBridge Scheduler's words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .entries import Cron

RATES = {
    "Every 1min": "rate(1 minute)",
    "Every 1hr": "rate(1 hour)",
    "Every 12hrs": "rate(12 hours)",
    # Counted from the deployment that makes the schedule: cron expressions have no second week.
    "Fortnightly": "rate(14 days)",
}
"""The intervals that no clock has a say in."""

BY_THE_CLOCK = {
    "Daily": "cron({minute} {hour} * * ? *)",
    "Weekly": "cron({minute} {hour} ? * MON *)",
}
"""The intervals that `at` and `timezone` belong to."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class Schedule:
    """A schedule.

    Attributes:
        expression: a `rate(...)` or `cron(...)` expression.
        timezone: the zone whose clock a cron expression follows.
    """

    expression: str
    timezone: str = "UTC"


def is_time_of_day(text: str) -> bool:
    """Whether it is one, like `03:00`."""
    return _TIME.fullmatch(text) is not None


def schedule_of(cron: Cron) -> Schedule:
    """The schedule of a cron whose settings are right."""
    timezone = cron.timezone or "UTC"
    if cron.cron is not None:
        return Schedule(f"cron({cron.cron})", timezone)
    if cron.every in RATES:
        return Schedule(RATES[cron.every])
    hour, minute = (cron.at or "00:00").split(":")
    return Schedule(BY_THE_CLOCK[cron.every or "Daily"].format(hour=int(hour), minute=int(minute)), timezone)
