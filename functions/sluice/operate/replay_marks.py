"""Marks of replays: a trace says as which event it was replayed, so that no event is replayed twice by accident.

The mark is written before the event is sent, as pending, and again once SQS has accepted it. If a replay is cut off in
between, the mark has the new event's id. The next replay sends that event once more, under the same id: the worker
runs one of the two messages.
"""

from __future__ import annotations

from typing import Any

from ..lean_aws.errors import aws_errors, error_code
from ..traces.item import key_of
from ..traces.locks import CONDITION_FAILED
from ..traces.trace import PENDING, Trace


class ReplayMarks:
    """The marks of replays in the traces of one stage.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def begin(self, trace: Trace, event_id: str) -> bool:
        """Mark a trace before its event is sent again.

        Args:
            trace: the trace as it was read.
            event_id: the id of the event to send.

        Returns:
            True if it is marked; False if the trace is gone, or has got another mark since it was read.

        Raises:
            botocore's errors: it could not be written.
        """
        return self._set(trace, event_id + PENDING, before=trace.replayed_as)

    def finish(self, trace: Trace, event_id: str) -> None:
        """Note that SQS has accepted the event. A trace that is gone stays gone.

        Args:
            trace: the trace.
            event_id: the id of the event that was sent.

        Raises:
            botocore's errors: it could not be written.
        """
        self._set(trace, event_id, before=event_id + PENDING)

    def _set(self, trace: Trace, mark: str, *, before: str | None) -> bool:
        condition, values = "attribute_exists(pk) AND attribute_not_exists(replayed_as)", {":new": {"S": mark}}
        if before is not None:
            condition, values = "replayed_as = :before", values | {":before": {"S": before}}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key_of(trace.handler, trace.id),
                UpdateExpression="SET replayed_as = :new",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except aws_errors() as error:
            if error_code(error) != CONDITION_FAILED:
                raise
            return False
        return True
