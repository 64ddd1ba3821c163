"""No two runs of a cron at a time, for those that ask for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LEASE = "#lease#"
"""What the partitions of leases start with. No handler's name does."""

_CLOCKS_DIFFER = 1.0
"""Seconds by which two machines' clocks may differ."""


class Leases:
    """A cron's lease: who has it may run.

    Args:
        client: a DynamoDB client.
        table: the trace table's name.
        handler: the cron's name.
        clock: gives seconds since 1970.
    """

    def __init__(
        self, client: DynamoDBClient, table: str, handler: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table
        self._handler = handler
        self._clock = clock

    def take(self, event_id: str, seconds: float) -> str:
        """Take the lease for an event, if it is free.

        Args:
            event_id: the event's id.
            seconds: after which it is free again, should its run never say so: when the invocation must be over.

        Returns:
            The id of the event that has the lease: this one, or the one that is under way.

        Raises:
            CallError, or botocore's errors: that could not be written.
        """
        now = self._clock()
        # A redelivered event takes the lease that an attempt before it left behind.
        free = "attribute_not_exists(pk) OR until_ms <= :now OR id = :id"
        answer = self._put(event_id, now + seconds + _CLOCKS_DIFFER, free, {":now": {"N": str(int(now * 1000))}})
        return event_id if answer is None else str(answer["Item"]["id"]["S"])

    def give_back(self, event_id: str) -> None:
        """Let the next one run.

        Raises:
            CallError, or botocore's errors: that could not be written; the lease then ends with its time.
        """
        self._put(event_id, 0, "id = :id", {})

    def _put(self, event_id: str, until: float, condition: str, values: dict[str, Any]) -> Any:
        """Write the lease; return DynamoDB's answer if the condition does not hold."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": _LEASE + self._handler},
                    "sk": {"S": _LEASE},
                    "id": {"S": event_id},
                    "until_ms": {"N": str(int(until * 1000))},
                    # Nobody deletes the last one of a cron that is removed.
                    "expires_at": {"N": str(int(self._clock()) + 86_400)},
                },
                ConditionExpression=condition,
                ExpressionAttributeValues={":id": {"S": event_id}, **values},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except Exception as error:
            # boto3's errors and the small client's look alike.
            answer: Any = getattr(error, "response", {})
            if answer.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                return answer
            raise
        return None
