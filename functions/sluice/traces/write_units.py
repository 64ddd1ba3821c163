"""Write units of a trace, and what fits into those that it takes anyway.

DynamoDB charges each begun 1,024 bytes of an item, names and keys included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from .item import Item, to_item
from .trace import Trace

UNIT = 1_024
"""Bytes of a write unit."""

_EXPIRY = 9_999_999_999
"""A time to live with as many digits as any has."""


def bytes_of(item: Item) -> int:
    """Return an item's size as DynamoDB counts it, or a byte more for a number."""
    return sum(len(name) + _value_bytes(value) for name, value in item.items())


def units_of(item: Item) -> int:
    """Return the write units that an item costs."""
    return -(-bytes_of(item) // UNIT)


def with_what_fits(trace: Trace, calls: Iterable[Callable[[], dict[str, Any]]]) -> Trace:
    """Return a trace with the first of these calls that cost no further write unit; without any if all do.

    Args:
        trace: the trace, without calls.
        calls: functions that return calls as a trace stores them, the most first.
    """
    paid: int | None = None
    for make in calls:
        paid = paid or units_of(to_item(trace, _EXPIRY))
        candidate = dataclasses.replace(trace, calls=make())
        if units_of(to_item(candidate, _EXPIRY)) <= paid:
            return candidate
    return trace


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "N":
        # A byte for two digits, and one for the exponent.
        return len(content) // 2 + 2
    return len(content if kind == "B" else content.encode())
