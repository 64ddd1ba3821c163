"""Deletion of traces, one by one, so that nothing is deleted that has changed since it was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from itertools import islice
from typing import Any, NamedTuple

from ..lean_aws.errors import aws_errors, error_code
from ..stage.names import UNHANDLED_PARTS
from ..traces.item import key_of
from ..traces.locks import CONDITION_FAILED
from ..traces.trace import COMPLETED, Trace

_WRITERS = 16

_AT_A_TIME = 500
"""Deletions under way or waiting for a thread."""

UNFINISHED = frozenset({"timed-out", "interrupted", "running"})
"""Statuses of events that may run again. What is known of their attempts keeps that from happening too often, and an
attempt that ends writes the trace anew."""


class Deletion(Enum):
    """The end of the attempt to delete a trace."""

    DELETED = "deleted"
    CHANGED = "changed"
    """It was started or completed since it was chosen. It is still there."""


class Chosen(NamedTuple):
    """A trace to delete.

    Attributes:
        id: the event's id.
        handler: the handler's name.
        status: the status that it had when it was chosen.
        attempts: the number of its attempts then.
        in_parts: True if parts of its event are stored apart from it.
    """

    id: str
    handler: str
    status: str
    attempts: int
    in_parts: bool


def chosen(trace: Trace) -> Chosen:
    """Return what is needed to delete a trace."""
    return Chosen(trace.id, trace.handler, trace.status, trace.attempts, in_parts="event" in trace.cut)


def delete_traces(client: Any, table: str, traces: Iterable[Chosen]) -> Iterator[Deletion]:
    """Delete traces, with the parts of their events and their entries in the index of failures.

    A trace that is gone counts as deleted. What was deleted stays so if an error ends the rest.

    Args:
        client: a boto3 DynamoDB client, which threads may share.
        table: the trace table's name.
        traces: the traces.

    Yields:
        The end of each deletion.

    Raises:
        botocore's errors: a trace could not be deleted.
    """
    left = iter(traces)
    with ThreadPoolExecutor(_WRITERS) as writers:
        while some := list(islice(left, _AT_A_TIME)):
            yield from writers.map(lambda one: _delete(client, table, one), some)


def _delete(client: Any, table: str, one: Chosen) -> Deletion:
    # The parts first: without the trace nobody would find them again.
    if one.in_parts:
        _delete_parts(client, table, one.id)
    try:
        # Its entry in the index of failures is a copy of the item, and goes with it.
        client.delete_item(TableName=table, Key=key_of(one.handler, one.id), **_unchanged(one))
    except aws_errors() as error:
        if error_code(error) != CONDITION_FAILED:
            raise
        return Deletion.CHANGED
    return Deletion.DELETED


def _unchanged(one: Chosen) -> dict[str, Any]:
    """Return the condition that a trace is as it was chosen. A damaged one, which can say anything, has none."""
    if one.status == "damaged":
        return {}
    if one.status in COMPLETED:
        same, values = "#status = :status", {":status": {"S": one.status}}
    else:
        # A trace that shows as dead may be stored with the status of its last attempt but one.
        same = "attempts = :attempts AND NOT #status IN (:ok, :error)"
        values = {":attempts": {"N": str(one.attempts)}, ":ok": {"S": "ok"}, ":error": {"S": "error"}}
    return {
        "ConditionExpression": f"attribute_not_exists(pk) OR ({same})",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": values,
    }


def _delete_parts(client: Any, table: str, event_id: str) -> None:
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": UNHANDLED_PARTS + event_id}},
        ProjectionExpression="pk, sk",
    )
    for page in pages:
        for key in page["Items"]:
            client.delete_item(TableName=table, Key=key)
