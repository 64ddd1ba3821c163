"""Events as the text of an SQS message, and back.

The text is what counts: traces keep it as it was sent, so that nothing is lost to what a parser makes of
large numbers, duplicate keys or deep nesting.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from ..errors import EventNotSerializableError

_NOT_FOR_SQS = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""SQS refuses what XML 1.0 does not allow. JSON escapes control characters itself; these it leaves."""


def encode(event: object) -> str:
    """The event as JSON text that SQS accepts.

    Raises:
        EventNotSerializableError: the event holds something that JSON cannot carry. The message says where.
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
    """Whether a message's body arrives parsed."""
    return _parse(body)[0]


def decode(body: str) -> Any:
    """The event that a handler is given for a message's body.

    JSON arrives parsed. All else arrives as the text it is: `NaN` (which JSON does not have), and what Python
    refuses to parse (numbers of more than 4,300 digits, nesting beyond its recursion limit).
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
    """The first part of `value` that JSON cannot carry; `value` itself if every part can."""
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
