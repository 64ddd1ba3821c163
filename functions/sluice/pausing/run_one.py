"""Run one event through a handler's function, even while it is paused, but never past a block.

`decision` knows the run as a lease: while it lasts, a paused function may have a reserved concurrency of 1.
"""

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
from .commands import record_to_change
from .errors import BlockedError, NotPausableError, StillChangingError
from .handler_states import HandlerStates, Snapshot
from .history import new_change
from .record_store import ConflictError
from .state import LEASE_EXPIRED_MS, RECEIVING, RUN_ONE_CONCURRENCY, Call, Record

_SPARE_SECONDS = 60
"""Seconds that the lease lasts beyond the function's timeout. After that the reconciler ends it."""

_PROPAGATION_SECONDS = 15.0
"""Seconds that a change of the reserved concurrency gets to reach all of Lambda."""

_RETRY_SECONDS = 0.5
"""Seconds between two tries."""

_TRIES = 20
"""Attempts to record that a lease has expired, against others that write the record."""


class RunFailedError(SluiceError):
    """The function failed, so the event's outcome is unknown."""


def run_one(
    states: HandlerStates,
    invoke: Callable[..., Any],
    handler: str,
    body: str,
    *,
    by: str,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Run an event once and wait for its end. It does not go through the queue, and is not retried.

    A paused function gets a reserved concurrency of 1 for that time. Its mapping stays disabled, so no other event
    starts.

    Args:
        states: the states of the stage's handlers.
        invoke: a Lambda client's `invoke`, which waits as long as the function may take.
        handler: the handler's name.
        body: the event as JSON text.
        by: the user who runs it.
        sleep: waits for Lambda, for so many seconds.

    Returns:
        The event's id, which is also its trace's.

    Raises:
        BlockedError: an admin has blocked the handler.
        NotPausableError: nothing receives for the handler, so it has no state.
        StillChangingError: it is being paused or unpaused just now.
        RunFailedError: the function failed.
    """
    event_id = new_id(states.now_ms() / 1000)

    def payload(snapshot: Snapshot) -> bytes:
        return _payload(snapshot, body, by, Envelope(id=event_id, emitted_ms=states.now_ms(), emitted_by=None))

    run_payload(states, invoke, handler, payload, sleep=sleep)
    return event_id


def run_payload(
    states: HandlerStates,
    invoke: Callable[..., Any],
    handler: str,
    payload_of: Callable[[Snapshot], bytes],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> bytes:
    """Invoke a handler's function once and wait for its end, as `run_one` does.

    Args:
        states: the states of the stage's handlers.
        invoke: a Lambda client's `invoke`, which waits as long as the function may take.
        handler: the handler's name.
        payload_of: returns the payload, given the handler's state.
        sleep: waits for Lambda, for so many seconds.

    Returns:
        The function's answer.

    Raises:
        BlockedError, NotPausableError, StillChangingError, RunFailedError: as `run_one` raises them.
    """
    snapshots = states.read([handler])
    if not snapshots:
        raise NotPausableError(handler)
    (snapshot,) = snapshots
    desired = snapshot.decision.desired
    if desired.block is not None:
        raise BlockedError(handler, desired.block)
    payload = payload_of(snapshot)
    if not desired.paused:
        return _invoke(states, invoke, snapshot, payload, sleep)
    if snapshot.observed.mapping in RECEIVING:
        # While the mapping is enabled, other events would run too.
        raise StillChangingError(handler, recorded=False)
    lease_ms = states.now_ms() + 1000 * (snapshot.resources.timeout + _SPARE_SECONDS)
    lease = dataclasses.replace(record_to_change(snapshot), lease_ms=lease_ms)
    paused = new_change("paused", states.now_ms(), by=lease.by, reason=lease.reason, concurrency=lease.cap)
    changes = [paused] if lease.paused and not snapshot.record.paused else []
    try:
        leased = states.records.put(handler, lease, snapshot.record, changes)
    except ConflictError as error:
        raise StillChangingError(handler, recorded=False) from error
    try:
        _allow_one_invocation(states, snapshot)
        return _invoke(states, invoke, snapshot, payload, sleep)
    finally:
        _end_lease(states, snapshot, leased)


def _allow_one_invocation(states: HandlerStates, snapshot: Snapshot) -> None:
    try:
        states.writer.allow_one_invocation(snapshot.resources)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidParameterValueException":
            raise
        # AWS keeps part of the account's quota for functions without a reserved concurrency, and too little is left.
        raise RunFailedError(
            f"{snapshot.handler} is paused, and to run one event its function needs a reserved concurrency of"
            f" {RUN_ONE_CONCURRENCY}, which AWS refuses: {error.response['Error']['Message']} Have the account's quota"
            " raised, or unpause it"
        ) from error


def _end_lease(states: HandlerStates, snapshot: Snapshot, leased: Record) -> None:
    """Pause the handler fully again, unless it was unpaused or blocked meanwhile, or another event is being run."""
    handler = snapshot.handler
    ending = _record_end(states, handler, leased)
    if ending is None:
        return
    if not ending.paused:
        # The concurrency of 1 may have been set after the unpause, and would stay.
        states.writer.call(snapshot.resources, Call.RELEASE, cap=ending.cap)
        return
    found = states.read([handler])
    if found and found[0].observed.concurrency not in (0, RUN_ONE_CONCURRENCY):
        # Somebody has changed it meanwhile, perhaps to unpause. The reconciler finds out.
        return
    states.writer.call(snapshot.resources, Call.SET_ZERO)
    try:
        states.records.put(handler, dataclasses.replace(ending, lease_ms=None, settled_ms=states.now_ms()), ending)
    except ConflictError:
        record = states.records.get(handler)
        if not record.paused and record.block is None:
            # It was unpaused just before the concurrency was set to 0, which would stay.
            states.writer.call(snapshot.resources, Call.RELEASE, cap=record.cap)


def _record_end(states: HandlerStates, handler: str, leased: Record) -> Record | None:
    """Record that the lease has expired: if this is cut off after that, the reconciler does the rest.

    Returns:
        The record as written or, if the handler is no longer paused, as read; None if a block or another run's lease
        has taken its place.
    """
    record = leased
    for _ in range(_TRIES):
        if record.block is not None or record.lease_ms not in (None, LEASE_EXPIRED_MS, leased.lease_ms):
            return None
        if not record.paused:
            return record
        try:
            return states.records.put(handler, dataclasses.replace(record, lease_ms=LEASE_EXPIRED_MS), record)
        except ConflictError:
            record = states.records.get(handler)
    raise StillChangingError(handler, recorded=False)


def _invoke(
    states: HandlerStates,
    invoke: Callable[..., Any],
    snapshot: Snapshot,
    payload: bytes,
    sleep: Callable[[float], None],
) -> bytes:
    deadline = states.clock() + _PROPAGATION_SECONDS
    while True:
        try:
            answer = invoke(
                FunctionName=snapshot.resources.function_arn, InvocationType="RequestResponse", Payload=payload
            )
            break
        except ClientError as error:
            throttled = error.response["Error"]["Code"] == "TooManyRequestsException"
            if not throttled or states.clock() >= deadline:
                raise
            sleep(_RETRY_SECONDS)
    returned: bytes = answer["Payload"].read() if "Payload" in answer else b""
    if answer.get("FunctionError"):
        text = returned.decode(errors="replace")
        raise RunFailedError(f"{snapshot.handler}'s function failed: {text[:500]}. Its log says more")
    return returned


def _payload(snapshot: Snapshot, body: str, by: str, envelope: Envelope) -> bytes:
    """Return the payload with which the mapping would call the function."""
    now_ms = envelope.emitted_ms
    arn = snapshot.resources.function_arn
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
        "eventSourceARN": arn.replace(":lambda:", ":sqs:").replace(":function:", ":"),
        "awsRegion": arn.split(":")[3],
    }
    return json.dumps({"Records": [record]}).encode()
