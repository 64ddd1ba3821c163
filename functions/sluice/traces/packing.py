"""Texts that are compressed in the trace table, and how large they may be."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

MAX_BYTES = 390_000
"""Size limit of an item's text, compressed or not. DynamoDB allows 409,600 bytes for the whole item."""

MAX_TEXT = 12_000_000
"""Size limit of a text before it is compressed, in characters. Some texts compress to a thousandth: without this limit,
whoever may write an item could make each reader unpack a thousand times its size."""

_BYTES_A_CHARACTER = 4
"""The most that UTF-8 needs."""


def parts_of(text: str) -> list[bytes]:
    """Return a text that is too long for one item: compressed, in parts that each fit."""
    packed = zlib.compress(text.encode())
    return [packed[start : start + MAX_BYTES] for start in range(0, len(packed), MAX_BYTES)]


def joined(parts: Sequence[bytes]) -> str:
    """Return the text that `parts_of` took apart.

    Raises:
        ValueError: the parts are none of such a text.
    """
    return unpacked(b"".join(parts))


def unpacked(packed: bytes) -> str:
    """Return the text in compressed bytes.

    Raises:
        ValueError: the bytes are not compressed, or hold more than any text that Sluice writes.
    """
    limit = _BYTES_A_CHARACTER * MAX_TEXT
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(packed, limit)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacking.eof:
        raise ValueError(f"its text is cut off, or longer than {limit:,} bytes")
    return text.decode()
