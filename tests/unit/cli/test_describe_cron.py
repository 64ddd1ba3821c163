"""Schedules described in words."""

from __future__ import annotations

import pytest
from sluice.cli.describe_cron import in_words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("cron(* * * * ? *)", "Every minute"),
        ("cron(0 * * * ? *)", "Every hour"),
        ("cron(0 0/12 * * ? *)", "Every 12 hours"),
        ("cron(0/10 * ? * MON-FRI *)", "Every 10 minutes, Monday through Friday"),
        ("cron(5 3 * * ? *)", "At 03:05, every day"),
        ("cron(0 15 ? * FRI *)", "At 15:00, only on Friday"),
        ("cron(0 9 ? * 2#1 *)", "At 09:00, on the first Monday of the month"),
        ("cron(0 0 ? * 6L *)", "At 00:00, on the last Friday of the month"),
        ("cron(0 0 LW * ? *)", "At 00:00, on the last weekday of the month"),
        ("rate(5 minutes)", "rate(5 minutes)"),
        ("cron(0 0 ? * L *)", "cron(0 0 ? * L *)"),
        ("cron(what)", "cron(what)"),
    ],
)
def test_a_schedule_is_described(expression: str, words: str) -> None:
    assert in_words(expression) == words


def test_a_fortnightly_schedule_is_described() -> None:
    assert in_words("cron(0 3 ? * MON *)", fortnightly=True) == "At 03:00, only on Monday, every second week"
