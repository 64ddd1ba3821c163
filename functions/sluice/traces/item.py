"""Traces as DynamoDB items.

Everything but the key, the status, the attempts and the time to live is one JSON text, compressed where that saves a
write unit. It is JSON because DynamoDB's maps lose large numbers, deep nesting and empty keys.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..errors import SluiceError
from ..event import body
from .calls import calls_of, functions_with_more, reason_for_none
from .failure import index_attributes, read_failure
from .packing import MAX_BYTES, MAX_TEXT, unpacked
from .trace import Attempt, Trace

Item = dict[str, Any]
"""A DynamoDB item with its types: `{"sk": {"S": "..."}}`."""

SHARDS = 32
"""Partitions over which one handler's traces spread. A partition takes 1,000 writes/s, whatever the table's capacity
(DynamoDB's quota), so a handler can complete 32,000 small events a second."""

NEW_TABLE_WRITES = 4_000
"""Write units a second that a new table on demand takes (DynamoDB guide, on-demand capacity)."""

COMPRESS_FROM = 900
"""Size from which JSON is compressed, in bytes. Smaller items, with the key and the names, are within one write unit
(1,024 bytes) as they are."""

_CUT_TO = (131_072, 32_768, 8_192, 2_048)
"""Lengths to which fields are cut, in turn, until the item fits, in characters."""

_TEXT = "trace"

_KEY = frozenset({"id", "handler", "status", "history", "failure", "replayed_as"})
"""Fields of a trace that an item holds outside of its JSON, or in a form of their own."""

_TYPES = {"str": str, "int": int, "dict": dict, "tuple": list}
"""The type that JSON has for a field of each type."""


def _json_types(kind: type[Attempt | Trace]) -> dict[str, type]:
    """Return the JSON type of each field of a dataclass that is not `Any`."""
    annotated = ((each.name, str(each.type)) for each in dataclasses.fields(kind) if each.name not in _KEY)
    named = ((name, annotation.partition("[")[0].partition(" ")[0]) for name, annotation in annotated)
    return {name: _TYPES[outer] for name, outer in named if outer != "Any"}


_DEFAULTS: Final = {each.name: each.default for each in dataclasses.fields(Trace) if each.name not in _KEY}
"""The fields in an item's JSON, in their order there. A field that has its default is left out."""

_MAY_BE_EMPTY = frozenset({"event", "result"})
"""Fields in which an empty text says something: it is what was sent or returned."""

_TRACE_TYPES: Final = _json_types(Trace)
_ATTEMPT_TYPES: Final = _json_types(Attempt)
_EMITTED_TYPES: Final[Mapping[str, type]] = {"id": str, "handler": str}
_FRAME_TYPES: Final[Mapping[str, type]] = {"function": str, "file": str, "line": int, "source": str, "values": dict}
"""Types that are checked when an item is read, as anyone who may write to the table may write anything. `result` may
be of any type."""


class DamagedTraceError(SluiceError):
    """An item of the table that should be a trace can't be read as one: something else has written it."""


def shard_key(handler: str, event_id: str) -> str:
    """Return the partition of an event's trace. The id's last digits, which choose it, are random or a hash."""
    return f"{handler}#{int(event_id[-4:], 16) % SHARDS}"


def shard_keys(handler: str) -> list[str]:
    """Return all partitions of a handler's traces."""
    return [f"{handler}#{shard}" for shard in range(SHARDS)]


def key_of(handler: str, event_id: str) -> Any:
    """Return the key of an event's item."""
    return {"pk": {"S": shard_key(handler, event_id)}, "sk": {"S": event_id}}


def to_item(trace: Trace, expires_at: int) -> Item:
    """Return the item of a trace, cut to fit if it must be.

    Args:
        trace: the trace.
        expires_at: seconds since 1970 after which DynamoDB may delete it.
    """
    _, packed = _packed_to_fit(trace)
    return {
        "pk": {"S": shard_key(trace.handler, trace.id)},
        "sk": {"S": trace.id},
        "status": {"S": trace.status},
        "attempts": {"N": str(trace.attempts)},
        "expires_at": {"N": str(expires_at)},
        # Nothing is started after a completion, and most items are one write unit without it.
        **({} if trace.completed else {"last_start": {"S": last_start(trace)}}),
        **index_attributes(trace),
        **({"replayed_as": {"S": trace.replayed_as}} if trace.replayed_as else {}),
        _TEXT: {"B": packed} if isinstance(packed, bytes) else {"S": packed},
    }


def last_start(trace: Trace) -> str:
    """Return a text that distinguishes an event's last start from every other."""
    if not trace.history:
        return "none"
    last = trace.history[-1]
    return f"{last.started_ms} {last.request_id}"


def is_cut(trace: Trace, field: str) -> bool:
    """Return True if a trace's item has no room for the whole of a field."""
    return len(trace.event) > COMPRESS_FROM and field in _packed_to_fit(trace)[0].get("cut", ())


def from_item(item: Mapping[str, Any]) -> Trace:
    """Return the trace in an item. Fields of a newer version are left out.

    Raises:
        DamagedTraceError: no version of Sluice has written the item.
    """
    try:
        return _from_item(item)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, zlib.error) as error:
        raise DamagedTraceError(f"the trace of {item['sk']['S']} is damaged: {error!r}") from error


def damaged(item: Mapping[str, Any], error: DamagedTraceError) -> Trace:
    """Return a trace of status `damaged` that shows what is known of an item that can't be read.

    Args:
        item: the item.
        error: why it can't be read.
    """
    return Trace(
        id=item["sk"]["S"],
        handler=_handler(item),
        status="damaged",
        event="",
        error={"type": "DamagedTraceError", "message": str(error), "traceback": ""},
    )


