"""Queries of many partitions at once, merged into one stream, with a few pages in memory at a time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]

PAGE = 100
"""Items of a page. Two pages of each of 32 partitions are in memory at most: 6,400 items, however many are read."""

_READERS = 16


@dataclass
class Reading:
    """The items read so far, and what they cost.

    Attributes:
        items: how many items DynamoDB has looked at.
        units: read units that DynamoDB charges for them, each for 8 KB of an eventually consistent read.
    """

    items: int = 0
    units: float = 0.0

    def add(self, page: Mapping[str, Any]) -> None:
        """Count a page of a query."""
        self.items += page.get("ScannedCount", 0)
        consumed = page.get("ConsumedCapacity") or {}
        # A batch of reads reports each table.
        for each in consumed if isinstance(consumed, list) else [consumed]:
            self.units += each.get("CapacityUnits", 0.0)


def newest_first(
    client: Any, queries: Sequence[Mapping[str, Any]], order: Callable[[Item], Any], reading: Reading
) -> Iterator[Item]:
    """Yield the items of several queries, each of which returns its own in descending order, as one such stream.

    The first page of every query is read at once. From the second page on, the one after it is read ahead.

    Args:
        client: a boto3 DynamoDB client.
        queries: the arguments of each query.
        order: returns an item's place in the order.
        reading: counts what is read.
    """
    with ThreadPoolExecutor(_READERS) as readers:

        def read(query: Mapping[str, Any], after: Any) -> Future[Any]:
            start = {"ExclusiveStartKey": after} if after else {}
            return readers.submit(client.query, **query, **start, ReturnConsumedCapacity="TOTAL")

        def items(query: Mapping[str, Any], first: Future[Any]) -> Iterator[Item]:
            page = first.result()
            reading.add(page)
            yield from page["Items"]
            coming = read(query, page["LastEvaluatedKey"]) if "LastEvaluatedKey" in page else None
            while coming:
                page = coming.result()
                reading.add(page)
                coming = read(query, page["LastEvaluatedKey"]) if "LastEvaluatedKey" in page else None
                yield from page["Items"]

        firsts = [read(query, None) for query in queries]
        try:
            yield from heapq.merge(
                *(items(query, first) for query, first in zip(queries, firsts, strict=True)), key=order, reverse=True
            )
        finally:
            readers.shutdown(cancel_futures=True)
