"""The number of a handler's latest failures, for a handler that pauses itself.

It is one row of the trace table, which is written at failures only, so an event that ends well costs nothing for it.
A row takes 1,000 writes a second (DynamoDB's quota for a partition): a faster storm of failures is counted in part, and
is long beyond any limit by then.

The row has a number for each tenth of the time within which failures count. So they count for that time, and for up to
a tenth of it more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..lean_aws.errors import aws_errors, error_code
from ..stage.names import FAILING
from .locks import CONDITION_FAILED

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ..stage.failure_limit import FailureLimit

_SLICES = 10

_OLD_SLICES = 50
"""Numbers that no longer count and that are left in a row until it is tidied: a row stays within one write unit."""

TELL_AGAIN_MS = 10_000
"""Milliseconds after which the next failure beyond the limit tells of it again: the first call may have been lost."""

_DAY = 86_400

_PREFIX = "n"


class FailureCounter:
    """Counts the failures of a stage's handlers.

    Args:
        client: a DynamoDB client.
        table: the trace table's name.
        clock: returns seconds since 1970.
    """

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def add(self, handler: str, limit: FailureLimit) -> bool:
        """Count a failure.

        Args:
            handler: the handler's name.
            limit: its limit.

        Returns:
            True if the limit is reached and the caller is the one to tell of it.

        Raises:
            CallError, or botocore's errors: it could not be counted.
        """
        now = self._clock()
        answer: Any = self._client.update_item(
            TableName=self._table,
            Key=_key(handler),
            UpdateExpression="ADD #slice :one SET expires_at = :end",
            ExpressionAttributeNames={"#slice": f"{_PREFIX}{_slice(now, limit)}"},
            ExpressionAttributeValues={":one": {"N": "1"}, ":end": {"N": str(int(now) + limit.seconds + _DAY)}},
            ReturnValues="ALL_NEW",
        )
        row = answer["Attributes"]
        old = [name for name in row if _is_old(name, now, limit)]
        if len(old) > _OLD_SLICES:
            self._remove(handler, old)
        return is_reached(row, limit, now) and self._is_first_to_tell(handler, int(now * 1000))

    def rows(self, handlers: list[str]) -> dict[str, Any]:
        """Return the rows of handlers that have one, by handler.

        Args:
            handlers: their names, a hundred at most.
        """
        if not handlers:
            return {}
        asked: Any = {self._table: {"Keys": [_key(handler) for handler in handlers], "ConsistentRead": True}}
        found = self._client.batch_get_item(RequestItems=asked)["Responses"].get(self._table, ())
        return {row["pk"]["S"].removeprefix(FAILING): row for row in found}

    def reset(self, handler: str) -> None:
        """Forget a handler's failures so far."""
        expires_at = {"N": str(int(self._clock()) + _DAY)}
        self._client.put_item(TableName=self._table, Item={**_key(handler), "expires_at": expires_at})

    def _is_first_to_tell(self, handler: str, now_ms: int) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(handler),
                UpdateExpression="SET told_ms = :now",
                ConditionExpression="attribute_not_exists(told_ms) OR told_ms <= :before",
                ExpressionAttributeValues={
                    ":now": {"N": str(now_ms)},
                    ":before": {"N": str(now_ms - TELL_AGAIN_MS)},
                },
            )
        except aws_errors() as error:
            if error_code(error) == CONDITION_FAILED:
                return False
            raise
        return True

    def _remove(self, handler: str, names: list[str]) -> None:
        placeholders = {f"#n{number}": name for number, name in enumerate(names)}
        self._client.update_item(
            TableName=self._table,
            Key=_key(handler),
            UpdateExpression=f"REMOVE {', '.join(placeholders)}",
            ExpressionAttributeNames=placeholders,
        )


def is_reached(row: Mapping[str, Any], limit: FailureLimit, now: float) -> bool:
    """Return True if a row has as many failures as the limit.

    Args:
        row: the row, which any role with the right to write it may have damaged.
        limit: the handler's.
        now: seconds since 1970.
    """
    newest = _slice(now, limit)
    wanted = (f"{_PREFIX}{number}" for number in range(newest - _SLICES, newest + 1))
    try:
        return sum(int(row[name]["N"]) for name in wanted if name in row) >= limit.failures
    except (KeyError, TypeError, ValueError):
        return False


def _is_old(name: str, now: float, limit: FailureLimit) -> bool:
    number = name.removeprefix(_PREFIX)
    return name.startswith(_PREFIX) and number.isdecimal() and int(number) < _slice(now, limit) - _SLICES


def _slice(now: float, limit: FailureLimit) -> int:
    """Return the number of the tenth of the limit's time that a moment is in."""
    return int(now * _SLICES // limit.seconds)


def _key(handler: str) -> dict[str, Any]:
    return {"pk": {"S": f"{FAILING}{handler}"}, "sk": {"S": FAILING}}
