"""Writes down each start, and has no memory left for a poisonous event."""

from pathlib import Path
from typing import Any


def handle(event: dict[str, Any]) -> int:
    with Path(event["starts"]).open("a") as starts:
        starts.write(f"{event['n']}\n")
    if event["poison"]:
        taken = bytearray(200_000_000)
        raise MemoryError(f"after {len(taken):,} bytes")
    number: int = event["n"]
    return number
