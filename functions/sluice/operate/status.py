"""The status of each of a stage's handlers, from AWS: its queue, its function, its event source mapping.

`_gather` makes all calls; the rest turns their answers into rows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from botocore.exceptions import ClientError

from ..pausing import cron_schedules
from ..pausing.describe import PAUSED, State, state_of
from ..pausing.handler_states import Snapshot
from ..pausing.open import open_handler_states
from ..retention.state import RetentionState, RetentionStore
from ..stage import clients
from ..stage.names import Names
from ..traces import open_store
from ..traces.failure_index import FailureCounts
from ..traces.trace import iso
from .event_counts import EventCounts, event_counts
from .handlers import UnknownHandlerError, queue_urls
from .queue_ages import oldest_ages

WORKER = "worker"
CRON = "cron"
"""Kinds of handlers."""

NO_HANDLER = "no-handler"
"""The state of a name that has no function."""

_CALLERS = 16
"""Threads that call AWS."""

FAILED_SECONDS = 86_400
"""Time for which failures are counted."""


@dataclass(frozen=True, kw_only=True)
class HandlerStatus:
    """A handler's state and the numbers of its events. Times are ISO 8601.

    Attributes:
        handler: the handler's name.
        kind: `worker` or `cron`; None for a name without a function.
        state: `running`, `pausing`, `paused` or `blocked`; `no-handler` for a name without a function.
        waiting: events that could start now. This number and the next three are SQS's approximations; None without a
            queue.
        in_flight: events that are running.
        delayed: events that SQS holds back for up to 15 minutes.
        dead: events in the dead-letter queue.
        failed: runs that failed in the last 24 hours; None if the stage has no index of failures.
        failed_more: True if there are more than `failed` of them, too many to count.
        running: starts on record that have no end and may still have one; None as for `failed`.
        oldest_s: seconds that the oldest event had been waiting at CloudWatch's last measurement, some minutes ago;
            None without one.
        reason: the reason for the pause or block.
        by: the person who paused or blocked it, if known.
        since: the time of the pause or block, if known.
        until: the time at which the pause ends by itself.
        also_paused: True if a blocked handler stays paused once the block is lifted.
        scheduled: events that EventBridge Scheduler keeps for later; 1,000 stands for that many or more.
        unhandled: events emitted to this name while it had no handler.
        moved_at: the time at which the events that wait for a paused or blocked handler were last sent again, so that
            SQS does not delete them; None if they were not.
        moving: True while they are being sent again.
    """

    handler: str
    kind: str | None = None
    state: str
    waiting: int | None = None
    in_flight: int | None = None
    delayed: int | None = None
    dead: int | None = None
    oldest_s: int | None = None
    reason: str | None = None
    by: str | None = None
    since: str | None = None
    until: str | None = None
    also_paused: bool = False
    scheduled: int | None = None
    failed: int | None = None
    failed_more: bool = False
    running: int | None = None
    unhandled: int = 0
    moved_at: str | None = None
    moving: bool = False


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """AWS's answers about handlers, by name.

    Attributes:
        names: the handlers asked about, sorted.
        snapshots: their functions' and mappings' states; those without an event source mapping have none.
        unmapped: the kinds of those that have a function but no event source mapping.
        counts: the counts of those that have a queue.
        ages: seconds that the oldest event had been waiting, where CloudWatch has measured it.
        unhandled: events emitted to a name while it had no handler.
        progress: what the reconciler remembers of their queues.
        failed: the runs that have failed lately; None if they could not be counted.
        now_ms: milliseconds since 1970 when the counts were read.
    """

    names: Sequence[str]
    snapshots: Mapping[str, Snapshot]
    unmapped: Mapping[str, str]
    counts: Mapping[str, EventCounts]
    ages: Mapping[str, int]
    unhandled: Mapping[str, int]
    progress: Mapping[str, RetentionState]
    failed: FailureCounts | None
    now_ms: int


def statuses(stage: str, handler: str | None = None) -> list[HandlerStatus]:
    """Return how the handlers are doing, and the names without a handler that events were emitted to.

    Args:
        stage: the stage.
        handler: only this one; all of them if left out.

    Raises:
        NotDeployedError: the stage is not deployed.
        UnknownHandlerError: no handler has this name, and nothing was emitted to it.
    """
    facts = _gather(stage, handler)
    return [_row(name, facts) for name in facts.names]


def _gather(stage: str, handler: str | None) -> _Facts:
    """Ask AWS for everything that the rows need, several handlers at once."""
    queues = queue_urls(stage)
    unhandled = open_store(stage).unhandled.counts()
    names = sorted({*queues, *unhandled})
    if handler is not None:
        if handler not in names:
            raise UnknownHandlerError(handler, stage, queues)
        names = [handler]
    progress = RetentionStore(clients.dynamodb(stage), Names(stage).trace_table).all()
    read = open_handler_states(stage).read(None if handler is None else names)
    snapshots = {snapshot.handler: snapshot for snapshot in read}
    with ThreadPoolExecutor(_CALLERS) as callers:
        failed = callers.submit(_failed, stage, handler)
        queued = [name for name in names if name in queues]
        # A name without a queue has no function, and there may be thousands of such names.
        others = [name for name in queued if name not in snapshots]
        counted = callers.map(lambda name: event_counts(stage, name, queues[name]), queued)
        exist = callers.map(lambda name: _has_function(stage, name), others)
        counts = dict(zip(queued, counted, strict=True))
        unmapped = [name for name, exists in zip(others, exist, strict=True) if exists]
    now_ms = int(time.time() * 1000)
    crons = _crons(stage) if unmapped else frozenset()
    return _Facts(
        names=names,
        snapshots=snapshots,
        unmapped={name: CRON if name in crons else WORKER for name in unmapped},
        counts=counts,
        ages=oldest_ages(stage, [name for name, count in counts.items() if count.waiting]),
        unhandled=unhandled,
        progress=progress,
        failed=failed.result(),
        now_ms=now_ms,
    )


def _row(name: str, facts: _Facts) -> HandlerStatus:
    counts, progress = facts.counts.get(name), facts.progress.get(name, RetentionState())
    return HandlerStatus(
        handler=name,
        kind=_kind(name, facts),
        **vars(_state(name, facts)),
        **(vars(counts) if counts is not None else {}),
        oldest_s=facts.ages.get(name),
        failed=facts.failed.by_handler.get(name, 0) if facts.failed and counts is not None else None,
        failed_more=facts.failed is not None and not facts.failed.complete,
        running=facts.failed.running.get(name, 0) if facts.failed and counts is not None else None,
        unhandled=facts.unhandled.get(name, 0),
        moved_at=iso(progress.moved_ms),
        moving=progress.live.began_ms is not None,
    )


def _kind(name: str, facts: _Facts) -> str | None:
    snapshot = facts.snapshots.get(name)
    if snapshot is None:
        return facts.unmapped.get(name)
    return WORKER if snapshot.observed.schedule is None else CRON


def _state(name: str, facts: _Facts) -> State:
    snapshot, counts = facts.snapshots.get(name), facts.counts.get(name)
    if snapshot is not None:
        return state_of(snapshot, counts.in_flight if counts is not None else 0, facts.now_ms)
    if name in facts.unmapped:
        # Nothing receives its events, so nobody can pause it either.
        return State(state=PAUSED, reason="it has no event source mapping")
    return State(state=NO_HANDLER)


def _failed(stage: str, handler: str | None) -> FailureCounts | None:
    """Count failures with the same number of queries however many handlers there are.

    The worker's metrics would take as many queries as handlers, come a minute late and count attempts, and the local
    cloud has none.
    """
    try:
        return open_store(stage).search.failures.counts(since=time.time() - FAILED_SECONDS, handler=handler)
    except ClientError:
        # The stage was deployed before there was an index, or the caller may not read it.
        return None


def _has_function(stage: str, handler: str) -> bool:
    functions = clients.client("lambda", stage)
    try:
        functions.get_function(FunctionName=Names(stage).function(handler))
    except functions.exceptions.ResourceNotFoundException:
        return False
    return True


def _crons(stage: str) -> frozenset[str]:
    """Return the handlers that have a schedule of the same name."""
    return frozenset(cron_schedules.states(clients.client("scheduler", stage), Names(stage)))
