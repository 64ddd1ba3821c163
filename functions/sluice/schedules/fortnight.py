"""Every second week. Scheduler has no expression for it: the schedule is weekly, and every other tick is skipped."""

from __future__ import annotations

from datetime import datetime, timedelta

_WEEK = timedelta(weeks=1)


def is_on(moment: datetime, run: datetime) -> bool:
    """Return True if a tick of a weekly schedule is in one of the weeks that count.

    Args:
        moment: the tick's time.
        run: the time of a tick in any week that counts. If daylight saving begins or ends between the two, they are an
            hour or two more or less than whole weeks apart.
    """
    return round((moment - run) / _WEEK) % 2 == 0
