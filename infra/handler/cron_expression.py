"""When crons run, in EventBridge Scheduler's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sluice.schedules.expression import WEEKDAYS

from ..entries import Cron

BY_THE_MINUTE = {
    "Every 1min": "* * * * ? *",
    "Every 1hr": "0 * * * ? *",
    # At midnight and noon UTC: a rate would count from the deployment that makes the schedule.
    "Every 12hrs": "0 0/12 * * ? *",
}
"""The intervals that no zone's clock has a say in."""

BY_THE_CLOCK = {
    "Daily": "{minute} {hour} * * ? *",
    "Weekly": "{minute} {hour} ? * {day} *",
    # Scheduler has rate(14 days), but that is 14 times 24 hours, which daylight saving shifts. The worker lets go of
    # every other tick.
    "Fortnightly": "{minute} {hour} ? * {day} *",
}
"""The intervals that `at` and `timezone` belong to."""

BY_THE_WEEK = ("Weekly", "Fortnightly")
"""The intervals that `on` belongs to."""

FORTNIGHTLY = "Fortnightly"

DEFAULT_DAY = "MON"

_FIRST_WEEK = date(1970, 1, 5)
"""In one of the weeks that count if nothing says otherwise: a Monday that is the same for every cron."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class Schedule:
    """A schedule.

    Attributes:
        expression: a `cron(...)` expression.
        timezone: the zone whose clock it follows.
        fortnight: if it counts in every second week only, when it is due in one of them, in UTC.
    """

    expression: str
    timezone: str = "UTC"
    fortnight: datetime | None = None


def is_time_of_day(text: str) -> bool:
    """Whether it is one, like `03:00`."""
    return _TIME.fullmatch(text) is not None


def schedule_of(cron: Cron) -> Schedule:
    """The schedule of a cron whose settings are right."""
    timezone = cron.timezone or "UTC"
    if cron.cron is not None:
        # As AWS writes them, whatever spaces and letters were used.
        return Schedule(f"cron({' '.join(cron.cron.split()).upper()})", timezone)
    every = cron.every or "Daily"
    if every in BY_THE_MINUTE:
        return Schedule(f"cron({BY_THE_MINUTE[every]})")
    at = time.fromisoformat(cron.at or "00:00")
    day = (cron.on or DEFAULT_DAY).upper()
    expression = BY_THE_CLOCK[every].format(hour=at.hour, minute=at.minute, day=day)
    fortnight = None
    if every == FORTNIGHTLY:
        week = date.fromisoformat(cron.week_of) if cron.week_of else _FIRST_WEEK
        # Weeks begin on Mondays here, as in ISO 8601.
        due = week + timedelta((WEEKDAYS.index(day) - 1) % 7 - week.weekday())
        fortnight = datetime.combine(due, at, ZoneInfo(timezone)).astimezone(UTC)
    return Schedule(f"cron({expression})", timezone, fortnight)
