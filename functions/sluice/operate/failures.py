"""A stage's failed runs, in groups of one cause each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ..event.ids import is_id
from ..traces.failure_index import FailedRun
from ..traces.item import key_of
from ..traces.pages import Reading
from ..traces.search import TraceSearch
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
        replays: how those went: the number of replays by the status of their traces, and `waiting` for those without
            one.
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
    replays: dict[str, int] = field(default_factory=dict)


WAITING = "waiting"
"""Stands for the status of a replay that has no trace yet."""

_AT_A_TIME = 100
"""Replays that are looked up at a time: DynamoDB's limit of keys for BatchGetItem."""


def failure_groups(
    runs: Iterable[FailedRun], search: TraceSearch, reading: Reading | None = None
) -> list[FailureGroup]:
    """Return failed runs in groups, the largest first. Memory grows with the groups, and not with the runs.

    Args:
        runs: the runs, newest failure first.
        search: the stage's traces, in which replays are looked up.
        reading: counts what is read.
    """
    groups: dict[tuple[str, str], FailureGroup] = {}
    for run, outcome in with_outcomes(runs, search, reading):
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
        if outcome is not None:
            found.replayed += 1
            found.replays[outcome] = found.replays.get(outcome, 0) + 1
    return sorted(groups.values(), key=lambda group: -group.count)


def with_outcomes(
    runs: Iterable[FailedRun], search: TraceSearch, reading: Reading | None = None
) -> Iterator[tuple[FailedRun, str | None]]:
    """Yield failed runs, in the same order, with the status of their replay; None for those that were not replayed.

    Args:
        runs: the runs.
        search: the stage's traces.
        reading: counts what is read.
    """
    left = iter(runs)
    while some := list(islice(left, _AT_A_TIME)):
        keys = [key_of(run.handler, run.replayed_as) for run in some if run.replayed_as and is_id(run.replayed_as)]
        found = (search.shown(item) for item in search.items_of(keys, reading)) if keys else ()
        statuses = {(trace.handler, trace.id): trace.status for trace in found}
        for run in some:
            replay = run.replayed_as
            yield run, None if replay is None else statuses.get((run.handler, replay), WAITING)
