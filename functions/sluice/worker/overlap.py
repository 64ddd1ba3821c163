"""One run of a cron at a time, for crons with `overlap="skip"`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..traces.locks import Lock, LockTable, cron_lock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CLOCKS_DIFFER = 1.0
"""Seconds by which two machines' clocks may differ."""


class CronLock:
    """A cron's lock: the event that has it may run.

    Args:
        client: a DynamoDB client.
        table: the trace table's name.
        handler: the cron's name.
        clock: returns seconds since 1970.
    """

    def __init__(
        self, client: DynamoDBClient, table: str, handler: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._table = LockTable(client, table)
        self._handler = handler
        self._clock = clock

    def take(self, event_id: str, seconds: float) -> str:
        """Take the lock for an event, if it is free. A redelivered event takes again what an attempt before it left.

        Args:
            event_id: the event's id.
            seconds: time after which the lock is free again if the run never releases it: when the invocation must be
                over.

        Returns:
            The id of the event that has the lock: this one, or the one that runs.

        Raises:
            CallError, or botocore's errors: the lock could not be written.
        """
        now = self._clock()
        item = self._table.take(self._lock(event_id, now + seconds + _CLOCKS_DIFFER), int(now * 1000))
        return str(item["id"]["S"])

    def release(self, event_id: str) -> None:
        """Let the cron's next event run.

        Raises:
            CallError, or botocore's errors: the lock could not be written; it ends with its time.
        """
        self._table.put(self._lock(event_id, 0), "id = :id", {":id": {"S": event_id}})

    def _lock(self, event_id: str, until: float) -> Lock:
        return cron_lock(self._handler, event_id, until_ms=int(until * 1000), now=self._clock())
