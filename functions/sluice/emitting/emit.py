"""Emit an event to a name: the handler of that name runs with it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from types import ModuleType

from ..clock import clock
from ..errors import EventTooLargeError, InvalidKeyError, NotAcceptedError, NotInHandlerError, TooManyHopsError
from ..event import body
from ..event.envelope import ATTRIBUTE, MAX_KEY_WINDOW, Envelope
from ..event.ids import new_id
from ..lean_aws.errors import aws_errors, to_aws_error
from ..queue.send import MAX_MESSAGE_BYTES, Message, NoQueueError, send_all, send_one, size_of
from ..stage import clients
from ..stage.names import Names, check_handler
from .current_run import Run, current_run
from .delay import Delay, parse_delay
from .no_handler import NotKeptError, keep

SPARE_BYTES = 1_024
"""Room that an event leaves in its message. A message that is sent again says more: its sender, its receives, and
since when it waits."""

MAX_KEY = 256
"""Characters that a key may have."""


def emit(
    handler: str,
    event: object,
    *,
    delay: float | timedelta | None = None,
    at: datetime | None = None,
    key: str | None = None,
    key_window: timedelta = timedelta(days=1),
    stage: str | None = None,
) -> str:
    """Run the handler of this name with this event, soon, on another machine.

    Args:
        handler: the handler's name, such as `send-receipt`.
        event: the handler's argument: anything that JSON carries, up to 1 MiB of it.
        delay: seconds (or a timedelta) to wait before it runs. An event delayed by more than 15 minutes may have
            256 KiB, and runs within a minute after its delay.
        at: the time at which it runs, with a time zone, up to years ahead; a past time means now.
        key: a text of up to 256 characters. Of all events to the handler with the same key, only the first to start
            runs.
        key_window: the time from that start for which the key counts, up to a year.
        stage: the stage to emit in. By default the one that SLUICE_STAGE names, as it does in every handler.

    Returns:
        The event's id, which is also its trace's. If no handler has this name, a warning is logged, and the event is
        kept in a trace with the status `no-handler`.

    Raises:
        EventNotSerializableError: JSON cannot carry the event; the message says which part.
        EventTooLargeError: the event is larger than an SQS message may be, or for more than 15 minutes a schedule.
        InvalidNameError: no handler can have this name.
        InvalidDelayError: both `delay` and `at` are given, the delay is negative, `at` has no time zone, or one of
            them is of another type.
        InvalidKeyError: the key or its window is empty, too long, or of another type.
        StageNotSetError: outside of a handler, neither `stage` nor SLUICE_STAGE names a stage.
        TooManyHopsError: the chain of emits by handlers has reached the handler's `max_hops`.
        AwsError: SQS refused the event or did not answer; for more than 15 minutes, Scheduler.
    """
    window = _checked_window(key, key_window)
    return _emit(handler, [body.encode(event)], parse_delay(delay, at), stage, key, window, alone=True)[0]


def emit_many(
    handler: str,
    events: Iterable[object],
    *,
    delay: float | timedelta | None = None,
    at: datetime | None = None,
    stage: str | None = None,
) -> list[str]:
    """Emit many events to one handler, in as few calls as SQS allows.

    All events are encoded before the first is sent, so all of them are in memory as text.

    Args:
        handler: the handler's name.
        events: the events, each as for `emit`.
        delay: as for `emit`.
        at: as for `emit`.
        stage: as for `emit`.

    Returns:
        The events' ids, in order.

    Raises:
        NotAcceptedError: after every retry, SQS (or Scheduler) refused some events or did not answer. The error lists
            them; the others are sent.
        EventNotSerializableError, EventTooLargeError, InvalidNameError, InvalidDelayError, StageNotSetError,
            TooManyHopsError: as for `emit`; nothing was sent.
        AwsError: the queue could not be looked up, or there are no credentials; nothing was sent.
    """
    return _emit(handler, [body.encode(event) for event in events], parse_delay(delay, at), stage)


def retry(event: object, *, delay: float | timedelta | None = None, at: datetime | None = None) -> str:
    """Emit an event to the handler that is running, so that the handler runs again.

    The present run goes on and ends as usual. The new event has the present one as its parent, and one hop more.

    Args:
        event: the handler's argument next time: the present event, or one that says more.
        delay: as for `emit`.
        at: as for `emit`.

    Returns:
        The new event's id.

    Raises:
        NotInHandlerError: no handler is running.
        TooManyHopsError: the chain of emits has reached the handler's `max_hops`, and ends here.
        EventNotSerializableError, EventTooLargeError, InvalidDelayError, AwsError: as for `emit`.
    """
    run = current_run()
    if run is None:
        raise NotInHandlerError("retry() is for use within a handler; elsewhere, emit the event to the handler's name")
    return emit(run.handler, event, delay=delay, at=at)


def emit_texts(
    handler: str,
    bodies: Sequence[str],
    *,
    delay: float | timedelta | None = None,
    at: datetime | None = None,
    stage: str | None = None,
) -> list[str]:
    """Emit events that are JSON text already, unchanged: a single one as `emit` does, several as `emit_many` does.

    Raises:
        NotKeptError: no handler has the name, and some events could not be kept.
    """
    return _emit(handler, bodies, parse_delay(delay, at), stage, alone=len(bodies) == 1, strict=True)


def _emit(
    handler: str,
    bodies: Sequence[str],
    delay: Delay,
    stage: str | None,
    key: str | None = None,
    window: int = 0,
    *,
    alone: bool = False,
    strict: bool = False,
) -> list[str]:
    check_handler(handler)
    stage = clients.current_stage(stage)
    run = current_run()
    if run and run.hops >= run.max_hops:
        raise TooManyHopsError(
            f"this event ends a chain of {run.hops} emits by handlers, as many as max_hops allows; if that is no"
            f" endless loop, give {run.handler!r} a larger max_hops in app.py"
        )
    messages = [_message(text, run, key, window) for text in bodies]
    for index, message in enumerate(messages):
        if size_of(message) > MAX_MESSAGE_BYTES - SPARE_BYTES:
            raise EventTooLargeError(
                f"event {index} for {handler!r} is {size_of(message):,} bytes as a message; SQS takes"
                f" {MAX_MESSAGE_BYTES:,}, of which Sluice needs {SPARE_BYTES:,}. Store it in S3, for example, and emit"
                " a reference to it"
            )
    if not messages:
        return []
    if delay.until:
        _scheduler().check_sizes(handler, messages)
    event_ids = [message.envelope.id for message in messages]
    begun = clock.perf_counter_ns()
    try:
        send = run.send if run and run.send else _send
        send(stage, handler, messages, delay, alone)
    except NoQueueError:
        _queue_urls.pop((stage, handler), None)
        try:
            keep(handler, messages, stage)
        except NotKeptError:
            # A program that emits goes on: the events are in its log.
            if strict:
                raise
    except NotAcceptedError as error:
        if run:
            run.note_emitted(handler, [event_id for _, event_id in sorted(error.accepted.items())], begun)
        raise
    except aws_errors() as error:
        raise to_aws_error(error) from error
    if run:
        run.note_emitted(handler, event_ids, begun)
    return event_ids


def _send(stage: str, handler: str, messages: Sequence[Message], delay: Delay, alone: bool) -> None:
    if delay.until and alone:
        _scheduler().schedule_one(stage, handler, messages[0], delay.until)
    elif delay.until:
        _scheduler().schedule_all(stage, handler, messages, delay.until)
    elif alone:
        send_one(clients.sqs(stage), _queue_url(handler, stage), messages[0], delay.seconds)
    else:
        send_all(clients.sqs(stage), _queue_url(handler, stage), handler, messages, delay.seconds)


def _scheduler() -> ModuleType:
    """Import the module that uses Scheduler: only when an event needs it, as every cold start would pay for it."""
    from . import scheduled_events  # noqa: PLC0415

    return scheduled_events


def _checked_window(key: str | None, window: timedelta) -> int:
    """Return the window in whole seconds; 0 without a key."""
    if key is None:
        return 0
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise InvalidKeyError(f"key={key!r}: give a printable text of 1 to {MAX_KEY} characters")
    if not isinstance(window, timedelta):
        raise InvalidKeyError(f"key_window={window!r}: give a timedelta, such as timedelta(hours=1)")
    seconds = math.ceil(window.total_seconds())
    if not 1 <= seconds <= MAX_KEY_WINDOW:
        raise InvalidKeyError(f"key_window={window}: it may be 1 second to {MAX_KEY_WINDOW // 86_400} days")
    return seconds


def _message(text: str, run: Run | None, key: str | None, window: int) -> Message:
    now = clock.time()
    envelope = Envelope(
        id=new_id(now),
        emitted_ms=int(now * 1000),
        emitted_by=run.handler if run else None,
        parent=run.event_id if run else None,
        hops=run.hops + 1 if run else 0,
        key=key,
        window=window,
    )
    return Message(text, envelope, {ATTRIBUTE: {"DataType": "String", "StringValue": envelope.to_text()}})


_queue_urls: dict[tuple[str, str], str] = {}


def _queue_url(handler: str, stage: str) -> str:
    """Return the queue's URL: known from the environment in a handler, looked up once elsewhere."""
    name = Names(stage).queue(handler)
    prefix = os.environ.get("SLUICE_QUEUE_URL_PREFIX")
    if prefix and stage == os.environ.get("SLUICE_STAGE"):
        return prefix + name
    key = (stage, handler)
    if key not in _queue_urls:
        client = clients.sqs(stage)
        try:
            _queue_urls[key] = client.get_queue_url(QueueName=name)["QueueUrl"]
        except client.exceptions.QueueDoesNotExist as error:
            raise NoQueueError(name) from error
        except aws_errors() as error:
            raise to_aws_error(error, sent=False) from error
    return _queue_urls[key]


def forget_queues() -> None:
    """Look up every queue anew, for tests that make new ones."""
    _queue_urls.clear()
