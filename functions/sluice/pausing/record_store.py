"""The store of handlers' records and of their history, in the trace table.

A handler's record is in two items: one about the pause, and one about the block, which only admins and the reconciler
may write.
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
from .history import Change
from .state import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PAGE = 100
"""Changes that one query returns at most."""

_BLOCK_FIELDS = frozenset({"block", "blocking", "asked", "block_deployment"})
"""Fields of a record that are in the block's item."""

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
    "cap": int,
    "settled_ms": int,
    "doubt_ms": int,
    "new_deployment": str,
    "new_deployment_ms": int,
}
"""Fields of a record that are written. Other versions of Sluice may write more."""

_NO_CHANGE: Mapping[str, Any] = {"id": "", "what": "", "at_ms": 0}
"""Stands for the change in a record that has none."""

_UNREADABLE = -1
"""Revision of an unreadable item: the next write replaces it without a condition."""

_LAST_REVISION = 2**53
"""Highest revision that is believed; no record is written as often. DynamoDB keeps 38 digits of a number, so a record
with a larger revision could never be replaced."""

_MAX_RECORD = 32_768
"""Characters of a record. With the longest reason it has a third of that. DynamoDB's limit for an item is 400 KB, and
it refuses to make one of that size larger."""

_PERMANENT = frozenset({"ItemCollectionSizeLimitExceeded", "ValidationError"})
"""Reasons for which DynamoDB cancels a transaction, and would cancel it again."""

_logger = logging.getLogger("sluice.pausing")


class ConflictError(Exception):
    """Somebody else has written the record since it was read. Read it again."""


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
        """Return the records by handler. A handler without one has never been paused or blocked."""
        return self.all_and_blocked()[0]

    def all_and_blocked(self) -> tuple[dict[str, Record], set[str]]:
        """Return the records, and the handlers that are blocked or ever were."""
        # Pauses first: if a record is written in between, the revision is the old one, so that a write conflicts.
        pauses, blocks = self._query(PAUSES), self._query(BLOCKS)
        records = {handler: _record(pauses.get(handler), blocks.get(handler)) for handler in {*pauses, *blocks}}
        return records, set(blocks)

    def get(self, handler: str) -> Record:
        """Return a handler's record."""
        pause, block = (
            self._client.get_item(
                TableName=self._table, Key={"pk": {"S": partition}, "sk": {"S": handler}}, ConsistentRead=True
            ).get("Item")
            for partition in (PAUSES, BLOCKS)
        )
        return _record(pause, block)

    def put(self, handler: str, record: Record, before: Record, changes: Sequence[Change] = ()) -> Record:
        """Write a record and its changes for the history, all or nothing.

        Args:
            handler: the handler's name.
            record: the record to write.
            before: the record as it was read.
            changes: the changes.

        Returns:
            The record as written, with its new revision.

        Raises:
            ConflictError: the record has been written since it was read.
            botocore.exceptions.ClientError: DynamoDB refused it.
        """
        written = dataclasses.replace(record, revision=max(before.revision, 0) + 1)
        puts: list[Any] = [self._put_pause(handler, written, before)]
        if _stored(written, block=True) != _stored(before, block=True):
            puts.append({"Put": {"TableName": self._table, "Item": _item(BLOCKS, handler, written, block=True)}})
        puts += [{"Put": {"TableName": self._table, "Item": history.to_item(handler, change)}} for change in changes]
        try:
            self._client.transact_write_items(TransactItems=puts)
        except ClientError as error:
            if _is_conflict(error):
                raise ConflictError(handler) from error
            raise
        return written

    def _put_pause(self, handler: str, written: Record, before: Record) -> Any:
        item = _item(PAUSES, handler, written, block=False) | {"revision": {"N": str(written.revision)}}
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if before.revision == 0:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        elif before.revision > 0:
            put["ConditionExpression"] = "revision = :before"
            put["ExpressionAttributeValues"] = {":before": {"N": str(before.revision)}}
        return {"Put": put}

    def amend(self, handler: str, change: Change) -> None:
        """Write a change, or replace it with one that says more."""
        self._client.put_item(TableName=self._table, Item=history.to_item(handler, change))

    def history(self, handler: str, limit: int) -> list[Change]:
        """Return a handler's changes, newest first.

        Args:
            handler: the handler's name.
            limit: number of changes at most.
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
    """Return True if two records say the same about the block: then an operator may write one over the other."""
    return _stored(one, block=True) == _stored(other, block=True)


def _stored(record: Record, *, block: bool) -> dict[str, Any]:
    return {
        name: value
        for name in _FIELDS
        if (name in _BLOCK_FIELDS) == block and (value := getattr(record, name)) not in (None, False)
    }


def _item(partition: str, handler: str, record: Record, *, block: bool) -> dict[str, Any]:
    return {
        "pk": {"S": partition},
        "sk": {"S": handler},
        "record": {"S": json.dumps(_stored(record, block=block))},
    }


def _record(pause_item: Any, block_item: Any) -> Record:
    fields = _read(pause_item, block=False) | _read(block_item, block=True)
    return Record(**fields, revision=0 if pause_item is None else _revision(pause_item))


def _read(item: Any, *, block: bool) -> dict[str, Any]:
    """Return the fields in an item, as far as they are readable. Some users who may write items can write anything."""
    if item is None:
        return {}
    try:
        text = item["record"]["S"]
        if len(text) > _MAX_RECORD:
            return _unreadable(item, f"{len(text)} characters")
        fields = json.loads(text)
        found = {name: fields[name] for name in _FIELDS if (name in _BLOCK_FIELDS) == block and name in fields}
        Change(**found.get("asked", _NO_CHANGE))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        return _unreadable(item, error)
    wrong = {name: value for name, value in found.items() if type(value) is not _FIELDS[name]}
    return _unreadable(item, wrong) if wrong else found


def _unreadable(item: Any, why: object) -> dict[str, Any]:
    _logger.error("unreadable, and treated as empty: %s of %s: %r", item["pk"]["S"], item["sk"]["S"], why)
    return {}


def _revision(pause_item: Any) -> int:
    try:
        revision = int(pause_item["revision"]["N"])
    except (KeyError, TypeError, ValueError):
        return _UNREADABLE
    return revision if 0 < revision < _LAST_REVISION else _UNREADABLE


def _is_conflict(error: ClientError) -> bool:
    """Return True if somebody else has written the record since it was read, or may have."""
    code = error.response["Error"]["Code"]
    reasons: Any = error.response.get("CancellationReasons", ())
    if code == "TransactionCanceledException":
        return _PERMANENT.isdisjoint(reason.get("Code") for reason in reasons)
    return code == "TransactionConflictException"
