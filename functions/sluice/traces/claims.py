"""Claims: of those who come for the same thing, the first has it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..wire.errors import aws_errors, error_code

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONDITION_FAILED = "ConditionalCheckFailedException"
"""DynamoDB's code for a write whose condition does not hold."""

_KEY = "#key#"
_MESSAGE = "#message#"
"""What the partitions of claims start with. No handler's name does."""

_MESSAGE_SECONDS = 15 * 86_400
"""For how long a message that has been started keeps another with the same event from running: longer than SQS keeps
one."""


class Claims:
    """The claims of one stage.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
        clock: gives seconds since 1970.
    """

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def key(self, handler: str, key: str, event_id: str, window: int) -> str:
        """Claim a key for an event.

        Args:
            handler: the handler's name.
            key: the event's.
            event_id: the event's id.
            window: for how many seconds the claim counts.

        Returns:
            The id of the event that has the key: this one, or one that claimed it before.

        Raises:
            CallError, or botocore's errors: the claim could not be written.
        """
        partition = _KEY + handler + "#" + hashlib.sha256(key.encode(errors="replace")).hexdigest()
        return self._claim(partition, event_id, window)

    def message(self, handler: str, event_id: str, claimant: str) -> bool:
        """Claim an event for one of the messages that it may have been sent in.

        Args:
            handler: the handler's name.
            event_id: the event's id.
            claimant: what tells the message from the others.

        Returns:
            Whether it has the claim: False if another message with the same event has it.

        Raises:
            CallError, or botocore's errors: the claim could not be written.
        """
        return self._claim(f"{_MESSAGE}{handler}#{event_id}", claimant, _MESSAGE_SECONDS) == claimant

    def _claim(self, partition: str, claimant: str, window: int) -> str:
        """Who has the claim."""
        now = int(self._clock())
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": partition},
                    "sk": {"S": _KEY},
                    "id": {"S": claimant},
                    "expires_at": {"N": str(now + window)},
                },
                ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now OR id = :id",
                ExpressionAttributeValues={":now": {"N": str(now)}, ":id": {"S": claimant}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except aws_errors() as error:
            if error_code(error) != CONDITION_FAILED:
                raise
            answer: Any = error
            return str(answer.response["Item"]["id"]["S"])
        return claimant
