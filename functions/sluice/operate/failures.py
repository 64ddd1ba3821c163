"""A stage's failed runs, in groups of one cause each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..traces.failure_index import FailedRun
from ..traces.trace import iso


@dataclass(kw_only=True)
class FailureGroup:
    """The failed runs of one handler that have one cause. Times are ISO 8601.

    Attributes:
        group: the cause's fingerprint.
        handler: the handler's name.
        status: that of the newest of them.
        type: the exception's type, or the kind of death.
        message: its message, without what differs from run to run.
        where: `file:line function` of the innermost frame of the team's own code, of the newest; empty without one.
        count: the number of runs.
        first: when the first of them failed.
        last: when the newest failed.
        example: the event's id of the newest.
        replayed: how many of them were replayed.
    """

    group: str
    handler: str
    status: str
    type: str
    message: str
    where: str
    count: int
    first: str | None
    last: str | None
    example: str
    replayed: int


def failure_groups(runs: Iterable[FailedRun]) -> list[FailureGroup]:
    """Return failed runs in groups, the largest first. Memory grows with the groups, and not with the runs.

    Args:
        runs: the runs, newest failure first.
    """
    groups: dict[tuple[str, str], FailureGroup] = {}
    for run in runs:
        when = iso(run.failed_ms)
        found = groups.get((run.handler, run.failure.group))
        if found is None:
            found = groups[run.handler, run.failure.group] = FailureGroup(
                group=run.failure.group,
                handler=run.handler,
                status=run.status,
                type=run.failure.type,
                message=run.failure.message,
                where=run.failure.where,
                count=0,
                first=when,
                last=when,
                example=run.id,
                replayed=0,
            )
        found.count += 1
        found.first = when
        found.replayed += run.replayed_as is not None
    return sorted(groups.values(), key=lambda group: -group.count)
