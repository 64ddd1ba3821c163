"""Events that must not run twice: one that lies in several messages, and several that have one key.

Scheduler may send a tick twice, and an SDK a message whose answer got lost: two messages, one event. The first message
to be started takes the event's lock, and the event is done in the other one. But a message can also be all that is left
of an event: AWS's own redrive makes a new one from a dead letter. Such a message takes the lock over.

Events with the same key run once within the key's window: the first to be started takes the key's lock.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .attempts import MAX_HISTORY, Plan, Step, Verdict

if TYPE_CHECKING:
    from ..queue.message import ReceivedMessage
    from ..traces import Trace, TraceStore
    from ..traces.locks import Holder
    from .triage import Work

LONGEST_RUN_MS = 900_000
"""Lambda's limit for an invocation, in milliseconds. A message that took an event's lock longer ago does not run it any
more."""


def lock_event(work: Work, handler: str, store: TraceStore, now_ms: int) -> Work:
    """Take an event's lock for its message, if the event may lie in others.

    Args:
        work: the message, about to be started.
        handler: the handler's name.
        store: the traces and locks.
        now_ms: the current time in milliseconds since 1970.

    Returns:
        The work with its verdict: RUN if it has the lock, DONE if another message runs or ran the event, RETURN if
        that is not certain yet.

    Raises:
        CallError, or botocore's errors: DynamoDB did not write the lock, or read the trace.
    """
    message = work.message
    claimant, event_id = message.claimant, message.envelope.id
    if claimant is None:
        return work
    holder = store.locks.take_event(handler, event_id, claimant, now_ms)
    if holder.message == claimant:
        return work
    prior = store.get(handler, event_id)
    if (prior is not None and prior.completed) or message.sent_ms < holder.taken_ms:
        # A holder that started after this message was sent was no dead letter then: it brings the event to an end.
        return work._replace(verdict=Verdict.DONE)
    if _is_gone(holder, message, prior, now_ms) and store.locks.take_over_event(
        handler, event_id, claimant, holder, now_ms
    ):
        return work if work.plan is not None else work._replace(plan=_new_plan(prior))
    return work._replace(verdict=Verdict.RETURN)


def owner_of_key(work: Work, handler: str, store: TraceStore) -> str:
    """Take the lock of an event's key, if it has one, and return the id of the event that may run for the key.

    Args:
        work: the event's message, about to be started.
        handler: the handler's name.
        store: the locks.

    Raises:
        CallError, or botocore's errors: DynamoDB did not write the lock.
    """
    envelope = work.message.envelope
    if envelope.key is None or work.verdict is not Verdict.RUN:
        return envelope.id
    return store.locks.take_key(handler, envelope.key, envelope.id, envelope.window)


def put_trace(store: TraceStore, trace: Trace, message: ReceivedMessage) -> None:
    """Write the trace of a run. If its id is that of an event that has completed in another run, write it apart.

    An SDK may send a message twice, and anyone who may send can give it any id. Every run has a trace.

    Args:
        store: the traces.
        trace: the trace.
        message: the event's.

    Raises:
        CallError, or botocore's errors: DynamoDB did not write it.
    """
    if store.put(trace):
        return
    kept = store.get(trace.handler, trace.id)
    if kept is not None and not kept.completed and kept.replayed_as != trace.replayed_as:
        # Someone has replayed the event since this attempt began.
        put_trace(store, dataclasses.replace(trace, replayed_as=kept.replayed_as), message)
        return
    if kept is None or (kept.started_ms, kept.request_id) == (trace.started_ms, trace.request_id):
        # Written before: only the answer got lost.
        return
    claim = f"the message claimed the id {trace.id}, whose event had completed in another run"
    store.put(dataclasses.replace(trace, id=message.own_id, claim=claim))


def _is_gone(holder: Holder, message: ReceivedMessage, prior: Trace | None, now_ms: int) -> bool:
    """Return True if the message that holds the lock has left the queue: it is dead, or was sent again as this one."""
    dead = prior is not None and prior.as_of(now_ms).status == "dead"
    return dead or message.envelope.redrives > 0 or now_ms - holder.taken_ms > LONGEST_RUN_MS


def _new_plan(prior: Trace | None) -> Plan:
    """Return the plan of an event that has five more attempts, as after any redrive."""
    return Plan(Step.RUN, prior.history[-MAX_HISTORY:] if prior else (), 0, prior)
