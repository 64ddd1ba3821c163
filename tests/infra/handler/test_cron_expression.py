"""The schedules of crons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from infra import Cron
from infra.checks.crons import problems_with_cron
from infra.handler.cron_expression import Schedule, schedule_of


@pytest.mark.parametrize(
    ("settings", "schedule"),
    [
        ({"every": "Every 1min"}, Schedule("cron(* * * * ? *)")),
        ({"every": "Every 5min"}, Schedule("cron(0/5 * * * ? *)")),
        ({"every": "Every 30min"}, Schedule("cron(0/30 * * * ? *)")),
        ({"every": "Every 6hrs"}, Schedule("cron(0 0/6 * * ? *)")),
        ({"every": "Every 1hr"}, Schedule("cron(0 * * * ? *)")),
        ({"every": "Every 12hrs"}, Schedule("cron(0 0/12 * * ? *)")),
        (
            {"every": "Fortnightly"},
            Schedule("cron(0 0 ? * MON *)", fortnight=datetime(1970, 1, 5, tzinfo=UTC)),
        ),
        (
            {"every": "Fortnightly", "at": "06:30", "on": "SUN", "timezone": "Europe/Berlin", "week_of": "2026-03-25"},
            # The Sunday of that Wednesday's week. Daylight saving begins on it, before half past six.
            Schedule("cron(30 6 ? * SUN *)", "Europe/Berlin", datetime(2026, 3, 29, 4, 30, tzinfo=UTC)),
        ),
        ({"every": "Weekly", "on": "thu"}, Schedule("cron(0 0 ? * THU *)")),
        ({"every": "Daily", "overlap": "skip"}, Schedule("cron(0 0 * * ? *)")),
        ({"every": "Daily"}, Schedule("cron(0 0 * * ? *)")),
        ({"every": "Daily", "at": "23:59"}, Schedule("cron(59 23 * * ? *)")),
        (
            {"every": "Weekly", "at": "03:05", "timezone": "Europe/Berlin"},
            Schedule("cron(5 3 ? * MON *)", "Europe/Berlin"),
        ),
        (
            {"cron": "0 3 ? * MON-FRI *", "timezone": "America/New_York"},
            Schedule("cron(0 3 ? * MON-FRI *)", "America/New_York"),
        ),
        ({"cron": "*/5 * * * ? *"}, Schedule("cron(*/5 * * * ? *)")),
        ({"cron": " 0  3\n? * mon-Fri\u00a0* "}, Schedule("cron(0 3 ? * MON-FRI *)")),
        ({"cron": "30 2 28 3 ? 2027", "timezone": "UTC"}, Schedule("cron(30 2 28 3 ? 2027)")),
    ],
)
def test_a_crons_settings_become_a_schedule(settings: dict[str, Any], schedule: Schedule) -> None:
    cron = Cron("nightly-report", **settings)
    assert problems_with_cron(cron) == []
    assert schedule_of(cron) == schedule
