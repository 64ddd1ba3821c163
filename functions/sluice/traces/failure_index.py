"""The index of failures: queries that cost as much as there are failures, however many traces there are."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .failure import FAILED, INDEX, INDEX_PARTITION, INDEX_SHARDS, INDEX_SORT, Failure, read_failure
from .pages import PAGE, Item, Reading, newest_first
from .trace import certain_replay

_READERS = 32

_FAR = str(10**16)
"""A moment after all others, in milliseconds since 1970."""

_UNREADABLE = Failure(group="damaged", type="DamagedTraceError", message="the stored failure can't be read")


@dataclass(frozen=True, kw_only=True)
class FailedRun:
    """A failed run as the index has it.

    Attributes:
        id: the event's id.
        handler: the handler's name.
        status: `error`, `timed-out` or `dead`.
        failed_ms: when it failed, in milliseconds since 1970.
        failure: the cause.
        replayed_as: the id of the event that replayed it; None if none did.
    """

    id: str
    handler: str
    status: str
    failed_ms: int
    failure: Failure
    replayed_as: str | None = None


@dataclass(frozen=True)
class FailureCounts:
    """The number of failed runs, by handler.

    Attributes:
        by_handler: the counts; a handler without failures is not in it.
        running: the number of runs that are on record as started, and may still be under way.
        complete: False if there are more failures than were counted.
    """

    by_handler: Mapping[str, int]
    running: Mapping[str, int]
    complete: bool


class FailureIndex:
    """The failed runs of one stage, newest failure first.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
        clock: returns seconds since 1970.
    """

    def __init__(self, client: Any, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def runs(
        self,
        handler: str | None = None,
        *,
        statuses: Collection[str] = FAILED,
        since: float | None = None,
        until: float | None = None,
        page: int = PAGE,
        reading: Reading | None = None,
    ) -> Iterator[FailedRun]:
        """Yield failed runs as they are read.

        Args:
            handler: only this one's; every handler's if left out.
            statuses: of the runs to yield.
            since: time of the oldest failure, in seconds since 1970; None for any.
            until: time of the newest failure; None for now.
            page: the most entries to read of each partition at a time.
            reading: counts what is read.
        """
        queries = [
            {**self._query(shard, handler, since=since, until=until), "ScanIndexForward": False, "Limit": page}
            for shard in range(INDEX_SHARDS)
        ]
        entries = newest_first(self._client, queries, lambda entry: int(entry[INDEX_SORT]["N"]), reading or Reading())
        for entry in entries:
            if not _is_failure(entry):
                continue
            run = _run(entry)
            if run.status in statuses and not self._has_expired(entry):
                yield run

    def counts(self, *, since: float, handler: str | None = None) -> FailureCounts:
        """Return how many runs have failed since a time, and how many are under way.

        It makes one query for each partition, whatever the number.

        A query counts the newest entries that fit into 1 MB: more than 2,000 of one partition, 64,000 in all.

        Args:
            since: seconds since 1970.
            handler: only this one's; every handler's if left out.
        """

        def read(shard: int) -> Any:
            query = self._query(shard, handler, since=since)
            # Those under way are in the index under the moment at which they must be over.
            query["ExpressionAttributeValues"][":until"] = {"N": _FAR}
            return self._client.query(
                **query,
                ScanIndexForward=False,
                ProjectionExpression=f"pk, {INDEX_SORT}, failure, #status",
                ExpressionAttributeNames={"#status": "status"},
            )

        with ThreadPoolExecutor(_READERS) as readers:
            pages = list(readers.map(read, range(INDEX_SHARDS)))
        now_ms = self._clock() * 1000
        failed, running = Counter[str](), Counter[str]()
        for entry in (entry for page in pages for entry in page["Items"]):
            if int(entry[INDEX_SORT]["N"]) > now_ms and entry.get("status", {}).get("S") not in FAILED:
                running[_handler(entry)] += 1
            elif _is_failure(entry):
                failed[_handler(entry)] += 1
        return FailureCounts(failed, running, complete=not any("LastEvaluatedKey" in page for page in pages))

    def _query(
        self, shard: int, handler: str | None, *, since: float | None, until: float | None = None
    ) -> dict[str, Any]:
        # The start of a last attempt is in the index under the moment from which it counts as dead.
        end = min(self._clock(), self._clock() if until is None else until)
        values = {
            ":shard": {"S": str(shard)},
            ":since": {"N": str(int(max(0, min(since or 0, end)) * 1000))},
            ":until": {"N": str(int(end * 1000))},
        }
        query = {
            "TableName": self._table,
            "IndexName": INDEX,
            "KeyConditionExpression": f"{INDEX_PARTITION} = :shard AND {INDEX_SORT} BETWEEN :since AND :until",
            "ExpressionAttributeValues": values,
        }
        if handler is not None:
            query["FilterExpression"] = "begins_with(pk, :handler)"
            values[":handler"] = {"S": f"{handler}#"}
        return query

    def _has_expired(self, entry: Item) -> bool:
        try:
            return int(entry["expires_at"]["N"]) <= self._clock()
        except (KeyError, ValueError):
            return False


def _is_failure(entry: Item) -> bool:
    """Return False for a start whose process has died, and that another attempt follows."""
    return entry.get("status", {}).get("S", "") in FAILED or "failure" in entry


def _run(entry: Item) -> FailedRun:
    try:
        failure = read_failure(json.loads(entry["failure"]["S"]))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        failure = _UNREADABLE
    status = entry.get("status", {}).get("S", "")
    return FailedRun(
        id=entry["sk"]["S"],
        handler=_handler(entry),
        # A last attempt that has not recorded its end by now is dead.
        status=status if status in FAILED else "dead",
        failed_ms=int(entry[INDEX_SORT]["N"]),
        failure=failure,
        replayed_as=certain_replay(entry.get("replayed_as", {}).get("S")),
    )


def _handler(entry: Item) -> str:
    handler: str = entry["pk"]["S"].rpartition("#")[0]
    return handler