def _from_item(item: Mapping[str, Any]) -> Trace:
    from .spans import number_of_more_spans, spans_of  # noqa: PLC0415 - most cold starts read no trace

    packed = item[_TEXT]
    text = packed["S"] if "S" in packed else unpacked(bytes(packed["B"]))
    fields = _known(json.loads(text), Trace)
    fields["history"] = tuple(Attempt(**_known(attempt, Attempt)) for attempt in fields.get("history", ()))
    _check(fields, _TRACE_TYPES)
    if fields["event"] is None:
        raise TypeError("no event")
    for attempt in fields["history"]:
        _check(vars(attempt), _ATTEMPT_TYPES)
    for emitted in fields.get("emitted", ()):
        _check({"id": emitted["id"], "handler": emitted["handler"]}, _EMITTED_TYPES)
    for read in (calls_of, functions_with_more, reason_for_none, spans_of, number_of_more_spans):
        read(fields.get("calls"))
    for frame in fields.get("locals", ()):
        _check({name: frame[name] for name in _FRAME_TYPES}, _FRAME_TYPES)
    for each in (*(fields.get("error") or {}).values(), *fields.get("cut", ()), *fields.get("redacted", ())):
        _check({"text": each}, {"text": str})
    for name in (name for name, kind in _TRACE_TYPES.items() if kind is list):
        fields[name] = tuple(fields.get(name, ()))
    if "failure" in item:
        fields["failure"] = read_failure(json.loads(item["failure"]["S"]))
    if "replayed_as" in item:
        fields["replayed_as"] = item["replayed_as"]["S"]
    trace = Trace(id=item["sk"]["S"], handler=_handler(item), status=item["status"]["S"], **fields)
    if trace.started_ms is not None and not trace.history:
        trace = dataclasses.replace(trace, history=_only_attempt(trace))
    return trace


def _check(fields: Mapping[str, Any], types: Mapping[str, type]) -> None:
    """Raise TypeError for a value of another type. A field may have no value."""
    for name, kind in types.items():
        value = fields.get(name)
        if value is not None and type(value) is not kind:
            raise TypeError(f"{name} is {type(value).__name__}")


def _handler(item: Mapping[str, Any]) -> str:
    handler: str = item["pk"]["S"].rpartition("#")[0]
    return handler


def _known(fields: Mapping[str, Any], kind: type[Attempt | Trace]) -> dict[str, Any]:
    """Return the fields that a dataclass has."""
    return {name: value for name, value in fields.items() if name in kind.__dataclass_fields__}


def _only_attempt(trace: Trace) -> tuple[Attempt, ...]:
    """Return the history of an event with one attempt, which follows from the trace's other fields."""
    return (Attempt(outcome=trace.status, started_ms=trace.started_ms, request_id=trace.request_id),)


def _fields(trace: Trace) -> dict[str, Any]:
    values = vars(trace)
    fields = {
        name: value
        for name, default in _DEFAULTS.items()
        if (value := values[name]) != default and (value != "" or name in _MAY_BE_EMPTY)
    }
    if trace.history and trace.history != _only_attempt(trace):
        fields["history"] = [
            {name: value for name, value in vars(attempt).items() if value is not None} for attempt in trace.history
        ]
    return fields


def _pack(fields: Mapping[str, Any]) -> str | bytes:
    text = body.encode(fields)
    if len(text) < COMPRESS_FROM or len(text) > MAX_TEXT:
        return text
    compressed = zlib.compress(text.encode())
    return compressed if len(compressed) < len(text.encode()) else text


def _size(packed: str | bytes) -> int:
    return len(packed if isinstance(packed, bytes) else packed.encode())


def _packed_to_fit(trace: Trace) -> tuple[dict[str, Any], str | bytes]:
    """Return the fields, cut where they must be, and their packed form."""
    fields = _fields(trace)
    packed = _pack(fields)
    for limit in _CUT_TO:
        for cut_one in _CUTS:
            if _size(packed) <= MAX_BYTES:
                return fields, packed
            name = cut_one(fields, limit)
            if name:
                fields["cut"] = sorted({*fields.get("cut", ()), name})
                packed = _pack(fields)
    return fields, packed


def _cut_text(name: str) -> Callable[[dict[str, Any], int], str | None]:
    def cut(fields: dict[str, Any], limit: int) -> str | None:
        text = fields.get(name, "")
        if len(text) <= limit:
            return None
        fields[name] = text[:limit]
        return name

    return cut


def _cut_result(fields: dict[str, Any], limit: int) -> str | None:
    text = json.dumps(fields.get("result"))
    if len(text) <= limit:
        return None
    fields["result"] = text[:limit]
    return "result"


def _drop(name: str) -> Callable[[dict[str, Any], int], str | None]:
    def drop(fields: dict[str, Any], limit: int) -> str | None:
        if name not in fields or len(body.encode(fields[name])) <= limit:
            return None
        del fields[name]
        return name

    return drop


def _cut_error(fields: dict[str, Any], limit: int) -> str | None:
    error = fields.get("error") or {}
    if all(len(text) <= limit for text in error.values()):
        return None
    fields["error"] = {name: text[:limit] for name, text in error.items()}
    return "error"


_CUTS = (_cut_text("logs"), _drop("calls"), _drop("locals"), _cut_result, _cut_error, _cut_text("event"))
"""In the order in which a reader misses them least."""
