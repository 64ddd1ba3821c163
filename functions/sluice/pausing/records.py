"""The records and the history, in the trace table."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ..names import HISTORY, PAUSES
from . import history
from .decision import Record
from .history import Change

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PAGE = 100


class ConflictError(Exception):
    """Somebody else has written the record in the meantime. Look again."""


class RecordStore:
    """The records of one stage's handlers.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> dict[str, Record]:
        """The records by handler; a handler without one is running and always has been."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": PAUSES}},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: _record(item) for page in pages for item in page["Items"]}

    def get(self, handler: str) -> Record:
        """A handler's record."""
        key: Any = {"pk": {"S": PAUSES}, "sk": {"S": handler}}
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return _record(answer["Item"]) if "Item" in answer else Record()

    def put(self, handler: str, record: Record, before: Record, changes: Sequence[Change] = ()) -> Record:
        """Write a record, and what it means for the history, both or neither.

        Args:
            handler: the handler's name.
            record: what to write.
            before: the record as it was read.
            changes: what happened.

        Returns:
            The record as it is written.

        Raises:
            ConflictError: it is no longer as it was read.
        """
        written = dataclasses.replace(record, revision=before.revision + 1)
        fields = {
            name: value
            for name, value in dataclasses.asdict(written).items()
            if value not in (None, False) and name != "revision"
        }
        record_put: Any = {
            "TableName": self._table,
            "Item": {
                "pk": {"S": PAUSES},
                "sk": {"S": handler},
                "record": {"S": json.dumps(fields)},
                "revision": {"N": str(written.revision)},
            },
            "ConditionExpression": "attribute_not_exists(pk)" if before.revision == 0 else "revision = :before",
        }
        if before.revision:
            record_put["ExpressionAttributeValues"] = {":before": {"N": str(before.revision)}}
        puts: list[Any] = [{"Put": record_put}]
        puts += [{"Put": {"TableName": self._table, "Item": history.to_item(handler, change)}} for change in changes]
        try:
            self._client.transact_write_items(TransactItems=puts)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"TransactionCanceledException", "TransactionConflictException"}:
                raise ConflictError(handler) from error
            raise
        return written

    def amend(self, handler: str, change: Change) -> None:
        """Write a change again, with what has become known of it."""
        self._client.put_item(TableName=self._table, Item=history.to_item(handler, change))

    def history(self, handler: str, limit: int) -> list[Change]:
        """A handler's changes, newest first.

        Args:
            handler: the handler's name.
            limit: how many at most.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": HISTORY + handler}},
            ScanIndexForward=False,
            PaginationConfig={"PageSize": min(limit, _PAGE), "MaxItems": limit},
        )
        return [history.from_item(item) for page in pages for item in page["Items"]]


def _record(item: Any) -> Record:
    return Record(**json.loads(item["record"]["S"]), revision=int(item["revision"]["N"]))
