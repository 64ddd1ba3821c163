"""The trace of an event that is about to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..traces import Trace
from ..traces.failure import process_died
from .attempts import is_last_attempt, with_start

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ..recording.redaction import Secrets
    from .triage import Work


def trace_of_start(
    work: Work, handler: str, secrets: Secrets, context: LambdaContext, *, now_ms: int, remaining: float
) -> Trace:
    """Return the trace as it reads if the run never ends.

    Args:
        work: the event's message, and its attempts so far.
        handler: the handler's name.
        secrets: those of the run, which are removed from the event.
        context: of the invocation.
        now_ms: the current time in milliseconds since 1970.
        remaining: seconds until the invocation must be over.
    """
    message, envelope = work.message, work.message.envelope
    event = secrets.json_text(message.body, message.event)
    over_ms = now_ms + int(remaining * 1000)
    is_last, request_id = is_last_attempt(work.used), context.aws_request_id
    return Trace(
        id=envelope.id,
        handler=handler,
        status="interrupted",
        event=event,
        redacted=() if event == message.body else ("event",),
        history=with_start(work.plan, started_ms=now_ms, request_id=request_id, redrives=envelope.redrives),
        parent=envelope.parent,
        hops=envelope.hops,
        emitted_ms=envelope.emitted_ms,
        emitted_by=message.emitted_by,
        started_ms=now_ms,
        request_id=request_id,
        log_stream=context.log_stream_name,
        replay_of=envelope.replay_of,
        replayed_as=work.replayed_as,
        claim=message.claim,
        over_ms=over_ms,
        dead_ms=over_ms if is_last else None,
        failure=process_died(handler) if is_last else None,
    )
