"""The schedules of crons: one for each cron, with its name, in a group of the stage's own."""

from __future__ import annotations

from typing import Any

from ..stage.names import Names

_FIELDS = (
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "Target",
)
"""Fields of a schedule that an update has to repeat, as it replaces the whole schedule."""


def states(client: Any, names: Names) -> dict[str, str]:
    """Return the state of each cron's schedule, `ENABLED` or `DISABLED`, by handler.

    Args:
        client: a boto3 EventBridge Scheduler client.
        names: the stage's names.

    Raises:
        botocore.exceptions.ClientError: AWS refused the call.
    """
    pages = client.get_paginator("list_schedules").paginate(GroupName=names.cron_schedule_group)
    try:
        return {schedule["Name"]: schedule["State"] for page in pages for schedule in page["Schedules"]}
    except client.exceptions.ResourceNotFoundException:
        # The stage was deployed before there was such a group.
        return {}


def get(client: Any, names: Names, handler: str) -> dict[str, Any]:
    """Return a cron's schedule, as GetSchedule answers.

    Args:
        client: a boto3 EventBridge Scheduler client.
        names: the stage's names.
        handler: the cron's name.

    Raises:
        botocore.exceptions.ClientError: AWS refused the call, or there is no such schedule.
    """
    found: dict[str, Any] = client.get_schedule(GroupName=names.cron_schedule_group, Name=handler)
    return found


def set_state(client: Any, names: Names, handler: str, state: str) -> None:
    """Enable or disable a cron's schedule.

    Args:
        client: a boto3 EventBridge Scheduler client.
        names: the stage's names.
        handler: the cron's name.
        state: `ENABLED` or `DISABLED`.

    Raises:
        botocore.exceptions.ClientError: AWS refused a call, or there is no such schedule.
    """
    schedule = get(client, names, handler)
    same = {field: schedule[field] for field in _FIELDS if schedule.get(field)}
    client.update_schedule(GroupName=names.cron_schedule_group, Name=handler, State=state, **same)
