"""Traces as DynamoDB items.

All but the key, the status and the time to live is one JSON text, compressed where that saves a write unit. JSON
rather than DynamoDB maps, which lose large numbers, deep nesting and empty keys.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..errors import SluiceError
from ..event import body
from .trace import Attempt, Trace

Item = dict[str, Any]
"""A DynamoDB item with its types: `{"sk": {"S": "..."}}`."""

SHARDS = 32
"""Partitions over which one handler's traces spread. A partition takes 1,000 writes/s (DynamoDB's quota, whatever
the table's capacity), so a handler can complete 32,000 small events a second."""

MAX_BYTES = 390_000
"""Of an item's JSON, compressed or not. DynamoDB allows 409,600 bytes for the whole item."""

COMPRESS_FROM = 900
"""Bytes. With the key and the names, smaller items are within one write unit (1,024 bytes) as they are."""

_CUT_TO = (131_072, 32_768, 8_192, 2_048)
"""Characters to which fields are cut, in turn, until the item fits."""

_TEXT = "trace"

_KEY = frozenset({"id", "handler", "status", "history"})
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
"""Types that are checked when an item is read, as whoever may write to the table may write anything. `result` may be
anything, too."""


class DamagedTraceError(SluiceError):
    """What the table has as a trace is none: something else has written it."""


def shard_key(handler: str, event_id: str) -> str:
    """The partition that an event's trace lies in. The id's last digits are random, or a hash."""
    return f"{handler}#{int(event_id[-4:], 16) % SHARDS}"


def shard_keys(handler: str) -> list[str]:
    """All partitions that a handler's traces lie in."""
    return [f"{handler}#{shard}" for shard in range(SHARDS)]


def to_item(trace: Trace, expires_at: int) -> Item:
    """The item for a trace, cut to fit if it must be.

    Args:
        trace: the trace.
        expires_at: seconds since 1970 from when on DynamoDB may delete it.
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
        _TEXT: {"B": packed} if isinstance(packed, bytes) else {"S": packed},
    }


def last_start(trace: Trace) -> str:
    """What tells an event's last start from every other."""
    if not trace.history:
        return "none"
    last = trace.history[-1]
    return f"{last.started_ms} {last.request_id}"


def is_cut(trace: Trace, field: str) -> bool:
    """Whether a trace's item has no room for the whole of a field."""
    return len(trace.event) > COMPRESS_FROM and field in _packed_to_fit(trace)[0].get("cut", ())


def parts_of(text: str) -> list[bytes]:
    """A text that no item has room for, compressed, in parts that do."""
    packed = zlib.compress(text.encode())
    return [packed[start : start + MAX_BYTES] for start in range(0, len(packed), MAX_BYTES)]


def joined(parts: Sequence[bytes]) -> str:
    """The text that was taken apart."""
    return zlib.decompress(b"".join(parts)).decode()


def from_item(item: Mapping[str, Any]) -> Trace:
    """The trace in an item, as far as this version knows its fields: a newer one may have written it.

    Raises:
        DamagedTraceError: the item is none that any version has written.
    """
    try:
        return _from_item(item)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, zlib.error) as error:
        raise DamagedTraceError(f"the trace of {item['sk']['S']} is damaged: {error!r}") from error


def damaged(item: Mapping[str, Any], error: DamagedTraceError) -> Trace:
    """What can be shown of an item that no trace can be read from."""
    return Trace(
        id=item["sk"]["S"],
        handler=_handler(item),
        status="damaged",
        event="",
        error={"type": "DamagedTraceError", "message": str(error), "traceback": ""},
    )


def _from_item(item: Mapping[str, Any]) -> Trace:
    packed = item[_TEXT]
    text = packed["S"] if "S" in packed else zlib.decompress(packed["B"]).decode()
    fields = _known(json.loads(text), Trace)
    fields["history"] = tuple(Attempt(**_known(attempt, Attempt)) for attempt in fields.get("history", ()))
    _check(fields, _TRACE_TYPES)
    if fields["event"] is None:
        raise TypeError("no event")
    for attempt in fields["history"]:
        _check(vars(attempt), _ATTEMPT_TYPES)
    for emitted in fields.get("emitted", ()):
        _check({"id": emitted["id"], "handler": emitted["handler"]}, _EMITTED_TYPES)
    for each in (*(fields.get("error") or {}).values(), *fields.get("cut", ())):
        _check({"text": each}, {"text": str})
    for name in (name for name, kind in _TRACE_TYPES.items() if kind is list):
        fields[name] = tuple(fields.get(name, ()))
    trace = Trace(id=item["sk"]["S"], handler=_handler(item), status=item["status"]["S"], **fields)
    if trace.started_ms is not None and not trace.history:
        trace = dataclasses.replace(trace, history=_only_attempt(trace))
    return trace


def _check(fields: Mapping[str, Any], types: Mapping[str, type]) -> None:
    """Raise TypeError for a value that is none of its type. None is what a field without a value has."""
    for name, kind in types.items():
        value = fields.get(name)
        if value is not None and type(value) is not kind:
            raise TypeError(f"{name} is {type(value).__name__}")


def _handler(item: Mapping[str, Any]) -> str:
    handler: str = item["pk"]["S"].rpartition("#")[0]
    return handler


def _known(fields: Mapping[str, Any], kind: type[Attempt | Trace]) -> dict[str, Any]:
    """Those of the fields that a dataclass has."""
    return {name: value for name, value in fields.items() if name in kind.__dataclass_fields__}


def _only_attempt(trace: Trace) -> tuple[Attempt, ...]:
    """The history of an event that completed at once, which most items need not spell out."""
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
    if len(text) < COMPRESS_FROM:
        return text
    compressed = zlib.compress(text.encode())
    return compressed if len(compressed) < len(text.encode()) else text


def _size(packed: str | bytes) -> int:
    return len(packed if isinstance(packed, bytes) else packed.encode())


def _packed_to_fit(trace: Trace) -> tuple[dict[str, Any], str | bytes]:
    """The fields, cut where they must be, and what they are packed to."""
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


def _cut_error(fields: dict[str, Any], limit: int) -> str | None:
    error = fields.get("error") or {}
    if all(len(text) <= limit for text in error.values()):
        return None
    fields["error"] = {name: text[:limit] for name, text in error.items()}
    return "error"


_CUTS = (_cut_text("logs"), _cut_result, _cut_error, _cut_text("event"))
"""What a reader misses least goes first."""
