"""One event through a handler's function, also while it is paused, and never past a block."""

from __future__ import annotations

import dataclasses
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from ..errors import SluiceError
from ..event.envelope import ATTRIBUTE, Envelope
from ..event.ids import new_id
from .commands import BlockedError, NotPausableError, StillChangingError, as_recorded
from .decision import LEASE_OVER_MS, ONE, RECEIVING, Call, Record
from .handler_states import HandlerStates, Snapshot
from .history import new_change
from .record_store import ConflictError

_SPARE = 60
"""Seconds beyond the function's timeout, after which the pause is whole again, should nobody be there to end it."""

_UNTIL_IT_COUNTS = 15.0
"""Seconds that a change of the reserved concurrency gets to reach all of Lambda."""

_PAUSE = 0.5
_TRIES = 20
"""To write down that a lease has run out, against others who write."""


class RunFailedError(SluiceError):
    """The function failed, and so did not tell what came of the event."""


def run_one(
    states: HandlerStates,
    invoke: Callable[..., Any],
    handler: str,
    body: str,
    *,
    by: str,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Run an event, and wait for its end. It does not go through the queue, and is not tried again.

    A paused function is let run one invocation for that time; its mapping stays disabled, so nothing else starts.

    Args:
        states: the states of the handlers.
        invoke: a Lambda client's `invoke`, which waits as long as the function may take.
        handler: the handler's name.
        body: the event as JSON text.
        by: who runs it.
        sleep: waits for Lambda.

    Returns:
        The event's id, under which its trace is found.

    Raises:
        BlockedError: an admin has blocked the handler.
        NotPausableError: nothing receives for the handler, so it has no state.
        StillChangingError: it is being paused or unpaused just now.
        RunFailedError: the function failed.
    """
    looked = states.read([handler])
    if not looked:
        raise NotPausableError(handler)
    (found,) = looked
    settled = found.decision.desired
    if settled.block is not None:
        raise BlockedError(handler, settled.block)
    payload, event_id = _invocation(found, body, by, states.now_ms())
    if not settled.paused:
        _invoke(states, invoke, found, payload, sleep)
        return event_id
    if found.observed.mapping in RECEIVING:
        # With the mapping enabled, others would run with it.
        raise StillChangingError(handler)
    lease_ms = states.now_ms() + 1000 * (found.resources.timeout + _SPARE)
    lease = dataclasses.replace(as_recorded(found), lease_ms=lease_ms)
    seen_first = lease.paused and not found.record.paused
    told = [new_change("paused", states.now_ms(), by=lease.by, reason=lease.reason)] if seen_first else []
    try:
        leased = states.records.put(handler, lease, found.record, told)
    except ConflictError as error:
        raise StillChangingError(handler) from error
    try:
        _let_one_run(states, found)
        _invoke(states, invoke, found, payload, sleep)
    finally:
        _end_lease(states, found, leased)
    return event_id


def _let_one_run(states: HandlerStates, found: Snapshot) -> None:
    try:
        states.functions.let_one_run(found.resources)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidParameterValueException":
            raise
        # The rest of the account's quota would be less than AWS keeps for functions that have none of their own.
        raise RunFailedError(
            f"{found.handler} is paused, and AWS does not give its function a concurrency of {ONE}, which this"
            f" takes: {error.response['Error']['Message']} Have the account's quota raised, or unpause it"
        ) from error


def _end_lease(states: HandlerStates, found: Snapshot, leased: Record) -> None:
    """Make the pause whole again, unless somebody has unpaused or blocked the handler meanwhile, or runs another."""
    handler = found.handler
    ending = _run_out(states, handler, leased)
    if ending is None:
        return
    if not ending.paused:
        # The concurrency may have been set after that. It is ours to take back.
        states.functions.call(found.resources, Call.RELEASE, None)
        return
    states.functions.call(found.resources, Call.SET_ZERO, None)
    try:
        states.records.put(handler, dataclasses.replace(ending, lease_ms=None), ending)
    except ConflictError:
        record = states.records.get(handler)
        if not record.paused and record.block is None:
            # It was unpaused just before the concurrency was set: that is ours to take back.
            states.functions.call(found.resources, Call.RELEASE, None)


def _run_out(states: HandlerStates, handler: str, leased: Record) -> Record | None:
    """Write down that the lease has run out: cut off from here on, the reconciler does the rest.

    Returns:
        The record as it is then, of a handler that is paused, or not any more; None if a block holds it, or the lease
        of another run, which ends it.
    """
    record = leased
    for _ in range(_TRIES):
        if record.block is not None or record.lease_ms not in (None, LEASE_OVER_MS, leased.lease_ms):
            return None
        if not record.paused:
            return record
        try:
            return states.records.put(handler, dataclasses.replace(record, lease_ms=LEASE_OVER_MS), record)
        except ConflictError:
            record = states.records.get(handler)
    raise StillChangingError(handler)


def _invoke(
    states: HandlerStates, invoke: Callable[..., Any], found: Snapshot, payload: bytes, sleep: Callable[[float], None]
) -> None:
    name = found.resources.function_arn
    deadline = states.clock() + _UNTIL_IT_COUNTS
    while True:
        try:
            answer = invoke(FunctionName=name, InvocationType="RequestResponse", Payload=payload)
            break
        except ClientError as error:
            throttled = error.response["Error"]["Code"] == "TooManyRequestsException"
            if not throttled or states.clock() >= deadline:
                raise
            sleep(_PAUSE)
    if answer.get("FunctionError"):
        said = answer["Payload"].read().decode(errors="replace")
        raise RunFailedError(f"{found.handler}'s function failed: {said[:500]}. Its log says more")


def _invocation(found: Snapshot, body: str, by: str, now_ms: int) -> tuple[bytes, str]:
    """What the mapping would call the function with, and the event's id."""
    envelope = Envelope(id=new_id(now_ms / 1000), emitted_ms=now_ms, emitted_by=None)
    record = {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "none: this event is in no queue",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(now_ms),
            "ApproximateFirstReceiveTimestamp": str(now_ms),
            "SenderId": by,
        },
        "messageAttributes": {ATTRIBUTE: {"dataType": "String", "stringValue": envelope.to_text()}},
        "eventSource": "aws:sqs",
        "eventSourceARN": found.resources.function_arn.replace(":lambda:", ":sqs:").replace(":function:", ":"),
        "awsRegion": found.resources.function_arn.split(":")[3],
    }
    return json.dumps({"Records": [record]}).encode(), envelope.id
