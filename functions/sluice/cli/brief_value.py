"""Values of a trace's execution in one line. Their form is that of recording/render.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_ALONE = {"redacted": "[redacted]", "...": "…"}
_BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "set": ("{", "}")}


def brief(value: Any) -> str:
    """Return a value in one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(brief, value))}]"
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if type(value.get("$")) is str:
        return _tagged(value["$"], value)
    return f"{{{_pairs(value)}}}"


def _tagged(kind: str, value: Mapping[str, Any]) -> str:
    size, shown = value.get("n"), value.get("v")
    match shown:
        case str() if kind == "str":
            return f'{json.dumps(shown, ensure_ascii=False)[:-1]}…" ({size} characters)'
        case list():
            left, right = _BRACKETS.get(kind, ("[", "]"))
            name = "" if kind in _BRACKETS else f"{kind} "
            return f"{name}{left}{', '.join(map(brief, shown))}{_rest(size, len(shown))}{right}"
        case dict():
            if list(shown) == ["args"]:
                # An exception.
                return f"{kind}{brief(shown['args'])}"
            others = [f"{brief(pair[0])}: {brief(pair[1])}" for pair in value.get("kv", []) if isinstance(pair, list)]
            inside = ", ".join([*([_pairs(shown)] if shown else []), *others])
            return f"{'' if kind == 'dict' else kind}{{{inside}{_rest(size, len(shown) + len(others))}}}"
        case None:
            return _ALONE.get(kind) or (f"<{kind}>" if size is None else f"<{kind} of {size}>")
    return f"{kind} {shown}"


def _pairs(pairs: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {brief(item)}" for name, item in pairs.items())


def _rest(size: Any, shown: int) -> str:
    return f", … of {size:,}" if type(size) is int and size > shown else ""
