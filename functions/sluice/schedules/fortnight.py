"""Every second week. Scheduler's expressions know none: the schedule is weekly, and every other tick is let go."""

from __future__ import annotations

from datetime import datetime, timedelta

_WEEK = timedelta(weeks=1)


def is_on(moment: datetime, run: datetime) -> bool:
    """Whether a weekly moment is in one of the weeks that count.

    Args:
        moment: when the weekly schedule is due.
        run: when it is due in any week that counts. The two may differ from whole weeks by an hour or two, as they do
            when daylight saving begins or ends between them.
    """
    return round((moment - run) / _WEEK) % 2 == 0
