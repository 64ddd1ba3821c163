"""When crons run, and what is said of what is no time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from infra import Cron
from infra.checks.cron_expressions import problems_with_expression
from infra.checks.crons import problems_with_cron
from infra.handler.cron_expression import Schedule, schedule_of


@pytest.mark.parametrize(
    ("settings", "schedule"),
    [
        ({"every": "Every 1min"}, Schedule("cron(* * * * ? *)")),
        ({"every": "Every 1hr"}, Schedule("cron(0 * * * ? *)")),
        ({"every": "Every 12hrs"}, Schedule("cron(0 0/12 * * ? *)")),
        (
            {"every": "Fortnightly"},
            Schedule("cron(0 0 ? * MON *)", fortnight=datetime(1970, 1, 5, tzinfo=UTC)),
        ),
        (
            {"every": "Fortnightly", "at": "06:30", "on": "SUN", "timezone": "Europe/Berlin", "week_of": "2026-03-25"},
            # The week of a Wednesday ends on the Sunday after it, on which daylight saving has begun by half past six.
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
def test_schedules(settings: dict[str, Any], schedule: Schedule) -> None:
    cron = Cron("nightly-report", **settings)
    assert problems_with_cron(cron) == []
    assert schedule_of(cron) == schedule


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "nothing says when it runs; write every='Daily'"),
        ({"every": "Daily", "cron": "0 3 * * ? *"}, "both say when it runs; leave one out"),
        ({"every": "daily"}, "every is 'daily'; it may be 'Every 1min', 'Every 1hr'"),
        ({"every": "Every 1 min"}, "Did you mean 'Every 1min'?"),
        ({"every": 60}, "every is 60; it may be"),
        ({"every": ["Daily"]}, "every is ['Daily']; it may be"),
        ({"every": ["Daily"], "at": "03:00", "on": "MON", "timezone": "UTC"}, "every is ['Daily']; it may be"),
        ({"every": "Daily", "missed": "never"}, "missed is 'never'; it may be 'skip' (no ticks during a pause) or"),
        ({"every": "Daily", "missed": None}, "missed is None; it may be"),
        ({"every": "Daily", "timezone": "localtime"}, "timezone is 'localtime', which no time zone is named"),
        ({"every": "Fortnightly", "week_of": "0001-01-01", "timezone": "Europe/Berlin"}, "week_of is '0001-01-01'"),
        ({"every": "Fortnightly", "week_of": "9999-12-31", "on": "SUN"}, "week_of is '9999-12-31'; write a day"),
        # That hour of that day, daylight saving leaves out.
        ({"cron": "30 2 28 3 ? 2027", "timezone": "Europe/Berlin"}, "no such time is to come"),
        ({"every": "Daily", "at": "3:00"}, "at is '3:00'; write a time of day"),
        ({"every": "Daily", "at": "24:00"}, "at is '24:00'; write a time of day"),
        ({"every": "Daily", "at": 3}, "at is 3; write a time of day"),
        ({"every": "Every 1hr", "at": "03:00"}, "at='03:00' is not for every='Every 1hr'"),
        ({"cron": "0 3 * * ? *", "at": "03:00"}, "at='03:00' is not for a cron expression"),
        ({"every": "Every 1hr", "timezone": "UTC"}, "timezone='UTC' is not for every='Every 1hr'"),
        (
            {"every": "Daily", "timezone": "Europe/Berlni"},
            "timezone is 'Europe/Berlni', which no time zone is named; write one like 'Europe/Berlin'."
            " Did you mean 'Europe/Berlin'?",
        ),
        ({"every": "Daily", "timezone": 1}, "timezone is 1, which no time zone is named"),
        ({"cron": 5}, "cron is 5; write text"),
        ({"cron": "0 3 30 2 ? *"}, "cron is '0 3 30 2 ? *': no such time is to come; check the day, the month"),
        ({"cron": "0 3 1 1 ? 1970-2020"}, "no such time is to come"),
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
        ({"cron": "0 3 * * *"}, "cron is '0 3 * * *': it has 5 fields; AWS wants 6: minutes, hours"),
    ],
)
def test_what_is_no_time_is_said_in_words(settings: dict[str, Any], said: str) -> None:
    problems = problems_with_cron(Cron("nightly-report", **settings))
    assert all(problem.startswith("handler 'nightly-report': ") for problem in problems)
    assert said in "\n".join(problems)


@pytest.mark.parametrize(
    "expression",
    [
        "0 10 * * ? *",
        "15 12 * * ? *",
        "0 18 ? * MON-FRI *",
        "0 8 1 * ? *",
        "0/10 * ? * MON-FRI *",
        "0/5 8-17 ? * mon-fri *",
        "0 9 ? * 2#1 *",
        "0 9 ? * MON#3 *",
        "0 0 L * ? *",
        "0 0 LW * ? *",
        "0 0 L-3 * ? *",
        "0 0 15W * ? *",
        "0 0 ? * 6L *",
        "0 0 ? * FRIL *",
        "0 3 ? * WED *",
        "0 3 ? JUL SUN *",
        "0,30 0 1,15 JAN,JUL ? 2026-2030",
        "*/15 * * * ? *",
        "0 0 29 2 ? 2028/4",
    ],
)
def test_expressions_that_aws_takes(expression: str) -> None:
    assert list(problems_with_expression(expression)) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "it has 0 fields; AWS wants 6"),
        ("0 3 * * ? * *", "it has 7 fields"),
        ("cron(0 3 * * ? *)", "write only what stands between the parentheses"),
        ("rate(5 minutes)", "there is every=..."),
        ("60 3 * * ? *", "minutes '60' is not possible; it may be 0 to 59"),
        ("0 24 * * ? *", "hours '24' is not possible; it may be 0 to 23"),
        ("0 3 32 * ? *", "day of the month '32' is not possible; it may be 1 to 31"),
        ("0 3 0 * ? *", "day of the month '0' is not possible"),
        ("0 3 * 13 ? *", "month '13' is not possible; it may be 1 to 12 or JAN to DEC"),
        ("0 3 ? * 0 *", "day of the week '0' is not possible; it may be 1 to 7 or SUN to SAT"),
        ("0 3 ? * MO *", "day of the week 'MO' is not possible"),
        ("0 3 * * ? 1969", "year '1969' is not possible; it may be 1970 to 2199"),
        ("0 3 * * * *", "the day of the month and the day of the week are both given; AWS wants '?' for one"),
        ("0 3 ? * ? *", "are both '?'"),
        ("? 3 * * ? *", "minutes '?' is not possible"),
        ("0 3-5-7 * * ? *", "hours '3-5-7' is not possible"),
        ("*/0 3 * * ? *", "minutes '*/0' has the step '0'; write a whole number from 1 to 59"),
        ("*/x 3 * * ? *", "has the step 'x'"),
        ("*/60 3 * * ? *", "has the step '60'; write a whole number from 1 to 59 after '/'"),
        ("1,,2 3 * * ? *", "minutes '' is not possible"),
        ("1,* 3 * * ? *", "minutes '*' is not possible"),
        ("0 3 ? * MON#6 *", "day of the week 'MON#6' is not possible"),
        ("0 3 32W * ? *", "day of the month '32W' is not possible"),
        (
            "0 3 1,L * ? *",
            "day of the month '1,L' is not possible; with these signs it may be L, L-3, LW or 15W, alone",
        ),
        ("0 3 L-31 * ? *", "day of the month 'L-31' is not possible"),
        ("0 3 ? * L *", "day of the week 'L' can be read in two ways; write SAT, or SATL for the last Saturday"),
        ("0 3 ? * MON#1,FRI#2 *", "day of the week 'MON#1,FRI#2' is not possible"),
        ("0 3 ? * MON/2 *", "day of the week 'MON/2' has a step, which AWS takes in all other fields; list the days"),
        ("0 3 ? * FRI-MON *", "day of the week 'FRI-MON' runs backwards; write FRI-SAT,SUN-MON"),
        ("0 22-2 * * ? *", "hours '22-2' runs backwards; write 22-23,0-2"),
        ("0 3 * 12-1 ? *", "month '12-1' runs backwards; write 12,1"),
        ("٣ 3 * * ? *", "minutes '٣' is not possible"),
    ],
)
def test_expressions_that_aws_refuses(expression: str, said: str) -> None:
    assert said in "\n".join(problems_with_expression(expression))
