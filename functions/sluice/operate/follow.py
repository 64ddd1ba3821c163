"""Runs as they end, from the trace table's stream: every write, in the order of time, however old its event is.

A look costs one call for each of the stream's open shards, however many traces the table has: a table has a shard or
more for each of its partitions, which are four at first.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..errors import SluiceError
from ..lean_aws.errors import aws_errors, error_code
from ..stage import clients
from ..stage.names import Names
from ..traces import DamagedTraceError, Trace
from ..traces.item import from_item

PAUSE = 1.0
"""Seconds between two looks."""

_SHARDS_EVERY = 15
"""Looks between two listings of the stream's shards. A shard lives for about four hours, and its child has its end."""

_READERS = 16

_REMEMBERED = 10_000
"""Ended runs to remember: a trace may be written twice, and a run is told once."""

_LATE_MS = 60_000
"""Milliseconds after a run's end within which its trace is written. A later write is no end of a run: its replay was
marked."""

_START_AGAIN = frozenset({"ExpiredIteratorException", "TrimmedDataAccessException"})
_TOO_FAST = frozenset({"LimitExceededException", "ProvisionedThroughputExceededException", "ThrottlingException"})


class NoStreamError(SluiceError):
    """The stage's trace table has no stream."""

    def __init__(self, stage: str) -> None:
        super().__init__(
            f"the trace table of stage {stage!r} has no stream of its writes: an older version of Sluice deployed"
            " it. Deploy the stage again"
        )


class Follower:
    """Follows the runs of a stage.

    Args:
        stage: the stage.
        handlers: only these handlers'; all of them if empty.
        clock: returns seconds since 1970.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        stage: str,
        handlers: Collection[str] = (),
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stage = stage
        self._handlers = frozenset(handlers)
        self._clock = clock
        self._sleep = sleep
        self._told: OrderedDict[tuple[str, str], int | None] = OrderedDict()
        self._shards = _Shards(stage)

    def ended(self) -> Iterator[Trace]:
        """Yield the traces of runs as they end, from now on, without an end.

        Raises:
            NoStreamError: the table has no stream.
            botocore's errors: it could not be read.
        """
        with ThreadPoolExecutor(_READERS) as readers:
            for look in range(1 << 62):
                if look % _SHARDS_EVERY == 0:
                    self._shards.look_up()
                for records in readers.map(self._shards.read, self._shards.open()):
                    for record in records:
                        trace = self._ended(record)
                        if trace is not None:
                            yield trace
                self._sleep(PAUSE)

    def _ended(self, record: Any) -> Trace | None:
        """Return the trace of a run that has just ended; None for any other write."""
        image = record["dynamodb"].get("NewImage") or {}
        if record.get("eventName") == "REMOVE" or "trace" not in image:
            return None
        try:
            trace = from_item(image).as_of(int(self._clock() * 1000))
        except DamagedTraceError:
            return None
        if self._handlers and trace.handler not in self._handlers:
            return None
        started_only = bool(trace.history) and trace.history[-1].outcome == "started"
        if started_only or ((trace.finished_ms or 0) < self._written_ms(record) - _LATE_MS and trace.finished_ms):
            return None
        key = (trace.handler, trace.id)
        if key in self._told and self._told[key] == trace.finished_ms:
            return None
        self._told[key] = trace.finished_ms
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return trace

    def _written_ms(self, record: Any) -> int:
        written = record["dynamodb"].get("ApproximateCreationDateTime")
        return int((written.timestamp() if written else self._clock()) * 1000)


class _Shards:
    """The shards of the table's stream, each with the place up to which it was read."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._streams = clients.client("dynamodbstreams", stage)
        self._arn = ""
        self._iterators: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._known: set[str] = set()

    def open(self) -> list[str]:
        """Return the ids of the shards to read."""
        return list(self._iterators)

    def look_up(self) -> None:
        """Add the shards that have come up. The first time, start at the end of each."""
        first = not self._arn
        if first:
            table = clients.dynamodb(self._stage).describe_table(TableName=Names(self._stage).trace_table)["Table"]
            if "LatestStreamArn" not in table:
                raise NoStreamError(self._stage)
            self._arn = table["LatestStreamArn"]
        for shard in self._all():
            name = shard["ShardId"]
            ended = "EndingSequenceNumber" in shard.get("SequenceNumberRange", {})
            if name not in self._known and not (first and ended):
                self._iterators[name] = self._iterator(name, "LATEST" if first else "TRIM_HORIZON")
            self._known.add(name)

    def read(self, shard: str) -> list[Any]:
        """Return a shard's next records, a thousand at most."""
        try:
            answer = self._streams.get_records(ShardIterator=self._iterators[shard], Limit=1_000)
        except aws_errors() as error:
            code = error_code(error)
            if code in _START_AGAIN:
                # This machine has slept, say: for fifteen minutes, or for a day, after which the records are gone.
                gone, after = code == "TrimmedDataAccessException", self._last.get(shard)
                kind = "TRIM_HORIZON" if gone else "AFTER_SEQUENCE_NUMBER" if after else "LATEST"
                self._iterators[shard] = self._iterator(shard, kind, None if gone else after)
            elif code not in _TOO_FAST:
                raise
            return []
        records: list[Any] = answer["Records"]
        if records:
            self._last[shard] = records[-1]["dynamodb"]["SequenceNumber"]
        following = answer.get("NextShardIterator")
        if following is None:
            # Closed, and read to its end.
            del self._iterators[shard]
        else:
            self._iterators[shard] = following
        return records

    def _all(self) -> Iterator[Any]:
        start: dict[str, str] = {}
        while True:
            found = self._streams.describe_stream(StreamArn=self._arn, **start)["StreamDescription"]
            yield from found["Shards"]
            if "LastEvaluatedShardId" not in found:
                return
            start = {"ExclusiveStartShardId": found["LastEvaluatedShardId"]}

    def _iterator(self, shard: str, kind: str, after: str | None = None) -> str:
        place = {"SequenceNumber": after} if after else {}
        asked = {"StreamArn": self._arn, "ShardId": shard, "ShardIteratorType": kind, **place}
        found: str = self._streams.get_shard_iterator(**asked)["ShardIterator"]
        return found
