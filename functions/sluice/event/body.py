"""Events as the body of an SQS message, and back.

Traces keep the text as it was sent, so that parsing loses nothing of large numbers, duplicate keys or deep nesting.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from ..errors import EventNotSerializableError

_NOT_FOR_SQS = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""Characters that SQS refuses, as XML 1.0 does, and that JSON does not escape. It does escape control characters."""


def encode(event: object) -> str:
    """Return the event as JSON text that SQS accepts.

    Raises:
        EventNotSerializableError: the event has a value that JSON cannot carry. The message says where.
    """
    try:
        text = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise EventNotSerializableError(_explain(event, error)) from error
    if not text.isascii():
        text = _NOT_FOR_SQS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    return text


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def is_json(body: str) -> bool:
    """Return True if the handler gets this body parsed."""
    return _parse(body)[0]


def decode(body: str) -> Any:
    """Return the event that the handler gets for a message's body.

    JSON is parsed. Any other text stays text, also `NaN`, which JSON does not have, and JSON that Python refuses to
    parse: numbers of more than 4,300 digits, nesting beyond its recursion limit.
    """
    return _parse(body)[1]


def _parse(body: str) -> tuple[bool, Any]:
    try:
        return True, json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False, body


def _explain(event: object, error: Exception) -> str:
    if isinstance(error, RecursionError) or "ircular" in str(error):
        return "the event is nested too deeply, or contains itself; JSON cannot carry it"
    path, value = _offender(event, "event")
    return (
        f"{path} is {_describe(value)}, which JSON cannot carry; emit text, numbers, booleans, None, lists and"
        " dicts with text as keys (a time as .isoformat(), a Decimal as str())"
    )


def _describe(value: object) -> str:
    if isinstance(value, float):
        return repr(value)
    return f"of type {type(value).__qualname__}"


def _offender(value: object, path: str) -> tuple[str, object]:
    """Return the path and the value of the first part that JSON cannot carry; `value` itself if it can carry all."""
    parts: list[tuple[str, object]] = []
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str | int | float | bool | None):
                return f"a key of {path}", key
            parts.append((f"{path}[{key!r}]", item))
    elif isinstance(value, list | tuple):
        parts = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    for part_path, item in parts:
        try:
            json.dumps(item, allow_nan=False)
        except (TypeError, ValueError):
            return _offender(item, part_path)
    return path, value
