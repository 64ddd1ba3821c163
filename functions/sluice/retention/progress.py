"""What the reconciler remembers of the queues that it keeps from expiring. Nobody else writes it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from ..stage.names import KEEPING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_Made = TypeVar("_Made")


@dataclass(frozen=True, kw_only=True)
class Pass:
    """How far the passes over a queue have come. Times are milliseconds since 1970.

    Attributes:
        began_ms: when the pass under way began; None if there is none.
        runs: runs of the reconciler that have worked on it.
        clean: messages in a row that it found with nothing left to do for them.
        last_ms: when the last one began that came to its end; None if none has.
        served_ms: when a run last worked on this queue.
        cut_ms: when a run began to that did not come to its end: what it held is out of sight for a while.
    """

    began_ms: int | None = None
    runs: int = 0
    clean: int = 0
    last_ms: int | None = None
    served_ms: int = 0
    cut_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A handler's. Times are milliseconds since 1970.

    Attributes:
        idle_ms: since when its mapping has not been receiving; None while it is.
        moved_ms: when events that wait in its queue were last sent again; None while its mapping receives.
        live: the passes over its queue.
        dead: the passes over its dead-letter queue.
        sweep: the looks for throttled events in its dead-letter queue.
        dead_seen: how many dead letters there were when they were last looked at for throttled ones.
        throttled_ms: when its function was last found throttled while its mapping received.
    """

    idle_ms: int | None = None
    moved_ms: int | None = None
    live: Pass = Pass()
    dead: Pass = Pass()
    sweep: Pass = Pass()
    dead_seen: int = 0
    throttled_ms: int | None = None


class KeptStore:
    """All of a stage's.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> dict[str, Kept]:
        """By handler."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": KEEPING}},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: _read(item["kept"]["S"]) for page in pages for item in page["Items"]}

    def put(self, handler: str, kept: Kept) -> None:
        """Write a handler's."""
        item: Any = {"pk": {"S": KEEPING}, "sk": {"S": handler}, "kept": {"S": json.dumps(asdict(kept))}}
        self._client.put_item(TableName=self._table, Item=item)


def _read(text: str) -> Kept:
    found = json.loads(text)
    passes = {name: _made(Pass, found[name]) for name in ("live", "dead", "sweep") if name in found}
    return _made(Kept, found | passes)


def _made(kind: type[_Made], found: dict[str, Any]) -> _Made:
    """Another version's fields are passed over: a deployment that is rolled back leaves some behind."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in found.items() if name in known})
