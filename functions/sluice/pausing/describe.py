"""A handler's state as `sluice status` and the other commands show it."""

from __future__ import annotations

from dataclasses import dataclass

from ..traces.trace import iso
from . import block_tag
from .handler_states import Snapshot
from .state import AT_REST, RECEIVING, UNTIL_PASSED, Record

RUNNING = "running"
PAUSING = "pausing"
PAUSED = "paused"
BLOCKED = "blocked"

_UNPAUSING = "it is being unpaused; the reconciler finishes that within a minute"


@dataclass(frozen=True, kw_only=True)
class State:
    """A state, in words.

    Attributes:
        state: `running`, `pausing`, `paused` or `blocked`. While it is `pausing`, AWS has not stopped everything yet,
            or events that were received before still run.
        reason: reason for the state.
        by: user who paused or blocked it; None if AWS has not named one.
        since: start of the state, in ISO 8601.
        until: end of the pause, in ISO 8601; None if it has none.
        also_paused: True if a blocked handler stays paused once the block is lifted.
    """

    state: str
    reason: str | None = None
    by: str | None = None
    since: str | None = None
    until: str | None = None
    also_paused: bool = False


def state_of(snapshot: Snapshot, in_flight: int = 0, now_ms: int = 0) -> State:
    """Return a handler's state in words.

    Args:
        snapshot: the handler's state.
        in_flight: number of events that were received and have not come to an end.
        now_ms: milliseconds since 1970.
    """
    desired, observed = snapshot.decision.desired, snapshot.observed
    if desired.block is not None:
        return _blocked(desired)
    if desired.paused:
        # Nothing runs once the function's timeout has passed since the pause. Events that SQS still counts as in flight
        # then were received for a throttled function, and are hidden until their visibility timeout ends.
        ended_ms = (desired.since_ms or now_ms) + 1000 * snapshot.resources.timeout
        runs = in_flight > 0 and now_ms < ended_ms
        at_rest = observed.mapping in AT_REST and observed.concurrency == 0 and not runs
        return State(
            state=PAUSED if at_rest else PAUSING,
            reason=desired.reason,
            by=desired.by,
            since=iso(desired.since_ms),
            until=iso(desired.until_ms),
        )
    if observed.mapping in RECEIVING:
        return State(state=RUNNING)
    if snapshot.decision.calls:
        return State(state=PAUSED, reason=f"{UNTIL_PASSED}; {_UNPAUSING}" if snapshot.record.until_ms else _UNPAUSING)
    return State(state=PAUSED, reason=f"its event source mapping is {observed.mapping.lower()}")


def _blocked(desired: Record) -> State:
    tag = block_tag.parse(desired.block or "")
    reason = tag.reason
    if desired.paused:
        paused = "also paused" + (f" by {desired.by}" if desired.by else "")
        paused += f": {desired.reason}" if desired.reason else ""
        reason = f"{reason}; {paused}" if reason else paused
    return State(
        state=BLOCKED,
        reason=reason,
        by=tag.by,
        since=tag.since,
        until=iso(desired.until_ms) if desired.paused else None,
        also_paused=desired.paused,
    )
