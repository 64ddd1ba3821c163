"""Reading many of a handler's traces: as a stream, newest first, with a bounded number of them in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from ..event import ids
from . import item as items
from .failure import FAILED
from .failure_index import FailedRun, FailureIndex
from .item import key_of
from .pages import PAGE, Item, Reading, newest_first
from .trace import Trace

_KEYS_A_READ = 100
"""DynamoDB's limit of keys for BatchGetItem."""


class TraceSearch:
    """The traces of one stage, for those who look for some among many.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
        clock: returns seconds since 1970.

    Attributes:
        failures: the index of failed runs.
    """

    def __init__(self, client: Any, table: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self.failures = FailureIndex(client, table, clock)

    def traces(
        self,
        handler: str,
        *,
        statuses: Collection[str] = (),
        since: float | None = None,
        until: float | None = None,
        few: int | None = None,
        reading: Reading | None = None,
    ) -> Iterator[Trace]:
        """Yield a handler's traces as they are read; those that can't be read have the status `damaged`.

        Traces of failed runs are read through their index. Only they come in the order of their failures, and only for
        them are the times those of the failure and not those of the emit.

        Args:
            handler: the handler's name.
            statuses: of the traces to yield; none for any.
            since: time of the oldest trace, in seconds since 1970; None for any.
            until: time of the newest trace; None for any.
            few: the number of traces that the caller means to take, if that is few.
            reading: counts what is read.
        """
        reading, page = reading or Reading(), min(few or PAGE, PAGE)
        if statuses and set(statuses) <= set(FAILED):
            runs = self.failures.runs(handler, statuses=statuses, since=since, until=until, page=page, reading=reading)
            for _, trace in self.with_traces(runs, few=few, reading=reading):
                # Since its entry was read, a later attempt may have ended well.
                if trace.status in statuses:
                    yield trace
            return
        queries = [
            self._query(partition, since=since, until=until, page=page) for partition in items.shard_keys(handler)
        ]
        for item in newest_first(self._client, queries, lambda item: item["sk"]["S"], reading):
            # DynamoDB deletes expired items within days, not at once.
            if not self._has_expired(item):
                trace = self.shown(item)
                if not statuses or trace.status in statuses:
                    yield trace

    def with_traces(
        self, runs: Iterator[FailedRun], *, few: int | None = None, reading: Reading | None = None
    ) -> Iterator[tuple[FailedRun, Trace]]:
        """Yield failed runs with their traces, in the same order, without those whose trace is gone.

        Args:
            runs: the runs.
            few: the number of them that the caller means to take, if that is few.
            reading: counts what is read.
        """
        while some := list(islice(runs, min(few or _KEYS_A_READ, _KEYS_A_READ))):
            keys = [key_of(run.handler, run.id) for run in some]
            found = {(item["pk"]["S"], item["sk"]["S"]): item for item in self.items_of(keys, reading)}
            for run, key in zip(some, keys, strict=True):
                item = found.get((key["pk"]["S"], key["sk"]["S"]))
                if item is not None:
                    yield run, self.shown(item)

    def shown(self, item: Item) -> Trace:
        """Return the trace in an item as it reads now, with the status `damaged` if it can't be read."""
        try:
            return items.from_item(item).as_of(int(self._clock() * 1000))
        except items.DamagedTraceError as error:
            return items.damaged(item, error)

    def items_of(self, keys: Sequence[Any], reading: Reading | None = None) -> Iterator[Item]:
        """Yield the items with these keys, a hundred at most, in no order. Keys without an item are left out."""
        left: Any = list(keys)
        while left:
            answer = self._client.batch_get_item(
                RequestItems={self._table: {"Keys": left}}, ReturnConsumedCapacity="TOTAL"
            )
            found = answer["Responses"].get(self._table, ())
            if reading:
                reading.add({**answer, "ScannedCount": len(found)})
            yield from found
            left = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys")

    def _query(self, partition: str, *, since: float | None, until: float | None, page: int) -> dict[str, Any]:
        values: dict[str, Any] = {":pk": {"S": partition}}
        condition = "pk = :pk"
        if since is not None or until is not None:
            # The first id of the next millisecond sorts after all ids of this one.
            last = ids.LAST if until is None else ids.first_id_at(until + 0.001)
            values |= {":since": {"S": ids.first_id_at(since or 0)}, ":until": {"S": last}}
            condition += " AND sk BETWEEN :since AND :until"
            if values[":since"]["S"] > last:
                values[":since"] = {"S": last}
        return {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "Limit": page,
        }

    def _has_expired(self, item: Item) -> bool:
        try:
            return int(item["expires_at"]["N"]) <= self._clock()
        except (KeyError, ValueError):
            # Damaged, and shown as such.
            return False
