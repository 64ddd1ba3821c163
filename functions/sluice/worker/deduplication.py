"""An event that lies in several messages runs for one of them.

Scheduler may send a tick twice, and an SDK a message whose answer was lost: two messages, one event. The first to be
started claims the event, and the other is let go. But a message can also be all that is left of an event: AWS's own
redrive makes a new one out of a dead letter. That one takes the claim over.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .attempts import MAX_HISTORY, Plan, Step
from .triage import Verdict, Work

if TYPE_CHECKING:
    from ..queue.message import ReceivedMessage
    from ..traces import Trace, TraceStore
    from ..traces.locks import Holder

LONGEST_RUN_MS = 900_000
"""No invocation lasts longer. Who claimed an event before that runs no more."""


def claimed_by_message(work: Work, handler: str, store: TraceStore, now_ms: int) -> Work:
    """Claim an event for its message, if it is one that others may lie beside.

    Args:
        work: the message, about to be started.
        handler: the handler's name.
        store: the traces and claims.
        now_ms: the current time in milliseconds since 1970.

    Returns:
        The work with its verdict: RUN if it has the claim, DONE if another message runs or ran the event, RETURN if
        that cannot be told yet.

    Raises:
        CallError, or botocore's errors: the claim or the trace is out of reach.
    """
    delivery = work.delivery
    claimant, event_id = delivery.claimant, delivery.envelope.id
    if claimant is None:
        return work
    holder = store.locks.take_event(handler, event_id, claimant, now_ms)
    if holder.message == claimant:
        return work
    prior = store.get(handler, event_id)
    if (prior is not None and prior.completed) or delivery.sent_ms < holder.taken_ms:
        # Started after this one was sent, the holder was no dead letter by then: it has an end of its own.
        return dataclasses.replace(work, verdict=Verdict.DONE)
    if _has_ended(delivery, holder, prior, now_ms) and store.locks.take_over_event(
        handler, event_id, claimant, holder, now_ms
    ):
        return work if work.plan is not None else dataclasses.replace(work, plan=_anew(prior))
    return dataclasses.replace(work, verdict=Verdict.RETURN)


def _has_ended(delivery: ReceivedMessage, holder: Holder, prior: Trace | None, now_ms: int) -> bool:
    """Whether the message that has the claim is gone from the queue: dead, or sent again as this one."""
    dead = prior is not None and prior.as_of(now_ms).status == "dead"
    return dead or delivery.envelope.redrives > 0 or now_ms - holder.taken_ms > LONGEST_RUN_MS


def _anew(prior: Trace | None) -> Plan:
    """Five more attempts, as with any redrive."""
    return Plan(Step.RUN, prior.history[-MAX_HISTORY:] if prior else (), 0, prior)
