"""Events for next hour, which Scheduler keeps: one that is sent early, and one that is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.aws.support.stage import Stage

AHEAD = timedelta(seconds=30)
"""To which the hour is shortened."""


@dataclass(frozen=True)
class Later:
    """Observations of both events.

    Attributes:
        listed: the ids that `sluice scheduled` had.
        left: those that it had after one was cancelled.
        wanted: the id of the other.
        cancelled: the id of that one.
        due: when the other came to be due.
        trace: its trace.
        after: the ids that `sluice scheduled` had after it had run.
    """

    listed: set[str]
    left: set[str]
    wanted: str
    cancelled: str
    due: datetime
    trace: dict[str, Any]
    after: set[str]


def schedule_two(stage: Stage) -> Later:
    """Emit two events for next hour, cancel one, and bring the other forward in EventBridge Scheduler."""
    moment = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    wanted, cancelled = (
        stage.sluice("emit", "echo", f'"{text}"', "--at", moment).out.strip() for text in ("wanted", "cancelled")
    )
    listed = stage.eventually(lambda: _all_of(stage, {wanted, cancelled}), "both are listed")
    stage.sluice("cancel", cancelled)
    left = _scheduled(stage)
    schedule, due = bring_forward(stage, wanted)
    stage.eventually(lambda: not _exists(stage, schedule), "its schedule is gone")
    trace = stage.ended("echo", [wanted])[wanted]
    return Later(listed, left, wanted, cancelled, due, trace, _scheduled(stage))


def bring_forward(stage: Stage, event_id: str) -> tuple[str, datetime]:
    """Change the time of the schedule that holds an event, and nothing else about it; return its name and that time."""
    client = stage.client("scheduler")
    group = stage.names.schedule_group
    pages = client.get_paginator("list_schedules").paginate(GroupName=group)
    (name,) = [one["Name"] for page in pages for one in page["Schedules"] if one["Name"].endswith(event_id)]
    found = client.get_schedule(GroupName=group, Name=name)
    taken = client.meta.service_model.operation_model("UpdateSchedule").input_shape.members
    due = datetime.now(UTC).replace(microsecond=0) + AHEAD
    kept = {key: value for key, value in found.items() if key in taken}
    client.update_schedule(**kept | {"ScheduleExpression": f"at({due:%Y-%m-%dT%H:%M:%S})"})
    return name, due


def _exists(stage: Stage, schedule: str) -> bool:
    client = stage.client("scheduler")
    try:
        client.get_schedule(GroupName=stage.names.schedule_group, Name=schedule)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _scheduled(stage: Stage) -> set[str]:
    return {one["id"] for one in stage.sluice("scheduled", "echo", "--json").json}


def _all_of(stage: Stage, ids: set[str]) -> set[str] | None:
    found = _scheduled(stage)
    return found if found >= ids else None
