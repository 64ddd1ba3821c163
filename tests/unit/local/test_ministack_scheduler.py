"""The local cloud's schedules fire when AWS's would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sluice.local.ministack_scheduler import Ticker


class Clock:
    def __init__(self, moment: str) -> None:
        self.now = datetime.fromisoformat(moment)

    def __call__(self) -> float:
        return self.now.timestamp()


def schedule(expression: str, zone: str = "UTC", **more: Any) -> dict[str, Any]:
    made = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    return {
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": zone,
        "State": "ENABLED",
        "CreationDate": made,
        **more,
    }


def fired(schedules: dict[Any, Any], start: str, seconds: int, step: int = 1) -> list[str]:
    """Return the moments that sent schedules were due at.

    Args:
        schedules: the schedules.
        start: the moment of the first tick.
        seconds: how long to go on.
        step: seconds between two ticks.
    """
    clock = Clock(start)
    found: list[str] = []
    ticker = Ticker(lambda _, due: found.append(f"{due:%dT%H:%M:%S}"), clock)
    for _ in range(0, seconds + 1, step):
        ticker.tick(schedules)
        clock.now += timedelta(seconds=step)
    return found


def test_crons_fire_on_the_minute_and_once() -> None:
    assert fired({1: schedule("cron(* * * * ? *)")}, "2026-06-01T11:58:30Z", 180) == [
        "01T11:59:00",
        "01T12:00:00",
        "01T12:01:00",
    ]


def test_crons_fire_by_their_zones_clock() -> None:
    found = fired({1: schedule("cron(0 3 * * ? *)", "Europe/Berlin")}, "2026-03-28T00:00:00Z", 2 * 86_400, 60)
    assert found == ["28T02:00:00", "29T01:00:00"]


@pytest.mark.parametrize(("action", "left"), [("DELETE", 0), ("NONE", 1)])
def test_one_time_schedules_fire_once_and_are_deleted_if_they_ask_for_it(action: str, left: int) -> None:
    schedules = {1: schedule("at(2026-06-01T14:00:10)", "Europe/Berlin", ActionAfterCompletion=action)}
    assert fired(schedules, "2026-06-01T11:59:00Z", 120) == ["01T12:00:10"]
    assert len(schedules) == left


def test_rates_count_from_their_creation() -> None:
    assert fired({1: schedule("rate(7 minutes)")}, "2026-01-01T00:01:00Z", 900) == ["01T00:07:00", "01T00:14:00"]


def test_a_disabled_schedule_does_not_fire_and_does_not_catch_up() -> None:
    clock = Clock("2026-06-01T11:00:00Z")
    found: list[datetime] = []
    ticker = Ticker(lambda _, due: found.append(due), clock)
    one = schedule("cron(0 * * * ? *)", State="DISABLED")
    for state in ("DISABLED", "DISABLED", "ENABLED", "ENABLED"):
        one["State"] = state
        ticker.tick({1: one})
        clock.now += timedelta(minutes=59)
    assert found == [datetime(2026, 6, 1, 13, tzinfo=UTC)]


@pytest.mark.parametrize(
    "expression",
    ["cron(0 3 * * *)", "cron(99 3 * * ? *)", "rate(soon)", "cron(0 3 * * ? *)", "at(soon)", "at(2026-01-01T00:00:00)"],
)
def test_an_expression_that_aws_refuses_never_fires(expression: str) -> None:
    assert fired({1: schedule(expression, "No/Where")}, "2026-06-01T00:00:00Z", 7200, 60) == []
