"""Values that stand under secrets' names, and the forms in which they may stand elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from .secret_patterns import HIDDEN

CONTAINERS = frozenset({dict, list, tuple})
"""Types of values that hold others."""


def may_be_secret(value: object) -> bool:
    """Return False for values that say too little: None, True, False, and what is empty."""
    kind = type(value)
    if kind is str or kind in CONTAINERS:
        return bool(value) and value != HIDDEN
    return value is not None and kind is not bool


def leaves_of(value: Any) -> Iterator[object]:
    """Yield the texts, numbers and constants in a value."""
    left = [value]
    while left:
        one = left.pop()
        if type(one) is dict:
            left.extend(one.values())
        elif type(one) in CONTAINERS:
            left.extend(one)
        else:
            yield one


def forms_of(value: str) -> set[str]:
    """Return the forms in which a text may stand in another: itself, in JSON, in a `repr`, in a URL."""
    ascii_json = json.dumps(value)
    return {
        value,
        ascii_json[1:-1],
        json.dumps(ascii_json[1:-1])[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        quote(value, safe="", errors="replace"),
    }
