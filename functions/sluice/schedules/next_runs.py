"""The next runs of a schedule, by EventBridge Scheduler's rules.

A clock time that daylight saving skips has no run, and one that it repeats has one: "When time shifts
forward in the Spring, if a cron expression falls on a non-existent date and time, your schedule invocation is
skipped. When time shifts backwards in the Fall, your schedule runs only once" (the Scheduler guide, schedule types).
The guide doesn't say which of the two runs; here it is the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice

from .expression import CronExpression
from .fortnight import is_on

_DAY = timedelta(days=1)


def next_runs(
    expression: CronExpression, zone: tzinfo, after: datetime, *, count: int, fortnight: datetime | None = None
) -> list[datetime]:
    """Return the next runs, in UTC.

    Args:
        expression: the schedule, in clock times of the zone.
        zone: the time zone.
        after: only runs later than this time.
        count: the number of runs, at most.
        fortnight: for a cron that runs every second week only, the time of one of its runs.
    """
    runs = (run for run in _runs(expression, zone, after) if fortnight is None or is_on(run, fortnight))
    return list(islice(runs, count))


def _runs(expression: CronExpression, zone: tzinfo, after: datetime) -> Iterator[datetime]:
    # From the day before, as a zone may set its clock back by a day or more.
    for day in _days(expression, after.astimezone(zone).date() - _DAY):
        for hour in expression.hours:
            for minute in expression.minutes:
                moment = _moment(datetime.combine(day, time(hour, minute)), zone)
                if moment is not None and moment > after:
                    yield moment


def _days(expression: CronExpression, start: date) -> Iterator[date]:
    for year in expression.years:
        if year >= start.year:
            day = max(start, date(year, 1, 1))
            while day.year == year:
                if day.month not in expression.months:
                    day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
                    continue
                if expression.is_day(day):
                    yield day
                day += _DAY


def _moment(clock: datetime, zone: tzinfo) -> datetime | None:
    """Return the first moment at which a zone's clock shows this; None if it never does."""
    moment = clock.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == clock else None
