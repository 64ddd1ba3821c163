"""A DynamoDB table in memory, with the calls that pausing and the reconciler make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sluice.stage.names import BLOCKS

from tests.unit.support.fake_lambda import Pages, Role, refused

Items = dict[tuple[str, str], Any]
"""Items by partition key and sort key."""


class FakeTable:
    """One caller's client of a table.

    Args:
        items: the table's items, shared by all of its clients.
        role: the caller's role: an operator writes nothing about blocks.
        before: called with the name of each write, before it; may raise.
    """

    def __init__(self, items: Items, role: Role = "reconciler", before: Callable[[str], None] = lambda _: None) -> None:
        self.items = items
        self._role = role
        self._before = before

    def get_paginator(self, operation: str) -> Any:
        assert operation == "query"
        return Pages(self._query)

    def _query(
        self,
        *,
        ExpressionAttributeValues: Any,  # noqa: N803 - boto3's names
        ScanIndexForward: bool = True,  # noqa: N803
        PaginationConfig: Any = None,  # noqa: N803
        **_: Any,
    ) -> Any:
        wanted = ExpressionAttributeValues[":pk"]["S"]
        keys = sorted((key for key in self.items if key[0] == wanted), reverse=not ScanIndexForward)
        limit = (PaginationConfig or {}).get("MaxItems")
        return {"Items": [self.items[key] for key in keys[:limit]]}

    def get_item(self, *, Key: Any, **_: Any) -> Any:  # noqa: N803
        found = self.items.get((Key["pk"]["S"], Key["sk"]["S"]))
        return {"Item": found} if found else {}

    def put_item(self, *, Item: Any, **_: Any) -> None:  # noqa: N803
        self._before("put_item")
        self._check(Item)
        self._put(Item)

    def transact_write_items(self, *, TransactItems: Any) -> None:  # noqa: N803
        self._before("transact_write_items")
        puts = [entry["Put"] for entry in TransactItems]
        for put in puts:
            self._check(put["Item"])
        first = puts[0]
        found = self.items.get((first["Item"]["pk"]["S"], first["Item"]["sk"]["S"]))
        revision = first.get("ExpressionAttributeValues", {}).get(":before")
        if "ConditionExpression" in first and (found.get("revision") if found else None) != revision:
            raise refused("TransactionCanceledException")
        for put in puts:
            self._put(put["Item"])

    def _put(self, item: Any) -> None:
        self.items[item["pk"]["S"], item["sk"]["S"]] = item

    def _check(self, item: Any) -> None:
        """Refuse an item as IAM and DynamoDB do."""
        if self._role == "operator" and item["pk"]["S"] == BLOCKS:
            raise refused("AccessDeniedException", "TransactWriteItems")
        if len(item.get("revision", {}).get("N", "0").rstrip("0")) > 38:
            raise refused("ValidationException", "TransactWriteItems")
        if sum(len(name) + sum(map(len, value.values())) for name, value in item.items()) > 409_600:
            error = refused("TransactionCanceledException", "TransactWriteItems")
            response: Any = error.response
            response["CancellationReasons"] = [
                {"Code": "ValidationError", "Message": "Item size has exceeded the maximum"}
            ]
            raise error
