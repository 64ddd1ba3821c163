"""Reading and writing traces."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ..event import ids
from ..lean_aws import end_calls_by
from ..lean_aws.errors import aws_errors, error_code
from ..stage import clients
from ..stage.names import Names
from . import item as items
from .locks import CONDITION_FAILED, Locks
from .trace import COMPLETED, Trace
from .unhandled import Unhandled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEFAULT_DAYS = 30
"""Days that traces are kept unless a handler says otherwise."""

_DAY = 86_400

_KEYS_A_READ = 100
"""DynamoDB's limit of keys for BatchGetItem."""
_READERS = 16


class TraceStore:
    """The traces of one stage.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
        days: days that what is written is kept.
        clock: returns seconds since 1970.

    Attributes:
        locks: the locks in the same table.
        unhandled: the events emitted to names that had no handler.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        days: int = DEFAULT_DAYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._table = table
        self._days = days
        self._clock = clock
        self.locks = Locks(client, table, clock)
        self.unhandled = Unhandled(client, table, put=self.put, expiry=self._expiry, clock=clock)

    def end_calls_by(self, moment: float | None) -> None:
        """Have every call to DynamoDB end by a moment, those of the locks included.

        Args:
            moment: on the clock of `time.monotonic`, in seconds; None for no limit but that of each call's tries.
        """
        end_calls_by(self._client, moment)

    def put(self, trace: Trace) -> bool:
        """Write a trace, unless the event has a completed one.

        Returns:
            True if it was written, False if the completed trace stays.

        Raises:
            CallError, or botocore's errors: it could not be written.
        """
        return self._put_if(trace, "attribute_not_exists(pk) OR NOT #status IN (:ok, :error)", _COMPLETED_VALUES)

    def put_start(self, trace: Trace, prior: Trace | None) -> bool:
        """Write the trace of an event that is about to be started again, unless its trace has changed.

        If it was written before, and only the answer got lost, it counts as written.

        Args:
            trace: with the new attempt in its history.
            prior: the event's trace as it was read; None if it had none.

        Returns:
            True if it was written, False if another delivery of the event was started or completed since.

        Raises:
            CallError, or botocore's errors: it could not be written.
        """
        mine: Any = {":mine": {"S": items.last_start(trace)}}
        if prior is None:
            return self._put_if(trace, "attribute_not_exists(pk) OR last_start = :mine", mine)
        values = mine | {
            ":attempts": {"N": str(prior.attempts)},
            ":prior": {"S": prior.status},
            # A history that is full grows no more: its last start tells it from the one before.
            ":start": {"S": items.last_start(prior)},
        }
        same_start = "(attribute_not_exists(last_start) OR last_start = :start)"
        unchanged = f"attempts = :attempts AND #status = :prior AND {same_start}"
        return self._put_if(trace, f"({unchanged}) OR last_start = :mine", values)

    def _put_if(self, trace: Trace, condition: str, values: Any) -> bool:
        names: Any = {"ExpressionAttributeNames": {"#status": "status"}} if "#status" in condition else {}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=items.to_item(trace, self._expiry()),
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                **names,
            )
        except aws_errors() as error:
            if error_code(error) == CONDITION_FAILED:
                return False
            raise
        return True

    def get(self, handler: str, event_id: str) -> Trace | None:
        """Return an event's trace as it was last written; None if it has none.

        Raises:
            CallError, or botocore's errors: it could not be read.
            DamagedTraceError: the event's item is no trace.
        """
        answer = self._client.get_item(TableName=self._table, Key=_key(handler, event_id), ConsistentRead=True)
        return items.from_item(answer["Item"]) if "Item" in answer else None

    def find(self, event_id: str, handlers: Iterable[str]) -> Trace | None:
        """Return an event's trace, of status `damaged` if it can't be read; None if it has none.

        Args:
            event_id: the event's id.
            handlers: names of the handlers whose event it may be. Names without a handler are looked through, too.
        """
        if not ids.is_id(event_id):
            return None
        names = sorted({*handlers, *self.unhandled.counts()})
        for start in range(0, len(names), _KEYS_A_READ):
            keys: Any = [_key(name, event_id) for name in names[start : start + _KEYS_A_READ]]
            while keys:
                answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys}})
                for item in answer["Responses"].get(self._table, ()):
                    return self._shown(item)
                left: Any = answer.get("UnprocessedKeys", {})
                keys = left.get(self._table, {}).get("Keys")
        return None

    def completed(self, handler: str, event_ids: Collection[str]) -> set[str]:
        """Return those of a handler's events whose traces say that they have completed.

        Args:
            handler: the handler's name.
            event_ids: up to a hundred ids.

        Raises:
            botocore's errors: it could not be read.
        """
        asked: Any = {
            "Keys": [_key(handler, event_id) for event_id in event_ids],
            "ConsistentRead": True,
            "ProjectionExpression": "sk, #status",
            "ExpressionAttributeNames": {"#status": "status"},
        }
        answer = self._client.batch_get_item(RequestItems={self._table: asked})
        # An event whose read was throttled counts as not completed. The caller asks again later.
        return {
            item["sk"]["S"]
            for item in answer["Responses"].get(self._table, ())
            if item.get("status", {}).get("S") in COMPLETED
        }

    def recent(
        self, handler: str, *, limit: int = 10, status: str | None = None, since: float | None = None
    ) -> list[Trace]:
        """Return a handler's traces, newest first; those that can't be read have the status `damaged`.

        Args:
            handler: the handler's name.
            limit: the most traces to return.
            status: the status of all traces returned; None for any.
            since: emit time of the oldest trace returned, in seconds since 1970; None for any.
        """
        with ThreadPoolExecutor(_READERS) as readers:
            # The first page of every shard is read at once, the rest when needed.
            shards = readers.map(lambda key: self._first_page(key, limit=limit, since=since), items.shard_keys(handler))
            newest_first = heapq.merge(*shards, key=lambda trace: trace.id, reverse=True)
            wanted = (trace for trace in newest_first if status is None or trace.status == status)
            return list(itertools.islice(wanted, limit))

    def _first_page(self, shard: str, *, limit: int, since: float | None) -> Iterator[Trace]:
        condition = "pk = :pk"
        values: dict[str, Any] = {":pk": {"S": shard}}
        if since is not None:
            condition += " AND sk >= :since"
            values[":since"] = {"S": ids.first_id_at(since)}
        pages = iter(
            self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                PaginationConfig={"PageSize": max(1, limit)},
            )
        )
        first = next(pages, None)
        return self._traces(itertools.chain([first] if first else [], pages))

    def _traces(self, pages: Iterable[Any]) -> Iterator[Trace]:
        for page in pages:
            for item in page["Items"]:
                # DynamoDB deletes expired items within days, not at once.
                if not self._has_expired(item):
                    yield self._shown(item)

    def _has_expired(self, item: Any) -> bool:
        try:
            return int(item["expires_at"]["N"]) <= self._clock()
        except (KeyError, ValueError):
            # Damaged, and shown as such.
            return False

    def _shown(self, item: Any) -> Trace:
        try:
            return items.from_item(item).as_of(self._now_ms())
        except items.DamagedTraceError as error:
            return items.damaged(item, error)

    def _expiry(self) -> int:
        return int(self._clock()) + self._days * _DAY

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def open_store(stage: str) -> TraceStore:
    """Return the traces of a stage, read with the caller's own credentials."""
    return TraceStore(clients.dynamodb(stage), Names(stage).trace_table)


def _key(handler: str, event_id: str) -> Any:
    return {"pk": {"S": items.shard_key(handler, event_id)}, "sk": {"S": event_id}}


_COMPLETED_VALUES: Any = {f":{status}": {"S": status} for status in sorted(COMPLETED)}
