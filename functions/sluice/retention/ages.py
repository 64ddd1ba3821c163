"""The ages of what waits longest in a handler's queues, so that an alarm rings before SQS deletes it.

CloudWatch's own `ApproximateAgeOfOldestMessage` does not do for that. It leaves out messages that were received three
times or more, and the reconciler's sweeps receive each message. And a message that is sent again is a new one to SQS.
So these ages follow from what the reconciler knows, without a receive.
"""

from __future__ import annotations

from typing import NamedTuple

from .state import RetentionState

WORTH_TELLING = 86_400
"""Seconds. The age of a running handler's oldest event is no metric below it: CloudWatch charges for metrics."""


class Age(NamedTuple):
    """The age of what waits longest in a queue.

    Attributes:
        handler: the handler's name.
        dead: True for dead letters, False for events in the handler's queue.
        seconds: the age.
    """

    handler: str
    dead: bool
    seconds: int


def waiting_seconds(state: RetentionState, now_ms: int) -> int:
    """Return the seconds since a stopped handler's oldest waiting event was sent, or sent again.

    A sweep has sent every event again that was there when it began. So none is older than the last one that ended.

    Args:
        state: the handler's, which has been stopped since `idle_ms`.
        now_ms: milliseconds since 1970.
    """
    since = max(state.idle_ms or now_ms, state.live.last_ms or 0)
    return max(0, now_ms - since) // 1000


def dead_seconds(state: RetentionState, now_ms: int) -> int | None:
    """Return the seconds for which a handler has had dead letters without a break; None if it has none.

    A dead letter that is sent again, so that SQS does not delete it, counts on.
    """
    return None if state.dead_since_ms is None else max(0, now_ms - state.dead_since_ms) // 1000
