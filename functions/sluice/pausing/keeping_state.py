"""What the reconciler remembers of the queues that it keeps from expiring. Nobody else writes it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..names import KEEPING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A handler's. Times are milliseconds since 1970.

    Attributes:
        idle_ms: since when its mapping has not been receiving; None while it is.
        passed_ms: when the last pass over its queue began.
        pass_ms: when the pass under way began; None if there is none.
        dead_passed_ms: when the last pass over its dead-letter queue began.
        dead_seen: how many dead letters there were when they were last looked at for throttled ones.
        throttled_ms: when its function was last found throttled while its mapping received.
    """

    idle_ms: int | None = None
    passed_ms: int | None = None
    pass_ms: int | None = None
    dead_passed_ms: int | None = None
    dead_seen: int = 0
    throttled_ms: int | None = None


class KeptStore:
    """All of a stage's.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> dict[str, Kept]:
        """By handler."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": KEEPING}},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: Kept(**json.loads(item["kept"]["S"])) for page in pages for item in page["Items"]}

    def put(self, handler: str, kept: Kept) -> None:
        """Write a handler's."""
        item: Any = {"pk": {"S": KEEPING}, "sk": {"S": handler}, "kept": {"S": json.dumps(asdict(kept))}}
        self._client.put_item(TableName=self._table, Item=item)
