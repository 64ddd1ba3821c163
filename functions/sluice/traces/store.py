"""Reading and writing traces."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from ..event import ids
from ..lean_aws import end_calls_by
from ..lean_aws.errors import aws_errors, error_code
from ..stage import clients
from ..stage.names import Names
from . import item as items
from .failure import FAILED
from .item import key_of
from .locks import CONDITION_FAILED, Locks
from .trace import COMPLETED, Trace
from .unhandled import Unhandled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from .search import TraceSearch

DEFAULT_DAYS = 30
"""Days that traces are kept unless a handler says otherwise."""

_DAY = 86_400

_KEYS_A_READ = 100
"""DynamoDB's limit of keys for BatchGetItem."""


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

    @property
    def search(self) -> TraceSearch:
        """Reading many traces."""
        # Imported where people read: the functions only write.
        from .search import TraceSearch  # noqa: PLC0415 - see above

        return TraceSearch(self._client, self._table, self._clock)

    def end_calls_by(self, moment: float | None) -> None:
        """Have every call to DynamoDB end by a moment, those of the locks included.

        Args:
            moment: on the clock of `time.monotonic`, in seconds; None for no limit but that of each call's tries.
        """
        end_calls_by(self._client, moment)

    def put(self, trace: Trace) -> bool:
        """Write a trace, unless the event has a completed one, or one with another mark of a replay.

        Returns:
            True if it was written, False if the trace that is there stays.

        Raises:
            CallError, or botocore's errors: it could not be written.
        """
        same_replay, values = _same_replay(trace)
        condition = f"attribute_not_exists(pk) OR (NOT #status IN (:ok, :error) AND {same_replay})"
        return self._put_if(trace, condition, _COMPLETED_VALUES | values)

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
        same_replay, replay = _same_replay(prior)
        unchanged = f"attempts = :attempts AND #status = :prior AND {same_start} AND {same_replay}"
        return self._put_if(trace, f"({unchanged}) OR last_start = :mine", values | replay)

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
        answer = self._client.get_item(TableName=self._table, Key=key_of(handler, event_id), ConsistentRead=True)
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
            keys = [key_of(name, event_id) for name in names[start : start + _KEYS_A_READ]]
            for item in self.search.items_of(keys):
                return self.search.shown(item)
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
            "Keys": [key_of(handler, event_id) for event_id in event_ids],
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
        self, handler: str, *, limit: int = 10, statuses: Collection[str] = (), since: float | None = None
    ) -> list[Trace]:
        """Return a handler's traces, newest first, as `TraceSearch.traces` yields them.

        Args:
            handler: the handler's name.
            limit: the most traces to return.
            statuses: of the traces to return; none for any.
            since: time of the oldest trace returned, in seconds since 1970; None for any.
        """
        # Among those of a status that has no index, it takes more to find as many.
        few = limit if set(statuses) <= set(FAILED) else None
        return list(itertools.islice(self.search.traces(handler, statuses=statuses, since=since, few=few), limit))

    def _expiry(self) -> int:
        return int(self._clock()) + self._days * _DAY


def open_store(stage: str) -> TraceStore:
    """Return the traces of a stage, read with the caller's own credentials."""
    return TraceStore(clients.dynamodb(stage), Names(stage).trace_table)


def _same_replay(trace: Trace) -> tuple[str, Any]:
    """Return the condition that what is stored has the same mark of a replay as a trace, and the condition's values.

    Whoever replays an event marks its trace. To write the trace anew must not lose that.
    """
    if trace.replayed_as is None:
        return "attribute_not_exists(replayed_as)", {}
    return "replayed_as = :replayed", {":replayed": {"S": trace.replayed_as}}


_COMPLETED_VALUES: Any = {f":{status}": {"S": status} for status in sorted(COMPLETED)}
