"""The schedules of a stage's delayed events on moto."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

IN_A_MONTH = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)


def schedules(scheduler: Any) -> list[Any]:
    """Return all schedules of the test's stage."""
    found = scheduler.list_schedules(GroupName="sluice-test")["Schedules"]
    return [scheduler.get_schedule(GroupName="sluice-test", Name=one["Name"]) for one in found]
