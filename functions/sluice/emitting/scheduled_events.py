"""Events delayed by more than 15 minutes: each is a schedule of EventBridge Scheduler, which deletes itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import EventTooLargeError, NotAcceptedError, Refused
from ..event.envelope import Envelope
from ..event.scheduled_envelope import unwrap, wrap
from ..lean_aws.errors import aws_errors, error_code, error_message, may_have_succeeded, to_aws_error
from ..queue.send import NoQueueError
from ..stage import clients
from ..stage.names import Names

if TYPE_CHECKING:
    from ..queue.send import Message

MAX_INPUT_BYTES = 262_144
"""Scheduler's limit for the input of a schedule's target."""

MAX_COUNTED = 1_000
"""Schedules of a handler that are counted at most: Scheduler has no call for their number, and lists 100 a call."""

_CALLERS = 16
"""Calls at once. Scheduler's quota is 250 CreateSchedule a second in smaller regions and up to 5,000 in others; boto3
retries calls beyond it."""

_PAGE = 100
"""Scheduler's limit for ListSchedules."""

_AT = "at(%Y-%m-%dT%H:%M:%S)"


@dataclass(frozen=True)
class ScheduledEvent:
    """An event that Scheduler keeps.

    Attributes:
        handler: the handler's name.
        due: the time at which Scheduler sends it to the handler's queue.
        event: the event as JSON text.
        envelope: the event's id and origin.
    """

    handler: str
    due: datetime
    event: str
    envelope: Envelope


def check_sizes(handler: str, messages: Sequence[Message]) -> None:
    """Check that each event fits into a schedule.

    Raises:
        EventTooLargeError: one does not.
    """
    for index, message in enumerate(messages):
        size = len(wrap(message.body, message.envelope).encode())
        if size > MAX_INPUT_BYTES:
            raise EventTooLargeError(
                f"event {index} for {handler!r} is {size:,} bytes with its envelope; for more than 15 minutes"
                f" EventBridge Scheduler has to keep it, which takes {MAX_INPUT_BYTES:,}. Store it in S3, for"
                " example, and emit a reference to it"
            )


def schedule_one(stage: str, handler: str, message: Message, due: datetime) -> None:
    """Have Scheduler send a message to a handler's queue at a given time, or within the minute after it.

    Args:
        stage: the stage.
        handler: the handler's name.
        message: the message.
        due: the time.

    Raises:
        NoQueueError: the queue does not exist; nothing was scheduled.
        AwsError: the queue could not be looked up; nothing was scheduled.
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: Scheduler refused, or did not answer.
    """
    _creator(stage, handler, due)(message)


def schedule_all(stage: str, handler: str, messages: Sequence[Message], due: datetime) -> None:
    """Schedule messages as `schedule_one` does, with several calls at once.

    Raises:
        NoQueueError: the queue does not exist; nothing was scheduled.
        NotAcceptedError: some were not scheduled; the error lists them.
        AwsError: the queue could not be looked up; nothing was scheduled.
    """
    create = _creator(stage, handler, due)
    with ThreadPoolExecutor(_CALLERS) as callers:
        answers = list(callers.map(lambda message: _refusal(create, message), messages))
    refused = [
        Refused(index, error_code(error), error_message(error), may_have_succeeded(error))
        for index, error in enumerate(answers)
        if error
    ]
    if refused:
        lost = {entry.index for entry in refused}
        accepted = {index: message.envelope.id for index, message in enumerate(messages) if index not in lost}
        raise NotAcceptedError(handler, accepted, refused)


def list_scheduled(stage: str, handler: str | None = None) -> list[ScheduledEvent]:
    """Return the scheduled events, soonest first.

    Args:
        stage: the stage.
        handler: only those of this handler.
    """
    client = clients.client("scheduler", stage)
    names = Names(stage)

    def look_up(name: str) -> ScheduledEvent | None:
        try:
            found = client.get_schedule(GroupName=names.schedule_group, Name=name)
        except client.exceptions.ResourceNotFoundException:
            # Sent or cancelled since it was listed.
            return None
        return _scheduled(found, names)

    with ThreadPoolExecutor(_CALLERS) as callers:
        found = list(callers.map(look_up, _schedule_names(stage, handler)))
    return sorted((event for event in found if event), key=lambda event: (event.due, event.envelope.id))


def count(stage: str, handler: str) -> int:
    """Return the number of a handler's scheduled events; `MAX_COUNTED` for that many or more."""
    try:
        return sum(1 for _ in islice(_schedule_names(stage, handler), MAX_COUNTED))
    except clients.client("scheduler", stage).exceptions.ResourceNotFoundException:
        # The stage was deployed before there was a group for them.
        return 0


