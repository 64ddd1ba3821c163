"""Claims: of those who come for the same thing, the first has it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..lean_aws.errors import aws_errors, error_code

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


@dataclass(frozen=True)
class Claim:
    """Who has a claim.

    Attributes:
        claimant: what tells it from others.
        claimed_ms: when it claimed last, in milliseconds since 1970.
    """

    claimant: str
    claimed_ms: int


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
        return self._claim(partition, Claim(event_id, int(self._clock() * 1000)), window).claimant

    def message(self, handler: str, event_id: str, claimant: str, now_ms: int) -> Claim:
        """Claim an event for one of the messages that it may have been sent in, or claim it again.

        Args:
            handler: the handler's name.
            event_id: the event's id.
            claimant: what tells the message from the others.
            now_ms: the current time in milliseconds since 1970.

        Returns:
            The claim that holds: this message's, or that of another with the same event.

        Raises:
            CallError, or botocore's errors: the claim could not be written.
        """
        return self._claim(f"{_MESSAGE}{handler}#{event_id}", Claim(claimant, now_ms), _MESSAGE_SECONDS)

    def take_over(self, handler: str, event_id: str, claimant: str, holder: Claim, now_ms: int) -> bool:
        """Claim an event for a message in place of the one that has the claim.

        Args:
            handler: the handler's name.
            event_id: the event's id.
            claimant: what tells the message from the others.
            holder: the claim that holds.
            now_ms: the current time in milliseconds since 1970.

        Returns:
            Whether it has the claim now: False if `holder` no longer did.

        Raises:
            CallError, or botocore's errors: the claim could not be written.
        """
        claim = Claim(claimant, now_ms)
        condition = "id = :holder AND claimed_ms = :claimed"
        values = {":holder": {"S": holder.claimant}, ":claimed": {"N": str(holder.claimed_ms)}}
        return self._put(f"{_MESSAGE}{handler}#{event_id}", claim, _MESSAGE_SECONDS, condition, values) == claim

    def _claim(self, partition: str, claim: Claim, window: int) -> Claim:
        """The claim that holds."""
        condition = "attribute_not_exists(pk) OR expires_at <= :now OR id = :id"
        values = {":now": {"N": str(int(self._clock()))}, ":id": {"S": claim.claimant}}
        return self._put(partition, claim, window, condition, values)

    def _put(self, partition: str, claim: Claim, window: int, condition: str, values: Any) -> Claim:
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": partition},
                    "sk": {"S": _KEY},
                    "id": {"S": claim.claimant},
                    "claimed_ms": {"N": str(claim.claimed_ms)},
                    # Rounded up: until that second has come, it holds.
                    "expires_at": {"N": str(math.ceil(self._clock()) + window)},
                },
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except aws_errors() as error:
            if error_code(error) != CONDITION_FAILED:
                raise
            answer: Any = error
            item = answer.response["Item"]
            return Claim(str(item["id"]["S"]), int(item["claimed_ms"]["N"]))
        return claim
