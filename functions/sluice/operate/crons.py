"""A stage's crons: their schedules, last runs and next runs."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..pausing import cron_schedules
from ..schedules.expression import cron_of, parse
from ..schedules.next_runs import next_runs
from ..stage import clients
from ..stage.names import Names
from ..traces import Trace, open_store
from .status import CRON, HandlerStatus, statuses

NEXT_RUNS = 3
"""Next runs that are listed."""

_CALLERS = 16
"""Threads that call AWS."""


@dataclass(frozen=True, kw_only=True)
class Cron:
    """A cron.

    Attributes:
        name: its name.
        state: its handler's state; `disabled` if only its schedule is disabled, so that it runs on request only.
        expression: Scheduler's expression of its schedule.
        fortnightly: True if it runs every second week only.
        timezone: the schedule's time zone.
        overlap: `allow` or `skip`.
        last: the trace of its last run, or of its last tick if that was skipped; None if there is none.
        next: the times in UTC at which it is due next, or would be if it is paused, blocked or disabled.
    """

    name: str
    state: str
    expression: str
    fortnightly: bool
    timezone: str
    overlap: str
    last: Trace | None
    next: Sequence[datetime]


def crons(stage: str, *, now: datetime | None = None, handlers: Sequence[HandlerStatus] | None = None) -> list[Cron]:
    """Return the stage's crons, sorted by name.

    Args:
        stage: the stage.
        now: the current time, for tests.
        handlers: the status of all handlers, if the caller knows it already.

    Raises:
        NotDeployedError: the stage is not deployed.
    """
    rows = [row for row in (statuses(stage) if handlers is None else handlers) if row.kind == CRON]
    moment = now or datetime.now(UTC)
    with ThreadPoolExecutor(_CALLERS) as callers:
        return list(callers.map(lambda row: _look_up(stage, row, moment), rows))


def _look_up(stage: str, row: HandlerStatus, now: datetime) -> Cron:
    names = Names(stage)
    schedule = cron_schedules.get(clients.client("scheduler", stage), names, row.handler)
    function: Any = clients.client("lambda", stage).get_function(FunctionName=names.function(row.handler))
    variables = function["Configuration"].get("Environment", {}).get("Variables", {})
    fortnight = datetime.fromisoformat(variables["SLUICE_FORTNIGHT"]) if "SLUICE_FORTNIGHT" in variables else None
    expression, timezone = schedule["ScheduleExpression"], schedule.get("ScheduleExpressionTimezone") or "UTC"
    return Cron(
        name=row.handler,
        state="disabled" if row.state == "running" and schedule["State"] == "DISABLED" else row.state,
        expression=expression,
        fortnightly=fortnight is not None,
        timezone=timezone,
        overlap=variables.get("SLUICE_OVERLAP", "allow"),
        last=next(iter(open_store(stage).recent(row.handler, limit=1)), None),
        next=_next(expression, timezone, now, fortnight),
    )


def _next(expression: str, timezone: str, now: datetime, fortnight: datetime | None) -> Sequence[datetime]:
    """Return the next runs; none if somebody gave the schedule an expression or zone that Sluice does not know."""
    cron = cron_of(expression)
    try:
        if cron is None:
            return ()
        return next_runs(parse(cron), ZoneInfo(timezone), now, count=NEXT_RUNS, fortnight=fortnight)
    except (ValueError, ZoneInfoNotFoundError):
        return ()
