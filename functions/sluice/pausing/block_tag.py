"""The value of the tag `sluice:blocked`: time, user and reason, in the characters that AWS allows in a tag."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..traces.trace import iso

MAX_VALUE = 256
"""Characters of a tag's value. AWS's limit."""

_NOT_ALLOWED = re.compile(r"[^\w\s.:/=+\-@]+")
"""All but letters, digits, spaces and _ . : / = + - @ (AWS's rule for tags)."""

_VALUE = re.compile(r"(\S+Z) (\S+)(?: - (.*))?", re.DOTALL)


@dataclass(frozen=True)
class BlockTag:
    """A tag's value, taken apart.

    Attributes:
        since: time of the block, in ISO 8601.
        by: user who blocked.
        reason: reason for the block.
    """

    since: str | None
    by: str | None
    reason: str | None


def value_of(now_ms: int, by: str, reason: str | None) -> str:
    """Return the value for a new block.

    Args:
        now_ms: milliseconds since 1970.
        by: user who blocks.
        reason: reason for the block. Characters that a tag may not hold become spaces, and a long reason is cut.
    """
    text = f"{iso(now_ms)} {_allowed(by).replace(' ', '_')}"
    if reason:
        text += f" - {_allowed(reason)}"
    return text[:MAX_VALUE].strip()


def parse(value: str) -> BlockTag:
    """Take a value apart. One that was written by hand is all reason."""
    found = _VALUE.fullmatch(value)
    if found is None:
        return BlockTag(None, None, value or None)
    return BlockTag(found.group(1), found.group(2), found.group(3))


def _allowed(text: str) -> str:
    return " ".join(_NOT_ALLOWED.sub(" ", text).split())
