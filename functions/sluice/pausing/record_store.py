"""The records and the history, in the trace table.

What is wanted of a handler is in one item, and its block in another, which only admins and the reconciler may write.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ..stage.names import BLOCKS, HISTORY, PAUSES
from . import history
from .decision import Record
from .history import Change

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PAGE = 100

_OF_BLOCKS = frozenset({"block", "blocking", "asked", "block_deployment"})
"""The fields of a record that are the block's."""

_FIELDS: Mapping[str, type] = {
    "paused": bool,
    "by": str,
    "since_ms": int,
    "reason": str,
    "until_ms": int,
    "pending": bool,
    "block": str,
    "blocking": str,
    "asked": dict,
    "block_deployment": str,
    "deployment": str,
    "lease_ms": int,
    "ticks_off": bool,
}
"""Everything that is written of a record. Other versions of this program may write more."""

_NO_CHANGE: Mapping[str, Any] = {"id": "", "what": "", "at_ms": 0}

_UNREADABLE = -1
"""The revision of what cannot be read: whoever writes next takes its place."""

_LAST_REVISION = 2**53
"""No handler is settled as often. A number that DynamoDB cannot count up from could never be written over."""

_LONGEST = 32_768
"""Characters of a record. With a reason as long as may be it is a third of that; DynamoDB takes items of 400 KB, and
refuses to add to one of that size."""

_FOR_GOOD = frozenset({"ItemCollectionSizeLimitExceeded", "ValidationError"})
"""Reasons for which DynamoDB cancels a transaction that it will cancel again."""

_logger = logging.getLogger("sluice.pausing")


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
        return self.all_and_blocked()[0]

    def all_and_blocked(self) -> tuple[dict[str, Record], set[str]]:
        """The records, and the handlers that are blocked or ever were."""
        # In this order: who writes a block in between has then written what the first has, too.
        pauses, blocks = self._query(PAUSES), self._query(BLOCKS)
        records = {handler: _record(pauses.get(handler), blocks.get(handler)) for handler in {*pauses, *blocks}}
        return records, set(blocks)

    def get(self, handler: str) -> Record:
        """A handler's record."""
        pause, block = (
            self._client.get_item(
                TableName=self._table, Key={"pk": {"S": partition}, "sk": {"S": handler}}, ConsistentRead=True
            ).get("Item")
            for partition in (PAUSES, BLOCKS)
        )
        return _record(pause, block)

    def put(self, handler: str, record: Record, before: Record, changes: Sequence[Change] = ()) -> Record:
        """Write a record, and what it means for the history, all or nothing.

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
        written = dataclasses.replace(record, revision=max(before.revision, 0) + 1)
        puts: list[Any] = [self._put_pause(handler, written, before)]
        if _part(written, of_blocks=True) != _part(before, of_blocks=True):
            puts.append({"Put": {"TableName": self._table, "Item": _item(BLOCKS, handler, written, of_blocks=True)}})
        puts += [{"Put": {"TableName": self._table, "Item": history.to_item(handler, change)}} for change in changes]
        try:
            self._client.transact_write_items(TransactItems=puts)
        except ClientError as error:
            if _is_conflict(error):
                raise ConflictError(handler) from error
            raise
        return written

    def _put_pause(self, handler: str, written: Record, before: Record) -> Any:
        item = _item(PAUSES, handler, written, of_blocks=False) | {"revision": {"N": str(written.revision)}}
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if before.revision == 0:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        elif before.revision > 0:
            put["ConditionExpression"] = "revision = :before"
            put["ExpressionAttributeValues"] = {":before": {"N": str(before.revision)}}
        return {"Put": put}

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
        changes = (history.from_item(item) for page in pages for item in page["Items"])
        return [change for change in changes if change is not None]

    def _query(self, partition: str) -> dict[str, Any]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: item for page in pages for item in page["Items"]}


def same_block(one: Record, other: Record) -> bool:
    """Whether two records say the same of the block: then the one may be written over the other by an operator."""
    return _part(one, of_blocks=True) == _part(other, of_blocks=True)


def _part(record: Record, *, of_blocks: bool) -> dict[str, Any]:
    return {
        name: value
        for name in _FIELDS
        if (name in _OF_BLOCKS) == of_blocks and (value := getattr(record, name)) not in (None, False)
    }


def _item(partition: str, handler: str, record: Record, *, of_blocks: bool) -> dict[str, Any]:
    return {
        "pk": {"S": partition},
        "sk": {"S": handler},
        "record": {"S": json.dumps(_part(record, of_blocks=of_blocks))},
    }


def _record(pause: Any, block: Any) -> Record:
    fields = _read(pause, of_blocks=False) | _read(block, of_blocks=True)
    return Record(**fields, revision=0 if pause is None else _revision(pause))


def _read(item: Any, *, of_blocks: bool) -> dict[str, Any]:
    """The fields in an item, as far as they can be. Some who may write items may write anything."""
    if item is None:
        return {}
    try:
        text = item["record"]["S"]
        if len(text) > _LONGEST:
            return _unreadable(item, f"{len(text)} characters")
        fields = json.loads(text)
        found = {name: fields[name] for name in _FIELDS if (name in _OF_BLOCKS) == of_blocks and name in fields}
        Change(**found.get("asked", _NO_CHANGE))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        return _unreadable(item, error)
    wrong = {name: value for name, value in found.items() if type(value) is not _FIELDS[name]}
    return _unreadable(item, wrong) if wrong else found


def _unreadable(item: Any, why: object) -> dict[str, Any]:
    _logger.error("unreadable, and taken for empty: %s of %s: %r", item["pk"]["S"], item["sk"]["S"], why)
    return {}


def _revision(pause: Any) -> int:
    try:
        revision = int(pause["revision"]["N"])
    except (KeyError, TypeError, ValueError):
        return _UNREADABLE
    return revision if 0 < revision < _LAST_REVISION else _UNREADABLE


def _is_conflict(error: ClientError) -> bool:
    """Whether somebody else's write has come between, or may have."""
    code = error.response["Error"]["Code"]
    reasons: Any = error.response.get("CancellationReasons", ())
    if code == "TransactionCanceledException":
        return _FOR_GOOD.isdisjoint(reason.get("Code") for reason in reasons)
    return code == "TransactionConflictException"
