"""Events emitted to names that had no handler.

They are kept whole, as there is no other copy, so that they can be emitted again once the handler exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ..lean_aws.errors import aws_errors
from ..stage.names import UNHANDLED, UNHANDLED_PARTS, is_handler
from . import item as items
from .packing import joined, parts_of
from .trace import Trace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WRITERS = 8

_NEVER = 1 << 62
"""The end of a row that does not say when it ends."""


def _number(item: Mapping[str, Any], name: str, otherwise: int) -> int:
    """Return a whole number of a row; another one if the row has none of that name."""
    try:
        return int(item[name]["N"])
    except (KeyError, TypeError, ValueError):
        return otherwise


class Unhandled:
    """The events of a stage that had no handler, in the trace table.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
        put: writes a trace.
        expiry: returns the time until which an item written now is kept, in seconds since 1970.
        clock: returns seconds since 1970.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        put: Callable[[Trace], object],
        expiry: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._table = table
        self._put = put
        self._expiry = expiry
        self._clock = clock

    def put(self, traces: Sequence[Trace]) -> list[tuple[Trace, Exception]]:
        """Record events to a name that had no handler: each whole, and their number with the name.

        Args:
            traces: their traces, all of one name.

        Returns:
            The traces that could not be recorded, each with AWS's error.
        """

        def put_one(trace: Trace) -> Exception | None:
            try:
                self._put_whole(trace)
            except aws_errors() as error:
                return error
            return None

        if len(traces) == 1:
            put_all = [put_one(traces[0])]
        else:
            with ThreadPoolExecutor(_WRITERS) as writers:
                put_all = list(writers.map(put_one, traces))
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": UNHANDLED}, "sk": {"S": traces[0].handler}},
                UpdateExpression="ADD unhandled :more SET expires_at = :expiry, last_ms = :now",
                ExpressionAttributeValues={
                    ":more": {"N": str(len(traces))},
                    ":now": {"N": str(int(self._clock() * 1000))},
                    ":expiry": {"N": str(self._expiry())},
                },
            )
        except aws_errors() as error:
            # Nobody would look for them without the name.
            return [(trace, error) for trace in traces]
        return [(trace, error) for trace, error in zip(traces, put_all, strict=True) if error is not None]

    def counts(self) -> dict[str, int]:
        """Return the number of events emitted to each name that had no handler; 0 if its row does not say it."""
        return {item["sk"]["S"]: max(0, _number(item, "unhandled", 0)) for item in self._names()}

    def emitted_since(self, since_ms: int) -> list[str]:
        """Return the names without a handler to which events were emitted since a time.

        Args:
            since_ms: milliseconds since 1970.
        """
        return [item["sk"]["S"] for item in self._names() if _number(item, "last_ms", 0) >= since_ms]

    def _names(self) -> Iterator[Any]:
        """Yield the rows of names without a handler.

        Whoever may write to the table may write any row: one that is damaged must not hide the others.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": UNHANDLED}},
        )
        return (
            item
            for page in pages
            for item in page["Items"]
            if is_handler(item["sk"]["S"]) and _number(item, "expires_at", _NEVER) > self._clock()
        )

    def whole_event(self, trace: Trace) -> str | None:
        """Return the whole text of a trace's event; None if the table has only the beginning of it."""
        if "event" not in trace.cut:
            return trace.event
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": UNHANDLED_PARTS + trace.id}},
            ConsistentRead=True,
        )
        try:
            parts = [bytes(item["part"]["B"]) for page in pages for item in page["Items"]]
            return joined(parts) if parts else None
        except (KeyError, TypeError, ValueError):
            # Something else has written parts of this name.
            return None

    def _put_whole(self, trace: Trace) -> None:
        """Write a trace, and apart from it the event's text if the trace has no room for the whole of it."""
        if items.is_cut(trace, "event"):
            for number, part in enumerate(parts_of(trace.event)):
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        "pk": {"S": UNHANDLED_PARTS + trace.id},
                        "sk": {"S": f"{number:03}"},
                        "part": {"B": part},
                        "expires_at": {"N": str(self._expiry())},
                    },
                )
        self._put(trace)
