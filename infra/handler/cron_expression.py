"""The schedules of crons, as EventBridge Scheduler takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sluice.schedules.expression import WEEKDAYS

from ..entries import Cron

BY_THE_MINUTE = {
    "Every 1min": "* * * * ? *",
    # Those that divide an hour or a day: others would have a shorter interval at its end.
    **{f"Every {minutes}min": f"0/{minutes} * * * ? *" for minutes in (2, 3, 4, 5, 6, 10, 12, 15, 20, 30)},
    "Every 1hr": "0 * * * ? *",
    **{f"Every {hours}hrs": f"0 0/{hours} * * ? *" for hours in (2, 3, 4, 6, 8)},
    # At midnight and noon UTC. A rate would count from the deployment that makes the schedule.
    "Every 12hrs": "0 0/12 * * ? *",
}
"""The intervals that are the same in every time zone."""

BY_THE_CLOCK = {
    "Daily": "{minute} {hour} * * ? *",
    "Weekly": "{minute} {hour} ? * {day} *",
    # Scheduler's rate(14 days) is 14 times 24 hours, which daylight saving shifts. So this ticks every week, and the
    # worker skips every other tick.
    "Fortnightly": "{minute} {hour} ? * {day} *",
}
"""The intervals that take `at` and `timezone`."""

BY_THE_WEEK = ("Weekly", "Fortnightly")
"""The intervals that take `on`."""

FORTNIGHTLY = "Fortnightly"

DEFAULT_DAY = "MON"

_FIRST_WEEK = date(1970, 1, 5)
"""A Monday in one of the weeks of a fortnightly cron without `week_of`, the same for every cron."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class Schedule:
    """A cron's schedule.

    Attributes:
        expression: a `cron(...)` expression.
        timezone: the time zone of the expression.
        fortnight: for a cron of every second week, its due time in one of these weeks, in UTC.
    """

    expression: str
    timezone: str = "UTC"
    fortnight: datetime | None = None


def is_time_of_day(text: str) -> bool:
    """Return True if a text is a time of day, like `03:00`."""
    return _TIME.fullmatch(text) is not None


def schedule_of(cron: Cron) -> Schedule:
    """Return the schedule of a cron whose settings have no problems."""
    timezone = cron.timezone or "UTC"
    if cron.cron is not None:
        # With single spaces and capitals, as AWS writes them.
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
