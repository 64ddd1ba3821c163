"""What MiniStack's EventBridge leaves out, put in.

Scheduler's schedules fire by UTC whatever their zone, up to 10 seconds late, with `<aws.scheduler.scheduled-time>`
left as it is; CloudFormation loses their zone, and ListSchedules all but the first 100. Here the times are those of
`next_runs`, which is what `sluice crons` shows. Only what fires schedules is replaced: which exist, and what they send
to, is MiniStack's. Rules are looked at as often as schedules: at MiniStack's every ten seconds, a rate of a minute
comes to seventy.
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
"""Seconds between looks at what is due."""

_ALL = "1000000"

_logger = logging.getLogger("scheduler")


class Ticker:
    """Fires MiniStack's schedules.

    Args:
        send: given a schedule and the moment that it was due, sends its input to its target.
        clock: gives seconds since 1970.
    """

    def __init__(self, send: Callable[[Any, datetime], None], clock: Callable[[], float] = time.time) -> None:
        self._send = send
        self._clock = clock
        self._seen: dict[Any, tuple[str, datetime]] = {}

    def tick(self, schedules: dict[Any, Any]) -> None:
        """Fire what has become due since the last time, and delete what is to be deleted after that.

        Args:
            schedules: all there are, by MiniStack's keys.
        """
        now = datetime.fromtimestamp(self._clock(), UTC)
        for key, schedule in list(schedules.items()):
            # A schedule that has changed counts anew, from here on.
            what = f"{schedule['ScheduleExpression']} {schedule.get('ScheduleExpressionTimezone')} {schedule['State']}"
            before, since = self._seen.get(key, ("", now))
            since = since if before == what else now
            self._seen[key] = what, now
            if schedule["State"] != "ENABLED":
                continue
            one_time = schedule["ScheduleExpression"].startswith("at(")
            try:
                due = _due_once(schedule, now) if one_time else _due_again(schedule, since, now)
            except (ValueError, ZoneInfoNotFoundError):
                # MiniStack takes what AWS refuses.
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
    # No zone, as Scheduler's `at` has none of its own.
    clock = datetime.fromisoformat(schedule["ScheduleExpression"].removeprefix("at(").removesuffix(")"))
    due = clock.replace(tzinfo=_zone(schedule)).astimezone(UTC)
    return due if due <= now else None


def _due_again(schedule: Any, since: datetime, now: datetime) -> datetime | None:
    """A time that it was due after one moment and not after another; after a standstill, one for all."""
    expression = schedule["ScheduleExpression"]
    cron = cron_of(expression)
    if cron is None:
        seconds = eventbridge._parse_rate_seconds(expression)  # noqa: SLF001 - MiniStack has no other way in
        made = schedule["CreationDate"]
        due = datetime.fromtimestamp(made + (now.timestamp() - made) // seconds * seconds, UTC) if seconds else since
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
        _logger.exception("schedule %s could not be sent", schedule["Arn"])
    finally:
        set_request_account_id(before[0])
        set_request_region(before[1])


def install() -> None:
    """Put it into MiniStack, before MiniStack is started."""
    ticker = Ticker(_send)
    eventbridge._SCHEDULER_TICK_INTERVAL = INTERVAL  # noqa: SLF001 - as above
    scheduler._SCHEDULE_TICK_INTERVAL = INTERVAL  # noqa: SLF001
    scheduler._tick_schedules = lambda: ticker.tick(scheduler._schedules._data)  # noqa: SLF001
    listed = scheduler._list_schedules  # noqa: SLF001
    scheduler._list_schedules = lambda query: listed({**query, "MaxResults": _ALL})  # noqa: SLF001
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Scheduler::Schedule"]  # noqa: SLF001
    create, update = handlers["create"], handlers["update"]

    def created(logical_id: str, properties: Any, stack: str) -> Any:
        made = create(logical_id, properties, stack)
        _keep_zone(made[0], properties)
        return made

    def updated(name: str, old: Any, new: Any, stack: str) -> Any:
        made = update(name, old, new, stack)
        _keep_zone(made[0], new)
        return made

    handlers["create"], handlers["update"] = created, updated


def _keep_zone(name: str, properties: Any) -> None:
    schedule = scheduler._schedules.get(f"{properties.get('GroupName', 'default')}/{name}")  # noqa: SLF001
    if schedule is not None:
        schedule["ScheduleExpressionTimezone"] = properties.get("ScheduleExpressionTimezone", "UTC")
