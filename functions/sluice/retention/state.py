"""The reconciler's memory of each handler's queues. Nobody else writes it."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from ..stage.names import KEEPING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_logger = logging.getLogger("sluice.reconciler")

_State = TypeVar("_State")

_STORED_NAMES = {"rescue": "sweep"}
"""Names in the table of fields that have another name here."""


@dataclass(frozen=True, kw_only=True)
class SweepState:
    """Progress of the sweeps over a queue. Times are milliseconds since 1970.

    Attributes:
        began_ms: start of the sweep under way; None if there is none.
        runs: runs of the reconciler that have worked on it.
        clean: messages in a row that needed nothing.
        last_ms: start of the last sweep that ended; None if none has.
        served_ms: when a run last worked on this queue.
        cut_ms: when a run began to that was stopped before it released its messages: these stay invisible for a while.
    """

    began_ms: int | None = None
    runs: int = 0
    clean: int = 0
    last_ms: int | None = None
    served_ms: int = 0
    cut_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class RetentionState:
    """The reconciler's state of a handler's queues. Times are milliseconds since 1970.

    Attributes:
        idle_ms: since when events have been waiting in its queue without being received; None while its mapping
            receives.
        moved_ms: when events that wait in its queue were last sent again; None while its mapping receives.
        live: the sweeps that send waiting events again.
        dead: the sweeps that send dead letters again.
        rescue: the sweeps that search the dead-letter queue for throttled events.
        dead_seen: dead letters at the last such sweep.
        dead_since_ms: since when there have been dead letters at each count; None if there were none at the last.
        throttled_ms: when its function was last found throttled while its mapping received.
    """

    idle_ms: int | None = None
    moved_ms: int | None = None
    live: SweepState = SweepState()
    dead: SweepState = SweepState()
    rescue: SweepState = SweepState()
    dead_seen: int = 0
    dead_since_ms: int | None = None
    throttled_ms: int | None = None


class RetentionStore:
    """The states of all of a stage's handlers.

    Args:
        client: a boto3 DynamoDB client.
        table: the trace table's name.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> dict[str, RetentionState]:
        """Return the states by handler. If a row can't be read, its handler's state starts anew."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": KEEPING}},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: _state(item) for page in pages for item in page["Items"]}

    def put(self, handler: str, state: RetentionState) -> None:
        """Write a handler's state."""
        item: Any = {"pk": {"S": KEEPING}, "sk": {"S": handler}, "kept": {"S": _to_json(state)}}
        self._client.put_item(TableName=self._table, Item=item)


def _state(item: Any) -> RetentionState:
    try:
        return _from_json(item["kept"]["S"])
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        # The traceback would say no more.
        _logger.error("unreadable, and treated as empty: %s of %s: %r", KEEPING, item["sk"]["S"], error)  # noqa: TRY400
        return RetentionState()


def _to_json(state: RetentionState) -> str:
    return json.dumps({_STORED_NAMES.get(name, name): value for name, value in asdict(state).items()})


def _from_json(text: str) -> RetentionState:
    stored = json.loads(text)
    names = {stored_name: name for name, stored_name in _STORED_NAMES.items()}
    found = {names.get(stored_name, stored_name): value for stored_name, value in stored.items()}
    sweeps = {name: _made(SweepState, found[name]) for name in ("live", "dead", "rescue") if name in found}
    return _made(RetentionState, found | sweeps)


def _made(kind: type[_State], found: dict[str, Any]) -> _State:
    """Make a state of the fields that this version knows: a deployment that is rolled back leaves others behind."""
    made = {field.name: found[field.name] for field in fields(kind) if field.name in found}  # type: ignore[arg-type]
    for name, value in made.items():
        # A time or a number, none, or a sweep.
        if value is not None and type(value) not in (int, SweepState):
            raise TypeError(f"{name} is {type(value).__name__}")
    return kind(**made)
