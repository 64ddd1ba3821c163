"""Corrections to MiniStack's EventBridge Scheduler, and to its rules.

Without them:

- schedules fire by UTC whatever their time zone, up to 10 seconds late, and send `<aws.scheduler.scheduled-time>` as it
  is written
- CloudFormation loses the time zone of schedules
- ListSchedules lists the first 100 only
- a rule with a rate of a minute fires every 70 seconds, as MiniStack checks rules every 10 seconds

Here, schedules fire at the times of `next_runs`, which are the times that `sluice crons` shows. MiniStack itself keeps
the schedules and sends to their targets.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ministack.core.responses import (  # type: ignore[import-untyped]
    get_account_id,
    get_region,
    new_uuid,
    set_request_account_id,
    set_request_region,
)
from ministack.services import eventbridge, scheduler  # type: ignore[import-untyped]
from ministack.services.cloudformation import provisioners  # type: ignore[import-untyped]

from ..event.ticks import SCHEDULED_TIME
from ..schedules.expression import cron_of, parse
from ..schedules.next_runs import next_runs

INTERVAL = 1
"""Seconds between two checks of what is due."""

_ALL = "1000000"
"""The page size that lists all schedules on one page."""

_logger = logging.getLogger("scheduler")


class Ticker:
    """The clockwork that fires MiniStack's schedules.

    Args:
        send: sends a schedule's input to its target, given the schedule and the moment that it was due.
        clock: returns seconds since 1970.
    """

    def __init__(self, send: Callable[[Any, datetime], None], clock: Callable[[], float] = time.time) -> None:
        self._send = send
        self._clock = clock
        self._seen: dict[Any, tuple[str, datetime]] = {}

    def tick(self, schedules: dict[Any, Any]) -> None:
        """Fire the schedules that have become due since the last call. Delete those that ask to be deleted then.

        Args:
            schedules: all schedules, by MiniStack's keys.
        """
        now = datetime.fromtimestamp(self._clock(), UTC)
        for key, schedule in list(schedules.items()):
            # A schedule that has changed starts anew now.
            definition = (
                f"{schedule['ScheduleExpression']} {schedule.get('ScheduleExpressionTimezone')} {schedule['State']}"
            )
            before, since = self._seen.get(key, ("", now))
            since = since if before == definition else now
            self._seen[key] = definition, now
            if schedule["State"] != "ENABLED":
                continue
            one_time = schedule["ScheduleExpression"].startswith("at(")
            try:
                due = _due_once(schedule, now) if one_time else _last_due(schedule, since, now)
            except (ValueError, ZoneInfoNotFoundError):
                # MiniStack accepts expressions that AWS refuses.
                continue
            if due is None or (one_time and schedule.get("fired")):
                continue
            if one_time:
                schedule["fired"] = True
            self._send(schedule, due)
            if one_time and schedule.get("ActionAfterCompletion") == "DELETE":
                schedules.pop(key, None)
        self._seen = {key: seen for key, seen in self._seen.items() if key in schedules}


def _due_once(schedule: Any, now: datetime) -> datetime | None:
    # The expression itself has no time zone.
    clock = datetime.fromisoformat(schedule["ScheduleExpression"].removeprefix("at(").removesuffix(")"))
    due = clock.replace(tzinfo=_zone(schedule)).astimezone(UTC)
    return due if due <= now else None


def _last_due(schedule: Any, since: datetime, now: datetime) -> datetime | None:
    """Return a time between two moments at which a schedule was due: one time, even if there were several."""
    expression = schedule["ScheduleExpression"]
    cron = cron_of(expression)
    if cron is None:
        seconds = eventbridge._parse_rate_seconds(expression)  # noqa: SLF001 - MiniStack has no other way in
        created = schedule["CreationDate"]
        due = (
            datetime.fromtimestamp(created + (now.timestamp() - created) // seconds * seconds, UTC)
            if seconds
            else since
        )
        return due if since < due <= now else None
    runs = next_runs(parse(cron), _zone(schedule), since, count=1)
    return runs[0] if runs and runs[0] <= now else None


def _zone(schedule: Any) -> ZoneInfo:
    return ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")


def _send(schedule: Any, due: datetime) -> None:
    """Send a schedule's input to its target, in its own account and region."""
    _, _, _, region, account, _ = schedule["Arn"].split(":", 5)
    before = get_account_id(), get_region()
    set_request_account_id(account)
    set_request_region(region)
    target = dict(schedule["Target"])
    if "Input" in target:
        target["Input"] = target["Input"].replace(SCHEDULED_TIME, due.strftime("%Y-%m-%dT%H:%M:%SZ"))
    event = {
        "EventId": new_uuid(),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": time.time(),
        "Resources": [schedule["Arn"]],
        "Account": account,
        "Region": region,
    }
    try:
        eventbridge._invoke_target(target, event, schedule)  # noqa: SLF001 - as above
    except Exception:
        _logger.exception("could not send the input of schedule %s", schedule["Arn"])
    finally:
        set_request_account_id(before[0])
        set_request_region(before[1])


def install() -> None:
    """Put the corrections into MiniStack. Call it before MiniStack is started."""
    ticker = Ticker(_send)
    eventbridge._SCHEDULER_TICK_INTERVAL = INTERVAL  # noqa: SLF001 - as above
    scheduler._SCHEDULE_TICK_INTERVAL = INTERVAL  # noqa: SLF001
    scheduler._tick_schedules = lambda: ticker.tick(scheduler._schedules._data)  # noqa: SLF001
    list_schedules = scheduler._list_schedules  # noqa: SLF001
    scheduler._list_schedules = lambda query: list_schedules({**query, "MaxResults": _ALL})  # noqa: SLF001
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Scheduler::Schedule"]  # noqa: SLF001
    create, update = handlers["create"], handlers["update"]

    def create_with_zone(logical_id: str, properties: Any, stack: str) -> Any:
        created = create(logical_id, properties, stack)
        _keep_zone(created[0], properties)
        return created

    def update_with_zone(name: str, old: Any, new: Any, stack: str) -> Any:
        updated = update(name, old, new, stack)
        _keep_zone(updated[0], new)
        return updated

    handlers["create"], handlers["update"] = create_with_zone, update_with_zone


def _keep_zone(name: str, properties: Any) -> None:
    """Give a schedule the time zone of its CloudFormation properties."""
    schedule = scheduler._schedules.get(f"{properties.get('GroupName', 'default')}/{name}")  # noqa: SLF001
    if schedule is not None:
        schedule["ScheduleExpressionTimezone"] = properties.get("ScheduleExpressionTimezone", "UTC")