def cancel(stage: str, event_id: str, handlers: Iterable[str]) -> ScheduledEvent | None:
    """Delete a scheduled event.

    Args:
        stage: the stage.
        event_id: the event's id.
        handlers: the names of the handlers that it may be for. If its handler was removed, the whole
            group is searched.

    Returns:
        The event; None if it is not, or no longer, scheduled. If it is due already, it may have been sent: Scheduler
        sends an event first and deletes its schedule then.
    """
    client = clients.client("scheduler", stage)
    names = Names(stage)

    def delete(name: str) -> ScheduledEvent | None:
        try:
            found = _scheduled(client.get_schedule(GroupName=names.schedule_group, Name=name), names)
            client.delete_schedule(GroupName=names.schedule_group, Name=name)
        except client.exceptions.ResourceNotFoundException:
            return None
        return found

    with ThreadPoolExecutor(_CALLERS) as callers:
        deleted = list(callers.map(delete, [_name(handler, event_id) for handler in sorted(set(handlers))]))
        cancelled = next(filter(None, deleted), None)
        if cancelled is None:
            others = [name for name in _schedule_names(stage, None) if name.endswith(f"-{event_id}")]
            cancelled = next(filter(None, callers.map(delete, others)), None)
    return cancelled


def _prefix(handler: str) -> str:
    """The prefix of the names of a handler's schedules. A hash, as the handler's own name may be too long."""
    return hashlib.sha256(handler.encode()).hexdigest()[:8] + "-"


def _name(handler: str, event_id: str) -> str:
    return _prefix(handler) + event_id


def _schedule_names(stage: str, handler: str | None) -> Iterator[str]:
    only = {"NamePrefix": _prefix(handler)} if handler else {}
    pages = (
        clients.client("scheduler", stage)
        .get_paginator("list_schedules")
        .paginate(GroupName=Names(stage).schedule_group, PaginationConfig={"PageSize": _PAGE}, **only)
    )
    return (found["Name"] for page in pages for found in page["Schedules"])


def _target(stage: str, handler: str) -> dict[str, Any]:
    """Return the target of a handler's schedules: its queue, which must exist.

    Raises:
        NoQueueError: it does not.
        AwsError: it could not be looked up.
    """
    names = Names(stage)
    queues = clients.sqs(stage)
    try:
        url = queues.get_queue_url(QueueName=names.queue(handler))["QueueUrl"]
    except queues.exceptions.QueueDoesNotExist as error:
        raise NoQueueError(names.queue(handler)) from error
    except aws_errors() as error:
        raise to_aws_error(error, sent=False) from error
    account = url.split("/")[-2]
    about = clients.client("scheduler", stage).meta
    queue_arn = f"arn:{about.partition}:sqs:{about.region_name}:{account}:"
    return {
        "Arn": queue_arn + names.queue(handler),
        "RoleArn": f"arn:{about.partition}:iam::{account}:role/{names.scheduler_role(about.region_name)}",
        "DeadLetterConfig": {"Arn": queue_arn + names.schedules_dead_letter_queue},
    }


def _creator(stage: str, handler: str, due: datetime) -> Callable[[Message], None]:
    target = _target(stage, handler)
    client = clients.client("scheduler", stage)

    def create(message: Message) -> None:
        client.create_schedule(
            GroupName=Names(stage).schedule_group,
            Name=_name(handler, message.envelope.id),
            ScheduleExpression=due.astimezone(UTC).strftime(_AT),
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={**target, "Input": wrap(message.body, message.envelope)},
        )

    return create


def _refusal(create: Callable[[Message], None], message: Message) -> Exception | None:
    """Schedule a message; return Scheduler's error for it, or None."""
    try:
        create(message)
    except aws_errors() as error:
        return error
    return None


def _scheduled(found: Any, names: Names) -> ScheduledEvent | None:
    """Return the event in a schedule; None if Sluice did not make the schedule."""
    unwrapped = unwrap(found["Target"].get("Input", ""), claimant="")
    handler = names.handler_of_queue(found["Target"]["Arn"].rsplit(":", 1)[-1])
    try:
        due = datetime.strptime(found["ScheduleExpression"], _AT).replace(tzinfo=UTC)
    except ValueError:
        return None
    if unwrapped is None or handler is None:
        return None
    return ScheduledEvent(handler, due, *unwrapped)
