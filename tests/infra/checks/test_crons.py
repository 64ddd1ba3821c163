"""The problems of crons' settings."""

from __future__ import annotations

from typing import Any

import pytest

from infra import Cron
from infra.checks.crons import problems_with_cron


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "it has no schedule; write every='Daily'"),
        ({"every": "Daily", "cron": "0 3 * * ? *"}, "are both set; remove one"),
        ({"every": "daily"}, "every is 'daily'; it may be 'Every 1min', 'Every 2min'"),
        ({"every": "Every 1 min"}, "Did you mean 'Every 1min'?"),
        ({"every": 60}, "every is 60; it may be"),
        ({"every": ["Daily"]}, "every is ['Daily']; it may be"),
        ({"every": ["Daily"], "at": "03:00", "on": "MON", "timezone": "UTC"}, "every is ['Daily']; it may be"),
        ({"every": "Daily", "missed": "never"}, "missed is 'never'; it may be 'skip' (no ticks during a pause) or"),
        ({"every": "Daily", "missed": None}, "missed is None; it may be"),
        ({"every": "Daily", "timezone": "localtime"}, "timezone is 'localtime', which is not a time zone"),
        ({"every": "Fortnightly", "week_of": "0001-01-01", "timezone": "Europe/Berlin"}, "week_of is '0001-01-01'"),
        ({"every": "Fortnightly", "week_of": "9999-12-31", "on": "SUN"}, "week_of is '9999-12-31'; write a day"),
        # Daylight saving skips that hour of that day.
        ({"cron": "30 2 28 3 ? 2027", "timezone": "Europe/Berlin"}, "it matches no time in the future"),
        ({"every": "Daily", "at": "3:00"}, "at is '3:00'; write a time of day"),
        ({"every": "Daily", "at": "24:00"}, "at is '24:00'; write a time of day"),
        ({"every": "Daily", "at": 3}, "at is 3; write a time of day"),
        ({"every": "Every 1hr", "at": "03:00"}, "at='03:00' can't be used with every='Every 1hr'"),
        ({"cron": "0 3 * * ? *", "at": "03:00"}, "at='03:00' can't be used with cron=..."),
        ({"every": "Every 1hr", "timezone": "UTC"}, "timezone='UTC' can't be used with every='Every 1hr'"),
        (
            {"every": "Daily", "timezone": "Europe/Berlni"},
            "timezone is 'Europe/Berlni', which is not a time zone; write one like 'Europe/Berlin'."
            " Did you mean 'Europe/Berlin'?",
        ),
        ({"every": "Daily", "timezone": 1}, "timezone is 1, which is not a time zone"),
        ({"cron": 5}, "cron is 5; write text"),
        (
            {"cron": "0 3 30 2 ? *"},
            "cron is '0 3 30 2 ? *': it matches no time in the future; check the day",
        ),
        ({"cron": "0 3 1 1 ? 1970-2020"}, "it matches no time in the future"),
        ({"every": "Weekly", "on": "Monday"}, "on is 'Monday'; it may be 'SUN', 'MON'"),
        ({"every": "Weekly", "on": 1}, "on is 1; it may be 'SUN', 'MON'"),
        ({"every": "Daily", "on": "MON"}, "on='MON' is for every='Weekly' and every='Fortnightly' only"),
        ({"cron": "0 3 * * ? *", "on": "MON"}, "on='MON' is for every='Weekly'"),
        ({"every": "Fortnightly", "week_of": "30.11.2026"}, "week_of is '30.11.2026'; write a day of one of the weeks"),
        ({"every": "Fortnightly", "week_of": "20261130"}, "week_of is '20261130'; write a day"),
        ({"every": "Fortnightly", "week_of": 3}, "week_of is 3; write a day"),
        ({"every": "Weekly", "week_of": "2026-11-30"}, "week_of='2026-11-30' is for every='Fortnightly' only"),
        ({"every": "Daily", "overlap": "no"}, "overlap is 'no'; it may be 'allow' (runs may overlap) or 'skip'"),
        ({"every": "Daily", "overlap": None}, "overlap is None; it may be"),
        ({"cron": "0 3 * * *"}, "cron is '0 3 * * *': it has 5 fields; AWS needs 6: minutes, hours"),
    ],
)
def test_each_problem_names_its_fix(settings: dict[str, Any], expected: str) -> None:
    problems = problems_with_cron(Cron("nightly-report", **settings))
    assert all(problem.startswith("handler 'nightly-report': ") for problem in problems)
    assert expected in "\n".join(problems)
