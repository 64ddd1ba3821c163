"""Locks: items of the trace table with a holder and an end, each written only while a condition holds.

| lock | partition | holder | free again once |
| --- | --- | --- | --- |
| of a key | `#key#HANDLER#SHA256` | the event that runs for the key | the key's window is over |
| of an event | `#message#HANDLER#ID` | the message that the event runs for | 15 days have passed since it was taken |
| of a cron | `#lease#HANDLER` | the event that runs (worker/overlap.py) | its run or its invocation is over |

No handler's name starts with `#`, so no lock lies in a partition of traces.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..lean_aws.errors import aws_errors, error_code
from ..stage.names import CRON_LOCKS, EVENT_LOCKS, KEY_LOCKS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONDITION_FAILED = "ConditionalCheckFailedException"
"""DynamoDB's code for a write whose condition does not hold."""

_MESSAGE_SECONDS = 15 * 86_400
"""Time for which a message that was started keeps another one with the same event from running: longer than SQS keeps
a message."""

_CRON_SECONDS = 86_400
"""Time after which DynamoDB may delete a cron's lock: nobody else deletes the last one of a cron that is removed."""


class Lock(NamedTuple):
    """A lock as it is written.

    Attributes:
        partition: the item's partition key.
        sort: its sort key.
        holder: the id of the event or message that has it.
        end: the name of the attribute that says until when the holder has it.
        numbers: the item's numeric attributes, `end` among them.
    """

    partition: str
    sort: str
    holder: str
    end: str
    numbers: Mapping[str, int]

    @property
    def item(self) -> dict[str, Any]:
        """The lock as a DynamoDB item."""
        return {
            "pk": {"S": self.partition},
            "sk": {"S": self.sort},
            "id": {"S": self.holder},
            **{name: {"N": str(number)} for name, number in self.numbers.items()},
        }


class LockTable:
    """Takes, replaces and releases locks of any kind.

    Args:
        client: a DynamoDB client.
        table: the trace table's name.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def take(self, lock: Lock, now: int) -> dict[str, Any]:
        """Write a lock if nobody has it, its end has come, or its holder takes it again.

        Args:
            lock: the lock.
            now: the current time, in the unit of the lock's end.

        Returns:
            The item that holds: this lock's, or another holder's.

        Raises:
            CallError, or botocore's errors: the lock could not be written.
        """
        condition = f"attribute_not_exists(pk) OR {lock.end} <= :now OR id = :id"
        return self.put(lock, condition, {":now": {"N": str(now)}, ":id": {"S": lock.holder}})

    def put(self, lock: Lock, condition: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Write a lock if a condition holds.

        Args:
            lock: the lock.
            condition: on the item that is there.
            values: the condition's.

        Returns:
            The item that holds: this lock's, or the one that is there.

        Raises:
            CallError, or botocore's errors: the lock could not be written.
        """
        item = lock.item
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except aws_errors() as error:
            if error_code(error) != CONDITION_FAILED:
                raise
            answer: Any = error
            return dict(answer.response.get("Item", {}))
        return item


def cron_lock(handler: str, event_id: str, *, until_ms: int, now: float) -> Lock:
    """Return the lock that keeps a second run of a cron from starting.

    Args:
        handler: the cron's name.
        event_id: the event that runs.
        until_ms: milliseconds since 1970 until which it holds.
        now: seconds since 1970.
    """
    numbers = {"until_ms": until_ms, "expires_at": int(now) + _CRON_SECONDS}
    return Lock(partition=CRON_LOCKS + handler, sort=CRON_LOCKS, holder=event_id, end="until_ms", numbers=numbers)


class Holder(NamedTuple):
    """The holder of an event's lock.

    Attributes:
        message: the message's claimant (`Envelope.claimant`).
        taken_ms: milliseconds since 1970 at which it last took the lock.
    """

    message: str
    taken_ms: int


class Locks:
    """The locks of one stage's keys and events.

    Args:
        client: a DynamoDB client.
        table: the trace table's name.
        clock: returns seconds since 1970.
    """

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float]) -> None:
        self._table = LockTable(client, table)
        self._clock = clock

    def take_key(self, handler: str, key: str, event_id: str, window: int) -> str:
        """Take a key's lock for an event.

        Args:
            handler: the handler's name.
            key: the event's key.
            event_id: the event's id.
            window: seconds for which the lock holds.

        Returns:
            The id of the event that has the lock: this one's, or that of one that took it before.

        Raises:
            CallError, or botocore's errors: the lock could not be written.
        """
        partition = KEY_LOCKS + handler + "#" + hashlib.sha256(key.encode(errors="replace")).hexdigest()
        holder = Holder(event_id, int(self._clock() * 1000))
        return self._take(self._lock(partition, holder, window)).message

    def take_event(self, handler: str, event_id: str, message: str, now_ms: int) -> Holder:
        """Take an event's lock for one of the messages that it may have been sent in, or take it again.

        Args:
            handler: the handler's name.
            event_id: the event's id.
            message: the message's claimant.
            now_ms: the current time in milliseconds since 1970.

        Returns:
            The lock's holder: this message, or another one with the same event.

        Raises:
            CallError, or botocore's errors: the lock could not be written.
        """
        return self._take(self._event_lock(handler, event_id, Holder(message, now_ms)))

    def take_over_event(self, handler: str, event_id: str, message: str, holder: Holder, now_ms: int) -> bool:
        """Take an event's lock away from its holder.

        Args:
            handler: the handler's name.
            event_id: the event's id.
            message: the claimant of the message that takes it.
            holder: the holder up to now.
            now_ms: the current time in milliseconds since 1970.

        Returns:
            True if the message has the lock now, False if `holder` no longer had it.

        Raises:
            CallError, or botocore's errors: the lock could not be written.
        """
        lock = self._event_lock(handler, event_id, Holder(message, now_ms))
        values = {":holder": {"S": holder.message}, ":claimed": {"N": str(holder.taken_ms)}}
        return self._table.put(lock, "id = :holder AND claimed_ms = :claimed", values) == lock.item

    def _event_lock(self, handler: str, event_id: str, holder: Holder) -> Lock:
        return self._lock(f"{EVENT_LOCKS}{handler}#{event_id}", holder, _MESSAGE_SECONDS)

    def _lock(self, partition: str, holder: Holder, seconds: int) -> Lock:
        # Rounded up, as it holds until that second has come.
        numbers = {"claimed_ms": holder.taken_ms, "expires_at": math.ceil(self._clock()) + seconds}
        return Lock(partition=partition, sort=KEY_LOCKS, holder=holder.message, end="expires_at", numbers=numbers)

    def _take(self, lock: Lock) -> Holder:
        item = self._table.take(lock, int(self._clock()))
        return Holder(str(item["id"]["S"]), int(item["claimed_ms"]["N"]))
