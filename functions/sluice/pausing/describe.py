"""A handler's state in words: what `sluice status` and the web page say."""

from __future__ import annotations

from dataclasses import dataclass

from ..traces.trace import iso
from . import block_tag
from .decision import DUE, RECEIVING, Record
from .handler_states import Snapshot

RUNNING = "running"
PAUSING = "pausing"
PAUSED = "paused"
BLOCKED = "blocked"

UNPAUSING = "it is being unpaused: the reconciler sees to it within a minute"


@dataclass(frozen=True, kw_only=True)
class State:
    """A state.

    Attributes:
        state: `running`, `pausing`, `paused` or `blocked`. Pausing: nothing new starts as soon as AWS has come to
            rest, and what had been received is still running or held.
        reason: why.
        by: who did it; None if AWS has not told.
        since: since when, in ISO 8601.
        until: when the pause ends by itself.
        also_paused: whether a blocked handler stays paused once the block is lifted.
    """

    state: str
    reason: str | None = None
    by: str | None = None
    since: str | None = None
    until: str | None = None
    also_paused: bool = False


def state_of(found: Snapshot, in_flight: int = 0, now_ms: int = 0) -> State:
    """The state of a handler.

    Args:
        found: how it was found.
        in_flight: events that were received and have not come to an end.
        now_ms: milliseconds since 1970.
    """
    settled, observed = found.decision.desired, found.observed
    if settled.block is not None:
        return _blocked(settled)
    if settled.paused:
        # After that time nothing runs any more: what SQS still counts as in flight was received for a function that was
        # throttled already, and is hidden until it can be received again.
        ended_ms = (settled.since_ms or now_ms) + 1000 * found.resources.timeout
        runs = in_flight > 0 and now_ms < ended_ms
        at_rest = observed.mapping == "Disabled" and observed.concurrency == 0 and not runs
        return State(
            state=PAUSED if at_rest else PAUSING,
            reason=settled.reason,
            by=settled.by,
            since=iso(settled.since_ms),
            until=iso(settled.until_ms),
        )
    if found.decision.calls and observed.mapping not in RECEIVING:
        return State(state=PAUSED, reason=f"{DUE}; {UNPAUSING}" if found.record.until_ms else UNPAUSING)
    if observed.mapping not in RECEIVING:
        return State(state=PAUSED, reason=f"its event source mapping is {observed.mapping.lower()}")
    return State(state=RUNNING)


def _blocked(settled: Record) -> State:
    tag = block_tag.parse(settled.block or "")
    reason = tag.reason
    if settled.paused:
        paused = "also paused" + (f" by {settled.by}" if settled.by else "")
        paused += f": {settled.reason}" if settled.reason else ""
        reason = f"{reason}; {paused}" if reason else paused
    return State(
        state=BLOCKED,
        reason=reason,
        by=tag.by,
        since=tag.since,
        until=iso(settled.until_ms) if settled.paused else None,
        also_paused=settled.paused,
    )
